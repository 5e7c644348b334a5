/*
 * The monitor: a kernel thread that makes reports, and otherwise sleeps.
 *
 *   SIGQUIT       the handler sets a bit and wakes it; it lists all threads.
 *   mn_dump()     does the same and waits until it has.
 *   deadlocks     While anything happens it looks once a second, and once more
 *                 after nothing has happened for a second. Then it sleeps, without a
 *                 timeout, until a worker that goes idle or has done some work sees that it
 *                 does (mni_rt.monitor_sleeps) and wakes it.
 *
 * A worker's side of that is a load every 61 scheduling decisions, and one when it goes
 * idle. Losing that race once does no harm as long as the last worker to go idle
 * wakes it: the monitor says that it sleeps, SC fence, and looks at the counters once
 * more; a worker has counted its last switch when it goes idle, SC fence (idle.c, step
 * 6, or here), and reads the flag.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/handoff.h"
#include "diag/diag.h"
#include "diag/kthreads.h"
#include "outside.h"

#define LOOK_NS 1000000000u
#define ALT_STACK (64 * 1024)

enum { DUMP = 1, STOP = 2, LOOK = 4 };

static struct {
	_Atomic uint32_t wanted;   /* bits */
	_Atomic uint32_t asked;    /* dumps by mn_dump(), counted */
	_Atomic uint32_t answered; /* of these, made; mn_dump() sleeps on it */
	_Atomic bool runs;
	mni_spinlock lock; /* for starting it */
	mn_plat_kthread thread;
} monitor;

static void tell(uint32_t what)
{
	if (!(mni_fetch_or(&monitor.wanted, what, acq_rel) & what))
		mn_plat_wake(&monitor.wanted);
}

/* --- the list --- */

static void dump(void)
{
	static struct diag_text o;

	diag_text_begin(&o);
	diag_objects_read();
	diag_running_read();
	diag_put(&o, "mn: ");
	diag_decimal(&o, mni_threads_alive());
	diag_put(&o, " threads on ");
	diag_decimal(&o, mni_load(&mni_rt.running, relaxed));
	diag_put(&o, mni_load(&mni_rt.running, relaxed) == 1 ? " worker, policy "
							     : " workers, policy ");
	diag_put(&o, mni_rt.policy->name);
	diag_put(&o, "\n");
	diag_list(&o, SIZE_MAX);
	diag_put(&o, "mn: end of list\n");
	diag_flush(&o);
	diag_objects_done();
}

void mn_dump(void)
{
	uint32_t ticket;
	uint32_t done;

	mn_preempt_disable();
	if (mni_load(&mni_rt.up, acquire) && !mn_plat_diag_start()) {
		ticket = mni_fetch_add(&monitor.asked, 1, acq_rel) + 1;
		tell(DUMP);
		while ((int32_t)((done = mni_load(&monitor.answered, acquire)) - ticket) < 0)
			mn_plat_wait(&monitor.answered, done, MN_PLAT_FOREVER);
	}
	mn_preempt_enable();
}

/* --- the thread --- */

static uint64_t activity(void)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < mni_rt.workers; i++)
		n += mni_load(&mni_rt.worker[i]->count.switches, relaxed) +
		     mni_load(&mni_rt.worker[i]->count.spawns, relaxed) +
		     mni_load(&mni_rt.worker[i]->count.inline_runs, relaxed);
	return n + mni_load(&mni_rt.foreign_spawns, relaxed);
}

/* Waits until something is wanted. */
static uint32_t wait_for_orders(uint64_t timeout_ns)
{
	if (!mni_load(&monitor.wanted, relaxed))
		mn_plat_wait(&monitor.wanted, 0, timeout_ns);
	return mni_exchange(&monitor.wanted, 0, acq_rel);
}

static void monitor_main(void *unused)
{
	uint64_t last = activity();
	uint64_t pause_ns = LOOK_NS;
	bool quiet = false;

	(void)unused;
	diag_deadlock_reset();
	for (;;) {
		uint32_t asked = mni_load(&monitor.asked, acquire);
		uint32_t orders;
		uint64_t now;
		uint64_t began;

		if (quiet) {
			mni_store(&mni_rt.monitor_sleeps, true, seq_cst);
			mni_fence(seq_cst);
			quiet = activity() == last;
		}
		orders = wait_for_orders(quiet ? MN_PLAT_FOREVER : pause_ns);
		mni_store(&mni_rt.monitor_sleeps, false, relaxed);
		if (orders & STOP)
			return;
		began = mn_plat_now_ns();
		mni_store(&mni_rt.clock_ms, mn_plat_coarse_ms(), relaxed);
		if (orders & DUMP) {
			asked = mni_load(&monitor.asked, acquire);
			dump();
			mni_store(&monitor.answered, asked, release);
			syscall(SYS_futex, &monitor.answered, 129 /* FUTEX_WAKE_PRIVATE */,
				INT32_MAX, NULL, NULL, 0);
			continue;
		}
		if (orders & LOOK) { /* it begins: a second from now something may be seen */
			quiet = false;
			last = activity() - 1;
			continue;
		}
		now = activity();
		quiet = !diag_deadlock_look() && now == last;
		last = now;
		/* Looking takes at most half a percent of a CPU. */
		pause_ns = 200 * (mn_plat_now_ns() - began);
		if (pause_ns < LOOK_NS)
			pause_ns = LOOK_NS;
	}
}

/* For a worker that goes idle, has been idle, or works and finds that the monitor sleeps. */
void mn_plat_diag_look(void)
{
	uint32_t now = mn_plat_coarse_ms();

	if (mni_load(&mni_rt.clock_ms, relaxed) != now)
		mni_store(&mni_rt.clock_ms, now, relaxed);
	mni_fence(seq_cst);
	if (mni_load(&mni_rt.monitor_sleeps, relaxed) &&
	    mni_exchange(&mni_rt.monitor_sleeps, false, relaxed))
		tell(LOOK);
}

/* --- SIGQUIT --- */

static void on_quit(int sig)
{
	int error = errno;

	(void)sig;
	tell(DUMP);
	errno = error;
}

static bool is_on_quit(void)
{
	struct sigaction a;

	return !sigaction(SIGQUIT, NULL, &a) && !(a.sa_flags & SA_SIGINFO) &&
	       a.sa_handler == on_quit;
}

static void quit_install(void)
{
	struct sigaction a;
	struct sigaction ours = {.sa_handler = on_quit, .sa_flags = SA_RESTART | SA_ONSTACK};

	if (mni_rt.config.dump == MN_ON && !sigaction(SIGQUIT, NULL, &a) &&
	    !(a.sa_flags & SA_SIGINFO) && a.sa_handler == SIG_DFL)
		sigaction(SIGQUIT, &ours, NULL);
}

bool diag_is_our_signal(int sig)
{
	return (mni_rt.config.preempt == MN_ON && sig == mni_rt.config.preempt_signal) ||
	       (sig == SIGQUIT && is_on_quit()) || sig == diag_running_signal();
}

/* --- start and stop --- */

int mn_plat_diag_start(void)
{
	sigset_t all;
	sigset_t usual;
	int error = 0;

	mni_spin_lock(&monitor.lock); /* the lock is for mn_dump() in a forked child */
	if (!mni_load(&monitor.runs, relaxed)) {
		mni_store(&monitor.wanted, 0, relaxed);
		mni_store(&mni_rt.clock_ms, mn_plat_coarse_ms(), relaxed);
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &usual);
		error = mn_plat_kthread_start(&monitor.thread, monitor_main, NULL);
		pthread_sigmask(SIG_SETMASK, &usual, NULL);
		if (!error) {
			mni_store(&monitor.runs, true, relaxed);
			quit_install();
			diag_overflow_install();
		}
	}
	mni_spin_unlock(&monitor.lock);
	return error;
}

void mn_plat_diag_stop(void)
{
	if (!mni_load(&monitor.runs, relaxed))
		return;
	diag_overflow_remove();
	if (is_on_quit())
		signal(SIGQUIT, SIG_DFL);
	tell(STOP);
	mn_plat_kthread_join(monitor.thread);
	mni_store(&monitor.runs, false, relaxed);
	mni_store(&mni_rt.monitor_sleeps, false, relaxed);
}

void mn_plat_diag_enter(struct mni_carrier *k)
{
	stack_t now;
	stack_t ours = {.ss_size = ALT_STACK};

	k->alt_stack = NULL;
	if (sigaltstack(NULL, &now) || !(now.ss_flags & SS_DISABLE))
		return; /* the tick's, or the program's */
	k->alt_stack = ours.ss_sp = mn_plat_map(ALT_STACK);
	if (k->alt_stack)
		sigaltstack(&ours, NULL);
}

void mn_plat_diag_leave(struct mni_carrier *k)
{
	stack_t none = {.ss_flags = SS_DISABLE};

	if (!k->alt_stack)
		return;
	sigaltstack(&none, NULL);
	mn_plat_unmap(k->alt_stack, ALT_STACK);
	k->alt_stack = NULL;
}

void mn_plat_diag_forget(void)
{
	mni_store(&monitor.lock, 0, relaxed);
	mni_store(&monitor.runs, false, relaxed);
	mni_store(&mni_rt.monitor_sleeps, false, relaxed);
	mni_kthreads_forget();
}
