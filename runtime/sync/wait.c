#include "sync/wait.h"

#include "sync/waitq.h"

struct mni_worker *mni_worker_to_wait(void)
{
	struct mni_worker *w = mni_self();

	if (!w && !mni_start_if_need_be())
		w = mni_self();
	if (!w) {
		mn_plat_say("mn: a kernel thread that is no worker has to wait for a green object");
		mn_plat_abort();
	}
	return w;
}

/*
 * Main keeps the name that it had before it became a green thread or, in a
 * forked child, main; and afterwards. A kernel thread's is the address of its
 * errno.
 */
uintptr_t mni_identity(void)
{
	struct mni_worker *w = mni_self();

	if (w)
		return w->current == mni_rt.main ? mni_rt.main_name : (uintptr_t)w->current;
	if (mn_plat_errno() == mni_rt.main_errno)
		return mni_rt.main_name;
	return (uintptr_t)mn_plat_errno();
}

/* Fires for a wait of any kind. */
static bool expire(struct mni_timer *t)
{
	struct mni_wait *x = (struct mni_wait *)((char *)t - offsetof(struct mni_wait, timer));

	if (!x->withdraw(x, -MNI_ETIMEDOUT))
		return false;
	mni_store(&x->thread->waits, 0, relaxed);
	if (x->cancellable)
		mni_wait_close(x->thread);
	mni_ready(x->thread);
	return true;
}

int mni_wait_limit(struct mni_wait *x, const struct mni_until *until, bool cancellable)
{
	struct mn_thread *t = x->thread;

	if (cancellable && !t->cancel_off) {
		if (mni_load(&t->cancel, relaxed) & MNI_CANCEL_PENDING)
			return -MNI_ECANCELED;
		x->cancellable = true;
	}
	if (until) {
		if (!mni_timer_set(&x->timer, until, expire))
			return -MNI_ETIMEDOUT;
		x->timed = true;
	}
	return 0;
}

/* --- queues --- */

bool mni_waiter_withdraw(struct mni_wait *x, int result)
{
	struct mni_waiter *n = (struct mni_waiter *)x;
	bool ok;

	mni_spin_lock(n->guard);
	ok = n->queue && (!n->may_leave || n->may_leave(n));
	if (ok) {
		mni_waitq_remove(n);
		x->result = result;
	}
	mni_spin_unlock(n->guard);
	return ok;
}

struct mni_waiter *mni_waitq_take_all(mni_waitq *q)
{
	struct mni_waiter *last = mni_load(&q->last, relaxed);
	struct mni_waiter *first = last ? last->next : NULL;

	if (!last)
		return NULL;
	last->next = NULL;
	for (struct mni_waiter *n = first; n; n = n->next)
		n->queue = NULL;
	mni_store(&q->last, NULL, release); /* with mni_waitq_empty()'s acquire */
	return first;
}

void mni_waitq_wake_list(struct mni_waiter *n)
{
	while (n) {
		struct mni_waiter *next = n->next;

		mni_wake(&n->wait);
		n = next;
	}
}

/* The last steps of parking, from the next context: the thread may be found now. */
static void parked(struct mni_worker *w, void *guard)
{
	(void)w;
	mni_spin_unlock(guard);
}

static void parked_timed(struct mni_worker *w, void *guard)
{
	mni_spin_unlock(guard);
	mni_timers_keep_up(w);
}

bool mni_waiter_open(struct mni_waiter *n)
{
	struct mn_thread *t = n->wait.thread;

	if (!n->wait.cancellable || mni_wait_open(&n->wait))
		return true;
	if (n->may_leave && !n->may_leave(n))
		return true; /* it is being woken */
	mni_waitq_remove(n);
	mni_spin_unlock(n->guard);
	mni_wait_close(t);
	return false;
}

int mni_waiter_park_opened(struct mni_waiter *n)
{
	mni_wait_note(&n->wait);
	if (n->wait.timed) {
		mni_timer_arm(&n->wait.timer, mni_self());
		mni_park(NULL, parked_timed, n->guard);
	} else {
		mni_park(NULL, parked, n->guard);
	}
	return n->wait.result;
}

int mni_waiter_park(struct mni_waiter *n)
{
	return mni_waiter_open(n) ? mni_waiter_park_opened(n) : -MNI_ECANCELED;
}
