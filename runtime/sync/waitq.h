/*
 * The queue of threads that wait for an object: first in, first out. The node
 * lies on the waiting thread's stack. The object's guard protects both.
 */
#ifndef MNI_WAITQ_H
#define MNI_WAITQ_H

#include "core/internal.h"

struct mni_waiter {
	struct mni_waiter *next; /* a ring; the queue points at the last */
	struct mn_thread *thread;
};

/* What mutex, condvar and semaphore have in common. All-zero is empty. */
typedef struct mni_waiter *mni_waitq;

static inline void mni_waitq_append(mni_waitq *q, struct mni_waiter *n)
{
	if (*q) {
		n->next = (*q)->next;
		(*q)->next = n;
	} else {
		n->next = n;
	}
	*q = n;
}

static inline struct mn_thread *mni_waitq_take(mni_waitq *q)
{
	struct mni_waiter *last = *q;
	struct mni_waiter *first;

	if (!last)
		return NULL;
	first = last->next;
	if (first == last)
		*q = NULL;
	else
		last->next = first->next;
	return first->thread;
}

/* Park's last step for an object: releases its guard, from the next context. */
static inline void mni_waitq_after(struct mni_worker *w, void *guard)
{
	(void)w;
	mni_spin_unlock(guard);
}

/*
 * Waits in q, whose guard the caller holds; the guard is released. Called on a
 * kernel thread that is no worker it ends the process: there is no green
 * thread to block.
 */
static inline void mni_waitq_wait(mni_waitq *q, mni_spinlock *guard)
{
	struct mni_worker *w = mni_self();
	struct mni_waiter n;

	if (!w) {
		mn_plat_say("mn: a kernel thread that is no worker has to wait for a green object");
		mn_plat_abort();
	}
	n.thread = w->current;
	mni_waitq_append(q, &n);
	mni_park(NULL, mni_waitq_after, guard);
}

#endif
