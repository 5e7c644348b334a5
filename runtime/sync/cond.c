/*
 * Condition variable: a queue under a guard.
 *
 * wait:    1. under the guard, join the queue;
 *          2. unlock the mutex, still holding the guard;
 *          3. park, which releases the guard; 4. lock the mutex again.
 * signal:  5. nobody in the queue: return; 6. under the guard, take the first
 *             out; release the guard; make it runnable.
 *
 * A signaller that changed the condition under the mutex locked it after the
 * waiter's step 2 and so sees the queue of step 1: step 5 may read it without
 * the guard. Lock order: condition variable's guard, then the mutex's.
 */
#include "sync/waitq.h"

struct cond {
	mni_spinlock guard;
	_Atomic(struct mni_waiter *) waiters; /* a mni_waitq, read without the guard in step 5 */
};

_Static_assert(sizeof(struct cond) <= sizeof(struct mn_cond), "must fit the public type");
_Static_assert(sizeof(struct mn_cond) == 48, "must fit glibc's pthread_cond_t");

void mn_cond_init(struct mn_cond *c)
{
	*c = (struct mn_cond)MN_COND_INIT;
}

void mn_cond_wait(struct mn_cond *public, struct mn_mutex *m)
{
	struct cond *c = (struct cond *)public;
	struct mni_worker *w = mni_self();
	struct mni_waiter n;
	mni_waitq q;

	if (!w) {
		mn_plat_say("mn: mn_cond_wait: the caller is not a green thread");
		mn_plat_abort();
	}
	n.thread = w->current;
	mni_spin_lock(&c->guard);
	q = mni_load(&c->waiters, relaxed);
	mni_waitq_append(&q, &n);
	mni_store(&c->waiters, q, relaxed);
	mn_mutex_unlock(m);
	mni_park(NULL, mni_waitq_after, &c->guard);
	mn_mutex_lock(m);
}

static struct mn_thread *take(struct cond *c)
{
	mni_waitq q = mni_load(&c->waiters, relaxed);
	struct mn_thread *t = mni_waitq_take(&q);

	mni_store(&c->waiters, q, relaxed);
	return t;
}

void mn_cond_signal(struct mn_cond *public)
{
	struct cond *c = (struct cond *)public;
	struct mn_thread *t;

	if (!mni_load(&c->waiters, relaxed))
		return;
	mni_spin_lock(&c->guard);
	t = take(c);
	mni_spin_unlock(&c->guard);
	if (t)
		mni_ready(t);
}

void mn_cond_broadcast(struct mn_cond *public)
{
	struct cond *c = (struct cond *)public;
	struct mn_thread *first = NULL;
	struct mn_thread **end = &first;
	struct mn_thread *t;

	if (!mni_load(&c->waiters, relaxed))
		return;
	mni_spin_lock(&c->guard);
	while ((t = take(c))) {
		t->next = NULL;
		*end = t;
		end = &t->next;
	}
	mni_spin_unlock(&c->guard);
	while ((t = first)) {
		first = t->next;
		mni_ready(t);
	}
}

int mn_cond_destroy(struct mn_cond *c)
{
	return mni_load(&((struct cond *)c)->waiters, relaxed) ? -MNI_EBUSY : 0;
}
