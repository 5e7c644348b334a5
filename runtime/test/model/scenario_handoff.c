/*
 * Undeclared blocking calls: core/handoff.c under the workers' loop of core/worker.c. Green
 * thread 0 blocks its kernel thread in the program's own code; the watch takes its worker
 * over for a spare kernel thread, which runs green thread 1. Thread 0 goes on whenever it
 * likes, and calls the runtime.
 *
 * In every execution:
 *   - whoever is in the runtime is its worker's only kernel thread (the worker's fields
 *     are plain: anything less is a data race), and runs the thread that it thinks;
 *   - when nobody can go on, both threads have run to their ends, and each kernel thread is
 *     again what it was at first.
 */
#include "core/handoff.h"
#include "core/internal.h"
#include "preempt/preempt.h"
#include "sched/sched.h"

#include "explored.h"

enum { BLOCKER, OTHER, GREENS };

static struct mn_thread green[GREENS];
static unsigned taken;      /* of them, by the worker, in order; plain */
static unsigned times;      /* that the first blocks */
static unsigned ended;      /* threads; plain, guarded by being the worker */
static bool other_computes; /* for ever */
static bool preempted;      /* then: by its tick */

static struct mn_thread *next(struct mni_worker *w)
{
	w->tick = 0; /* never the time to look elsewhere first */
	return taken < GREENS ? &green[taken++] : NULL;
}

static bool has_work(struct mni_worker *w)
{
	(void)w;
	return taken < GREENS;
}

static const struct mni_policy simple = {
	.name = "simple",
	.next = next,
	.next_oldest = next,
	.has_work = has_work,
	.waiting = has_work,
};

/* As a function of the runtime's does, that looks twice who it is. */
static void call_runtime(struct mn_thread *t)
{
	for (unsigned i = 0; i < 2; i++) {
		struct mni_worker *w = mni_self();

		model_check(w == mni_rt.worker[0], "a thread in the runtime has no worker");
		model_check(w->current == t, "the worker runs another thread");
		w->streak++;
	}
}

static void end(struct mn_thread *t)
{
	struct mni_worker *w = mni_self();

	model_check(w && w->current == t, "the worker runs another thread at the end");
	ended++;
	w->current = NULL;
}

/* For ever, but for two ticks, which are what it takes to be found of no use. */
static void compute(void)
{
	for (unsigned i = 0; i < 2; i++)
		mni_tick(NULL);
	model_end_thread();
}

static void run(struct mn_thread *t)
{
	if (t == &green[BLOCKER]) {
		for (unsigned i = 0; i < times; i++) {
			model_rest();
			call_runtime(t);
		}
	} else if (other_computes) {
		compute();
	}
	end(t);
}

static void begin(unsigned blocks)
{
	model_start(1, &simple);
	model_green = run;
	mni_rt.alone = true;
	model_ignore(&mni_rt.foreign_wakes, sizeof mni_rt.foreign_wakes);
	model_handoff_start(1);
	taken = ended = 0;
	times = blocks;
	other_computes = preempted = false;
	for (unsigned i = 0; i < GREENS; i++)
		green[i] = (struct mn_thread){.sp = &green[i], .stack = &model_stack};
}

/* The first runs already, and rests. */
static void begin_resting(void)
{
	begin(0);
	mni_rt.worker[0]->current = &green[taken++];
	model_begin_rest();
}

static void finish(void)
{
	model_check(ended == GREENS, "%u threads have come to their end", ended);
	model_check(model_all_are_back(), "a kernel thread is not what it was");
}

/* --- the watch takes over while the thread wakes up --- */

static void wake_up(void)
{
	mn_plat_set_carrier(mni_carrier_of(0));
	model_end_rest();
	call_runtime(&green[BLOCKER]);
	end(&green[BLOCKER]);
}

static void looked_at_once(unsigned thread)
{
	switch (thread) {
	case 0:
		wake_up();
		model_end_thread(); /* what it would do next is in other scenarios */
	/* fall through */
	case 1:
		model_carry();
		break;
	case 2:
		model_take_over(mni_rt.worker[0]);
		break;
	}
}

/* The other one has run if the worker was taken over. */
static void finish_wake(void)
{
	model_check(ended == taken && ended, "%u of %u threads have come to their end", ended,
		    taken);
	model_check(model_all_are_back(), "a kernel thread is not what it was");
}

MODEL_SCENARIO(handoff_wake) = {
	.name = "handoff/wake",
	.about = "a blocked thread wakes up while its worker is taken over",
	.threads = 3,
	.setup = begin_resting,
	.body = looked_at_once,
	.finish = finish_wake,
	.self_is_shared = true,
};

static void blocks_twice(void)
{
	begin(2);
}

static void looked_at_twice(unsigned thread)
{
	switch (thread) {
	case 0:
		mn_plat_set_carrier(mni_carrier_of(0));
		model_schedule(mni_rt.worker[0]);
		break;
	case 1:
		model_carry();
		break;
	case 2:
		model_take_over(mni_rt.worker[0]);
		model_take_over(mni_rt.worker[0]);
		break;
	}
}

MODEL_SCENARIO(handoff_again) = {
	.name = "handoff/again",
	.about = "a thread blocks and wakes up twice while its worker is taken over twice",
	.threads = 3,
	.setup = blocks_twice,
	.body = looked_at_twice,
	.finish = finish,
	.self_is_shared = true,
	.preemptions = 2,
};

/* --- it has been taken over, and is claimed --- */

static void taken_over(void)
{
	begin_resting();
	model_take_over(mni_rt.worker[0]);
}

static void claimed(unsigned thread)
{
	if (thread) {
		model_carry();
	} else {
		wake_up();
		model_schedule(mni_rt.worker[0]);
	}
}

MODEL_SCENARIO(handoff_claim) = {
	.name = "handoff/claim",
	.about = "a blocked thread claims its worker, which is about to sleep",
	.threads = 2,
	.setup = taken_over,
	.body = claimed,
	.finish = finish,
	.self_is_shared = true,
};

/* The thread that runs meanwhile does not give up the worker: its tick has to. */
static void computing(void)
{
	begin_resting();
	other_computes = true;
	mni_store(&mni_rt.quantum_ns, 1000000, relaxed);
	mni_rt.arms = true;
	model_take_over(mni_rt.worker[0]);
}

static void finish_computing(void)
{
	model_check(ended || preempted || mni_load(&mni_rt.worker[0]->tick_armed, relaxed),
		    "a worker is claimed and has no tick");
}

/* In place of the platform's: what a tick interrupts is a loop in the program. */
uintptr_t mn_plat_context_sp(const struct mn_plat_context *c)
{
	(void)c;
	return (uintptr_t)model_stack.lo + model_stack.bytes;
}

bool mn_plat_context_is_program(const struct mn_plat_context *c)
{
	(void)c;
	return true;
}

size_t mn_arch_preempt_room(void)
{
	return 0;
}

void mn_plat_context_inject(struct mn_plat_context *c)
{
	(void)c;
	preempted = true;
	model_end_thread();
}

MODEL_SCENARIO(handoff_tick) = {
	.name = "handoff/tick",
	.about = "a blocked thread claims its worker, whose tick is about to be disarmed",
	.threads = 2,
	.setup = computing,
	.body = claimed,
	.finish = finish_computing,
	.self_is_shared = true,
};

/* --- a spare kernel thread is started, and used at once --- */

static void none_spare(void)
{
	begin_resting();
	taken = GREENS; /* there is no other */
	model_handoff_start_none();
	model_begin_rest();
}

static void starting(unsigned thread)
{
	switch (thread) {
	case 0: /* plays another worker's, which has taken over */
		model_start_spare();
		break;
	case 1:
	case 2:
		model_begin_kthread();
		break;
	case 3:
		model_take_over(mni_rt.worker[0]);
		break;
	}
}

static void finish_starting(void)
{
	model_check(model_has_spare(), "no kernel thread is there for who blocks next");
}

MODEL_SCENARIO(handoff_start) = {
	.name = "handoff/start",
	.about = "a spare kernel thread gets a worker before its start has returned, and sees to the next",
	.threads = 4,
	.setup = none_spare,
	.body = starting,
	.finish = finish_starting,
	.preemptions = 1,
	.self_is_shared = true,
};

/* --- the watch goes to sleep --- */

static bool goes_on_watching;

static void busy(void)
{
	begin(0);
	mni_rt.worker[0]->current = &green[taken++];
	mni_rt.arms = true;
	model_watch = model_wake_watch;
	goes_on_watching = false;
}

static void something_waits(unsigned thread)
{
	if (thread) {
		model_watch_sleeps();
		goes_on_watching = true;
	} else {
		mni_preempt_arm(mni_rt.worker[0]);
	}
}

static void finish_watching(void)
{
	model_check(goes_on_watching, "the watch sleeps, and there is something to watch");
}

MODEL_SCENARIO(handoff_asleep) = {
	.name = "handoff/asleep",
	.about = "the watch goes to sleep while something begins to wait behind a busy worker",
	.threads = 2,
	.setup = busy,
	.body = something_waits,
	.finish = finish_watching,
	.self_is_shared = true,
};
