/*
 * Proves: a signal wakes a waiter, and one only, however many wait; a signal
 * that nobody waits for is not remembered; wait lets go of the mutex while it
 * waits and has it again when it returns; first come, first woken.
 */
#include <stdatomic.h>

#include "check.h"

#define WAITERS 20
#define SIGNALS 400

static struct mn_mutex lock;
static struct mn_cond changed;

/* Guarded by lock. */
static int waiting;
static int tokens;
static int returns; /* of mn_cond_wait() */
static int taken;
static bool stop;
static bool inside;

static void *take_tokens(void *arg)
{
	mn_mutex_lock(&lock);
	while (!stop) {
		if (tokens) {
			tokens--;
			taken++;
			continue;
		}
		waiting++;
		mn_cond_wait(&changed, &lock);
		CHECK(!inside);
		inside = true;
		waiting--;
		returns++;
		CHECK_EQ(mn_mutex_trylock(&lock), -EBUSY);
		mn_thread_yield(); /* with the mutex: nobody else may get in */
		inside = false;
	}
	mn_mutex_unlock(&lock);
	return arg;
}

static void wait_until(const int *what, int value)
{
	for (;;) {
		bool done;

		mn_mutex_lock(&lock);
		done = *what >= value;
		mn_mutex_unlock(&lock);
		if (done)
			return;
		test_pause();
	}
}

static int order[WAITERS];
static int woken;

static void *in_order(void *arg)
{
	mn_mutex_lock(&lock);
	waiting++;
	mn_cond_wait(&changed, &lock);
	order[woken++] = (int)(uintptr_t)arg;
	mn_mutex_unlock(&lock);
	return NULL;
}

static void first_come_first_woken(void)
{
	mn_thread_t t[WAITERS];

	waiting = 0;
	for (int i = 0; i < WAITERS; i++) {
		t[i] = test_spawn(in_order, (void *)(uintptr_t)i);
		wait_until(&waiting, i + 1);
	}
	for (int i = 0; i < WAITERS; i++) {
		mn_mutex_lock(&lock);
		mn_cond_signal(&changed);
		mn_mutex_unlock(&lock);
		wait_until(&woken, i + 1);
		CHECK_EQ(order[i], i);
	}
	for (int i = 0; i < WAITERS; i++)
		test_join(t[i]);
}

int main(void)
{
	mn_thread_t t[WAITERS];

	test_start();
	for (int i = 0; i < 10; i++)
		mn_cond_signal(&changed); /* not remembered */
	for (int i = 0; i < WAITERS; i++)
		t[i] = test_spawn(take_tokens, NULL);
	wait_until(&waiting, WAITERS);
	CHECK_EQ(returns, 0);
	for (int i = 1; i <= SIGNALS; i++) {
		mn_mutex_lock(&lock);
		tokens++;
		if (i % 2)
			mn_cond_signal(&changed);
		mn_mutex_unlock(&lock);
		if (i % 2 == 0)
			mn_cond_signal(&changed);
		wait_until(&taken, i);
	}
	wait_until(&waiting, WAITERS);
	CHECK_EQ(taken, SIGNALS);
	/* A return without a signal is allowed, many of them are not. */
	CHECK_REL(returns, >=, SIGNALS);
	CHECK_REL(returns, <, SIGNALS + SIGNALS / 2);
	mn_mutex_lock(&lock);
	stop = true;
	mn_mutex_unlock(&lock);
	for (int i = 0; i < WAITERS; i++)
		mn_cond_signal(&changed);
	for (int i = 0; i < WAITERS; i++)
		test_join(t[i]);
	first_come_first_woken();
	CHECK_EQ(mn_cond_destroy(&changed), 0);
	test_stop();
	return 0;
}
