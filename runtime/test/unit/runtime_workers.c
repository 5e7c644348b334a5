/*
 * Proves: all workers run threads, at the same time: as many threads as there
 * are workers, none of which ever yields, meet each other. Created by main or by
 * one another; at once, or when the workers have gone to sleep. Policy local,
 * which never moves a thread, deals them out evenly when one thread creates them.
 */
#include <stdatomic.h>

#include "check.h"

#define ROUNDS 20

static _Atomic unsigned met;

/*
 * Without yielding, until all are there; mostly in the program's own code, where it can be
 * preempted: a thread that has been may have to run on this very worker.
 */
static void *meet(void *arg)
{
	unsigned all = mn_workers();

	atomic_fetch_add(&met, 1);
	for (unsigned looks = 1; atomic_load(&met) < all; looks++)
		if (looks % 10000 == 0)
			sched_yield();
	return arg;
}

static void *create_next(void *arg)
{
	uintptr_t left = (uintptr_t)arg;
	mn_thread_t next = 0;

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
			for (unsigned i = 0; i < n; i++)
				CHECK_EQ(mn_thread_create(&t[i], moves ? NULL : &test_creator_goes_on,
							  meet, NULL),
					 0); /* where nothing moves, its creator could not */
			for (unsigned i = 0; i < n; i++)
				test_join(t[i]);
		}
		CHECK_EQ(atomic_load(&met), n);
	}
	test_stop();
	return 0;
}
