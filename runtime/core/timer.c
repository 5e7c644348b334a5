/*
 * Timers: a 4-ary heap per worker, and who watches the clock.
 *
 * A timer is armed in the heap of the worker that its thread parks on, under
 * the heap's lock. It ends in one of two ways:
 *
 *   stop:  whoever else ends the wait takes it out of the heap. If it is
 *          FIRING just then, stop waits until it is DONE: the timer lies on
 *          the waiting thread's stack, and the one who fires it may be looking
 *          at the object that is waited for.
 *   fire:  a worker takes it out, FIRING, releases the heap's lock and calls
 *          timer.fire(), which decides with the object's guard held whether the
 *          wait ends by it. If so, stop is never called and the thread is made
 *          runnable; if not, DONE is stored, the last access.
 *
 * Order of locks: an object's guard, then a heap's. fire() takes the guard
 * without the heap's lock, and only in a scheduler's context: a thread that is
 * about to park holds a guard already.
 *
 * Who looks at the clock:
 *   - a busy worker at its own heap, every so many scheduling decisions, and
 *     when nobody else does, at every preemption tick;
 *   - one idle worker, the keeper, at all heaps: it sleeps no longer than to the
 *     first deadline of all. Other idle workers sleep without a limit.
 *
 * kept_until says until when the keeper sleeps at most; MNI_NEVER: no keeper.
 * What must not happen is that a deadline before kept_until is armed and
 * everybody sleeps past it:
 *
 *   arm:     1. next_ns of the heap is stored; 2. SC fence;      [pairs with 4]
 *            3. next_ns < kept_until: an idle worker is nudged, so that it
 *               becomes the keeper; if there is none, the tick is armed. Left
 *               out when the worker itself goes idle.
 *   keeper:  its idle bit is set; then it lowers kept_until (SC RMW); 4. SC fence;
 *            5. looks at every next_ns again, and lowers it further if need be.
 *   leaving: 6. the keeper takes kept_until back (RMW); 7. SC fence;
 *            8. nudges another idle worker when deadlines are left; if there is
 *               none, arms the ticks of those whose deadlines they are.
 *
 * Nobody wakes up while nothing is due, but for a keeper whose timer has been
 * stopped meanwhile: finding that out early would cost more.
 *
 * A deadline by the real-time clock is turned into one by the monotonic clock
 * when it is armed, and looked at again when it fires: when the clock has been
 * set back it is armed anew. When the clock is set forward it fires late, as
 * if the clock had not been set.
 */
#include "core/timer.h"

#include "core/internal.h"
#include "core/sanitize.h"
#include "preempt/preempt.h"

#define WAYS 4
#define FIRST_ROOM (MN_PLAT_PAGE / sizeof(struct mni_timer_slot))
#define NO_INDEX UINT32_MAX

struct mni_timer_slot {
	uint64_t deadline_ns;
	struct mni_timer *timer;
};

static struct {
	_Alignas(64) _Atomic uint64_t kept_until;
	_Atomic bool used; /* a timer has been armed since mn_init() */
} timers;

void mni_timers_reset(void)
{
	mni_store(&timers.kept_until, MNI_NEVER, relaxed);
	mni_store(&timers.used, false, relaxed);
}

void mni_timers_init(struct mni_worker *w)
{
	mni_store(&w->timers.next_ns, MNI_NEVER, relaxed);
	w->timers.keeps_ns = MNI_NEVER;
}

static size_t bytes_for(uint32_t room)
{
	return room * sizeof(struct mni_timer_slot);
}

void mni_timers_fini(struct mni_worker *w)
{
	if (w->timers.heap)
		mn_plat_unmap(w->timers.heap, bytes_for(w->timers.room));
	w->timers.heap = NULL;
	w->timers.room = 0;
}

void mni_timers_forget(struct mni_worker *w)
{
	mni_store(&w->timers.lock, 0, relaxed);
	mni_store(&w->timers_due, false, relaxed);
	w->timers.count = 0;
	w->timers.others = NULL;
	w->timers.unkept = false;
	mni_timers_init(w);
}

/* --- the heap; all of it under its lock --- */

static void place(struct mni_timers *h, uint32_t i, struct mni_timer_slot s)
{
	h->heap[i] = s;
	s.timer->index = i;
}

static void sift_up(struct mni_timers *h, uint32_t i, struct mni_timer_slot s)
{
	while (i) {
		uint32_t parent = (i - 1) / WAYS;

		if (h->heap[parent].deadline_ns <= s.deadline_ns)
			break;
		place(h, i, h->heap[parent]);
		i = parent;
	}
	place(h, i, s);
}

static void sift_down(struct mni_timers *h, uint32_t i, struct mni_timer_slot s)
{
	for (;;) {
		uint32_t first = i * WAYS + 1;
		uint32_t least = first;

		if (first >= h->count)
			break;
		for (uint32_t c = first + 1; c < first + WAYS && c < h->count; c++)
			if (h->heap[c].deadline_ns < h->heap[least].deadline_ns)
				least = c;
		if (h->heap[least].deadline_ns >= s.deadline_ns)
			break;
		place(h, i, h->heap[least]);
		i = least;
	}
	place(h, i, s);
}

static bool grow(struct mni_timers *h)
{
	uint32_t room = h->room ? 2 * h->room : (uint32_t)FIRST_ROOM;
	struct mni_timer_slot *heap = room > h->room ? mn_plat_map(bytes_for(room)) : NULL;

	if (!heap)
		return false;
	for (uint32_t i = 0; i < h->count; i++)
		heap[i] = h->heap[i];
	if (h->heap)
		mn_plat_unmap(h->heap, bytes_for(h->room));
	h->heap = heap;
	h->room = room;
	return true;
}

static void publish_next(struct mni_timers *h)
{
	uint64_t next = h->count ? h->heap[0].deadline_ns : MNI_NEVER;

	for (struct mni_timer *t = h->others; t; t = t->next)
		if (t->deadline_ns < next)
			next = t->deadline_ns;
	if (next != mni_load(&h->next_ns, relaxed))
		mni_store(&h->next_ns, next, relaxed);
}

static void insert(struct mni_timers *h, struct mni_timer *t)
{
	mni_store(&t->state, MNI_TIMER_ARMED, relaxed);
	if (h->count < h->room || grow(h)) {
		sift_up(h, h->count++, (struct mni_timer_slot){t->deadline_ns, t});
	} else {
		/* A list needs no memory. */
		t->index = NO_INDEX;
		t->next = h->others;
		t->before = &h->others;
		if (t->next)
			t->next->before = &t->next;
		h->others = t;
	}
	publish_next(h);
}

static void take_out(struct mni_timers *h, struct mni_timer *t)
{
	uint32_t i = t->index;
	struct mni_timer_slot last;

	if (i == NO_INDEX) {
		*t->before = t->next;
		if (t->next)
			t->next->before = t->before;
		return;
	}
	last = h->heap[--h->count];
	if (i == h->count)
		return;
	if (i && last.deadline_ns < h->heap[(i - 1) / WAYS].deadline_ns)
		sift_up(h, i, last);
	else
		sift_down(h, i, last);
}

/* The next one that is due, FIRING, or NULL. */
static struct mni_timer *take_due(struct mni_timers *h, uint64_t now)
{
	struct mni_timer *t = h->others;

	while (t && t->deadline_ns > now)
		t = t->next;
	if (!t && h->count && h->heap[0].deadline_ns <= now)
		t = h->heap[0].timer;
	if (t) {
		take_out(h, t);
		mni_store(&t->state, MNI_TIMER_FIRING, relaxed);
	}
	return t;
}

/* --- arming and stopping --- */

/* The deadline on the monotonic clock; in the past, and so 0, if it has passed. */
static uint64_t to_monotonic(const struct mni_until *u)
{
	uint64_t now = mn_plat_now_ns();
	uint64_t there = u->clock == MN_CLOCK_REALTIME ? mn_plat_real_ns() : now;

	if (u->ns <= there)
		return 0;
	return u->ns - there < MNI_NEVER - 1 - now ? now + (u->ns - there) : MNI_NEVER - 1;
}

bool mni_timer_set(struct mni_timer *t, const struct mni_until *until,
		   bool (*fire)(struct mni_timer *))
{
	t->until = *until;
	t->deadline_ns = to_monotonic(until);
	t->fire = fire;
	mni_store(&t->state, MNI_TIMER_OFF, relaxed);
	return t->deadline_ns;
}

void mni_timer_arm(struct mni_timer *t, struct mni_worker *w)
{
	if (!mni_load(&timers.used, relaxed))
		mni_store(&timers.used, true, relaxed);
	t->home = w;
	mni_san_left(t);
	mni_spin_lock(&w->timers.lock);
	insert(&w->timers, t);
	mni_spin_unlock(&w->timers.lock);
}

void mni_timer_stop(struct mni_timer *t)
{
	struct mni_timers *h;
	uint32_t state = mni_load(&t->state, acquire);

	while (state == MNI_TIMER_ARMED || state == MNI_TIMER_FIRING) {
		h = &t->home->timers;
		mni_spin_lock(&h->lock);
		state = mni_load(&t->state, acquire);
		if (state == MNI_TIMER_ARMED) {
			take_out(h, t);
			publish_next(h);
			mni_store(&t->state, MNI_TIMER_OFF, relaxed);
		}
		mni_spin_unlock(&h->lock);
		if (state == MNI_TIMER_ARMED)
			return;
		for (unsigned i = 1; state == MNI_TIMER_FIRING; i++) {
			if (i % 128)
				mn_arch_relax();
			else
				mn_plat_relinquish();
			state = mni_load(&t->state, acquire); /* with fire_one()'s DONE */
		}
	}
	mni_san_taken(t);
}

/* --- firing --- */

static void fire_one(struct mni_timer *t)
{
	mni_san_taken(t);
	if (t->until.clock == MN_CLOCK_REALTIME) {
		uint64_t deadline = to_monotonic(&t->until);

		if (deadline) { /* the clock has been set back */
			struct mni_timers *h = &t->home->timers;

			mni_spin_lock(&h->lock);
			t->deadline_ns = deadline;
			insert(h, t);
			mni_spin_unlock(&h->lock);
			return;
		}
	}
	if (t->fire(t))
		return;
	mni_san_left(t);
	mni_store(&t->state, MNI_TIMER_DONE, release); /* with mni_timer_stop()'s acquire */
}

/*
 * Fires what is due in one heap. One at a time: whoever waits for a FIRING
 * timer may hold a guard that another timer needs.
 */
static void run(struct mni_timers *h, uint64_t now)
{
	struct mni_timer *due;

	do {
		mni_spin_lock(&h->lock);
		due = take_due(h, now);
		publish_next(h);
		mni_spin_unlock(&h->lock);
		if (due)
			fire_one(due);
	} while (due);
}

void mni_timers_look(struct mni_worker *w)
{
	uint64_t next = mni_load(&w->timers.next_ns, relaxed);

	if (next != MNI_NEVER && next <= mn_plat_now_ns())
		mni_store(&w->timers_due, true, relaxed);
}

void mni_timers_run(struct mni_worker *w)
{
	mni_store(&w->timers_due, false, relaxed);
	if (mni_load(&w->timers.next_ns, relaxed) != MNI_NEVER)
		run(&w->timers, mn_plat_now_ns());
}

/* --- keeping the time --- */

static uint64_t first_deadline(void)
{
	uint64_t first = MNI_NEVER;

	for (unsigned i = 0; i < mni_rt.workers; i++) {
		uint64_t next = mni_load(&mni_rt.worker[i]->timers.next_ns, relaxed);

		if (next < first)
			first = next;
	}
	return first;
}

/* The worker is busy: somebody else keeps the time, or its tick looks at the clock. */
static void see_to_it(struct mni_worker *w)
{
	w->timers.unkept = false;
	if (!mni_rt.alone) {
		mni_fence(seq_cst); /* step 2 */
		if (mni_load(&w->timers.next_ns, relaxed) >= mni_load(&timers.kept_until, relaxed) ||
		    mni_idle_nudge())
			return;
	}
	mni_preempt_arm(w);
}

void mni_timers_keep_up(struct mni_worker *w)
{
	if (w->current)
		see_to_it(w);
	else
		w->timers.unkept = true; /* perhaps it goes idle, and keeps the time itself */
}

void mni_timers_before_run(struct mni_worker *w)
{
	if (w->timers.unkept)
		see_to_it(w);
}

bool mni_timers_tick(struct mni_worker *w)
{
	uint64_t next = mni_load(&w->timers.next_ns, relaxed);

	/* Not when it is idle: then somebody keeps the time, perhaps itself. */
	if (next == MNI_NEVER || next >= mni_load(&timers.kept_until, relaxed))
		return false;
	mni_timers_look(w);
	return true;
}

uint64_t mni_timers_keep(struct mni_worker *w)
{
	uint64_t *keeps = &w->timers.keeps_ns;
	uint64_t now;

	w->timers.unkept = false;
	if (!mni_load(&timers.used, relaxed))
		return MN_PLAT_FOREVER;
	for (;;) {
		uint64_t first = first_deadline();
		uint64_t kept = mni_load(&timers.kept_until, relaxed);
		bool mine = *keeps != MNI_NEVER && *keeps == kept;

		if (!mine && first >= kept) {
			*keeps = MNI_NEVER;
			return MN_PLAT_FOREVER;
		}
		if (mine && first == kept)
			break;
		if (!mni_cas(&timers.kept_until, &kept, first, seq_cst, relaxed))
			continue;
		*keeps = first;
		mn_arch_fence_after_rmw(); /* step 4 */
		if (first_deadline() >= first)
			break; /* step 5 */
	}
	if (*keeps == MNI_NEVER)
		return MN_PLAT_FOREVER;
	now = mn_plat_now_ns();
	return *keeps > now ? *keeps - now : 0;
}

void mni_timers_leave(struct mni_worker *w)
{
	uint64_t mine = w->timers.keeps_ns;
	uint64_t now;

	if (!mni_load(&timers.used, relaxed))
		return;
	w->timers.keeps_ns = MNI_NEVER;
	if (mine != MNI_NEVER)
		mni_cas(&timers.kept_until, &mine, MNI_NEVER, relaxed, relaxed); /* step 6 */
	mni_fence(seq_cst);                                                      /* step 7 */
	if (first_deadline() == MNI_NEVER)
		return;
	now = mn_plat_now_ns();
	for (unsigned i = 0; i < mni_rt.workers; i++)
		if (mni_load(&mni_rt.worker[i]->timers.next_ns, relaxed) <= now)
			run(&mni_rt.worker[i]->timers, now);
	if (first_deadline() >= mni_load(&timers.kept_until, relaxed) || mni_idle_nudge()) /* step 8 */
		return;
	for (unsigned i = 0; i < mni_rt.workers; i++)
		if (mni_load(&mni_rt.worker[i]->timers.next_ns, relaxed) != MNI_NEVER)
			mni_preempt_arm(mni_rt.worker[i]);
}
