/*
 * Barrier: a count and a queue under a guard.
 *
 * wait:  under the guard, count. Not the last: queue up and park. The last one
 *        sets the count back, takes all others out, releases the guard, makes
 *        them runnable, and is told that it was the last.
 *
 * It may be destroyed as soon as one of the threads has returned: nobody
 * touches it after the last one has released the guard, and the others return
 * only after that.
 */
#include "sync/waitq.h"

struct barrier {
	mni_spinlock guard;
	uint32_t count;   /* from init on: how many there must be */
	uint32_t arrived; /* guard */
	mni_waitq waiters;
};

_Static_assert(sizeof(struct barrier) <= sizeof(struct mn_barrier), "must fit the public type");
_Static_assert(sizeof(struct mn_barrier) == 32, "must fit glibc's pthread_barrier_t");

int mn_barrier_init(struct mn_barrier *b, unsigned count)
{
	if (!count)
		return -MNI_EINVAL;
	*b = (struct mn_barrier){.count = count};
	return 0;
}

int mn_barrier_wait(struct mn_barrier *public)
{
	struct barrier *b = (struct barrier *)public;
	struct mni_waiter *others;
	struct mni_waiter n;

	if (!b->count)
		return -MNI_EINVAL;
	if (b->count > 1)
		mni_waiter_init(&n, mni_worker_to_wait(), &b->guard, mni_waits(MNI_WAITS_BARRIER, b));
	mni_spin_lock(&b->guard);
	if (++b->arrived < b->count) {
		mni_waitq_append(&b->waiters, &n);
		mni_waiter_park(&n);
		return 0;
	}
	b->arrived = 0;
	others = mni_waitq_take_all(&b->waiters);
	mni_spin_unlock(&b->guard);
	mni_waitq_wake_list(others);
	return MN_BARRIER_SERIAL;
}

int mn_barrier_destroy(struct mn_barrier *public)
{
	struct barrier *b = (struct barrier *)public;
	bool busy;

	if (!b->count)
		return -MNI_EINVAL;
	mni_spin_lock(&b->guard); /* the last one may be still at it */
	busy = b->arrived;
	if (!busy)
		b->count = 0;
	mni_spin_unlock(&b->guard);
	return busy ? -MNI_EBUSY : 0;
}
