/*
 * Policy "steal": a Chase-Lev deque and a run-next slot per worker.
 *
 * Order. New and yielding threads go to the deque's bottom and the worker
 * takes from the top, so threads run in the order in which they became
 * runnable and a yield goes to the oldest. A woken thread goes to the run-next
 * slot: it most likely uses what the waker has just touched. A streak of such
 * hits is cut, or two threads that wake each other would starve the rest; and
 * a yield takes it when all that wait in the deque are younger. A new thread
 * that is the only one waiting goes there too: to be joined out of the slot is
 * cheaper than out of the deque.
 *
 * The bottom is used by joiners: mn_thread_join() claims a thread that nobody
 * has started and runs it in place, which in fork-join programs is the newest
 * (bottom) and in batches the oldest (top). A thread with several children that
 * joins the first of them first has the others on top of it, so a child is also
 * taken out from among the newest few: else its joiner would park, the worker go
 * on with the oldest thread, and a tree be walked in breadth, with a stack in
 * use for each of its nodes. Taking threads from the bottom always, as Cilk
 * does, was rejected: threads that yield or wake each other would hide the older
 * ones.
 *
 * Thieves take from the top of a victim's deque. Whom they try first and how
 * they wait between two rounds are settings. With stealing off (MN_STEAL) each
 * worker keeps what it creates and wakes, and takes besides only what kernel
 * threads that are no workers have made runnable: then the worth of stealing is
 * the difference.
 *
 * A steal moves a handful of cache lines and makes the owner miss them. Where
 * what was stolen has not kept the thief busy for WORTH times as long as that
 * took, both would have been faster without: the thief rests before the next.
 *
 * Lone guests. A thread that was just created or woken, and is the only one
 * its worker has waiting, is most often run by that worker at once: its
 * creator joins it, its waker blocks. Moving it costs both sides their cache
 * and saves nothing. So thieves take a lone guest only when it has not changed
 * for GUEST_REST_NS, and waking an idle worker for one is worth it only when
 * that worker really gets it: idle.c keeps the verdicts in guest_backoff, and so
 * many wake-ups are then left out. idle.c's watcher sees to guests that are
 * stuck behind a long computation. A thread that yields is no lone guest: the
 * two are both runnable for as long as they like.
 */
#include "sched/sched.h"

#include "core/internal.h"
#include "core/trace.h"

#define STREAK_MAX 32
#define FIRST_SIZE 256
#define SEARCH_NS 20000
#define GUEST_REST_NS 1500
#define PAUSES_MIN 4
#define PAUSES_MAX 256
#define WORTH 3 /* times the cost of a steal */
#define REST_NS 2000

static struct {
	_Alignas(64) bool owner_only; /* nobody takes from another's deque */
	int victim;                   /* MN_VICTIM_* */
	int backoff;                  /* MN_BACKOFF_* */
} how; /* start */

static bool steal_init(struct mni_worker *w)
{
	mni_store(&w->slot, NULL, relaxed);
	w->victim = w->id;
	return mni_deque_init(&w->deque, FIRST_SIZE);
}

static void steal_fini(struct mni_worker *w)
{
	mni_deque_free(&w->deque);
}

/* For several threads that wait, or one that may wait long. */
static void push_and_wake(struct mni_worker *w, struct mn_thread *t)
{
	if (!mni_deque_push(&w->deque, t))
		mni_inject(t); /* no memory to grow: a linked list needs none */
	else if (!how.owner_only)
		mni_wake_one(NULL);
}

/* Whether the wake-up for a new lone guest may be left out. */
static bool leave_guest_alone(struct mni_worker *w)
{
	mni_count(&w->guest_stamp);
	if ((mni_watched() || mni_searched()) && w->guest_skip) {
		w->guest_skip--;
		return true;
	}
	w->guest_skip = mni_load(&w->guest_backoff, relaxed);
	return false;
}

/*
 * Owner: puts t into the slot and returns whom it displaces. Only the owner
 * fills the slot, so an empty one stays empty and takes a plain store.
 */
static struct mn_thread *put_slot(struct mni_worker *w, struct mn_thread *t)
{
	struct mn_thread *old = mni_load(&w->slot, relaxed);

	if (how.owner_only || !old) {
		mni_store(&w->slot, t, release); /* with take_slot()'s acquire */
		return old;
	}
	return mni_exchange(&w->slot, t, release); /* what it displaces is the owner's own */
}

/* Anybody: takes the slot's guest, or NULL. */
static struct mn_thread *take_slot(struct mni_worker *w)
{
	struct mn_thread *t = mni_load(&w->slot, relaxed);

	if (!t)
		return NULL;
	if (how.owner_only) {
		mni_store(&w->slot, NULL, relaxed);
		return t;
	}
	return mni_exchange(&w->slot, NULL, acquire);
}

static void steal_submit(struct mni_worker *w, struct mn_thread *t, enum mni_reason why)
{
	struct mn_thread *old;
	bool lone = !mni_load(&w->slot, relaxed) && !mni_deque_size(&w->deque);

	if (why > MNI_WOKEN || (why != MNI_WOKEN && !lone)) {
		push_and_wake(w, t);
		return;
	}
	old = put_slot(w, t);
	if (old)
		push_and_wake(w, old);
	w->slot_age = mni_load(&w->deque.bottom, relaxed);
	if (!old && !how.owner_only && !leave_guest_alone(w))
		mni_wake_one(w);
}

static struct mn_thread *take_oldest(struct mni_worker *w)
{
	return how.owner_only ? mni_deque_take_oldest_alone(&w->deque)
			      : mni_deque_take_oldest(&w->deque);
}

static struct mn_thread *steal_next(struct mni_worker *w)
{
	struct mn_thread *t;

	if (w->streak < STREAK_MAX && (t = take_slot(w))) {
		w->streak++;
		return t;
	}
	w->streak = 0;
	t = take_oldest(w);
	return t ? t : take_slot(w);
}

static struct mn_thread *steal_next_oldest(struct mni_worker *w)
{
	struct mn_thread *t;

	if (mni_load(&w->slot, relaxed) &&
	    mni_load(&w->deque.top, relaxed) >= w->slot_age && (t = take_slot(w)))
		return t;
	t = take_oldest(w);
	return t ? t : take_slot(w);
}

static bool steal_waiting(struct mni_worker *w)
{
	return mni_load(&w->slot, relaxed) || mni_deque_size(&w->deque);
}

static bool steal_claim(struct mni_worker *w, struct mn_thread *t)
{
	struct mni_deque *d = &w->deque;
	void *got;

	if (mni_load(&w->slot, relaxed) == t)
		return take_slot(w) == t; /* or a thief was faster, and it is empty */
	if (mni_deque_peek(d, false) == t) {
		got = how.owner_only ? mni_deque_take_alone(d) : mni_deque_take(d);
		return got == t;
	}
	if (mni_deque_peek(d, true) == t) {
		/* A thief may win the race for t, and this then takes the one behind it. */
		got = take_oldest(w);
		if (got && got != t)
			push_and_wake(w, got);
		return got == t;
	}
	if (how.owner_only)
		return mni_deque_take_out_alone(d, t);
	if (!mni_deque_take_out(d, t))
		return false;
	mni_wake_one(NULL); /* who looked meanwhile may have seen too little, and sleeps */
	return true;
}

/*
 * The newest, which fork-join programs join, with one full fence for the deque
 * (its B) and for the joiners.
 */
static enum mni_claim steal_claim_to_join(struct mni_worker *w, struct mn_thread *t)
{
	struct mni_deque *d = &w->deque;
	bool taken;

	if (how.owner_only || mni_deque_peek(d, false) != t) {
		if (!steal_claim(w, t))
			return MNI_NOT_CLAIMED;
		return mni_take(t, MNI_JOIN_NONE) ? MNI_CLAIMED : MNI_CLAIM_REFUSED;
	}
	mni_deque_take_begin(d);
	taken = mni_take(t, MNI_JOIN_NONE);
	if (taken)
		mn_arch_fence_after_rmw();
	else
		mni_fence(seq_cst);
	if (mni_deque_take_end(d) == t)
		return taken ? MNI_CLAIMED : MNI_CLAIM_REFUSED;
	if (taken)
		mni_untake(t);
	return MNI_NOT_CLAIMED;
}

static bool steal_guest(struct mni_worker *victim, uint32_t *stamp)
{
	*stamp = mni_load(&victim->guest_stamp, relaxed);
	return steal_waiting(victim);
}

/* A lone guest that a thief has its eye on. */
struct sighting {
	struct mni_worker *owner;
	uint32_t stamp;
	uint64_t since_ns;
};

/* Whether the victim's guest has stayed long enough to be taken. */
static bool has_rested(struct sighting *seen, struct mni_worker *victim, uint64_t now)
{
	uint32_t stamp;

	if (!steal_guest(victim, &stamp)) {
		if (seen->owner == victim)
			seen->owner = NULL;
		return false;
	}
	if (seen->owner == victim && seen->stamp == stamp)
		return now - seen->since_ns >= GUEST_REST_NS;
	if (!seen->owner || seen->owner == victim)
		*seen = (struct sighting){victim, stamp, now};
	return false;
}

static struct mn_thread *steal_from(struct mni_worker *w, struct mni_worker *victim)
{
	void *got;

	mni_count(&w->count.steal_attempts);
	got = mni_deque_steal(&victim->deque);
	if (got == MNI_DEQUE_ABORT) {
		mni_count(&w->count.steal_aborts);
		return NULL;
	}
	if (!got)
		got = take_slot(victim);
	if (got) {
		mni_count(&w->count.steal_hits);
		mni_trace(w, MNI_EV_STEAL, got, victim->id);
		w->victim = victim->id;
	}
	return got;
}

static unsigned first_victim(struct mni_worker *w)
{
	switch (how.victim) {
	case MN_VICTIM_RING:
		return w->id + 1;
	case MN_VICTIM_LAST:
		return w->victim;
	default:
		return (unsigned)(mni_random(w) % mni_rt.workers);
	}
}

/* Between two rounds, with jitter, so that thieves do not look in step. */
static void back_off(struct mni_worker *w, unsigned *pauses)
{
	if (how.backoff == MN_BACKOFF_NONE)
		return;
	for (unsigned i = *pauses + (unsigned)(mni_random(w) % *pauses); i; i--)
		mn_arch_relax();
	if (how.backoff == MN_BACKOFF_EXPONENTIAL && *pauses < PAUSES_MAX)
		*pauses *= 2;
}

/* The time until which the thief rests. */
static uint64_t rest_until(struct mni_worker *w, uint64_t now)
{
	bool worth_it = now - w->stole_at_ns >= WORTH * (uint64_t)w->steal_cost_ns;

	return worth_it ? now : now + REST_NS;
}

static void has_stolen(struct mni_worker *w, uint64_t start)
{
	w->stole_at_ns = mn_plat_now_ns();
	w->steal_cost_ns += ((int64_t)(w->stole_at_ns - start) - w->steal_cost_ns) / 8;
}

static struct mn_thread *steal_search(struct mni_worker *w)
{
	struct sighting seen = {0};
	unsigned n = mni_rt.workers;
	unsigned pauses = PAUSES_MIN;
	uint64_t start = mn_plat_now_ns();
	uint64_t now = start;
	uint64_t rested = rest_until(w, now);

	do {
		unsigned first = first_victim(w);

		for (unsigned i = 0; now >= rested && i < n; i++) {
			struct mni_worker *victim = mni_rt.worker[(first + i) % n];
			struct mn_thread *t;

			if (victim == w)
				continue;
			if ((mni_deque_size(&victim->deque) > 1 || has_rested(&seen, victim, now)) &&
			    (t = steal_from(w, victim))) {
				has_stolen(w, now);
				return t;
			}
		}
		if (mni_shared_work(w) || mni_load(&mni_rt.stop, relaxed))
			return NULL;
		back_off(w, &pauses);
		now = mn_plat_now_ns();
	} while (now - start < SEARCH_NS);
	return NULL;
}

static bool steal_has_work(struct mni_worker *w)
{
	if (steal_waiting(w))
		return true;
	for (unsigned i = 0; i < mni_rt.workers; i++)
		if (mni_deque_size(&mni_rt.worker[i]->deque) > 1)
			return true;
	return false;
}

static const struct mni_policy stealing_off = {
	.name = "steal",
	.init = steal_init,
	.fini = steal_fini,
	.submit = steal_submit,
	.next = steal_next,
	.next_oldest = steal_next_oldest,
	.waiting = steal_waiting,
	.claim = steal_claim,
	.has_work = steal_waiting,
};

static const struct mni_policy *steal_configure(const struct mn_config *c)
{
	how.owner_only = c->workers == 1 || c->steal == MN_OFF;
	how.victim = c->victim;
	how.backoff = c->backoff;
	return c->steal == MN_OFF ? &stealing_off : &mni_policy_steal;
}

const struct mni_policy mni_policy_steal = {
	.name = "steal",
	.shares = true,
	.configure = steal_configure,
	.init = steal_init,
	.fini = steal_fini,
	.submit = steal_submit,
	.next = steal_next,
	.next_oldest = steal_next_oldest,
	.waiting = steal_waiting,
	.claim = steal_claim,
	.claim_to_join = steal_claim_to_join,
	.search = steal_search,
	.has_work = steal_has_work,
	.guest = steal_guest,
};
