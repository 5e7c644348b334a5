/*
 * Proves that nobody waits for ever behind others, without preemption:
 *   - a thread that waits behind two that wake each other again and again;
 *   - a thread that was woken, behind two that yield again and again;
 *   - a thread created by a kernel thread, behind threads that yield;
 *   - with more than one worker: a thread behind one that computes and does not
 *     yield, in the places where a policy may keep it (created, woken, yielded).
 */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

static _Atomic bool flag;
static struct mn_sem a;
static struct mn_sem b;
static struct mn_sem gate;

static void *raise_flag(void *arg)
{
	atomic_store(&flag, true);
	return arg;
}

static void *raise_flag_when_woken(void *arg)
{
	mn_sem_wait(&gate);
	atomic_store(&flag, true);
	return arg;
}

/* --- two that wake each other --- */

static void *ping(void *arg)
{
	while (!atomic_load(&flag)) {
		mn_sem_post(&b);
		mn_sem_wait(&a);
	}
	mn_sem_post(&b);
	return arg;
}

static void *pong(void *arg)
{
	while (!atomic_load(&flag)) {
		mn_sem_wait(&b);
		mn_sem_post(&a);
	}
	mn_sem_post(&a);
	return arg;
}

static void behind_two_that_wake_each_other(void)
{
	mn_thread_t t[3];

	atomic_store(&flag, false);
	CHECK_EQ(mn_sem_init(&a, 0), 0);
	CHECK_EQ(mn_sem_init(&b, 0), 0);
	t[0] = test_spawn(ping, NULL);
	t[1] = test_spawn(pong, NULL);
	for (int i = 0; i < 10; i++)
		mn_thread_yield();
	t[2] = test_spawn(raise_flag, NULL);
	for (int i = 0; i < 2; i++)
		test_join(t[i]);
	test_join(t[2]);
}

/* --- two that yield --- */

static void *yield_until_flag(void *arg)
{
	while (!atomic_load(&flag))
		mn_thread_yield();
	return arg;
}

static void *wake_and_yield(void *arg)
{
	mn_sem_post(&gate);
	return yield_until_flag(arg);
}

static void behind_two_that_yield(void)
{
	mn_thread_t t[3];

	atomic_store(&flag, false);
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	t[0] = test_spawn(raise_flag_when_woken, NULL);
	for (int i = 0; i < 100; i++)
		mn_thread_yield();
	t[1] = test_spawn(yield_until_flag, NULL);
	mn_thread_yield();
	t[2] = test_spawn(wake_and_yield, NULL);
	yield_until_flag(NULL);
	for (int i = 0; i < 3; i++)
		test_join(t[i]);
}

/* --- from outside --- */

static void *create_from_outside(void *arg)
{
	CHECK_EQ(mn_thread_create(NULL, NULL, raise_flag, NULL), 0);
	return arg;
}

static void from_outside(void)
{
	mn_thread_t t[8];
	pthread_t k;

	atomic_store(&flag, false);
	for (int i = 0; i < 8; i++)
		t[i] = test_spawn(yield_until_flag, NULL);
	CHECK_EQ(pthread_create(&k, NULL, create_from_outside, NULL), 0);
	yield_until_flag(NULL);
	for (int i = 0; i < 8; i++)
		test_join(t[i]);
	CHECK_EQ(pthread_join(k, NULL), 0);
}

/* --- behind one that computes --- */

static void compute_until_flag(void)
{
	while (!atomic_load(&flag))
		sched_yield();
}

static void *create_and_compute(void *arg)
{
	mn_thread_t t;

	atomic_store(&flag, false);
	t = test_spawn(raise_flag, NULL);
	compute_until_flag();
	test_join(t);
	return arg;
}

static void *wake_and_compute(void *arg)
{
	mn_thread_t t;

	atomic_store(&flag, false);
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	t = test_spawn(raise_flag_when_woken, NULL);
	for (int i = 0; i < 100; i++)
		mn_thread_yield();
	mn_sem_post(&gate);
	compute_until_flag();
	test_join(t);
	return arg;
}

static _Atomic bool yields;

static void *yield_then_raise(void *arg)
{
	atomic_store(&yields, true);
	mn_thread_yield();
	atomic_store(&flag, true);
	return arg;
}

static void *be_yielded_to_and_compute(void *arg)
{
	mn_thread_t t;

	atomic_store(&flag, false);
	atomic_store(&yields, false);
	t = test_spawn(yield_then_raise, NULL);
	while (!atomic_load(&yields))
		test_pause();
	compute_until_flag();
	test_join(t);
	return arg;
}

static void behind_one_that_computes(void *(*fn)(void *), int times)
{
	for (int i = 0; i < times; i++) {
		mn_thread_t t;

		fn(NULL); /* in main, */
		t = test_spawn(fn, NULL);
		mn_thread_yield();
		test_join(t); /* in a thread, */
		if (i % 8 == 0)
			usleep(2000);
		test_join(test_spawn(fn, NULL)); /* and after the others have gone to sleep */
	}
}

int main(void)
{
	struct mn_config config = {.preempt = MN_OFF};

	CHECK_EQ(mn_init(&config), 0);
	for (int i = 0; i < 20; i++) {
		behind_two_that_wake_each_other();
		behind_two_that_yield();
		from_outside();
	}
	if (mn_workers() > 1 && strcmp(mn_policy(), "local")) {
		behind_one_that_computes(create_and_compute, 40);
		behind_one_that_computes(wake_and_compute, 40);
		behind_one_that_computes(be_yielded_to_and_compute, 40);
	}
	test_stop();
	return 0;
}
