/*
 * Proves: all workers run threads, at the same time: as many threads as there
 * are workers, none of which ever yields, meet each other. Created by main or by
 * one another; at once, or when the workers have gone to sleep. Policy local,
 * which never moves a thread, deals them out evenly when one thread creates them.
 *
 * Who creates some is not preempted meanwhile: who waits for them on its worker is never
 * in the program's own code when a tick comes, if the machine is busy, but in
 * sched_yield(), and would keep the worker.
 */
#include <stdatomic.h>

#include "check.h"

#define ROUNDS 20

static _Atomic unsigned met;

/* Without yielding, until all are there. */
static void *meet(void *arg)
{
	unsigned all = mn_workers();

	atomic_fetch_add(&met, 1);
	while (atomic_load(&met) < all)
		sched_yield();
	return arg;
}

static void *create_next(void *arg)
{
	uintptr_t left = (uintptr_t)arg;
	mn_thread_t next = 0;

	mn_preempt_disable();
	if (left > 1)
		next = test_spawn(create_next, (void *)(left - 1));
	meet(NULL);
	if (next)
		test_join(next);
	return NULL;
}

int main(void)
{
	bool moves;

	test_start();
	moves = strcmp(mn_policy(), "local") != 0;
	for (unsigned round = 0; round < ROUNDS; round++) {
		mn_thread_t t[64];
		unsigned n = mn_workers();

		atomic_store(&met, 0);
		if (round % 4 == 3)
			usleep(3000); /* so that the others sleep; nothing depends on it */
		if (moves && round % 2) {
			test_join(test_spawn(create_next, (void *)(uintptr_t)n));
		} else {
			mn_preempt_disable();
			for (unsigned i = 0; i < n; i++)
				CHECK_EQ(mn_thread_create(&t[i], moves ? NULL : &test_creator_goes_on,
							  meet, NULL),
					 0); /* where nothing moves, its creator could not */
			mn_preempt_enable();
			for (unsigned i = 0; i < n; i++)
				test_join(t[i]);
		}
		CHECK_EQ(atomic_load(&met), n);
	}
	test_stop();
	return 0;
}
