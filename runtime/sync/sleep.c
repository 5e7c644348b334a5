/*
 * Sleeping: a timed wait for an object that nobody else knows, so that only
 * its timer and cancellation can end it.
 */
#include "sync/waitq.h"

uint64_t mn_now_ns(enum mn_clock clock)
{
	return clock == MN_CLOCK_REALTIME ? mn_plat_real_ns() : mn_plat_now_ns();
}

void mn_sleep_until(enum mn_clock clock, uint64_t ns)
{
	struct mni_until until = {clock, ns};
	struct mni_waiter n;
	mni_spinlock guard = 0;
	mni_waitq queue = {NULL};
	int error;

	mni_waiter_init(&n, mni_worker_to_wait(), &guard, mni_waits(MNI_WAITS_SLEEP, NULL));
	error = mni_wait_limit(&n.wait, &until, true);
	if (!error) {
		mni_spin_lock(&guard);
		mni_waitq_append(&queue, &n);
		if (mni_rt.policy->stall)
			mni_rt.policy->stall(mni_self(), n.wait.thread);
		error = mni_waiter_park(&n);
	} else {
		mni_too_late(error);
	}
	if (error == -MNI_ECANCELED)
		mn_thread_exit(MN_CANCELED);
}

void mn_sleep_ns(uint64_t ns)
{
	uint64_t now = mn_plat_now_ns();

	mn_sleep_until(MN_CLOCK_MONOTONIC, ns < MNI_NEVER - now ? now + ns : MNI_NEVER);
}
