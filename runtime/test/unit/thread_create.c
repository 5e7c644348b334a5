/*
 * Proves: a thread runs once, gets its argument, and its result reaches its
 * joiner, whether few or many threads wait; living threads have different
 * handles; join takes NULL for the result, create takes NULL for a detached
 * thread's handle; threads can create threads.
 */
#include <stdatomic.h>

#include "check.h"

#define MANY 3000

static _Atomic int runs;

static void *add_one(void *arg)
{
	atomic_fetch_add(&runs, 1);
	return (void *)((uintptr_t)arg + 1);
}

static void one_by_one(void)
{
	atomic_store(&runs, 0);
	for (uintptr_t i = 0; i < 1000; i++) {
		mn_thread_t t = test_spawn(add_one, (void *)(i << 40 | i));

		CHECK_EQ(test_join(t), (i << 40 | i) + 1);
		CHECK_EQ(atomic_load(&runs), i + 1);
	}
}

/* Joined in the order of creation, backwards, or in strides. */
static void in_a_batch(unsigned stride)
{
	static mn_thread_t t[MANY];

	atomic_store(&runs, 0);
	for (uintptr_t i = 0; i < MANY; i++) {
		t[i] = test_spawn(add_one, (void *)i);
		if (i)
			CHECK(t[i] != t[i - 1] && t[i] != t[0]);
	}
	for (uintptr_t i = 0; i < MANY; i++) {
		uintptr_t k = stride ? i * stride % MANY : MANY - 1 - i;

		CHECK_EQ(test_join(t[k]), k + 1);
	}
	CHECK_EQ(atomic_load(&runs), MANY);
}

static void without_result(void)
{
	mn_thread_t t = test_spawn(add_one, NULL);

	CHECK_EQ(mn_thread_join(t, NULL), 0);
}

static void *set(void *flag)
{
	atomic_store((_Atomic int *)flag, 1);
	return NULL;
}

static void detached_without_handle(void)
{
	static const struct mn_thread_attr detached = {.detached = 1};
	static _Atomic int flag;

	CHECK_EQ(mn_thread_create(NULL, &detached, set, &flag), 0);
	while (!atomic_load(&flag))
		test_pause();
}

/* The number of threads in a tree of this depth, counted by the threads themselves. */
static void *tree(void *arg)
{
	uintptr_t depth = (uintptr_t)arg;
	mn_thread_t left;
	mn_thread_t right;
	uintptr_t sum;

	if (!depth)
		return (void *)1;
	left = test_spawn(tree, (void *)(depth - 1));
	right = test_spawn(tree, (void *)(depth - 1));
	sum = (uintptr_t)test_join(left);
	return (void *)(sum + (uintptr_t)test_join(right) + 1);
}

int main(void)
{
	test_start();
	one_by_one();
	in_a_batch(1);
	in_a_batch(0);
	in_a_batch(7);
	without_result();
	detached_without_handle();
	CHECK_EQ(test_join(test_spawn(tree, (void *)10)), 2047);
	test_stop();
	return 0;
}
