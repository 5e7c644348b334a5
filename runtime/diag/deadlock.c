/*
 * Deadlocks, of two kinds:
 *
 *   cycle   Threads each of which waits for what the next one holds: a mutex, a
 *           rwlock held for writing, or its end. Others may go on running.
 *   asleep  All threads wait, none of them for a time, for I/O or for a blocking call, and
 *           nobody is left who could wake one: the process has no kernel thread
 *           but the runtime's, and handles no signal. (A handler may post a semaphore.)
 *
 * The monitor looks while nothing stands still, so what it sees may never have been
 * there at one time. A deadlock is there for good: it is reported when two looks,
 * a second apart, find the same threads in the same waits. Between the two the monitor
 * moves the coarse clock on, and a thread that begins to wait writes down what
 * that says; so a thread that has waited again is another finding.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "diag/diag.h"
#include "diag/kthreads.h"

#define LONGEST 64  /* cycle */
#define REPORTED 16 /* cycles that are not reported again */
#define LISTED 200  /* threads */

struct finding {
	unsigned n; /* 0: none; of an asleep process: 1, and thread[0] is NULL */
	struct {
		struct mn_thread *thread;
		uint64_t waits;
		uint32_t stamp;
	} at[LONGEST];
	uint64_t progress; /* asleep: what has been counted */
};

static struct {
	struct finding seen; /* by the look before */
	struct {
		struct mn_thread *first;
		uint32_t stamp;
	} reported[REPORTED];
	unsigned count;
	bool asleep_reported;
} state;

void diag_deadlock_reset(void)
{
	memset(&state, 0, sizeof state);
}

/* --- cycles --- */

static bool already_reported(const struct finding *f)
{
	for (unsigned i = 0; i < state.count && i < REPORTED; i++)
		for (unsigned k = 0; k < f->n; k++)
			if (state.reported[i].first == f->at[k].thread &&
			    state.reported[i].stamp == f->at[k].stamp)
				return true;
	return false;
}

/* Whoever this one waits for without end, or NULL. */
static struct mn_thread *follow(struct mn_thread *t)
{
	if (mni_load(&t->waits, relaxed) & MNI_WAITS_TIMED)
		return NULL;
	return diag_awaited(t);
}

/* Goes from t along the waits; fills in the cycle if it comes back to t. */
static bool cycle_from(struct mn_thread *t, struct finding *f)
{
	struct mn_thread *at = t;

	f->n = 0;
	do {
		if (f->n == LONGEST || !mni_load(&at->waits, relaxed))
			return false;
		f->at[f->n].thread = at;
		f->at[f->n].waits = mni_load(&at->waits, relaxed);
		f->at[f->n++].stamp = mni_load(&at->stamp, relaxed);
		at = follow(at);
	} while (at && at != t);
	return at;
}

static bool find_cycle(struct mn_thread *t, void *arg)
{
	struct finding *f = arg;
	enum mni_waits kind = mni_waits_kind(mni_load(&t->waits, relaxed));

	if (kind != MNI_WAITS_MUTEX && kind != MNI_WAITS_JOIN && kind != MNI_WAITS_WRITE_LOCK &&
	    kind != MNI_WAITS_READ_LOCK && kind != MNI_WAITS_INLINE)
		return true;
	if (cycle_from(t, f) && !already_reported(f))
		return false;
	f->n = 0;
	return true;
}

/* --- all asleep --- */

static bool waits_for_good(struct mn_thread *t)
{
	uint64_t waits = mni_load(&t->waits, relaxed);

	if (mni_load(&t->join, relaxed) == MNI_JOIN_ENDED)
		return true;
	if (waits & MNI_WAITS_TIMED)
		return false;
	switch (mni_waits_kind(waits)) {
	case MNI_WAITS_NOTHING:
	case MNI_WAITS_SLEEP:
	case MNI_WAITS_FD_IN:
	case MNI_WAITS_FD_OUT:
	case MNI_WAITS_POLL:
	case MNI_WAITS_CALL:
	case MNI_WAITS_MOVE:
		return false;
	case MNI_WAITS_INLINE:
		return diag_awaited(t);
	default:
		return true;
	}
}

static bool find_awake(struct mn_thread *t, void *arg)
{
	bool *awake = arg;

	*awake = !waits_for_good(t);
	return !*awake;
}

/* A handler may wake somebody. Those of faults do not: they come of what a thread does. */
static bool handles_signals(void)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
	struct sigaction a;

	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		bool fault = false;

		for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++)
			fault |= faults[i] == sig;
		if (fault || diag_is_our_signal(sig) || sigaction(sig, NULL, &a))
			continue;
		if (a.sa_flags & SA_SIGINFO || (a.sa_handler != SIG_DFL && a.sa_handler != SIG_IGN))
			return true;
	}
	return false;
}

static bool has_foreign_kernel_threads(void)
{
	struct stat s;

	/* All but worker 0's have been started by the runtime. */
	return stat("/proc/self/task", &s) || s.st_nlink - 2 > 1 + mni_kthreads();
}

static uint64_t progress(void)
{
	uint64_t n = mni_load(&mni_rt.foreign_spawns, relaxed);

	for (unsigned i = 0; i < mni_rt.workers; i++)
		n += mni_load(&mni_rt.worker[i]->count.switches, relaxed) +
		     mni_load(&mni_rt.worker[i]->count.ends, relaxed);
	return n;
}

static bool asleep(void)
{
	bool awake = true;

	for (unsigned i = 0; i < mni_rt.workers; i++)
		if (mni_rt.worker[i]->current)
			return false;
	mni_thread_walk(find_awake, &awake);
	return !awake && !has_foreign_kernel_threads() && !handles_signals();
}

/* --- reports --- */

static void report_cycle(struct diag_text *o, const struct finding *f)
{
	diag_put(o, "mn: deadlock: ");
	diag_decimal(o, f->n);
	diag_put(o, f->n > 1 ? " threads wait for each other\n" : " thread waits for itself\n");
	for (unsigned i = 0; i < f->n; i++) {
		diag_name(o, f->at[i].thread);
		diag_put(o, ": ");
		diag_state(o, f->at[i].thread);
		diag_put(o, "\n");
		diag_backtrace(o, f->at[i].thread);
	}
}

static void report(const struct finding *f)
{
	static struct diag_text o;

	diag_text_begin(&o);
	diag_objects_read();
	diag_running_read();
	if (f->at[0].thread) {
		report_cycle(&o, f);
		state.reported[state.count % REPORTED].first = f->at[0].thread;
		state.reported[state.count++ % REPORTED].stamp = f->at[0].stamp;
	} else {
		diag_put(&o, "mn: deadlock: all threads wait, and nobody is left to wake one\n");
		diag_list(&o, LISTED);
		state.asleep_reported = true;
	}
	if (mni_rt.config.deadlock == MN_DEADLOCK_ABORT)
		diag_put(&o, "mn: MN_DEADLOCK=abort: aborting\n");
	diag_flush(&o);
	diag_objects_done();
	if (mni_rt.config.deadlock == MN_DEADLOCK_ABORT)
		mn_plat_abort();
}

static bool same(const struct finding *a, const struct finding *b)
{
	return a->n == b->n && a->progress == b->progress &&
	       !memcmp(a->at, b->at, a->n * sizeof *a->at);
}

/* The same cycle, perhaps found from another of its threads: begins at the lowest address. */
static void turn(struct finding *f)
{
	static struct finding turned;
	unsigned first = 0;

	for (unsigned i = 1; i < f->n; i++)
		if (f->at[i].thread < f->at[first].thread)
			first = i;
	turned = *f;
	for (unsigned i = 0; i < f->n; i++)
		turned.at[i] = f->at[(first + i) % f->n];
	*f = turned;
}

bool diag_deadlock_look(void)
{
	static struct finding now;

	if (mni_rt.config.deadlock == MN_DEADLOCK_OFF)
		return false;
	memset(&now, 0, sizeof now);
	mni_thread_walk(find_cycle, &now);
	if (now.n) {
		turn(&now);
	} else if (asleep()) {
		memset(now.at, 0, sizeof now.at); /* of chains that were no cycle */
		now.n = 1;
		now.progress = progress() + 1;
		if (state.asleep_reported && same(&now, &state.seen))
			return false;
	}
	if (now.n && same(&now, &state.seen)) {
		report(&now);
		return now.at[0].thread; /* there may be more */
	}
	state.asleep_reported = false;
	state.seen = now;
	return now.n;
}
