/*
 * Policy "local": a locked queue per worker, first in, first out, and nobody
 * takes another's threads.
 *
 * This is work sharing, as the literature calls it in contrast to work
 * stealing (Blumofe and Leiserson, 1999): the side that makes work gives it
 * away. New threads are dealt round-robin, by each creator beginning with its
 * own worker, because whatever stayed where it was created would stay there for
 * good: a program whose main thread creates all others would run on one worker.
 * From then on a thread belongs to that worker: it is woken there, yields there
 * and ends there. What that buys is that nothing is contended and nothing
 * migrates; what it costs is seen when threads are not equally long.
 *
 * A joiner claims threads of its own worker only. A thread that is run first
 * by its creator (child-first) stays on the creator's worker.
 *
 * Waking. Work for worker v is v's alone. submit() makes it visible (the count,
 * stored under v's lock) and wakes v itself by mni_wake_worker(): a SC RMW of
 * v's idle bit. v announces sleep in the same word, and looks at its count. One
 * of them sees the other, and no other worker's state plays a part. v's tick is
 * armed after the fence that follows the RMW, see step 2 in preempt.h.
 */
#include "core/internal.h"
#include "preempt/preempt.h"
#include "sched/queue.h"
#include "sched/sched.h"

static struct place {
	_Alignas(64) mni_spinlock lock;
	struct mni_queue queue; /* under the lock */
	_Atomic uint32_t count; /* its length; written under the lock */
	uint32_t dealt;         /* worker: threads that it has dealt */
} places[MNI_MAX_WORKERS];

static _Atomic uint32_t dealt_by_others; /* by kernel threads that are no workers */

static bool local_init(struct mni_worker *w)
{
	struct place *p = &places[w->id];

	mni_store(&p->lock, 0, relaxed); /* a forked child may find it held */
	p->queue = (struct mni_queue){NULL, NULL};
	mni_store(&p->count, 0, relaxed);
	p->dealt = 0;
	if (!w->id)
		mni_store(&dealt_by_others, 0, relaxed);
	return true;
}

static void local_fini(struct mni_worker *w)
{
	(void)w;
}

/* Under the lock. */
static void add_to_count(struct place *p, uint32_t n)
{
	mni_store(&p->count, mni_load(&p->count, relaxed) + n, relaxed);
}

static struct mni_worker *deal(struct mni_worker *w)
{
	uint32_t n = w ? w->id + places[w->id].dealt++ : mni_fetch_add(&dealt_by_others, 1, relaxed);

	return mni_rt.worker[n % mni_rt.workers];
}

static void local_submit(struct mni_worker *w, struct mn_thread *t, enum mni_reason why)
{
	struct mni_worker *to = why == MNI_NEW ? deal(w) : t->home;
	struct place *p = &places[to->id];

	t->home = to;
	mni_spin_lock(&p->lock);
	mni_queue_append(&p->queue, t);
	add_to_count(p, 1);
	mni_spin_unlock(&p->lock);
	if (to == w)
		return;
	if (w && why == MNI_WOKEN)
		mni_count(&w->count.home_wakes);
	mni_wake_worker(to);
	mni_preempt_arm(to);
}

static void local_adopt(struct mni_worker *w, struct mn_thread *t)
{
	t->home = w;
}

static struct mn_thread *local_next(struct mni_worker *w)
{
	struct place *p = &places[w->id];
	struct mn_thread *t;

	if (!mni_load(&p->count, relaxed))
		return NULL;
	mni_spin_lock(&p->lock);
	t = mni_queue_take(&p->queue);
	if (t)
		add_to_count(p, -1u);
	mni_spin_unlock(&p->lock);
	return t;
}

static struct mn_thread *local_search(struct mni_worker *w)
{
	return mni_queue_await(w, local_next);
}

static bool local_waiting(struct mni_worker *w)
{
	return mni_load(&places[w->id].count, relaxed);
}

static bool local_claim(struct mni_worker *w, struct mn_thread *t)
{
	struct place *p = &places[w->id];

	/* Only w takes out of this queue, so what is in it now stays until w takes it. */
	if (mni_load(&t->queue, relaxed) != &p->queue)
		return false;
	mni_spin_lock(&p->lock);
	mni_queue_remove(&p->queue, t);
	add_to_count(p, -1u);
	mni_spin_unlock(&p->lock);
	return true;
}

const struct mni_policy mni_policy_local = {
	.name = "local",
	.from_anywhere = true,
	.stays = true,
	.init = local_init,
	.fini = local_fini,
	.submit = local_submit,
	.adopt = local_adopt,
	.next = local_next,
	.next_oldest = local_next,
	.waiting = local_waiting,
	.claim = local_claim,
	.search = local_search,
	.has_work = local_waiting,
};
