/*
 * Proves: child-first, a new thread runs before its creator goes on, which it
 * does when the thread blocks or ends, in the order of plain calls, or on
 * another worker meanwhile; help-first it is the other way round. The attribute
 * goes before the setting.
 */
#include <stdatomic.h>

#include "check.h"

TEST_ONCE;

static const struct mn_thread_attr child_first = {.spawn = MN_CHILD_FIRST};
static const struct mn_thread_attr help_first = {.spawn = MN_HELP_FIRST};

static int steps;
static struct mn_sem gate;

static void *step(void *arg)
{
	*(int *)arg = ++steps;
	return arg;
}

static void *step_wait_step(void *arg)
{
	int *at = arg;

	at[0] = ++steps;
	mn_sem_wait(&gate);
	at[1] = ++steps;
	mn_thread_exit(arg);
}

static void order_of(const struct mn_thread_attr *attr, bool first)
{
	mn_thread_t t;
	int at[2] = {0, 0};

	steps = 0;
	CHECK_EQ(mn_thread_create(&t, attr, step, at), 0);
	CHECK_EQ(++steps, first ? 2 : 1);
	CHECK_EQ(test_join(t), at);
	CHECK_EQ(at[0], first ? 1 : 2);

	steps = 0;
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	CHECK_EQ(mn_thread_create(&t, attr, step_wait_step, at), 0);
	CHECK_EQ(++steps, first ? 2 : 1);
	CHECK_EQ(mn_sem_post(&gate), 0);
	CHECK_EQ(test_join(t), at);
	CHECK_EQ(at[0], first ? 1 : 2);
	CHECK_EQ(at[1], 3);
}

#define DEPTH 100

/* Each creates the next and notes when it was entered and when it went on. */
static void *nest(void *arg)
{
	intptr_t depth = (intptr_t)arg;
	mn_thread_t t;

	CHECK_EQ(++steps, depth + 1);
	if (depth < DEPTH) {
		CHECK_EQ(mn_thread_create(&t, &child_first, nest, (void *)(depth + 1)), 0);
		CHECK_EQ(++steps, 2 * DEPTH - depth + 1);
		test_join(t);
	}
	return NULL;
}

static void orders(const char *policy, int spawn)
{
	const struct mn_config config = {
		.policy = policy, .workers = 1, .preempt = MN_OFF, .spawn = spawn};
	struct mn_thread_attr bad = {.spawn = 3};
	mn_thread_t t;

	CHECK_EQ(mn_init(&config), 0);
	order_of(NULL, spawn == MN_CHILD_FIRST);
	order_of(&child_first, true);
	order_of(&help_first, false);
	steps = 0;
	nest(0);
	CHECK_EQ(mn_thread_create(&t, &bad, step, NULL), -EINVAL);
	test_stop();
}

static _Atomic bool went_on;

static void *until_creator_goes_on(void *arg)
{
	while (!atomic_load(&went_on))
		sched_yield();
	return arg;
}

/* The thread never gives up its worker, so its creator must be taken over. */
static void creator_is_taken_over(const char *policy)
{
	const struct mn_config config = {.policy = policy, .workers = 2, .preempt = MN_OFF};
	mn_thread_t t;

	CHECK_EQ(mn_init(&config), 0);
	for (int i = 0; i < 50; i++) {
		atomic_store(&went_on, false);
		CHECK_EQ(mn_thread_create(&t, &child_first, until_creator_goes_on, &t), 0);
		atomic_store(&went_on, true);
		CHECK_EQ(test_join(t), &t);
	}
	test_stop();
}

static void *fib(void *arg)
{
	uintptr_t n = (uintptr_t)arg;
	mn_thread_t t;
	uintptr_t right;

	if (n < 2)
		return arg;
	CHECK_EQ(mn_thread_create(&t, &child_first, fib, (void *)(n - 1)), 0);
	right = (uintptr_t)fib((void *)(n - 2));
	return (void *)((uintptr_t)test_join(t) + right);
}

static void many(const char *policy, unsigned workers)
{
	const struct mn_config config = {.policy = policy, .workers = workers, .quantum_us = 100};

	CHECK_EQ(mn_init(&config), 0);
	/* Each of them is a fiber to TSan, and those take long. */
	if (TEST_SLOWDOWN > 10)
		CHECK_EQ((uintptr_t)fib((void *)10), 55);
	else
		CHECK_EQ((uintptr_t)fib((void *)16), 987);
	test_stop();
}

int main(void)
{
	for (unsigned i = 0; mn_policy_name(i); i++) {
		orders(mn_policy_name(i), MN_HELP_FIRST);
		orders(mn_policy_name(i), MN_CHILD_FIRST);
		for (unsigned workers = 1; workers <= 4; workers *= 2)
			many(mn_policy_name(i), workers);
	}
	creator_is_taken_over("steal");
	creator_is_taken_over("global");
	creator_is_taken_over("uts");
	return 0;
}
