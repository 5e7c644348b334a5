/*
 * Idle workers and waking them.
 *
 * The danger is the lost wake-up: work becomes visible while the last worker
 * that could run it goes to sleep. The other danger is the useless wake-up: a
 * futex call per submitted thread costs more than the thread.
 *
 * State: a bit per worker that is idle (announced), the number of workers that
 * search, and a token per worker on which it sleeps.
 *
 * A submitter:
 *   1. makes the work visible (deque, run-next slot, mailbox, inject list);
 *   2. a worker: light fence (internal.h); returns when nobody is idle  [with 9]
 *   3. SC fence; returns when somebody searches, or nobody is idle      [with 6]
 *   4. takes one idle bit by fetch-and, which gives it the sole right to wake
 *      that worker; counts it as searching on its behalf; sets its token.
 *
 * A worker without work:
 *   5. sets its idle bit, then stops counting as searching (both SC RMW);
 *   6. SC fence                                                         [with 3]
 *   7. looks at every source again; on finding something it takes its bit
 *      back, unless a submitter has it already: then a token is on its way;
 *   8. sleeps until the token is set, at first for NAP_NS at most: on the token,
 *      or in the poller (poller.h), and then the token says so, so that whoever
 *      sets it knows how to wake;
 *   9. then, once: heavy fence, and step 7 again                        [with 2]
 *
 * If the submitter's step 3 reads a state from before step 5, then step 3's
 * fence precedes step 6, and step 7 sees the work. If step 2 does, then step 2
 * precedes step 9, which sees it. Step 7 does so, too, but for the moment that
 * the work spends in the submitter's store buffer. So a submitter that finds all
 * workers busy pays for no fence, and step 9, which disturbs all CPUs, is rare:
 * most naps end before. It is left out when all other workers are idle, after
 * step 6: one that stops being idle has read this one's bit when its own was
 * cleared, in the same word.
 *
 * Throttling: only one worker is woken at a time. A searcher that finds work
 * and was the last one looks whether there is more and wakes the next, so
 * that step 3's early return loses nothing. To be counted in needs no order; to
 * count oneself out does (5, and before that look).
 *
 * Lone guests (sched.h) are left out of step 7, and submitters may leave out
 * steps 2 to 4 for them. But a guest's worker may compute for a long time. So
 * one idle worker, the watcher, sleeps with a timeout while any worker is busy,
 * and searches when a guest has not changed between two looks. Steps 2 to 4 may
 * be left out only while there is a watcher, or somebody searches. The watcher
 * retires by
 *   10. clearing the flag, SC fence, and looking again whether all are idle;
 * a submitter is not idle: its bit was cleared (SC RMW) before it submits, so
 * either step 10 sees it busy, or it sees the flag cleared. A worker whose kernel
 * thread starts later has no bit to clear: it is counted as running (SC) before
 * it is started, and begins with an SC fence.
 *
 * A searcher that finds nothing becomes idle and takes up the watch, unless all
 * are idle. Again it sees a submitter that has read of its search as busy: that
 * one has searched itself since its bit was cleared, and its step out of the
 * count of searchers and the searcher's own (both SC RMW) are ordered.
 *
 * A watcher that is woken gives up the watch. If it finds work while others are
 * busy, it wakes another worker, which takes up the watch before it sleeps:
 * guests may be waiting for nobody but the watcher.
 */
#include "core/handoff.h"
#include "core/internal.h"
#include "core/trace.h"
#include "sched/sched.h"

#define NAP_NS 200000u
#define WATCH_MIN_NS 100000u
#define WATCH_MAX_NS 8000000u
#define BITS 64
#define WORDS (MNI_MAX_WORKERS / BITS)
#define GUEST_BACKOFF_MAX 1023u

/* parker.token: 0, asleep or about to be; TOLD to look again; or a set of the others. */
enum {
	TOLD = 1,      /* by whoever took the idle bit */
	NUDGED = 2,    /* to look at the timers and the poller */
	IN_POLLER = 4, /* sleeps there */
};

static struct {
	_Alignas(64) _Atomic uint64_t bits[WORDS]; /* who is idle */
	_Atomic uint32_t searching;                /* how many search */
	_Atomic bool watched;                      /* an idle worker looks after lone guests */
} idle;

void mni_idle_reset(void)
{
	for (unsigned i = 0; i < WORDS; i++)
		mni_store(&idle.bits[i], 0, relaxed);
	mni_store(&idle.searching, 0, relaxed);
	mni_store(&idle.watched, false, relaxed);
}

static unsigned words(void)
{
	return (mni_rt.workers + BITS - 1) / BITS;
}

static bool take_bit(unsigned id)
{
	uint64_t bit = (uint64_t)1 << (id % BITS);

	return mni_fetch_and(&idle.bits[id / BITS], ~bit, seq_cst) & bit;
}

bool mni_is_idle(struct mni_worker *w)
{
	return mni_load(&idle.bits[w->id / BITS], seq_cst) >> (w->id % BITS) & 1;
}

bool mni_watched(void)
{
	return mni_load(&idle.watched, relaxed);
}

bool mni_searched(void)
{
	return mni_load(&idle.searching, relaxed);
}

static void rouse(struct mni_worker *target, uint32_t token)
{
	if (token & IN_POLLER)
		mni_rt.poller->wake(target);
	else
		mn_plat_wake(&target->parker.token);
}

/* Step 4, once the bit is the caller's. */
static void wake(struct mni_worker *target, struct mni_worker *for_guest_of)
{
	struct mni_worker *self = mn_plat_self(); /* who comes back to its worker wakes that first */
	uint32_t token;

	mni_store(&target->woken_for, for_guest_of, relaxed);
	mni_fetch_add(&idle.searching, 1, relaxed);
	if (self)
		mni_count(&self->count.wakes);
	else
		mni_fetch_add(&mni_rt.foreign_wakes, 1, relaxed);
	/*
	 * Release: with mni_idle_wait()'s acquire, so that it counts itself out after
	 * it was counted in. Now it will not see that it was nudged.
	 */
	token = mni_exchange(&target->parker.token, TOLD, release);
	rouse(target, token);
	if (token & NUDGED)
		mni_idle_nudge();
}

/* Has the worker look at the timers and the poller. False: it is being woken. */
static bool nudge(struct mni_worker *target)
{
	uint32_t token = mni_load(&target->parker.token, relaxed);

	while (token != TOLD) {
		if (token & NUDGED)
			return true;
		if (mni_cas(&target->parker.token, &token, token | NUDGED, seq_cst, relaxed)) {
			rouse(target, token);
			return true;
		}
	}
	return false;
}

/*
 * For the timers (timer.c): has a sleeper look at them, without making it busy.
 * One whose bit is gone after all has perhaps not seen it, and looks at the
 * timers itself when it leaves, or its waker finds it NUDGED and nudges another.
 */
bool mni_idle_nudge(void)
{
	for (unsigned i = 0; i < words(); i++) {
		uint64_t bits = mni_load(&idle.bits[i], seq_cst);

		while (bits) {
			unsigned bit = (unsigned)__builtin_ctzll(bits);

			if (nudge(mni_rt.worker[i * BITS + bit]) &&
			    mni_load(&idle.bits[i], seq_cst) >> bit & 1)
				return true;
			bits &= bits - 1;
		}
	}
	return false;
}

/* The rest of step 3, and 4: the fence is done. */
static void wake_one_fenced(struct mni_worker *for_guest_of)
{
	for (unsigned i = 0; i < words(); i++) {
		uint64_t bits = mni_load(&idle.bits[i], relaxed);

		while (bits) {
			unsigned id = i * BITS + (unsigned)__builtin_ctzll(bits);

			if (mni_load(&idle.searching, relaxed))
				return;
			if (take_bit(id)) {
				wake(mni_rt.worker[id], for_guest_of);
				return;
			}
			bits &= bits - 1;
		}
	}
}

static bool nobody_is_idle(void)
{
	for (unsigned i = 0; i < words(); i++)
		if (mni_load(&idle.bits[i], relaxed))
			return false;
	return true;
}

void mni_wake_one(struct mni_worker *for_guest_of)
{
	if (mn_plat_self()) {
		mni_light_fence(); /* step 2 */
		if (nobody_is_idle())
			return;
	}
	mni_fence(seq_cst); /* step 3 */
	wake_one_fenced(for_guest_of);
}

/*
 * Needs no fence for the wake-up: whichever comes second, take_bit() or step 5, has
 * read the other. Either the bit is taken, or step 7 sees the work. The fence is for
 * callers that look at a tick next (preempt.h).
 */
void mni_wake_worker(struct mni_worker *w)
{
	bool idles = take_bit(w->id);

	mn_arch_fence_after_rmw();
	if (idles)
		wake(w, NULL);
}

static bool all_others_idle(struct mni_worker *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < words(); i++)
		n += (unsigned)__builtin_popcountll(mni_load(&idle.bits[i], relaxed));
	/* The caller's own bit may have been taken by a waker; it counts as idle. */
	if (!(mni_load(&idle.bits[w->id / BITS], relaxed) >> (w->id % BITS) & 1))
		n++;
	return n >= mni_load(&mni_rt.running, relaxed);
}

bool mni_search_begin(struct mni_worker *w)
{
	if (mni_rt.alone)
		return false;
	if (!w->searching) {
		/* Half of the workers searching is enough; the rest would only disturb. */
		if (2 * mni_load(&idle.searching, relaxed) >= mni_rt.workers)
			return false;
		/* Who idles has nothing and makes nothing: only time, I/O and kernel threads can. */
		if (all_others_idle(w))
			return false;
		mni_fetch_add(&idle.searching, 1, relaxed);
		w->searching = true;
	}
	return true;
}

/* The verdict on a wake-up for a lone guest: was it worth it? */
static void judge_wake(struct mni_worker *w, bool found)
{
	struct mni_worker *owner = mni_load(&w->woken_for, relaxed);
	uint32_t b;

	if (!owner)
		return;
	mni_store(&w->woken_for, NULL, relaxed);
	b = mni_load(&owner->guest_backoff, relaxed);
	if (found)
		b = 0;
	else if (b < GUEST_BACKOFF_MAX)
		b = 2 * b + 1;
	mni_store(&owner->guest_backoff, b, relaxed);
}

/* Whether a worker is needed besides w: to run something, or to keep watch. */
static bool work_for_others(struct mni_worker *w)
{
	const struct mni_policy *p = mni_rt.policy;

	return mni_load(&mni_rt.injected, relaxed) || (p->shares && p->has_work(w)) ||
	       (p->guest && !mni_watched() && !all_others_idle(w));
}

void mni_search_end(struct mni_worker *w)
{
	judge_wake(w, true);
	w->searching = false;
	if (mni_fetch_sub(&idle.searching, 1, seq_cst) == 1) {
		mn_arch_fence_after_rmw();
		if (work_for_others(w))
			wake_one_fenced(NULL);
	}
}

/* Takes up the watch if nobody has it and there is something to watch. */
static bool watch_begin(struct mni_worker *w)
{
	bool none = false;

	if (mni_rt.alone || !mni_rt.policy->guest || all_others_idle(w))
		return false;
	return mni_cas(&idle.watched, &none, true, relaxed, relaxed);
}

/* Step 10. False: not all are idle after all; the watch goes on. */
static bool watch_end_if_all_idle(struct mni_worker *w)
{
	bool none = false;

	if (!all_others_idle(w))
		return false;
	mni_store(&idle.watched, false, relaxed);
	mni_fence(seq_cst); /* with the RMW that cleared a submitter's bit */
	if (all_others_idle(w))
		return true;
	/* Somebody else may have taken it up meanwhile; then it is theirs. */
	return !mni_cas(&idle.watched, &none, true, relaxed, relaxed);
}

/* What the watcher remembers between two looks. */
struct watch {
	bool on;
	uint64_t period_ns;
	bool guest[MNI_MAX_WORKERS];
	uint32_t stamp[MNI_MAX_WORKERS];
};

/* Whether some guest is the one of the look before. */
static bool guest_is_stuck(struct watch *look)
{
	bool stuck = false;

	for (unsigned i = 0; i < mni_rt.workers; i++) {
		uint32_t stamp;
		bool guest = mni_rt.policy->guest(mni_rt.worker[i], &stamp);

		if (guest && look->guest[i] && stamp == look->stamp[i])
			stuck = true;
		look->guest[i] = guest;
		look->stamp[i] = stamp;
	}
	return stuck;
}

static bool found_on_second_look(struct mni_worker *w)
{
	return mni_load(&mni_rt.stop, relaxed) || mni_shared_work(w) || mni_rt.policy->has_work(w);
}

/* On the token, or in the poller if that wants it there; may come back early. */
static void sleep_once(struct mni_worker *w, uint64_t time_ns)
{
	uint32_t asleep = 0;

	if (!mni_rt.poller || !mni_rt.poller->enter(w)) {
		mn_plat_wait(&w->parker.token, 0, time_ns);
	} else if (mni_cas(&w->parker.token, &asleep, IN_POLLER, seq_cst, relaxed)) {
		mni_rt.poller->wait(w, time_ns, &w->polled);
		mni_fetch_and(&w->parker.token, ~(uint32_t)IN_POLLER, acq_rel);
	}
}

/*
 * Steps 8 and 9. False: woken by the watch, by time, by I/O or by what step 9 has
 * found instead of by a token; the bit is still set.
 */
static bool sleep_until_token(struct mni_worker *w)
{
	struct watch look;
	bool napped = mni_rt.strong_fences || (words() == 1 && all_others_idle(w));

	look.on = watch_begin(w);
	look.period_ns = WATCH_MIN_NS;
	if (look.on) {
		for (unsigned i = 0; i < mni_rt.workers; i++)
			look.guest[i] = false;
		guest_is_stuck(&look);
	}
	while (mni_load(&w->parker.token, relaxed) != TOLD && !w->polled.head) { /* see mni_idle_wait() */
		uint32_t nudged = NUDGED;
		uint64_t time_ns;
		bool watch;

		/* Who finds it nudged already does no more: it must look at what they have armed. */
		if (mni_cas(&w->parker.token, &nudged, 0, seq_cst, relaxed))
			mn_arch_fence_after_rmw();
		time_ns = mni_timers_keep(w);
		if (!time_ns)
			break;
		watch = look.on && look.period_ns < time_ns;
		if (watch)
			time_ns = look.period_ns;
		if (!napped && NAP_NS < time_ns)
			time_ns = NAP_NS;
		mni_count(&w->count.parks);
		sleep_once(w, time_ns);
		if (mni_load(&w->parker.token, relaxed) || w->polled.head)
			continue;
		if (!napped) {
			napped = true;
			mni_heavy_fence(); /* step 9 */
			if (found_on_second_look(w))
				break;
		}
		if (!watch)
			continue;
		if (guest_is_stuck(&look))
			break;
		if (watch_end_if_all_idle(w))
			look.on = false;
		else if (look.period_ns < WATCH_MAX_NS)
			look.period_ns *= 2;
	}
	if (look.on)
		mni_store(&idle.watched, false, relaxed);
	return mni_load(&w->parker.token, relaxed) == TOLD;
}

bool mni_idle_wait(struct mni_worker *w)
{
	uint64_t bit = (uint64_t)1 << (w->id % BITS);

	if (w->searching)
		judge_wake(w, false);
	mni_trace(w, MNI_EV_IDLE, NULL, 0);
	mni_store(&w->parker.token, 0, relaxed);
	mni_fetch_or(&idle.bits[w->id / BITS], bit, seq_cst); /* step 5 */
	if (w->searching) {
		mni_fetch_sub(&idle.searching, 1, seq_cst);
		w->searching = false;
	}
	mn_arch_fence_after_rmw(); /* step 6 */
	if ((!found_on_second_look(w) && sleep_until_token(w)) || !take_bit(w->id)) {
		/* Step 4 was done for this worker; the token may still be on its way. */
		uint32_t token;

		while ((token = mni_load(&w->parker.token, acquire)) != TOLD)
			mn_plat_wait(&w->parker.token, token, MN_PLAT_FOREVER);
		w->searching = true;
	} else {
		mn_arch_fence_after_rmw(); /* with timer.c's step 2: who nudged us has armed a timer */
		if (!mni_rt.alone) {
			mni_fetch_add(&idle.searching, 1, relaxed);
			w->searching = true;
		}
	}
	mni_trace(w, MNI_EV_BUSY, NULL, 0);
	if (mni_rt.poller) {
		mni_rt.poller->leave(w);
		mni_poll_submit(w);
	}
	mni_timers_leave(w);
	if (mni_load(&w->tick_armed, relaxed))
		mni_handoff_watch();
	return !mni_load(&mni_rt.stop, relaxed);
}
