/*
 * core/handoff.c, on kernel threads that rest as in platform/linux/probe.c: what the watch
 * sees of one is a number, odd while it rests. Who has rested has gone through the
 * kernel, and so through a fence.
 */
#define mni_handoff_watch model_wake_watch /* the others' is in explored_worker.c */
#include "core/handoff.c"

#include "explored.h"

static _Atomic uint32_t rests[MODEL_THREADS + 1];
static char stack[64];
struct mni_stack model_stack;
static int error[MODEL_THREADS];
static unsigned started; /* spare kernel threads */

/* Those that the code itself starts: by threads 1, 2, ... in this order. */
static struct {
	void (*fn)(void *);
	void *arg;
} kthread[MODEL_THREADS];
static _Atomic uint32_t can_begin[MODEL_THREADS];
static unsigned begun;

static struct mni_carrier *carrier_of(unsigned thread)
{
	return &carriers[thread ? MNI_MAX_WORKERS + thread - 1 : 0];
}

void model_handoff_start(unsigned spares)
{
	struct mni_worker *w = mni_rt.worker[0];

	mni_store(&handoff.lock, 0, relaxed);
	handoff.spare = NULL;
	handoff.spares = SPARES; /* no more can be started */
	handoff.starting = false;
	started = spares;
	mni_store(&handoff.takeovers, 0, relaxed);
	mni_store(&handoff.takebacks, 0, relaxed);
	mni_store(&handoff.asleep, 0, relaxed);
	mni_store(&handoff.stop, false, relaxed);
	model_ignore(&handoff.takeovers, sizeof handoff.takeovers);
	model_ignore(&handoff.takebacks, sizeof handoff.takebacks);
	begun = 0;
	for (unsigned i = 0; i < MODEL_THREADS; i++) {
		mni_store(&can_begin[i], 0, relaxed);
		mni_store(&rests[i], 0, relaxed);
		mni_store(model_self_word(i), NULL, relaxed);
	}
	for (unsigned i = spares + 1; i--;) {
		struct mni_carrier *k = carrier_of(i);

		*k = (struct mni_carrier){
			.state = i ? MNI_SPARE : MNI_CARRIES, .error = &error[i], .probe.task = i};
		if (i) {
			k->next = handoff.spare;
			handoff.spare = k;
		} else {
			k->worker = k->own = w;
			mni_store(&w->carrier, k, relaxed);
		}
	}
	mni_store(model_self_word(0), w, relaxed);
	model_stack.lo = model_stack.map = stack;
	model_stack.bytes = sizeof stack;
}

void model_handoff_start_none(void)
{
	model_handoff_start(0);
	handoff.spares = 0;
}

int mn_plat_kthread_start(mn_plat_kthread *out, void (*fn)(void *), void *arg)
{
	unsigned i = ++begun; /* one at a time, by handoff.starting */

	(void)out;
	model_check(i < MODEL_THREADS - 1, "more kernel threads are started than there is need for");
	kthread[i].fn = fn;
	kthread[i].arg = arg;
	mni_store(&can_begin[i], 1, release);
	mn_plat_wake(&can_begin[i]);
	return 0;
}

void model_begin_kthread(void)
{
	unsigned i = model_thread();

	while (!mni_load(&can_begin[i], acquire))
		mn_plat_wait(&can_begin[i], 0, MN_PLAT_FOREVER);
	kthread[i].fn(kthread[i].arg);
}

void mn_plat_probe_open(mn_plat_probe *out)
{
	out->task = model_thread();
}

void mn_plat_diag_enter(struct mni_carrier *k)
{
	(void)k;
}

void model_start_spare(void)
{
	start_spare();
}

bool model_has_spare(void)
{
	return handoff.spare;
}

void model_carry(void)
{
	struct mni_carrier *k = carrier_of(model_thread());

	mn_plat_set_carrier(k);
	carry(k);
}

void model_begin_rest(void)
{
	mni_fetch_add(&rests[model_thread() % MODEL_THREADS], 1, acq_rel);
}

void model_end_rest(void)
{
	mni_fetch_add(&rests[model_thread()], 1, acq_rel);
	mni_fence(seq_cst);
}

void model_rest(void)
{
	model_begin_rest();
	model_end_rest();
}

bool mn_plat_probe_rests(const mn_plat_probe *p, struct mn_plat_rest *out)
{
	out->switches = mni_load(&rests[p->task], acquire);
	out->sp = (uintptr_t)&stack[32];
	return out->switches % 2;
}

void mn_plat_probe_set_self(const mn_plat_probe *p, struct mni_worker *w)
{
	mni_store(model_self_word((unsigned)p->task), w, relaxed);
}

void model_take_over(struct mni_worker *w)
{
	take_over(w);
}

void model_watch_sleeps(void)
{
	sleep_until_woken();
}

bool model_all_are_back(void)
{
	bool all = carriers[0].state == MNI_CARRIES && !mni_rt.worker[0]->claims &&
		   mni_load(&mni_rt.worker[0]->carrier, relaxed) == carriers &&
		   mni_load(model_self_word(0), relaxed) == mni_rt.worker[0];
	unsigned n = 0;

	for (struct mni_carrier *k = handoff.spare; k; k = k->next)
		n += k->state == MNI_SPARE;
	return all && n == started;
}
