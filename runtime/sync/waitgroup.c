/*
 * Waitgroup: a counter that threads wait for to reach zero.
 *
 * add:   without waiters, or without reaching zero: by compare-and-swap on the
 *        word, which holds the count and whether there are waiters. When it
 *        reaches zero with waiters: under the guard, count and flag are cleared
 *        and all waiters taken out; release the guard; make them runnable.
 * wait:  the count is zero: return. Else, under the guard, set the flag by
 *        compare-and-swap while the count is not zero, queue up and park.
 *
 * It may be freed by whoever has waited for zero: without waiters the
 * compare-and-swap is the last access of add; with waiters it is the release of
 * the guard, which comes before they become runnable, and one who need not wait
 * looks whether the guard is free before it returns.
 */
#include "sync/waitq.h"

#define WAITERS ((uint64_t)1 << 63)
#define COUNT (WAITERS - 1)

struct waitgroup {
	_Atomic uint64_t word;
	mni_spinlock guard;
	mni_waitq waiters;
};

_Static_assert(sizeof(struct waitgroup) <= sizeof(struct mn_waitgroup), "must fit the public type");

int mn_waitgroup_add(struct mn_waitgroup *public, int64_t n)
{
	struct waitgroup *g = (struct waitgroup *)public;
	uint64_t word = mni_load(&g->word, relaxed);
	struct mni_waiter *all;

	for (;;) {
		int64_t count = (int64_t)(word & COUNT);
		int64_t then;

		if (__builtin_add_overflow(count, n, &then) || then < 0)
			return n < 0 ? -MNI_EINVAL : -MNI_EOVERFLOW;
		if (!then && (word & WAITERS))
			break;
		if (mni_cas_weak(&g->word, &word, (word & WAITERS) | (uint64_t)then, acq_rel,
				 relaxed))
			return 0;
	}
	mni_spin_lock(&g->guard);
	/* The count may have changed; the flag has not, but for another who came here first. */
	do {
		if ((int64_t)(word & COUNT) + n || !(word & WAITERS)) {
			mni_spin_unlock(&g->guard);
			return mn_waitgroup_add(public, n);
		}
	} while (!mni_cas_weak(&g->word, &word, 0, acq_rel, relaxed));
	all = mni_waitq_take_all(&g->waiters);
	mni_spin_unlock(&g->guard);
	mni_waitq_wake_list(all);
	return 0;
}

int mn_waitgroup_done(struct mn_waitgroup *g)
{
	return mn_waitgroup_add(g, -1);
}

static int wait(struct waitgroup *g, const struct mni_until *until)
{
	struct mni_worker *w = mni_self();
	struct mni_waiter n;
	uint64_t word;
	int error;

	if (w && mni_cancel_due(w->current))
		mn_thread_exit(MN_CANCELED);
	if (!(mni_load(&g->word, acquire) & COUNT)) {
		while (mni_load(&g->guard, acquire))
			mn_arch_relax();
		return 0;
	}
	mni_waiter_init(&n, mni_worker_to_wait(), &g->guard, mni_waits(MNI_WAITS_WAITGROUP, g));
	error = mni_wait_limit(&n.wait, until, true);
	if (!error) {
		mni_spin_lock(&g->guard);
		word = mni_load(&g->word, acquire);
		do {
			if (!(word & COUNT)) {
				mni_spin_unlock(&g->guard);
				return 0;
			}
		} while (!mni_cas_weak(&g->word, &word, word | WAITERS, acquire, acquire));
		mni_waitq_append(&g->waiters, &n);
		error = mni_waiter_park(&n);
	}
	if (error == -MNI_ECANCELED)
		mn_thread_exit(MN_CANCELED);
	return error;
}

void mn_waitgroup_wait(struct mn_waitgroup *g)
{
	wait((struct waitgroup *)g, NULL);
}

int mn_waitgroup_wait_until(struct mn_waitgroup *g, enum mn_clock clock, uint64_t ns)
{
	return wait((struct waitgroup *)g, &(struct mni_until){clock, ns});
}
