/*
 * Proves: a cancelled thread ends with MN_CANCELED at its next cancellation
 * point, blocked or not, and not before; disabled, the request waits; cleanup
 * handlers run newest first, with the mutex of a condition variable locked
 * again; a joiner that is cancelled leaves its thread joinable; what is waited
 * for stays usable.
 */
#include <stdatomic.h>

#include "check.h"

#define ROUNDS (TEST_SLOWDOWN > 10 ? 40 : 200) /* of new threads, which are large fibers to TSan */

static struct mn_mutex mutex;
static struct mn_cond cond;
static struct mn_sem sem;
static char trace[32];
static int traced;
static _Atomic int ready;

static void note(void *c)
{
	trace[traced++] = *(char *)c;
	trace[traced] = 0;
}

static void unlock(void *m)
{
	CHECK_EQ(mn_mutex_trylock(m), -EBUSY); /* it is locked */
	CHECK_EQ(mn_mutex_unlock(m), 0);
}

static void *wait_cond(void *arg)
{
	struct mn_cleanup c;

	mn_mutex_lock(&mutex);
	mn_cleanup_push(&c, unlock, &mutex);
	atomic_store(&ready, 1);
	for (;;)
		if (arg)
			mn_cond_wait_until(&cond, &mutex, MN_CLOCK_MONOTONIC, UINT64_MAX);
		else
			mn_cond_wait(&cond, &mutex);
	return NULL;
}

static void *wait_sem(void *arg)
{
	atomic_store(&ready, 1);
	if (arg)
		mn_sem_wait_until(&sem, MN_CLOCK_REALTIME, UINT64_MAX - 1);
	else
		mn_sem_wait(&sem);
	FAIL("not cancelled");
}

static void *wait_sleep(void *arg)
{
	(void)arg;
	atomic_store(&ready, 1);
	mn_sleep_ns(UINT64_MAX);
	FAIL("not cancelled");
}

static void *forever(void *arg)
{
	(void)arg;
	mn_sem_wait(&sem);
	return (void *)7;
}

static mn_thread_t joined;

static void *wait_join(void *arg)
{
	atomic_store(&ready, 1);
	if (arg)
		mn_thread_join_until(joined, NULL, MN_CLOCK_MONOTONIC, UINT64_MAX);
	else
		mn_thread_join(joined, NULL);
	FAIL("not cancelled");
}

static void *test_point(void *arg)
{
	(void)arg;
	atomic_store(&ready, 1);
	for (;;) {
		mn_thread_test_cancel();
		mn_thread_yield();
	}
	return NULL;
}

/* patience: how often to yield between the start of the wait and the cancellation. */
static void cancelled(void *(*fn)(void *), void *arg, int patience)
{
	mn_thread_t t;

	atomic_store(&ready, 0);
	t = test_spawn(fn, arg);
	while (patience > 0 && !atomic_load(&ready))
		mn_thread_yield();
	for (int i = 0; i < patience; i++)
		mn_thread_yield();
	CHECK_EQ(mn_thread_cancel(t), 0);
	CHECK_EQ(mn_thread_cancel(t), 0);
	CHECK(test_join(t) == MN_CANCELED);
	CHECK_EQ(mn_thread_cancel(t), -ESRCH);
}

static void blocked(int patience)
{
	cancelled(wait_cond, NULL, patience);
	cancelled(wait_cond, &ready, patience);
	cancelled(wait_sem, NULL, patience);
	cancelled(wait_sem, &ready, patience);
	cancelled(wait_sleep, NULL, patience);
	cancelled(test_point, NULL, patience);
	for (int timed = 0; timed < 2; timed++) {
		joined = test_spawn(forever, NULL);
		mn_thread_yield(); /* it has been started, and is not run in place */
		cancelled(wait_join, timed ? &ready : NULL, patience);
		mn_sem_post(&sem);
		CHECK_EQ((uintptr_t)test_join(joined), 7);
	}
	CHECK_EQ(mn_cond_destroy(&cond), 0);
	mn_cond_init(&cond);
	CHECK_EQ(mn_mutex_destroy(&mutex), 0);
	mn_mutex_init(&mutex);
	CHECK_EQ(mn_sem_value(&sem), 0);
	CHECK_EQ(mn_sem_destroy(&sem), 0);
	CHECK_EQ(mn_sem_init(&sem, 0), 0);
}

static void *not_now(void *arg)
{
	struct mn_cleanup a;
	struct mn_cleanup b;
	struct mn_cleanup c;

	CHECK_EQ(mn_thread_set_cancel(0), 1);
	CHECK_EQ(mn_thread_set_cancel(0), 0);
	mn_thread_cancel(mn_thread_self());
	mn_thread_test_cancel();
	mn_sleep_ns(1000);
	mn_sem_post(&sem);
	mn_sem_wait(&sem);
	mn_cleanup_push(&a, note, "a");
	mn_cleanup_push(&b, note, "b");
	mn_cleanup_pop(&b, 0);
	mn_cleanup_push(&b, note, "B");
	mn_cleanup_push(&c, note, "c");
	mn_cleanup_pop(&c, 1);
	CHECK_EQ(mn_thread_set_cancel(1), 0);
	CHECK_EQ(traced, 1);
	if (!arg)
		mn_thread_exit((void *)3); /* not a cancellation point */
	mn_sem_post(&sem);
	mn_sem_wait(&sem); /* need not block, but is one */
	FAIL("not cancelled");
}

static void pending(void)
{
	traced = 0;
	CHECK_EQ((uintptr_t)test_join(test_spawn(not_now, NULL)), 3);
	CHECK(!strcmp(trace, "cBa"));
	traced = 0;
	CHECK(test_join(test_spawn(not_now, trace)) == MN_CANCELED);
	CHECK(!strcmp(trace, "cBa"));
	CHECK_EQ(mn_sem_value(&sem), 1);
	mn_sem_wait(&sem);
}

int main(void)
{
	test_start();
	for (int i = 0; i < ROUNDS; i++)
		blocked(i % 4);
	pending();
	test_stop();
	return 0;
}
