/*
 * Proves: with one owner that pushes, takes at both ends and takes out from
 * between, and several thieves on kernel threads of their own, every item is got
 * exactly once, while the array grows again and again from one place, and after
 * that in a full one; a thief never sees what was not pushed.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"
#include "sched/deque.h"

TEST_ONCE;

#define THIEVES 3
#define ITEMS 60000

#if defined(MN_TEST_PERTURB_H) /* its delays want it; there is no library here */
__thread volatile unsigned mn_plat_outside;
#endif

void *mni_deque_alloc(size_t bytes)
{
	/* Rubbish in new arrays: reading a slot too early shows. */
	void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);

	CHECK(p != NULL);
	memset(p, 0x77, bytes);
	return p;
}

void mni_deque_release(void *array, size_t bytes)
{
	(void)bytes;
	free(array);
}

static struct mni_deque deque;
static _Atomic uint8_t got[ITEMS + 1];
static _Atomic bool done;
static _Atomic uint64_t aborts;

static void take_note(void *p)
{
	uintptr_t item = (uintptr_t)p >> 4;

	if (item < 1 || item > ITEMS || ((uintptr_t)p & 15) != 8)
		FAIL("%p was never pushed", p);
	if (atomic_fetch_add(&got[item], 1))
		FAIL("item %" PRIuPTR " was got twice", item);
}

static void *steal(void *arg)
{
	uint64_t random = (uintptr_t)arg;
	uint64_t lost = 0;

	while (!atomic_load(&done)) {
		void *p = mni_deque_steal(&deque);

		if (p == MNI_DEQUE_ABORT)
			lost++;
		else if (p != MNI_DEQUE_EMPTY)
			take_note(p);
		if (!test_below(&random, 50))
			sched_yield();
	}
	atomic_fetch_add(&aborts, lost);
	return NULL;
}

static void own(uint64_t *random)
{
	uintptr_t next = 1;

	while (next <= ITEMS) {
		uint64_t n = test_below(random, test_below(random, 8) ? 6 : 400);

		for (; n && next <= ITEMS; n--)
			CHECK(mni_deque_push(&deque, (void *)(next++ << 4 | 8)));
		n = test_below(random, test_below(random, 8) ? 6 : 300);
		for (; n; n--) {
			void *p;

			switch (test_below(random, 3)) {
			case 0:
				p = mni_deque_take(&deque);
				break;
			case 1:
				p = mni_deque_take_oldest(&deque);
				break;
			default:
				p = (void *)((next - 1 - test_below(random, 8)) << 4 | 8);
				if (!mni_deque_take_out(&deque, p))
					p = NULL;
			}
			if (p)
				take_note(p);
		}
		if (!test_below(random, 40))
			sched_yield();
	}
}

static void round_of(uint64_t seed)
{
	pthread_t thief[THIEVES];
	uint64_t random = seed;
	void *p;

	for (size_t i = 1; i <= ITEMS; i++)
		atomic_store_explicit(&got[i], 0, memory_order_relaxed);
	atomic_store(&done, false);
	CHECK(mni_deque_init(&deque, 1));
	for (uintptr_t i = 0; i < THIEVES; i++)
		CHECK_EQ(pthread_create(&thief[i], NULL, steal, (void *)(seed + i)), 0);
	own(&random);
	while ((p = mni_deque_take(&deque)))
		take_note(p);
	CHECK_EQ(mni_deque_size(&deque), 0);
	atomic_store(&done, true);
	for (int i = 0; i < THIEVES; i++)
		CHECK_EQ(pthread_join(thief[i], NULL), 0);
	for (size_t i = 1; i <= ITEMS; i++)
		if (atomic_load(&got[i]) != 1)
			FAIL("item %zu was got %d times", i, atomic_load(&got[i]));
	mni_deque_free(&deque);
}

int main(void)
{
	uint64_t random = test_seed();

	for (uint64_t n = test_times(30); n; n--)
		round_of(test_random(&random));
	return 0;
}
