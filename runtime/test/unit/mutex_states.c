/*
 * Proves: trylock of a held mutex is EBUSY, from its owner too, and leaves it
 * alone; destroy is EBUSY while it is held or waited for and 0 otherwise; a
 * mutex is as new after init; threads that wait for it all get it, one after
 * the other, when it is unlocked once.
 */
#include <stdatomic.h>

#include "check.h"

#define WAITERS 30

static struct mn_mutex lock = MN_MUTEX_INIT;
static _Atomic int arrived;
static int passed; /* guarded by lock */

static void *try_it(void *arg)
{
	CHECK_EQ(mn_mutex_trylock(&lock), -EBUSY);
	CHECK_EQ(mn_mutex_destroy(&lock), -EBUSY);
	return arg;
}

static void *pass(void *arg)
{
	atomic_fetch_add(&arrived, 1);
	mn_mutex_lock(&lock);
	CHECK_EQ(mn_mutex_trylock(&lock), -EBUSY);
	passed++;
	if (passed < WAITERS)
		CHECK_EQ(mn_mutex_destroy(&lock), -EBUSY);
	mn_mutex_unlock(&lock);
	return arg;
}

static void waiters(void)
{
	mn_thread_t t[WAITERS];

	mn_mutex_lock(&lock);
	for (int i = 0; i < WAITERS; i++)
		t[i] = test_spawn(pass, NULL);
	while (atomic_load(&arrived) < WAITERS)
		test_pause();
	for (int i = 0; i < 20; i++)
		mn_thread_yield();
	CHECK_EQ(passed, 0);
	mn_mutex_unlock(&lock);
	for (int i = 0; i < WAITERS; i++)
		test_join(t[i]);
	CHECK_EQ(passed, WAITERS);
}

int main(void)
{
	CHECK_EQ(mn_mutex_trylock(&lock), 0); /* uncontended: even before the start */
	mn_mutex_unlock(&lock);
	test_start();
	CHECK_EQ(mn_mutex_destroy(&lock), 0);
	mn_mutex_init(&lock);
	mn_mutex_lock(&lock);
	CHECK_EQ(mn_mutex_trylock(&lock), -EBUSY);
	CHECK_EQ(mn_mutex_destroy(&lock), -EBUSY);
	test_join(test_spawn(try_it, NULL));
	mn_mutex_unlock(&lock);
	CHECK_EQ(mn_mutex_trylock(&lock), 0);
	mn_mutex_unlock(&lock);
	waiters();
	CHECK_EQ(mn_mutex_destroy(&lock), 0);
	memset(&lock, 0xff, sizeof lock);
	mn_mutex_init(&lock);
	mn_mutex_lock(&lock);
	mn_mutex_unlock(&lock);
	CHECK_EQ(mn_mutex_destroy(&lock), 0);
	test_stop();
	return 0;
}
