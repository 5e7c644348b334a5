/*
 * Policy "uts": the userland-threading proposal that Craig Dooley sent to the
 * DragonFly BSD kernel list on 25 July 2003. A worker is its "virtual CPU", and
 * scheduling is done by a user-thread scheduler that each of them enters
 * whenever it needs a thread: a pass.
 *
 *   1. CPUs are started lazily. When a thread is created and there are more
 *      threads than CPUs, one more is started, up to the maximum (MN_WORKERS).
 *   2. There is one run queue for all. What is in it belongs to nobody.
 *   3. A thread carries an owner token (thread.home) while it runs or is
 *      blocked, and then no other CPU can have it: it is woken on the CPU that it
 *      blocked on. When its wait is over it is put into that CPU's wait queue,
 *      and the CPU's next pass releases it to the run queue. Preempted threads
 *      keep their token until they go on, see below.
 *   4. Who yields goes to the timed-wait queue. A pass first looks who has
 *      waited long enough, and puts them at the back of the run queue. Time is
 *      counted in passes here, so that a schedule can be replayed; a yield waits
 *      for the next one. Who sleeps for a time gives up its token, too; the
 *      timers (core/timer.c) then are the queue that it waits in.
 *   5. Priority: a thread that gave up its CPU rises by a level, one that used up
 *      its quantum falls by one. A pass takes the highest, and among equals the
 *      oldest. The quantum can be set at any time (mn_quantum_set()).
 *   6. Affinity: a thread that last ran on this CPU counts as one level higher.
 *   7. A CPU that finds nothing is put on the list of idle ones (idle.c). A pass
 *      or a submit that sees more than one thread wait wakes one of them.
 *
 * What the proposal leaves open:
 *   - Starvation by 5 and 6: every AGE-th pass of a CPU takes the oldest thread.
 *   - An asynchronously preempted thread must go on where it is (preempt.h). It
 *     waits on its CPU, and passes of that CPU weigh it against the run queue.
 *   - By 7 a lone thread waits for the next pass of the CPU that queued it, which
 *     may compute for long. It is that CPU's lone guest (sched.h), and idle.c's
 *     watcher takes it when it does not move.
 *
 * Waking. Nothing visible is lost:
 *   - A wait queue: submit() fills it under its lock, and mni_wake_worker() is a
 *     SC RMW of the idle bit of the one CPU that may run it. That CPU announces
 *     sleep in the same word, and reads the queue's length.
 *   - The run and timed-wait queues: when more than one thread waits, or nobody
 *     watches, submit() calls mni_wake_one() (idle.c, steps 2 to 4), and so does
 *     a pass that leaves threads behind. has_work() reads the same count after
 *     step 6 and leaves out lone guests of other CPUs only. A guest's own CPU
 *     does not sleep on it, because for that CPU has_work() holds; all others may
 *     while somebody watches, and submit() asks for that (mni_watched()) when it
 *     has made the guest visible.
 *   - A lone thread that stops being a guest: only by its CPU taking it, or by
 *     another thread joining it in the queue, which is a submit of its own.
 *   - CPUs that have not been started need no waking: nobody counts on them.
 */
#include "core/internal.h"
#include "preempt/preempt.h"
#include "sched/queue.h"
#include "sched/sched.h"

#define LEVELS 4
#define LEVEL_NEW 2
#define BOOST 1 /* levels that affinity is worth */
#define LOOK 4  /* threads of a level among which one of this CPU is looked for */
#define AGE 16
#define SEARCH_NS 20000
#define GUEST_REST_NS 1500

static struct {
	_Alignas(64) mni_spinlock lock;
	struct mni_queue run[LEVELS]; /* under the lock, as all but the atomics; oldest first */
	struct mni_queue timed;       /* by thread.since: the pass that it is due in */
	uint64_t pass;
	uint64_t arrivals;            /* thread.since of the next one in a run queue */
	_Atomic uint32_t count;       /* threads in these queues; written under the lock */
	_Atomic uint32_t stamp;       /* changes when one is added; written under the lock */
	_Atomic(struct mni_worker *) guest_of; /* whose guest a lone one is; the same */
} uts;

static struct cpu {
	_Alignas(64) mni_spinlock lock;
	struct mni_queue ended; /* of its blocked threads, those whose wait is over; under the lock */
	_Atomic uint32_t ended_count; /* its length; written under the lock */
	struct mni_queue held;  /* worker: preempted threads, oldest first */
	uint32_t passes;        /* worker */
} cpus[MNI_MAX_WORKERS];

static bool uts_init(struct mni_worker *w)
{
	struct cpu *c = &cpus[w->id];

	mni_store(&c->lock, 0, relaxed); /* a forked child may find it held */
	c->ended = c->held = (struct mni_queue){NULL, NULL};
	mni_store(&c->ended_count, 0, relaxed);
	c->passes = 0;
	if (!w->id) {
		mni_store(&uts.lock, 0, relaxed);
		for (int i = 0; i < LEVELS; i++)
			uts.run[i] = (struct mni_queue){NULL, NULL};
		uts.timed = (struct mni_queue){NULL, NULL};
		uts.pass = uts.arrivals = 0;
		mni_store(&uts.count, 0, relaxed);
		mni_store(&uts.guest_of, NULL, relaxed);
	}
	return true;
}

static void uts_fini(struct mni_worker *w)
{
	(void)w;
}

/* --- priority --- */

static void promote(struct mni_worker *w, struct mn_thread *t)
{
	if (t->level == LEVELS - 1)
		return;
	t->level++;
	if (w)
		mni_count(&w->count.promotions);
}

static void demote(struct mni_worker *w, struct mn_thread *t)
{
	if (!t->level)
		return;
	t->level--;
	mni_count(&w->count.demotions);
}

static void prioritise(struct mni_worker *w, struct mn_thread *t, enum mni_reason why)
{
	switch (why) {
	case MNI_NEW:
		t->level = LEVEL_NEW;
		break;
	case MNI_CREATOR:
		break;
	case MNI_WOKEN:
	case MNI_YIELDED:
		promote(w, t);
		break;
	case MNI_EXPIRED:
	case MNI_PREEMPTED:
		demote(w, t);
		break;
	}
}

/* --- the run queue; all of this under its lock --- */

static void append(struct mn_thread *t)
{
	t->since = uts.arrivals++;
	mni_queue_append(&uts.run[t->level], t);
}

static uint32_t add_to_count(uint32_t n)
{
	n += mni_load(&uts.count, relaxed);
	mni_store(&uts.count, n, relaxed);
	return n;
}

/* The proposal's step "check these before scheduling". */
static void release_due(void)
{
	struct mn_thread *t;

	while ((t = uts.timed.head) && t->since <= uts.pass) {
		mni_queue_remove(&uts.timed, t);
		append(t);
	}
}

/* Moves what has been woken on this CPU to the run queue. */
static void release_ended(struct cpu *c)
{
	struct mn_thread *t;

	if (!mni_load(&c->ended_count, relaxed))
		return;
	mni_spin_lock(&c->lock);
	while ((t = mni_queue_take(&c->ended))) {
		t->home = NULL;
		append(t);
		add_to_count(1);
		mni_store(&c->ended_count, mni_load(&c->ended_count, relaxed) - 1, relaxed);
	}
	mni_spin_unlock(&c->lock);
	mni_count(&uts.stamp);
	mni_store(&uts.guest_of, NULL, relaxed); /* they are everybody's */
}

static struct mn_thread *older(struct mn_thread *a, struct mn_thread *b)
{
	return !a || (b && b->since < a->since) ? b : a;
}

static struct mn_thread *choose_oldest(struct mni_worker *w)
{
	struct mn_thread *best = cpus[w->id].held.head;

	for (int i = 0; i < LEVELS; i++)
		best = older(best, uts.run[i].head);
	return best;
}

/* By level and age; *score is what it was chosen for. */
static struct mn_thread *choose_without_boost(int *score)
{
	for (int i = LEVELS - 1; i >= 0; i--) {
		if (uts.run[i].head) {
			*score = i;
			return uts.run[i].head;
		}
	}
	*score = -1;
	return NULL;
}

/* The oldest thread of a level, among the first of it, that last ran on w, or NULL. */
static struct mn_thread *affine(struct mni_worker *w, int level)
{
	struct mn_thread *t = uts.run[level].head;

	for (int n = 0; t && n < LOOK; n++, t = t->next)
		if (t->last == w)
			return t;
	return NULL;
}

static struct mn_thread *choose_best(struct mni_worker *w)
{
	struct cpu *c = &cpus[w->id];
	struct mn_thread *held = c->held.head;
	struct mn_thread *plain;
	struct mn_thread *best;
	int score;

	if (++c->passes % AGE == 0)
		return choose_oldest(w);
	best = plain = choose_without_boost(&score);
	for (int i = score; i >= 0 && i + BOOST >= score; i--) {
		struct mn_thread *t = affine(w, i);

		if (t && (i + BOOST > score || t->since < best->since)) {
			best = t;
			score = i + BOOST;
		}
	}
	if (best != plain)
		mni_count(&w->count.affine_picks);
	if (held && (held->level + BOOST > score ||
		     (held->level + BOOST == score && held->since < best->since)))
		best = held;
	return best;
}

/* --- a pass --- */

static struct mn_thread *pass(struct mni_worker *w, struct mn_thread *(*choose)(struct mni_worker *))
{
	struct cpu *c = &cpus[w->id];
	struct mn_thread *t;
	uint32_t left;

	if (!mni_load(&uts.count, relaxed) && !mni_load(&c->ended_count, relaxed) && !c->held.head)
		return NULL;
	mni_spin_lock(&uts.lock);
	uts.pass++;
	release_ended(c);
	release_due();
	t = choose(w);
	if (t) {
		struct mni_queue *q = mni_load(&t->queue, relaxed);

		mni_queue_remove(q, t);
		if (q != &c->held)
			add_to_count(-1u);
	}
	left = mni_load(&uts.count, relaxed);
	mni_spin_unlock(&uts.lock);
	if (t)
		t->home = w;
	if (left && !mni_rt.alone)
		mni_wake_one(NULL);
	return t;
}

static struct mn_thread *uts_next(struct mni_worker *w)
{
	return pass(w, choose_best);
}

static struct mn_thread *uts_next_oldest(struct mni_worker *w)
{
	return pass(w, choose_oldest);
}

/* --- submit --- */

/* Gives up the token: t is anybody's. */
static void release(struct mni_worker *w, struct mn_thread *t, bool yielded)
{
	uint32_t n;

	t->home = NULL;
	mni_spin_lock(&uts.lock);
	if (yielded) {
		t->since = uts.pass + 1;
		mni_queue_append(&uts.timed, t);
	} else {
		append(t);
	}
	n = add_to_count(1);
	mni_count(&uts.stamp);
	mni_store(&uts.guest_of, n == 1 ? w : NULL, relaxed);
	mni_spin_unlock(&uts.lock);
	if (!w || (!mni_rt.alone && (n > 1 || !mni_watched())))
		mni_wake_one(NULL);
	if (!w)
		mni_preempt_arm_all();
}

/* Puts t, whose wait is over, into the wait queue of the CPU that owns it. */
static void send_home(struct mni_worker *w, struct mn_thread *t)
{
	struct mni_worker *home = t->home;
	struct cpu *c = &cpus[home->id];

	if (w)
		mni_count(&w->count.home_wakes);
	mni_spin_lock(&c->lock);
	mni_queue_append(&c->ended, t);
	mni_store(&c->ended_count, mni_load(&c->ended_count, relaxed) + 1, relaxed);
	mni_spin_unlock(&c->lock);
	mni_wake_worker(home);
	mni_preempt_arm(home);
}

static void hold(struct mni_worker *w, struct mn_thread *t)
{
	mni_spin_lock(&uts.lock);
	t->since = uts.arrivals++;
	mni_spin_unlock(&uts.lock);
	mni_queue_append(&cpus[w->id].held, t);
}

static struct mn_thread *let_go(struct mni_worker *w)
{
	return mni_queue_take(&cpus[w->id].held);
}

static void uts_submit(struct mni_worker *w, struct mn_thread *t, enum mni_reason why)
{
	prioritise(w, t, why);
	if (why == MNI_PREEMPTED) {
		hold(w, t);
		return;
	}
	if (why == MNI_WOKEN && t->home && t->home != w) {
		send_home(w, t);
		return;
	}
	if (why == MNI_YIELDED)
		mni_count(&w->count.timed_waits);
	release(w, t, why == MNI_YIELDED);
	if (why == MNI_NEW || why == MNI_CREATOR) {
		unsigned running = mni_load(&mni_rt.running, relaxed);

		if (running < mni_load(&mni_rt.startable, relaxed) && running < mni_threads_alive())
			mni_worker_start();
	}
}

static void uts_adopt(struct mni_worker *w, struct mn_thread *t)
{
	prioritise(w, t, MNI_NEW);
	t->home = w;
}

static void uts_stall(struct mni_worker *w, struct mn_thread *t)
{
	mni_count(&w->count.timed_waits);
	t->home = NULL;
}

/* --- looking --- */

static bool uts_waiting(struct mni_worker *w)
{
	struct cpu *c = &cpus[w->id];

	return mni_load(&uts.count, relaxed) || mni_load(&c->ended_count, relaxed) || c->held.head;
}

static bool uts_claim(struct mni_worker *w, struct mn_thread *t)
{
	char *q = mni_load(&t->queue, relaxed);
	bool shared;

	if (!q)
		return false;
	mni_spin_lock(&uts.lock);
	q = mni_load(&t->queue, relaxed);
	/* In one of the queues that this lock guards: then it stays there meanwhile. */
	shared = q >= (char *)&uts && q < (char *)(&uts + 1);
	if (shared) {
		mni_queue_remove((struct mni_queue *)q, t);
		add_to_count(-1u);
	}
	mni_spin_unlock(&uts.lock);
	if (shared)
		t->home = w;
	return shared;
}

static bool uts_guest(struct mni_worker *victim, uint32_t *stamp)
{
	*stamp = mni_load(&uts.stamp, relaxed);
	return mni_load(&uts.count, relaxed) == 1 && mni_load(&uts.guest_of, relaxed) == victim;
}

static bool uts_has_work(struct mni_worker *w)
{
	uint32_t n = mni_load(&uts.count, relaxed);
	struct mni_worker *owner = mni_load(&uts.guest_of, relaxed);

	return n > 1 || (n == 1 && (!owner || owner == w)) ||
	       mni_load(&cpus[w->id].ended_count, relaxed) || cpus[w->id].held.head;
}

/* Another CPU's guest is taken only when it has not changed for a while: see steal.c. */
static struct mn_thread *uts_search(struct mni_worker *w)
{
	uint64_t start = mn_plat_now_ns();
	uint64_t now = start;
	uint64_t seen_ns = start;
	uint32_t seen = mni_load(&uts.stamp, relaxed);

	do {
		bool rested = mni_load(&uts.count, relaxed) && now - seen_ns >= GUEST_REST_NS;
		struct mn_thread *t = rested || uts_has_work(w) ? uts_next(w) : NULL;

		if (t || mni_shared_work(w) || mni_load(&mni_rt.stop, relaxed))
			return t;
		for (unsigned i = 0; i < 32; i++)
			mn_arch_relax();
		now = mn_plat_now_ns();
		if (seen != mni_load(&uts.stamp, relaxed)) {
			seen = mni_load(&uts.stamp, relaxed);
			seen_ns = now;
		}
	} while (now - start < SEARCH_NS);
	return NULL;
}

const struct mni_policy mni_policy_uts = {
	.name = "uts",
	.from_anywhere = true,
	.shares = true,
	.stays = true,
	.holds_preempted = true,
	.lazy = true,
	.init = uts_init,
	.fini = uts_fini,
	.submit = uts_submit,
	.adopt = uts_adopt,
	.stall = uts_stall,
	.let_go = let_go,
	.hold = hold,
	.next = uts_next,
	.next_oldest = uts_next_oldest,
	.waiting = uts_waiting,
	.claim = uts_claim,
	.search = uts_search,
	.has_work = uts_has_work,
	.guest = uts_guest,
};
