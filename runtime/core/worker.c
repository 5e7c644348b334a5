/*
 * Workers and the switch between contexts.
 *
 * A worker is a kernel thread that runs green threads. It has a scheduler
 * context of its own (the kernel thread's stack; worker 0, whose kernel stack
 * belongs to the main thread, gets a small one), in which it looks for work
 * and sleeps. A thread that stops running switches straight to the next one
 * when the worker's own queues have one, and to the scheduler otherwise.
 *
 * Leaving a context is done in this order, which every park relies on:
 *
 *   1. The thread decides to stop, with the lock of the object that it waits
 *      for held, and picks the next context.
 *   2. It leaves a function in worker.after and switches: its registers are
 *      saved on its stack, its stack pointer in thread.sp.
 *   3. The next context, first of all, runs worker.after (mni_arrived()). Only
 *      this makes the thread findable: releases the object's lock, queues it,
 *      or publishes its end.
 *
 * So nobody can resume a thread, or free its stack, while it still runs on
 * it, and no thread state has to say "nearly parked".
 *
 * A rejected design: always switching through the scheduler's context, which
 * makes step 3 trivial and every switch two.
 */
#include "core/internal.h"

#include "core/handoff.h"
#include "core/sanitize.h"
#include "core/trace.h"
#include "preempt/preempt.h"
#include "sync/wait.h"

struct mni_runtime mni_rt;

/* Look at the shared sources first, every so many decisions, or they starve. */
#define SHARED_INTERVAL 61

__attribute__((noinline)) struct mni_worker *mni_self(void)
{
	struct mni_worker *w = mn_plat_self();

	return __builtin_expect(w != NULL, 1) ? w : mni_handoff_back();
}

/* --- threads that any worker may take, and those for one worker --- */

void mni_inject(struct mn_thread *t)
{
	mni_spin_lock(&mni_rt.inject_lock);
	mni_list_append(&mni_rt.inject, t);
	mni_count(&mni_rt.injected);
	mni_spin_unlock(&mni_rt.inject_lock);
	mni_wake_one(NULL);
	mni_fence(seq_cst); /* preempt.h, step 2; mni_wake_one() may have done without */
	mni_preempt_arm_all();
}

static struct mn_thread *take_injected(void)
{
	struct mn_thread *t;

	if (!mni_load(&mni_rt.injected, relaxed))
		return NULL;
	mni_spin_lock(&mni_rt.inject_lock);
	t = mni_list_take(&mni_rt.inject);
	if (t)
		mni_store(&mni_rt.injected, mni_load(&mni_rt.injected, relaxed) - 1, relaxed);
	mni_spin_unlock(&mni_rt.inject_lock);
	return t;
}

static void send_mail(struct mni_worker *to, struct mn_thread *t)
{
	mni_spin_lock(&to->mail_lock);
	mni_list_append(&to->mailbox, t);
	mni_store(&to->mail, true, relaxed);
	mni_spin_unlock(&to->mail_lock);
	mni_wake_worker(to);
}

static struct mn_thread *take_mail(struct mni_worker *w)
{
	struct mn_thread *t;

	if (!mni_load(&w->mail, relaxed))
		return NULL;
	mni_spin_lock(&w->mail_lock);
	t = mni_list_take(&w->mailbox);
	if (!w->mailbox.head)
		mni_store(&w->mail, false, relaxed);
	mni_spin_unlock(&w->mail_lock);
	if (t && t->home)
		t->home = w;
	return t;
}

bool mni_shared_work(struct mni_worker *w)
{
	return mni_load(&w->mail, relaxed) || mni_load(&w->claimed, relaxed) ||
	       mni_load(&mni_rt.injected, relaxed);
}

/*
 * What the policy does not hold: preempted threads of this worker, and injected ones;
 * but those of its other kernel threads first, in the scheduler's context.
 */
static struct mn_thread *take_aside(struct mni_worker *w)
{
	if (mni_load(&w->claimed, relaxed)) {
		mni_store(&w->timers_due, true, relaxed);
		return NULL;
	}
	return w->pinned.head ? mni_list_take(&w->pinned) : take_injected();
}

/*
 * The worker's next thread without looking at other workers, or NULL. own is
 * the policy's way of choosing.
 */
static inline struct mn_thread *next_by(struct mni_worker *w,
					struct mn_thread *(*own)(struct mni_worker *))
{
	struct mn_thread *t;

	if (++w->tick % SHARED_INTERVAL == 0) {
		mni_timers_look(w);
		if (mni_load(&mni_rt.monitor_sleeps, relaxed))
			mn_plat_diag_look();
		if (mni_poll_unkept(w))
			mni_store(&w->timers_due, true, relaxed);
		if ((t = take_aside(w)))
			return t;
	}
	if (mni_load(&w->timers_due, relaxed))
		return NULL; /* the scheduler's context fires them: the caller may hold a guard */
	if ((t = take_mail(w)) || (t = own(w)))
		return t;
	return take_aside(w);
}

static struct mn_thread *next_thread(struct mni_worker *w)
{
	return next_by(w, mni_rt.policy->next);
}

/*
 * The same for a caller who holds a guard until it has been left: a new thread for
 * which there is no stack yet is left to the scheduler's context, as getting one, and
 * touching it, takes as long as fifty switches, and others would spin for the guard.
 */
static inline struct mn_thread *next_at_hand(struct mni_worker *w)
{
	struct mn_thread *t = next_thread(w);

	if (t && !t->sp && !t->stack && !w->free_stacks) {
		w->fresh = t;
		return NULL;
	}
	return t;
}

/* --- switching --- */

/* Gives a thread that has never run a stack and a first frame. */
static void prepare(struct mni_worker *w, struct mn_thread *t)
{
	if (!t->stack)
		t->stack = mni_stack_get(w);
	mni_san_thread_start(t);
	t->sp = mn_arch_prepare(mni_stack_top(t->stack), t->fpenv, mn_arch_entry);
	t->unwind = NULL;
}

void mni_arrived(void)
{
	struct mni_worker *w = mni_self();
	void (*fn)(struct mni_worker *, void *) = w->after.fn;

	if (fn) {
		w->after.fn = NULL;
		fn(w, w->after.arg);
	}
	mni_san_settled(w);
}

/*
 * The first thing on the way to a switch: choosing the next thread and getting a stack
 * for it may call the system.
 */
static inline void keep_errno(struct mni_worker *w)
{
	w->current->error = *w->error;
}

/*
 * The one place where threads are switched; errno is kept already. Not inlined: the
 * jump in it then has one target, which the CPU predicts.
 */
static __attribute__((noinline)) void switch_from(struct mni_worker *w, struct mn_thread *t,
						  struct mn_thread *next)
{
	struct mn_plat_exceptions exceptions;
	void *load;

	if (next) {
		if (!next->sp)
			prepare(w, next);
		mni_runs_on(next, w);
	}
	load = next ? next->sp : w->sched_sp;
	w->current = next;
	mni_exceptions_take(w, &exceptions);
	mni_count(&w->count.switches);
	mni_san_switch(t, next, w);
	mn_arch_switch(&t->sp, load);
	mni_san_arrived(t);
	mni_arrived();
	w = mni_self();
	*w->error = t->error;
	mni_exceptions_give(w, &exceptions);
}

void mni_park(struct mn_thread *next, void (*after)(struct mni_worker *, void *), void *arg)
{
	struct mni_worker *w = mni_self();

	mni_count(&w->count.thread_parks);
	mni_make_way(next, after, arg);
}

void mni_make_way(struct mn_thread *next, void (*after)(struct mni_worker *, void *), void *arg)
{
	struct mni_worker *w = mni_self();

	keep_errno(w);
	if (!next)
		next = next_at_hand(w);
	mni_trace_park(w, next);
	w->after.fn = after;
	w->after.arg = arg;
	switch_from(w, w->current, next);
	mni_san_resumed(mni_self()->current);
}

__attribute__((noinline)) void mni_leave(struct mn_thread *next,
					 void (*gone)(struct mni_worker *, void *))
{
	struct mni_worker *w = mni_self();
	struct mn_thread *t = w->current;

	if (!next)
		next = next_thread(w);
	mni_count(&w->count.switches);
	mni_trace_end(w, next);
	if (next)
		mni_runs_on(next, w);
	if (next && !next->sp && !next->stack && t->stack->pooled && MNI_SAN_REUSE_STACK) {
		/* The next thread starts on the warm stack; nothing has to be saved. */
		next->stack = t->stack;
		t->stack = NULL;
		w->current = next;
		prepare(w, next);
		gone(w, t);
		mn_arch_jump(next->sp);
	}
	if (next && !next->sp)
		prepare(w, next);
	w->current = next;
	w->after.fn = gone;
	w->after.arg = t;
	mni_san_leave(next, w);
	mn_arch_jump(next ? next->sp : w->sched_sp);
}

void *mni_leave_by_return(struct mn_thread *next, void (*gone)(struct mni_worker *, void *))
{
	struct mni_worker *w = mni_self();

	mni_count(&w->count.switches);
	mni_trace_end(w, next);
	mni_runs_on(next, w);
	w->after.fn = gone;
	w->after.arg = w->current;
	w->current = next;
	return next->sp;
}

void mni_go_on(void *sp)
{
	mn_arch_jump(sp);
}

/* --- runnable threads --- */

void mni_submit(struct mni_worker *w, struct mn_thread *t, enum mni_reason why)
{
	mni_rt.policy->submit(w, t, why);
	mni_preempt_arm(w);
}

void mni_submit_from(struct mni_worker *w, struct mn_thread *t, enum mni_reason why)
{
	if (w)
		mni_submit(w, t, why);
	else if (mni_rt.policy->from_anywhere)
		mni_rt.policy->submit(NULL, t, why);
	else
		mni_inject(t);
}

static __attribute__((noinline)) void ready_from_outside(struct mn_thread *t)
{
	mni_fetch_add(&mni_rt.foreign_thread_wakes, 1, relaxed);
	mni_trace_foreign(MNI_EV_WAKE, t);
	mni_submit_from(NULL, t, MNI_WOKEN);
}

void mni_ready(struct mn_thread *t)
{
	struct mni_worker *w = mni_self();

	mni_san_waking(t);
	if (!w) {
		ready_from_outside(t);
		return;
	}
	mni_count(&w->count.thread_wakes);
	mni_trace(w, MNI_EV_WAKE, t, 0);
	mni_submit(w, t, MNI_WOKEN);
}

static void requeue(struct mni_worker *w, void *t)
{
	mni_submit(w, t, MNI_YIELDED);
}

static void requeue_expired(struct mni_worker *w, void *t)
{
	mni_count(&w->count.expiries);
	mni_submit(w, t, MNI_EXPIRED);
}

static void requeue_preempted(struct mni_worker *w, void *t)
{
	mni_count(&w->count.preempt_done);
	if (mni_rt.policy->holds_preempted)
		mni_rt.policy->submit(w, t, MNI_PREEMPTED);
	else
		mni_list_append(&w->pinned, t);
	mni_preempt_arm(w);
}

/* Goes on with next, if there is one; after() queues the caller, whose errno is kept. */
static inline void give_way(struct mni_worker *w, struct mn_thread *next,
			    void (*after)(struct mni_worker *, void *), enum mni_event ev)
{
	w->preempt_pending = false;
	if (!next && !mni_load(&w->timers_due, relaxed)) {
		*w->error = w->current->error;
		return;
	}
	if (ev == MNI_EV_YIELD)
		next = mni_trace_yield(w, next);
	else
		mni_trace(w, ev, next, 0);
	w->after.fn = after;
	w->after.arg = w->current;
	switch_from(w, w->current, next);
}

void mn_thread_yield(void)
{
	struct mni_worker *w = mni_self();

	if (!w) {
		mn_plat_relinquish();
		return;
	}
	keep_errno(w);
	give_way(w, next_by(w, mni_rt.policy->next_oldest), requeue, MNI_EV_YIELD);
}

/* Who goes on when a quantum is over: by priority, where the policy knows of one. */
static struct mn_thread *next_quantum(struct mni_worker *w)
{
	return next_by(w, mni_rt.policy->holds_preempted ? mni_rt.policy->next
							 : mni_rt.policy->next_oldest);
}

void mni_expired(void)
{
	struct mni_worker *w = mni_self();

	mn_plat_tick_mask(); /* another mask than the usual may have been what made the point unsafe */
	keep_errno(w);
	give_way(w, next_quantum(w), requeue_expired, MNI_EV_EXPIRED);
	mni_cancel_async_point();
}

void mni_preempted(void)
{
	struct mni_worker *w = mni_self();

	keep_errno(w);
	give_way(w, next_quantum(w), requeue_preempted, MNI_EV_PREEMPTED);
	mni_cancel_async_point();
}

struct move {
	struct mn_thread *thread;
	struct mni_worker *to;
};

static void move_after(struct mni_worker *w, void *arg)
{
	struct move *m = arg;

	(void)w;
	send_mail(m->to, m->thread);
}

void mni_move_to(struct mni_worker *to)
{
	struct mni_worker *w = mni_self();
	struct move m = {w->current, to};

	if (w == to)
		return;
	mni_note_wait(m.thread, mni_waits(MNI_WAITS_MOVE, NULL));
	mni_make_way(NULL, move_after, &m);
	mni_store(&m.thread->waits, 0, relaxed);
}

/* --- input and output --- */

void mni_poll_submit(struct mni_worker *w)
{
	struct mn_thread *t;

	while ((t = mni_list_take(&w->polled))) {
		mni_count(&w->count.thread_wakes);
		mni_trace(w, MNI_EV_IO_DONE, t, 0);
		mni_submit(w, t, MNI_WOKEN);
	}
}

bool mni_poll_look(struct mni_worker *w)
{
	if (!mni_poll_unkept(w))
		return false;
	mni_rt.poller->look(w, &w->polled);
	if (!w->polled.head)
		return false;
	mni_poll_submit(w);
	return true;
}

bool mni_poll_tick(struct mni_worker *w)
{
	if (!mni_poll_unkept(w))
		return false;
	if (mni_rt.poller->has_come(w))
		mni_store(&w->timers_due, true, relaxed);
	return true;
}

/* --- the scheduler context --- */

static void run(struct mni_worker *w, struct mn_thread *t)
{
	if (w->searching)
		mni_search_end(w);
	if (!t->sp)
		prepare(w, t);
	mni_trace(w, MNI_EV_SCHED, t, 0);
	mni_runs_on(t, w);
	w->current = t;
	mni_san_run(t, w);
	mn_arch_switch(&w->sched_sp, t->sp);
	mni_san_scheduler_arrived(w);
	mni_arrived();
}

/* Kernel threads are w only one at a time, so here w may be kept across switches. */
void mni_schedule(struct mni_worker *w)
{
	mni_arrived();
	for (;;) {
		struct mn_thread *t = w->fresh;

		w->fresh = NULL;
		if (!t && mni_load(&w->timers_due, seq_cst)) {
			mni_timers_run(w);
			mni_poll_look(w);
			if (mni_load(&w->claimed, relaxed)) {
				if (!mni_handoff_give(w))
					return;
				t = mni_list_take(&w->pinned); /* it is what w was claimed for */
			}
		}
		if (!t)
			t = next_thread(w);
		if (!t && mni_load(&w->timers_due, relaxed))
			continue;
		if (!t && !mni_rt.alone && mni_poll_look(w))
			continue;
		if (!t && mni_rt.policy->search && mni_search_begin(w)) {
			t = mni_rt.policy->search(w);
			if (!t)
				t = next_thread(w);
		}
		if (t) {
			mni_timers_before_run(w);
			if (mni_poll_unkept(w))
				mni_rt.poller->keep_up(w);
			run(w, t);
		} else {
			bool go_on;

			mn_plat_diag_look();
			go_on = mni_idle_wait(w);
			mn_plat_diag_look();
			if (!go_on)
				return;
		}
	}
}

void mni_worker_kthread(void *worker)
{
	struct mni_worker *w = worker;

	mn_plat_set_self(w);
	mni_carrier_begin(w);
	mni_san_worker_start(&w->san);
	mni_fence(seq_cst); /* it runs now; with the watcher's, see idle.c */
	w->start_error = mni_preempt_worker_init(w);
	mn_plat_diag_enter(mni_carrier_of(w->id));
	mni_store(&w->started, w->start_error ? 2 : 1, seq_cst); /* with start_and_wait(), has_tick() */
	mn_plat_wake(&w->started);
	if (!w->start_error) {
		mni_preempt_arm(w); /* others may have looked before there was a tick to arm */
		mni_schedule(w);
		mni_preempt_worker_fini(w);
	} else if (mni_rt.policy->lazy) {
		mn_plat_say("mn: a worker runs without preemption: the system has no more timers");
		mni_schedule(w);
	}
	mn_plat_diag_leave(mni_carrier_of(w->id));
	mn_plat_set_self(NULL);
	mn_plat_set_carrier(NULL);
}

/* Worker 0's scheduler context. Never stops: main leaves it behind. */
void mni_worker_main(void)
{
	struct mni_worker *w = mni_self();

	mni_san_scheduler_first();
	mni_schedule(w);
	mn_plat_say("mn: worker 0 was stopped while it had no thread to run");
	mn_plat_abort();
}
