/*
 * Who keeps the time (core/timer.c with core/idle.c): a worker arms a timer and
 * computes for ever, while another goes to sleep, or is woken and computes for ever,
 * too. The policy is as in scenario_idle.c.
 *
 * In every execution, when nobody can go on: the timer has been fired, by the worker
 * that keeps the time; or its own worker's tick is armed, which will.
 */
#include "core/internal.h"
#include "sched/sched.h"

#include "explored.h"

static _Atomic bool waiting;
static struct mn_thread green;
static struct mni_timer timer, other;
static uint64_t timer_ns; /* after which it is to be fired */
static _Atomic bool fired;

static struct mn_thread *take(struct mni_worker *w)
{
	(void)w;
	w->tick = 0; /* never the time to look elsewhere first */
	return mni_load(&waiting, relaxed) && mni_exchange(&waiting, false, relaxed) ? &green
										     : NULL;
}

static bool has_work(struct mni_worker *w)
{
	(void)w;
	return mni_load(&waiting, relaxed);
}

static void submit(struct mni_worker *w, struct mn_thread *t, enum mni_reason why)
{
	(void)w;
	(void)t;
	(void)why;
	mni_store(&waiting, true, relaxed);
	mni_wake_one(NULL);
}

static const struct mni_policy simple = {
	.name = "simple",
	.shares = true,
	.from_anywhere = true,
	.submit = submit,
	.next = take,
	.next_oldest = take,
	.has_work = has_work,
};

static void compute(struct mn_thread *t)
{
	(void)t;
	model_end_thread();
}

static bool fire(struct mni_timer *t)
{
	model_check(mn_plat_now_ns() < t->deadline_ns + 1000000, "a timer is fired late");
	if (t == &other)
		return true;
	model_check(t == &timer, "%p is fired, which is no timer", (void *)t);
	model_check(!mni_exchange(&fired, true, relaxed), "the timer is fired twice");
	return true;
}

static void begin(void)
{
	model_start(2, &simple);
	model_green = compute;
	timer_ns = 10000000;
	green = (struct mn_thread){.sp = &green};
	mni_store(&mni_rt.quantum_ns, 1000000, relaxed);
	mni_rt.arms = true;
	mni_store(&waiting, false, relaxed);
	mni_store(&fired, false, relaxed);
	for (unsigned i = 0; i < 2; i++) { /* the heap is there already */
		mni_rt.worker[i]->timers.heap = model_alloc(256);
		mni_rt.worker[i]->timers.room = 4;
	}
}

static void set(struct mni_timer *t, struct mni_worker *w, uint64_t after_ns)
{
	struct mni_until until = {MN_CLOCK_MONOTONIC, mn_plat_now_ns() + after_ns};

	mni_timer_set(t, &until, fire);
	mni_timer_arm(t, w);
}

/* The worker that goes to sleep has a timer, too, which comes first. */
static void begin_with_other(void)
{
	begin();
	set(&other, mni_rt.worker[1], 5000000);
}

static void arm(struct mni_worker *w)
{
	w->current = &green;
	set(&timer, w, timer_ns);
	mni_timers_keep_up(w);
}

static void body(unsigned thread)
{
	if (thread < 2)
		mn_plat_set_self(mni_rt.worker[thread]);
	switch (thread) {
	case 0:
		arm(mni_rt.worker[0]);
		break;
	case 1:
		model_schedule(mni_rt.worker[1]);
		break;
	case 2:
		mni_submit_from(NULL, &green, MNI_NEW);
		break;
	}
}

static void finish(void)
{
	model_check(mni_load(&fired, relaxed) || mni_load(&mni_rt.worker[0]->tick_armed, relaxed),
		    "a timer is armed and nobody keeps the time");
}

MODEL_SCENARIO(timer_sleep) = {
	.name = "timer/sleep",
	.about = "a busy worker arms a timer while another goes to sleep",
	.threads = 2,
	.setup = begin,
	.body = body,
	.finish = finish,
	.late_timeouts = 2,
};

MODEL_SCENARIO(timer_wake) = {
	.name = "timer/wake",
	.about = "the same, and the other is woken and computes for ever",
	.threads = 3,
	.setup = begin,
	.body = body,
	.finish = finish,
	.late_timeouts = 2,
};

MODEL_SCENARIO(timer_other) = {
	.name = "timer/other",
	.about = "the same, and the other keeps the time for a timer of its own",
	.threads = 3,
	.setup = begin_with_other,
	.body = body,
	.finish = finish,
	.late_timeouts = 3,
};

/* Somebody else nudges, for I/O, the keeper of a later deadline. */
static void begin_with_later(void)
{
	begin_with_other();
	timer_ns = 3000000;
}

static void nudging(unsigned thread)
{
	if (thread == 2)
		mni_idle_nudge();
	else
		body(thread);
}

MODEL_SCENARIO(timer_nudged) = {
	.name = "timer/nudged",
	.about = "a busy worker arms a timer while the keeper of a later one is nudged for "
		 "something else",
	.threads = 3,
	.setup = begin_with_later,
	.body = nudging,
	.finish = finish,
	.late_timeouts = 3,
};
