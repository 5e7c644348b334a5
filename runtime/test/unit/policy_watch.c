/*
 * Proves: without preemption, a runnable thread does not wait behind one that
 * computes while workers sleep, even when the worker that kept watch is called
 * away, and when several threads come from outside at once.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

TEST_ONCE;

#if defined(MN_TEST_PERTURB_H)
#define ROUNDS 10 /* a thousand threads each, all delayed */
#else
#define ROUNDS 100
#endif

static _Atomic int here;
static _Atomic bool leave;

static void *nothing(void *arg)
{
	return arg;
}

static void *hold(void *arg)
{
	atomic_fetch_add(&here, 1);
	while (!atomic_load(&leave))
		sched_yield();
	atomic_fetch_sub(&here, 1);
	return arg;
}

static void *create_from_outside(void *count)
{
	static const struct mn_thread_attr detached = {.detached = 1};

	for (int i = 0; i < *(int *)count; i++)
		CHECK_EQ(mn_thread_create(NULL, &detached, hold, NULL), 0);
	return NULL;
}

/* Main keeps its worker; count threads from outside and own from here want one each. */
static void all_get_a_worker(int count, int own)
{
	mn_thread_t t[8];
	pthread_t k;

	atomic_store(&leave, false);
	/* Wake-ups for lone threads do not pay, and are left out from now on. */
	for (int i = 0; i < 1000; i++)
		test_join(test_spawn(nothing, NULL));
	for (int i = 0; i < own; i++)
		t[i] = test_spawn(hold, NULL);
	CHECK_EQ(pthread_create(&k, NULL, create_from_outside, &count), 0);
	while (atomic_load(&here) < count + own)
		sched_yield();
	CHECK_EQ(pthread_join(k, NULL), 0);
	atomic_store(&leave, true);
	for (int i = 0; i < own; i++)
		test_join(t[i]);
	while (atomic_load(&here))
		test_pause();
}

int main(void)
{
	for (unsigned p = 0; mn_policy_name(p); p++) {
		const struct mn_config config = {
			.policy = mn_policy_name(p), .workers = 4, .preempt = MN_OFF};

		if (!strcmp(config.policy, "local"))
			continue; /* there it does wait: nobody takes another's threads */
		CHECK_EQ(mn_init(&config), 0);
		for (int i = 0; i < ROUNDS; i++) {
			all_get_a_worker(2, 1);
			all_get_a_worker(1, 2);
			all_get_a_worker(3, 0);
			all_get_a_worker(0, 3);
		}
		test_stop();
	}
	return 0;
}
