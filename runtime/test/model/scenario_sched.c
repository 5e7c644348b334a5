/*
 * The scheduler as it is shipped: the workers' loop (core/worker.c), idle and
 * wake-up (core/idle.c), policy steal (sched/steal.c) and its deques, the list
 * for injected threads and the mailboxes. Only the switch to a green thread is
 * replaced: it calls run_green() here.
 *
 * Each explored thread plays a worker's kernel thread, or one that is no worker.
 *
 * In every execution, when nobody can go on:
 *   - every thread that was made runnable has run, once: none was forgotten while
 *     a worker sleeps;
 *   - what a thread was given was visible to it, wherever it ran (a plain field,
 *     so anything less is a data race);
 *   - nobody is counted as searching, and those that sleep are announced as idle.
 */
#include "core/internal.h"
#include "sched/sched.h"

#include "explored.h"

#define GREENS 4

/* What a green thread does when it runs. */
enum deed {
	END,
	SPAWN,         /* creates thread `next`, then ends */
	SPAWN_BUSY,    /* creates it, then computes for ever */
	WAKE_BUSY,     /* makes it runnable as a woken thread, then computes for ever */
	WAKE_TWO_BUSY, /* the same with the one behind it */
};

static struct mn_thread green[GREENS];
static struct {
	enum deed deed;
	bool runnable; /* somebody has made it so; plain, with the thread's hand-over */
	bool ran;
} role[GREENS];
static bool busy[MODEL_THREADS]; /* workers that compute for ever */

static unsigned number(struct mn_thread *t)
{
	return (unsigned)(t - green);
}

/* The thread after this one becomes runnable. */
static void make_runnable(struct mn_thread *t, enum mni_reason why)
{
	role[number(t)].runnable = true;
	mni_submit(mni_self(), t, why);
}

static void run(struct mn_thread *t)
{
	unsigned n = number(t);

	model_check(n < GREENS, "%p is run, which is no thread", (void *)t);
	model_check(role[n].runnable, "thread %u runs and was not made runnable", n);
	model_check(!role[n].ran, "thread %u runs twice", n);
	role[n].ran = true;
	switch (role[n].deed) {
	case END:
		break;
	case SPAWN:
		make_runnable(t + 1, MNI_NEW);
		break;
	case SPAWN_BUSY:
	case WAKE_BUSY:
		make_runnable(t + 1, role[n].deed == SPAWN_BUSY ? MNI_NEW : MNI_WOKEN);
		busy[mni_self()->id] = true;
		model_end_thread();
	case WAKE_TWO_BUSY:
		make_runnable(t + 1, MNI_WOKEN);
		make_runnable(t + 2, MNI_WOKEN);
		busy[mni_self()->id] = true;
		model_end_thread();
	}
}

/*
 * The policy, with two places marked at which the workers' loop keeps nothing but
 * its worker in registers and on its stack, so that states are found to be equal.
 */
static struct mni_policy policy;
static bool has_searched[MODEL_THREADS];

static struct mn_thread *next(struct mni_worker *w)
{
	w->tick = 0; /* never the time to look elsewhere first */
	model_forget(has_searched[w->id]);
	has_searched[w->id] = false;
	return mni_policy_steal.next(w);
}

static struct mn_thread *search(struct mni_worker *w)
{
	struct mn_thread *t;

	w->rng = 1;
	t = mni_policy_steal.search(w);
	has_searched[w->id] = true;
	return t;
}

static void begin(unsigned workers)
{
	policy = mni_policy_steal;
	policy.next = next;
	policy.search = search;
	model_start(workers, &policy);
	model_green = run;
	for (unsigned i = 0; i < workers; i++)
		busy[i] = has_searched[i] = false;
	for (unsigned i = 0; i < GREENS; i++) {
		green[i] = (struct mn_thread){.sp = &green[i]};
		role[i].deed = END;
		role[i].runnable = role[i].ran = false;
	}
}

static void finish(void)
{
	for (unsigned i = 0; i < GREENS; i++)
		model_check(role[i].ran || !role[i].runnable,
			    "thread %u is runnable and all workers sleep", i);
	model_check(!model_idle_searching(), "%u are counted as searching and nobody is",
		    model_idle_searching());
	for (unsigned i = 0; i < mni_rt.workers; i++)
		model_check(model_idle_announced(i) == !busy[i],
			    "worker %u %s and is %sannounced as idle", i,
			    busy[i] ? "is busy" : "sleeps", busy[i] ? "" : "not ");
}

/* Threads that are there before the workers begin to run. */
static void give(struct mn_thread *t)
{
	role[number(t)].runnable = true;
	mni_rt.policy->submit(mni_rt.worker[0], t, MNI_NEW);
}

static void work(unsigned thread)
{
	model_schedule(mni_rt.worker[thread]);
}

/* --- two workers; the first runs a thread that makes others runnable --- */

static void spawn_busy_setup(void)
{
	begin(2);
	role[0].deed = SPAWN_BUSY;
	give(&green[0]);
}

static void wake_busy_setup(void)
{
	begin(2);
	role[0].deed = WAKE_BUSY;
	give(&green[0]);
}

static void wake_two_setup(void)
{
	begin(2);
	role[0].deed = WAKE_TWO_BUSY;
	give(&green[0]);
}

static void spawn_setup(void)
{
	begin(2);
	role[0].deed = role[1].deed = SPAWN;
	give(&green[0]);
}

#define TWO_WORKERS(id, about_, setup_, ...)                                                       \
	MODEL_SCENARIO(id) = {.name = "sched/" #id,                                                \
			      .about = about_,                                                     \
			      .threads = 2,                                                        \
			      .setup = setup_,                                                     \
			      .body = work,                                                        \
			      .finish = finish,                                                    \
			      .late_timeouts = 3,                                                  \
			      __VA_ARGS__}

TWO_WORKERS(spawn_busy,
	    "a thread creates one and computes for ever; the other worker goes to sleep",
	    spawn_busy_setup);
TWO_WORKERS(wake_busy, "a thread wakes one and computes for ever", wake_busy_setup);
TWO_WORKERS(wake_two, "a thread wakes two and computes for ever", wake_two_setup, .preemptions = 3);
TWO_WORKERS(spawn, "a thread creates one that creates one", spawn_setup, .large = true,
	    .preemptions = 4);

/* --- threads made runnable from a kernel thread that is no worker --- */

static void inject_setup(void)
{
	begin(1);
	mni_rt.alone = false;
}

static void inject(unsigned thread)
{
	if (thread == 1) {
		role[0].runnable = true;
		mni_inject(&green[0]);
	} else {
		work(thread);
	}
}

MODEL_SCENARIO(sched_inject) = {
	.name = "sched/inject",
	.about = "a kernel thread that is no worker makes a thread runnable; the only worker goes "
		 "to sleep",
	.threads = 2,
	.setup = inject_setup,
	.body = inject,
	.finish = finish,
	.late_timeouts = 3,
};
