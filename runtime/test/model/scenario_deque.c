/*
 * The deque (sched/deque.h): an owner that does anything in any order, and
 * thieves. The first array has room for one or two, so that it grows and wraps
 * around while thieves are at it.
 *
 * In every execution:
 *   - each item that was pushed is taken exactly once, counting what is left;
 *   - nothing else is ever taken;
 *   - whoever takes an item may read what the owner wrote into it (payload: a
 *     plain field, so anything less is a data race);
 *   - take() gives the newest item that the owner has not taken itself;
 *   - thieves get items in the order in which they were pushed;
 *   - when the owner finds the deque empty it is empty: nobody finds an older
 *     item in it later.
 */
#include "sched/deque.h"

#define ITEMS 6

struct item {
	unsigned payload;
};

static struct mni_deque deque;
static struct item item[ITEMS];

/* What the threads have seen: plain memory, each thread its own row. */
static struct {
	bool took[ITEMS];
	unsigned empty_at; /* items below this one were gone when the owner found nothing */
} result[MODEL_THREADS];
static unsigned pushed;
static bool memory_is_out; /* growing fails, or not */

void *mni_deque_alloc(size_t bytes)
{
	if (memory_is_out && model_choose(2))
		return NULL;
	return model_alloc(bytes);
}

void mni_deque_release(void *array, size_t bytes)
{
	(void)array;
	(void)bytes;
}

static void begin(int64_t size)
{
	memory_is_out = false;
	for (unsigned i = 0; i < ITEMS; i++)
		item[i].payload = 0;
	for (unsigned t = 0; t < MODEL_THREADS; t++) {
		result[t].empty_at = 0;
		for (unsigned i = 0; i < ITEMS; i++)
			result[t].took[i] = false;
	}
	pushed = 0;
	mni_deque_init(&deque, size);
}

static void setup_one(void)
{
	begin(1);
}

static void setup_two(void)
{
	begin(2);
}

static void setup_poor(void)
{
	begin(1);
	memory_is_out = true;
}

/* What a thread does with what it has got. Returns the item's number. */
static unsigned took(struct item *x)
{
	unsigned n = (unsigned)(x - item);

	model_check(x >= item && x < item + ITEMS, "took %p, which was never pushed", (void *)x);
	model_check(x->payload == n + 1, "item %u has payload %u", n, x->payload);
	model_check(!result[model_thread()].took[n], "item %u is taken twice by one thread", n);
	result[model_thread()].took[n] = true;
	return n;
}

static void push(void)
{
	if (pushed == ITEMS)
		return;
	item[pushed].payload = pushed + 1;
	if (mni_deque_push(&deque, &item[pushed]))
		pushed++;
}

static void owner_found(struct item *x, bool newest)
{
	unsigned n;

	if (!x) {
		result[0].empty_at = pushed;
		return;
	}
	n = took(x);
	for (unsigned i = n + 1; newest && i < pushed; i++)
		model_check(result[0].took[i], "took item %u and not %u, which is newer", n, i);
}

/* An owner that does so many things, all programs of that length. */
static void own(unsigned operations)
{
	while (operations--) {
		switch (model_choose(3)) {
		case 0: push(); break;
		case 1: owner_found(mni_deque_take(&deque), true); break;
		case 2: owner_found(mni_deque_take_oldest(&deque), false); break;
		}
		model_forget(operations);
	}
}

/* An owner that takes something out from among the others. */
static void take_out(void)
{
	for (unsigned i = 0; i < 3; i++)
		push();
	if (mni_deque_take_out(&deque, &item[1]))
		took(&item[1]);
	model_forget(0);
	owner_found(mni_deque_take(&deque), true);
}

static void steal(unsigned attempts)
{
	unsigned last = 0;

	while (attempts--) {
		void *x = mni_deque_steal(&deque);
		unsigned n;

		if (x == MNI_DEQUE_EMPTY || x == MNI_DEQUE_ABORT)
			continue;
		n = took(x) + 1;
		model_check(n > last, "a thief gets item %u behind item %u", n - 1, last - 1);
		last = n;
		model_forget(attempts << 8 | last);
	}
}

static void finish(void)
{
	unsigned by[ITEMS] = {0};
	struct item *x;

	while ((x = mni_deque_take_oldest(&deque))) {
		unsigned n = (unsigned)(x - item);

		model_check(n < pushed, "%p is left in the deque, which was never pushed", (void *)x);
		model_check(n >= result[0].empty_at, "item %u is left, and the owner found nothing", n);
		by[n]++;
	}
	for (unsigned i = 0; i < ITEMS; i++) {
		for (unsigned t = 0; t < MODEL_THREADS; t++)
			by[i] += result[t].took[i];
		model_check(by[i] == (i < pushed), "item %u is taken %u times", i, by[i]);
	}
}

static void five_and_two_thieves(unsigned thread)
{
	if (thread == 0)
		own(5);
	else
		steal(1);
}

static void six_and_a_greedy_thief(unsigned thread)
{
	if (thread == 0)
		own(6);
	else
		steal(2);
}

static void four_and_three_thieves(unsigned thread)
{
	if (thread == 0)
		own(4);
	else
		steal(1);
}

static void out_and_two_thieves(unsigned thread)
{
	if (thread == 0)
		take_out();
	else
		steal(2);
}

MODEL_SCENARIO(deque_out) = {
	.name = "deque/out",
	.about = "taking out one of 3, 2 thieves that steal twice",
	.threads = 3, .setup = setup_two, .body = out_and_two_thieves, .finish = finish,
	.late_loads = 1,
};

MODEL_SCENARIO(deque_grow) = {
	.name = "deque/grow",
	.about = "5 operations on room for 1, 2 thieves",
	.threads = 3, .setup = setup_one, .body = five_and_two_thieves, .finish = finish,
	.late_loads = 1,
};

MODEL_SCENARIO(deque_wrap) = {
	.name = "deque/wrap",
	.about = "6 operations on room for 2, a thief that steals twice",
	.threads = 2, .setup = setup_two, .body = six_and_a_greedy_thief, .finish = finish,
	.late_loads = 1,
};

MODEL_SCENARIO(deque_thieves) = {
	.name = "deque/thieves",
	.about = "4 operations on room for 2, 3 thieves",
	.threads = 4, .setup = setup_two, .body = four_and_three_thieves, .finish = finish,
	.late_loads = 1,
};

MODEL_SCENARIO(deque_memory) = {
	.name = "deque/memory",
	.about = "6 operations on room for 1, growing may fail, a thief that steals twice",
	.threads = 2, .setup = setup_poor, .body = six_and_a_greedy_thief, .finish = finish,
	.late_loads = 1,
};
