/*
 * Proves: mn_thread_exit() ends the caller from any depth with its result:
 * a thread on its own stack, a thread that its joiner runs in place, threads
 * nested in such threads, after a yield, detached; the frames of whoever
 * joined it are as they were.
 */
#include <stdatomic.h>

#include "check.h"

#define PATTERN(i) (0x9e3779b97f4a7c15u * ((uint64_t)(i) + 1))

struct job {
	int depth;
	bool yields;
	uintptr_t result;
};

__attribute__((noipa)) static int descend(const struct job *j, int depth)
{
	volatile uint64_t frame[32];
	int below;

	for (int i = 0; i < 32; i++)
		frame[i] = PATTERN(i + depth);
	if (j->yields && depth % 4 == 0)
		mn_thread_yield();
	if (depth == j->depth)
		mn_thread_exit((void *)j->result);
	below = depth > j->depth ? 0 : descend(j, depth + 1);
	return below + (int)frame[0];
}

static void *exits(void *arg)
{
	descend(arg, 0);
	FAIL("mn_thread_exit() returned");
}

/* Joins at once, which may run the thread in place, and looks after its own frame. */
__attribute__((noipa)) static void join_at_once(const struct job *j)
{
	volatile uint64_t frame[64];
	mn_thread_t t;

	for (int i = 0; i < 64; i++)
		frame[i] = PATTERN(i);
	t = test_spawn(exits, (void *)(uintptr_t)j);
	CHECK_EQ(test_join(t), j->result);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(frame[i], PATTERN(i));
}

/* Joins a thread that exits, at each level of a nest of joined threads, and exits. */
static void *nest(void *arg)
{
	uintptr_t depth = (uintptr_t)arg;
	struct job j = {.depth = 5, .yields = depth % 2, .result = depth};

	join_at_once(&j);
	if (depth) {
		mn_thread_t t = test_spawn(nest, (void *)(depth - 1));

		CHECK_EQ(test_join(t), 2 * (depth - 1));
	}
	join_at_once(&j);
	mn_thread_exit((void *)(2 * depth));
}

static _Atomic int ended;

static void *exits_detached(void *arg)
{
	atomic_fetch_add(&ended, 1);
	return exits(arg);
}

int main(void)
{
	test_start();
	for (int depth = 0; depth < 100; depth += 9) {
		struct job j = {.depth = depth, .yields = depth % 2, .result = (uintptr_t)depth << 33};
		mn_thread_t t[20];

		for (int i = 0; i < 20; i++)
			t[i] = test_spawn(exits, &j);
		mn_thread_yield(); /* some of them start on their own stacks */
		for (int i = 0; i < 20; i++)
			CHECK_EQ(test_join(t[i]), j.result);
		for (int i = 0; i < 20; i++)
			join_at_once(&j);
	}
	CHECK_EQ(test_join(test_spawn(nest, (void *)8)), 16);
	for (int i = 0; i < 100; i++) {
		static const struct mn_thread_attr detached = {.detached = 1};
		static struct job j = {.depth = 10, .yields = true};

		CHECK_EQ(mn_thread_create(NULL, &detached, exits_detached, &j), 0);
	}
	test_stop();
	CHECK_EQ(atomic_load(&ended), 100);
	return 0;
}
