/*
 * Proves: on one worker a yield goes to the thread that has been runnable
 * longest, so that threads that yield take turns; with nobody to yield to it
 * comes back; on any number of workers every thread that yields gets on.
 */
#include <stdatomic.h>

#include "check.h"

#define THREADS 7
#define ROUNDS 50
#define PHASE_ROUNDS 4 /* with more workers than CPUs each may take milliseconds */

static int turns[THREADS * ROUNDS];
static int turn;

static void *take_turns(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		turns[turn++] = (int)(uintptr_t)arg;
		mn_thread_yield();
	}
	return NULL;
}

static void round_robin(void)
{
	mn_thread_t t[THREADS];

	test_start_one_cooperative_worker();
	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(take_turns, (void *)i);
	while (turn < THREADS * ROUNDS)
		mn_thread_yield();
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	for (int i = 0; i < THREADS * ROUNDS; i++)
		CHECK_EQ(turns[i], i % THREADS);
	test_stop();
}

static void alone(void)
{
	for (int i = 0; i < 1000; i++)
		mn_thread_yield();
}

static _Atomic int phase;

/* Goes on only in its own phase: each needs all the others to get on. */
static void *in_phase(void *arg)
{
	int me = (int)(uintptr_t)arg;

	for (int i = 0; i < PHASE_ROUNDS; i++) {
		while (atomic_load(&phase) != i * THREADS + me)
			test_pause();
		atomic_fetch_add(&phase, 1);
	}
	return NULL;
}

static void all_get_on(void)
{
	mn_thread_t t[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(in_phase, (void *)(THREADS - 1 - i));
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	CHECK_EQ(atomic_load(&phase), THREADS * PHASE_ROUNDS);
}

int main(void)
{
	round_robin();
	test_start();
	alone();
	all_get_on();
	test_stop();
	mn_thread_yield(); /* not a green thread: allowed, and does nothing here */
	return 0;
}
