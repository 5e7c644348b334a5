/*
 * Proves: a broadcast wakes all that wait, none of those that come later, and
 * with nobody waiting nobody; destroy is EBUSY while threads wait, and the
 * object may be destroyed and its memory used otherwise right after the
 * broadcast, before those that it woke have run.
 */
#include "check.h"

#define WAITERS 30
#define ROUNDS 40

static struct mn_mutex lock;
static struct mn_cond *changed;

/* Guarded by lock. */
static int waiting;
static int generation;
static int woken;

static void *wait_for_next(void *arg)
{
	int mine;

	mn_mutex_lock(&lock);
	mine = generation;
	waiting++;
	while (generation == mine) {
		mn_cond_wait(changed, &lock);
		CHECK_EQ(generation, mine + 1);
	}
	woken++;
	mn_mutex_unlock(&lock);
	return arg;
}

static void until_all_wait(void)
{
	for (;;) {
		bool done;

		mn_mutex_lock(&lock);
		done = waiting == WAITERS;
		if (done)
			return; /* with the mutex */
		mn_mutex_unlock(&lock);
		test_pause();
	}
}

int main(void)
{
	static struct mn_cond space[2];
	mn_thread_t t[WAITERS];

	test_start();
	for (int round = 0; round < ROUNDS; round++) {
		changed = &space[round % 2];
		mn_cond_init(changed);
		mn_cond_broadcast(changed); /* nobody waits: not remembered */
		waiting = 0;
		woken = 0;
		for (int i = 0; i < WAITERS; i++)
			t[i] = test_spawn(wait_for_next, NULL);
		until_all_wait();
		CHECK_EQ(mn_cond_destroy(changed), -EBUSY);
		CHECK_EQ(woken, 0);
		generation++;
		mn_cond_broadcast(changed);
		CHECK_EQ(mn_cond_destroy(changed), 0);
		memset(changed, 0xee, sizeof *changed);
		mn_mutex_unlock(&lock);
		for (int i = 0; i < WAITERS; i++)
			test_join(t[i]);
		CHECK_EQ(woken, WAITERS);
		for (size_t i = 0; i < sizeof *changed; i++)
			CHECK_EQ(((unsigned char *)changed)[i], 0xee);
	}
	test_stop();
	return 0;
}
