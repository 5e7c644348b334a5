/*
 * Policy "global": one queue for all workers, first in, first out, behind one
 * lock. The naive way to share work: everybody always finds the oldest thread,
 * and everybody waits for the same lock. It is the baseline that the others
 * are measured against.
 *
 * Waking. Nothing is left out: submit() makes the thread visible (the count,
 * stored under the lock), and mni_wake_one() is idle.c's steps 2 to 4; has_work()
 * reads the count after step 6. If a submitter returns at step 3 because
 * somebody searches, that searcher ends its search by taking a thread, and
 * wakes the next worker when more wait; or by announcing sleep, and then it
 * looks at the count again. Every thread in the queue is anybody's, so there is
 * no case in which the worker that was woken is the wrong one. Preempted
 * threads are not in it: they wait in worker.pinned, for their own worker.
 */
#include "core/internal.h"
#include "preempt/preempt.h"
#include "sched/queue.h"
#include "sched/sched.h"

static struct {
	_Alignas(64) mni_spinlock lock;
	struct mni_queue queue; /* under the lock */
	_Atomic uint32_t count; /* its length; written under the lock */
} all;

static bool global_init(struct mni_worker *w)
{
	if (!w->id) {
		mni_store(&all.lock, 0, relaxed); /* a forked child may find it held */
		all.queue = (struct mni_queue){NULL, NULL};
		mni_store(&all.count, 0, relaxed);
	}
	return true;
}

static void global_fini(struct mni_worker *w)
{
	(void)w;
}

/* Under the lock. */
static void add_to_count(uint32_t n)
{
	mni_store(&all.count, mni_load(&all.count, relaxed) + n, relaxed);
}

static void global_submit(struct mni_worker *w, struct mn_thread *t, enum mni_reason why)
{
	(void)why;
	mni_spin_lock(&all.lock);
	mni_queue_append(&all.queue, t);
	add_to_count(1);
	mni_spin_unlock(&all.lock);
	if (!mni_rt.alone || !w)
		mni_wake_one(NULL);
	if (!w)
		mni_preempt_arm_all();
}

static struct mn_thread *global_next(struct mni_worker *w)
{
	struct mn_thread *t;

	(void)w;
	if (!mni_load(&all.count, relaxed))
		return NULL;
	mni_spin_lock(&all.lock);
	t = mni_queue_take(&all.queue);
	if (t)
		add_to_count(-1u);
	mni_spin_unlock(&all.lock);
	return t;
}

static bool global_waiting(struct mni_worker *w)
{
	(void)w;
	return mni_load(&all.count, relaxed);
}

static bool global_claim(struct mni_worker *w, struct mn_thread *t)
{
	bool queued;

	(void)w;
	if (!mni_load(&t->queue, relaxed))
		return false;
	mni_spin_lock(&all.lock);
	queued = mni_load(&t->queue, relaxed);
	if (queued) {
		mni_queue_remove(&all.queue, t);
		add_to_count(-1u);
	}
	mni_spin_unlock(&all.lock);
	return queued;
}

static struct mn_thread *global_search(struct mni_worker *w)
{
	return mni_queue_await(w, global_next);
}

const struct mni_policy mni_policy_global = {
	.name = "global",
	.from_anywhere = true,
	.shares = true,
	.init = global_init,
	.fini = global_fini,
	.submit = global_submit,
	.next = global_next,
	.next_oldest = global_next,
	.waiting = global_waiting,
	.claim = global_claim,
	.search = global_search,
	.has_work = global_waiting,
};
