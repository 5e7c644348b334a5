/*
 * Condition variable: a queue under a guard.
 *
 * wait:    1. under the guard, join the queue;
 *          2. unlock the mutex, still holding the guard;
 *          3. park, which releases the guard; 4. lock the mutex again.
 * signal:  5. nobody in the queue, and the guard is free: return;
 *          6. under the guard, take the first out; release the guard; make it
 *             runnable.
 *
 * A signaller that changed the condition under the mutex locked it after the
 * waiter's step 2 and so sees the queue of step 1: step 5 may read it without
 * the guard. Lock order: condition variable's guard, then the mutex's.
 *
 * It may be destroyed when it has been broadcast to, although the waiters have
 * not yet returned: after step 3 they do not touch it. A waiter whose timer or
 * cancellation takes it out of the queue does so before step 6 is over, or
 * else the signaller waits for them (wait.h); or it is not in the queue any more
 * in step 5, and then the guard is still held if they are still at it.
 *
 * Destroyed, its queue does not look empty, so that step 5 need not ask.
 */
#include "sync/waitq.h"

struct cond {
	mni_spinlock guard;
	uint32_t clock; /* for mn_pthread.h; from init on */
	mni_waitq waiters;
};

_Static_assert(sizeof(struct cond) <= sizeof(struct mn_cond), "must fit the public type");
_Static_assert(sizeof(struct mn_cond) == 48, "must fit glibc's pthread_cond_t");

/* What destroying it leaves in clock. */
#define DESTROYED UINT32_MAX

static bool is_destroyed(struct cond *c)
{
	return c->clock == DESTROYED;
}

void mn_cond_init(struct mn_cond *c)
{
	*c = (struct mn_cond)MN_COND_INIT;
}

static int wait(struct cond *c, struct mn_mutex *m, const struct mni_until *until)
{
	struct mni_worker *w = mni_worker_to_wait();
	struct mni_waiter n;
	int error;

	if (is_destroyed(c))
		return -MNI_EINVAL;
	error = mni_mutex_may_unlock(m);
	if (error)
		return error;
	mni_waiter_init(&n, w, &c->guard, mni_waits(MNI_WAITS_COND, c));
	error = mni_wait_limit(&n.wait, until, true);
	if (error == -MNI_ETIMEDOUT) {
		mn_mutex_unlock(m); /* others may want it to change the condition */
		mn_thread_yield();
		mn_mutex_lock(m);
		return error;
	}
	if (!error) {
		mni_spin_lock(&c->guard);
		mni_waitq_append(&c->waiters, &n);
		if (mni_waiter_open(&n)) {
			mn_mutex_unlock(m);
			error = mni_waiter_park_opened(&n);
			mn_mutex_lock(m);
		} else {
			error = -MNI_ECANCELED;
		}
	}
	if (error == -MNI_ECANCELED)
		mn_thread_exit(MN_CANCELED);
	return error;
}

int mn_cond_wait(struct mn_cond *c, struct mn_mutex *m)
{
	return wait((struct cond *)c, m, NULL);
}

int mn_cond_wait_until(struct mn_cond *c, struct mn_mutex *m, enum mn_clock clock, uint64_t ns)
{
	struct mni_until until = {clock, ns};

	return wait((struct cond *)c, m, &until);
}

/*
 * Step 5. Acquire: what the one who took the last waiter out did to c came before,
 * its release of the guard included.
 */
static bool nobody(struct cond *c)
{
	return mni_waitq_empty(&c->waiters) && !mni_load(&c->guard, acquire);
}

void mn_cond_signal(struct mn_cond *public)
{
	struct cond *c = (struct cond *)public;
	struct mni_waiter *n;

	if (nobody(c))
		return;
	mni_not_destroyed(is_destroyed(c) ? -MNI_EINVAL : 0,
			  "mn: mn_cond_signal(): the condition variable has been destroyed");
	mni_spin_lock(&c->guard);
	n = mni_waitq_take(&c->waiters);
	mni_spin_unlock(&c->guard);
	if (n)
		mni_wake(&n->wait);
}

void mn_cond_broadcast(struct mn_cond *public)
{
	struct cond *c = (struct cond *)public;
	struct mni_waiter *all;

	if (nobody(c))
		return;
	mni_not_destroyed(is_destroyed(c) ? -MNI_EINVAL : 0,
			  "mn: mn_cond_broadcast(): the condition variable has been destroyed");
	mni_spin_lock(&c->guard);
	all = mni_waitq_take_all(&c->waiters);
	mni_spin_unlock(&c->guard);
	mni_waitq_wake_list(all);
}

int mn_cond_destroy(struct mn_cond *public)
{
	struct cond *c = (struct cond *)public;
	bool busy;

	if (is_destroyed(c))
		return -MNI_EINVAL;
	mni_spin_lock(&c->guard);
	busy = !mni_waitq_empty(&c->waiters);
	if (!busy) {
		c->clock = DESTROYED;
		mni_store(&c->waiters.last, (struct mni_waiter *)c, relaxed); /* never followed */
	}
	mni_spin_unlock(&c->guard);
	return busy ? -MNI_EBUSY : 0;
}
