#include "preempt/preempt.h"

#include "core/config.h"
#include "core/handoff.h"
#include "core/sanitize.h"
#include "sched/sched.h"
#include "sync/wait.h"

/* A tick that met an unsafe point comes back after this long. */
#define RETRY_NS 100000u
#define QUIET_TICKS 2
/* One that finds its kernel thread blocked comes back after this, and twice as long each time. */
#define REST_NS 20000000u
#define RESTS_MOST 3u
/* Blocked: since the last tick, not long ago, it has used this share of the time at most. */
#define REST_SHARE 4

int mni_preempt_init(int signal)
{
	int error;

	mni_rt.tick_room = 0;
	if (!mni_load(&mni_rt.quantum_ns, relaxed))
		return 0;
	mn_arch_preempt_init();
	mni_rt.tick_room = mn_plat_tick_room();
	error = mn_plat_tick_install(signal, mni_tick);
	if (error)
		mn_plat_say(error == -MNI_EBUSY
				    ? "mn: the program handles the preemption signal itself: "
				      "choose another one by MN_PREEMPT_SIGNAL, or set MN_PREEMPT=off"
				    : "mn: MN_PREEMPT_SIGNAL names a signal that cannot be caught");
	return error;
}

void mni_preempt_fini(void)
{
	if (mni_load(&mni_rt.quantum_ns, relaxed))
		mn_plat_tick_remove();
}

int mni_preempt_worker_init(struct mni_worker *w)
{
	mni_store(&w->tick_armed, false, seq_cst);
	w->preempt_pending = false;
	return mni_load(&mni_rt.quantum_ns, relaxed) ? mn_plat_tick_open(&mni_carrier_of(w->id)->tick)
						     : 0;
}

void mni_preempt_worker_fini(struct mni_worker *w)
{
	if (mni_load(&mni_rt.quantum_ns, relaxed))
		mn_plat_tick_close(&mni_carrier_of(w->id)->tick);
}

/*
 * Ticks after first_ns and then at every quantum. 0: staggered, worker i
 * begins i/workers of a quantum later than worker 0.
 */
static void set_tick(struct mni_worker *w, uint64_t first_ns)
{
	uint64_t q;

	do {
		q = mni_load(&mni_rt.quantum_ns, seq_cst);
		mn_plat_tick_set(&mni_load(&w->carrier, acquire)->tick,
				 first_ns ? first_ns : q + q * w->id / mni_rt.workers, q);
	} while (q != mni_load(&mni_rt.quantum_ns, seq_cst)); /* it was changed meanwhile */
}

/* From the tick's handler, too. */
static void arm(struct mni_worker *w)
{
	if (mni_exchange(&w->tick_armed, true, seq_cst)) /* with mn_quantum_set()'s load */
		return;
	mn_arch_fence_after_rmw(); /* with the watch's, before it sleeps (handoff.c) */
	if (mni_load(&mni_rt.quantum_ns, relaxed))
		set_tick(w, 0);
	mni_handoff_watch();
}

void mni_preempt_arm_slow(struct mni_worker *w)
{
	if (w == mn_plat_self() && mni_load(&mni_rt.quantum_ns, relaxed))
		mn_plat_tick_mask(); /* the program may have changed it */
	arm(w);
}

/* A worker that is only starting arms its tick afterwards, and reads the quantum then. */
static bool has_tick(struct mni_worker *w)
{
	return !w->id || mni_load(&w->started, seq_cst) == 1;
}

int mn_quantum_set(unsigned us)
{
	int error = mni_config_check_quantum(us);

	if (error)
		return error;
	if (!mn_quantum())
		return -MNI_EPERM;
	mni_store(&mni_rt.quantum_ns, (uint64_t)us * 1000, seq_cst);
	for (unsigned i = 0; i < mni_rt.workers; i++)
		if (has_tick(mni_rt.worker[i]) && mni_load(&mni_rt.worker[i]->tick_armed, seq_cst))
			set_tick(mni_rt.worker[i], 0);
	return 0;
}

unsigned mn_quantum(void)
{
	return mni_rt.workers ? (unsigned)(mni_load(&mni_rt.quantum_ns, relaxed) / 1000) : 0;
}

void mni_preempt_arm_all(void)
{
	for (unsigned i = 0; i < mni_rt.workers; i++)
		mni_preempt_arm(mni_rt.worker[i]);
}

static bool somebody_waits(struct mni_worker *w)
{
	return w->pinned.head || mni_shared_work(w) || mni_rt.policy->waiting(w);
}

/* The same for the watch, which is another kernel thread: also timers and I/O, whoever may see to them. */
static bool waits_behind(struct mni_worker *w)
{
	return mni_shared_work(w) || mni_rt.policy->waiting(w) ||
	       mni_load(&w->timers.next_ns, relaxed) != MNI_NEVER ||
	       (mni_rt.poller && mni_rt.poller->awaited());
}

static bool safe_point(struct mn_thread *t, struct mn_plat_context *c)
{
	uintptr_t sp = mn_plat_context_sp(c);

	/* In the runtime's own code a thread may have given its stack away already. */
	return !MNI_SAN_LATE_SIGNALS && !mni_rt.valgrind && t && !t->preempt_off && mn_plat_context_is_program(c) &&
	       sp > (uintptr_t)t->stack->lo + mn_arch_preempt_room() + mni_rt.tick_room &&
	       sp <= (uintptr_t)t->stack->map + t->stack->bytes;
}

/* Step 2. */
static void disarm(struct mni_worker *w)
{
	w->quiet_ticks = 0;
	mn_plat_tick_set(&mni_load(&w->carrier, relaxed)->tick, 0, 0);
	mni_store(&w->tick_armed, false, seq_cst);
	mni_fence(seq_cst); /* with mni_inject()'s, and the leaving keeper's in timer.c */
	if (somebody_waits(w) || mni_timers_tick(w) || mni_poll_tick(w) || mni_cancel_wants_tick(w->current))
		arm(w);
}

bool mni_preempt_disarm_unless_needed(struct mni_worker *w)
{
	/* Without preemption there are no pinned threads, and nothing looks but the watch. */
	if (mni_load(&mni_rt.quantum_ns, relaxed) || mni_rt.strong_fences || waits_behind(w))
		return false;
	mni_store(&w->tick_armed, false, seq_cst);
	mni_heavy_fence(); /* its worker reads tick_armed without a fence */
	if (!waits_behind(w))
		return true;
	mni_preempt_arm_slow(w);
	return false;
}

/*
 * Whether the kernel thread has slept since the last tick that met an unsafe point, if that
 * is not long ago. One that had to wait for a CPU has used as little, and has not.
 */
static bool has_rested(struct mni_carrier *k, uint64_t quantum)
{
	uint64_t now = mn_plat_now_ns();
	uint64_t cpu = mn_plat_probe_cpu_ns(&k->probe);
	uint64_t sleeps = mn_plat_probe_sleeps();
	uint64_t rest = (uint64_t)REST_NS << k->rests;
	uint64_t since = now - k->tick_at_ns;
	bool rested = since < 2 * (rest > quantum ? rest : quantum) && sleeps != k->tick_sleeps &&
		      cpu - k->tick_cpu_ns < since / REST_SHARE;

	k->tick_at_ns = now;
	k->tick_cpu_ns = cpu;
	k->tick_sleeps = sleeps;
	return rested;
}

/* Step 3's other end: the tick comes back soon, unless the thread blocks. */
static void come_back(struct mni_worker *w)
{
	struct mni_carrier *k = mni_load(&w->carrier, relaxed);
	uint64_t quantum = mni_load(&mni_rt.quantum_ns, relaxed);

	mni_count(&w->count.preempt_deferred);
	if (!w->preempt_pending) {
		w->preempt_pending = true;
		w->preempt_retries = 0;
	}
	if (has_rested(k, quantum)) {
		uint64_t rest = (uint64_t)REST_NS << k->rests;

		if (k->rests < RESTS_MOST)
			k->rests++;
		set_tick(w, rest > quantum ? rest : quantum);
		return;
	}
	k->rests = 0;
	if (w->preempt_retries++ < quantum / RETRY_NS)
		set_tick(w, RETRY_NS);
}

void mni_tick(struct mn_plat_context *c)
{
	struct mni_worker *w = mn_plat_self();
	bool timers;
	bool waits;

	if (!w)
		return;
	timers = mni_timers_tick(w) | mni_poll_tick(w);
	waits = somebody_waits(w) || mni_cancel_wants_tick(w->current);
	if (!waits && !timers) {
		if (++w->quiet_ticks >= QUIET_TICKS)
			disarm(w);
		return;
	}
	w->quiet_ticks = 0;
	if (!w->current)
		return; /* the scheduler is about to take one anyway */
	if (!waits && !mni_load(&w->timers_due, relaxed))
		return;
	if (safe_point(w->current, c)) {
		mn_plat_context_inject(c);
		return;
	}
	come_back(w);
}

void mn_preempt_disable(void)
{
	struct mni_worker *w = mni_self();

	/* Preemption cannot come between these two: the program counter is the runtime's. */
	if (w)
		w->current->preempt_off++;
}

void mn_preempt_enable(void)
{
	struct mni_worker *w = mni_self();

	if (!w || !w->current->preempt_off)
		return;
	w->current->preempt_off--;
	mni_preempt_point(w);
}
