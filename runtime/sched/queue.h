/*
 * A queue of threads that any of them can leave from the middle, for the
 * policies that keep locked queues. The lock that guards a queue guards the
 * links and the membership (thread.queue) of the threads in it.
 */
#ifndef MNI_QUEUE_H
#define MNI_QUEUE_H

#include "core/internal.h"

struct mni_queue {
	struct mn_thread *head; /* the oldest */
	struct mn_thread *tail;
};

static inline void mni_queue_append(struct mni_queue *q, struct mn_thread *t)
{
	t->next = NULL;
	t->prev = q->tail;
	if (q->tail)
		q->tail->next = t;
	else
		q->head = t;
	q->tail = t;
	mni_store(&t->queue, q, relaxed);
}

static inline void mni_queue_remove(struct mni_queue *q, struct mn_thread *t)
{
	if (t->prev)
		t->prev->next = t->next;
	else
		q->head = t->next;
	if (t->next)
		t->next->prev = t->prev;
	else
		q->tail = t->prev;
	mni_store(&t->queue, NULL, relaxed);
}

/* Takes the oldest, or NULL. */
static inline struct mn_thread *mni_queue_take(struct mni_queue *q)
{
	struct mn_thread *t = q->head;

	if (t)
		mni_queue_remove(q, t);
	return t;
}

#define MNI_QUEUE_AWAIT_NS 20000

/* For search(): waits a little, which is cheaper than to sleep and to be woken. */
static inline struct mn_thread *mni_queue_await(struct mni_worker *w,
						struct mn_thread *(*next)(struct mni_worker *))
{
	uint64_t start = mn_plat_now_ns();
	struct mn_thread *t;

	do {
		t = next(w);
		if (t || mni_shared_work(w) || mni_load(&mni_rt.stop, relaxed))
			return t;
		for (unsigned i = 0; i < 64; i++)
			mn_arch_relax();
	} while (mn_plat_now_ns() - start < MNI_QUEUE_AWAIT_NS);
	return NULL;
}

#endif
