/*
 * The queue of threads that wait for an object: first in, first out, and out
 * of the middle for those who give up. The node lies on the waiting thread's
 * stack. The object's guard protects both.
 */
#ifndef MNI_WAITQ_H
#define MNI_WAITQ_H

#include "sync/wait.h"

struct mni_waiter;

/* All-zero is empty. A look without the guard may only ask whether it is empty. */
typedef struct {
	_Atomic(struct mni_waiter *) last; /* of a ring */
} mni_waitq;

struct mni_waiter {
	struct mni_wait wait;
	struct mni_waiter *next, *prev; /* guard; once taken out, the taker */
	mni_waitq *queue;               /* guard: where it is; NULL: taken out */
	mni_spinlock *guard;

	/* Under the guard: whether it may still give up. NULL: it may. */
	bool (*may_leave)(struct mni_waiter *n);

	uint32_t kind; /* the object's */
};

static inline bool mni_waitq_empty(mni_waitq *q)
{
	return !mni_load(&q->last, acquire);
}

/* The first, or NULL. */
static inline struct mni_waiter *mni_waitq_first(mni_waitq *q)
{
	struct mni_waiter *last = mni_load(&q->last, relaxed);

	return last ? last->next : NULL;
}

static inline void mni_waitq_prepend(mni_waitq *q, struct mni_waiter *n)
{
	struct mni_waiter *last = mni_load(&q->last, relaxed);

	n->queue = q;
	if (last) {
		n->prev = last;
		n->next = last->next;
		n->next->prev = n;
		last->next = n;
	} else {
		n->next = n->prev = n;
		mni_store(&q->last, n, relaxed);
	}
}

static inline void mni_waitq_append(mni_waitq *q, struct mni_waiter *n)
{
	mni_waitq_prepend(q, n);
	mni_store(&q->last, n, relaxed);
}

static inline void mni_waitq_remove(struct mni_waiter *n)
{
	mni_waitq *q = n->queue;

	n->queue = NULL;
	if (n->next == n) {
		mni_store(&q->last, NULL, release); /* with mni_waitq_empty()'s acquire */
		return;
	}
	n->prev->next = n->next;
	n->next->prev = n->prev;
	if (mni_load(&q->last, relaxed) == n)
		mni_store(&q->last, n->prev, relaxed);
}

/* Takes the first out, or NULL. The taker is to mni_wake() it without the guard. */
static inline struct mni_waiter *mni_waitq_take(mni_waitq *q)
{
	struct mni_waiter *n = mni_waitq_first(q);

	if (n)
		mni_waitq_remove(n);
	return n;
}

/* Takes all out: a list by next, which ends in NULL. */
struct mni_waiter *mni_waitq_take_all(mni_waitq *q);

/* Wakes such a list. */
void mni_waitq_wake_list(struct mni_waiter *n);

bool mni_waiter_withdraw(struct mni_wait *x, int result);

static inline void mni_waiter_init(struct mni_waiter *n, struct mni_worker *w, mni_spinlock *guard,
				   uint64_t what)
{
	mni_wait_init(&n->wait, w, what, mni_waiter_withdraw);
	n->queue = NULL;
	n->guard = guard;
	n->may_leave = NULL;
}

/*
 * Waits; n is in its queue and the caller holds the guard, which is released.
 * 0: woken by a waker. -ETIMEDOUT, -ECANCELED: withdrawn from the queue.
 */
int mni_waiter_park(struct mni_waiter *n);

/* For cond.c: the same in two steps. False: cancelled already; the guard is released. */
bool mni_waiter_open(struct mni_waiter *n);
int mni_waiter_park_opened(struct mni_waiter *n);

#endif
