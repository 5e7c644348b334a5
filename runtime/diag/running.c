/*
 * Where threads are that run, or block their kernel threads: these are interrupted and
 * say so. (A kernel thread is a carrier here: core/handoff.c.)
 *
 *   1. The monitor writes WANTED into the carrier's answer and signals its kernel thread.
 *   2. The handler, on the alternate stack, unwinds what it has interrupted, and
 *      writes DONE (release). It takes no lock and calls nothing that does.
 *   3. The monitor reads the answers that are DONE (acquire), for a second at most. An
 *      answer that comes later finds GIVEN_UP, and writes nothing.
 *
 * The signal is a real-time one that the program does not handle, the last such.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/handoff.h"
#include "diag/diag.h"

#include "context.h"

#define MOST 48
#if defined(__SANITIZE_THREAD__)
#define TRIES 20 /* it keeps signals back */
#else
#define TRIES 10000 /* of 100 us */
#endif

enum { GIVEN_UP, WANTED, BUSY, DONE };

static struct answer {
	_Atomic int state;
	struct mn_thread *thread;
	unsigned n;
	uintptr_t pc[MOST];
} answers[MNI_CARRIERS];

static int signal_used;

/* Carriers that there are or may be. */
static bool may_run(unsigned i)
{
	return i < mni_rt.workers || (i >= MNI_MAX_WORKERS && i < MNI_CARRIERS);
}

/* The worker that it is, or NULL. One that has not begun may name a worker of another run. */
static struct mni_worker *worker_of(struct mni_carrier *k)
{
	struct mni_worker *w = k->worker;

	for (unsigned i = 0; w && i < mni_rt.workers; i++)
		if (mni_rt.worker[i] == w)
			return mni_load(&w->carrier, relaxed) == k ? w : NULL;
	return NULL;
}

/* What runs on it. */
static struct mn_thread *thread_of(struct mni_carrier *k)
{
	struct mni_worker *w = worker_of(k);

	return w ? w->current : k->thread;
}

static void answer(struct answer *a, struct mni_carrier *k, ucontext_t *u)
{
	struct mn_thread *t = thread_of(k);
	struct diag_registers r = {.pc = context_pc(u), .exact = true};
	struct diag_stack s;

	a->thread = t;
	a->n = 0;
	if (!t || !t->stack)
		return;
	context_registers(u, r.r);
	s.lo = context_sp(u);
	s.hi = (uintptr_t)t->stack->map + t->stack->bytes;
	s.copy = (const char *)s.lo;
	if (s.lo >= (uintptr_t)t->stack->lo && s.lo < s.hi)
		a->n = diag_unwind(&r, &s, a->pc, MOST);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	int error = errno;
	struct mni_carrier *k = mn_plat_carrier();
	struct answer *a = &answers[k ? k - mni_carrier_of(0) : 0];
	int wanted = WANTED;

	(void)sig;
	(void)info;
	if (k && mni_cas(&a->state, &wanted, BUSY, acquire, relaxed)) {
		answer(a, k, context);
		mni_store(&a->state, DONE, release);
	}
	errno = error;
}

static bool is_ours(int sig)
{
	struct sigaction a;

	return sig && !sigaction(sig, NULL, &a) && a.sa_flags & SA_SIGINFO &&
	       a.sa_sigaction == on_signal;
}

int diag_running_signal(void)
{
	struct sigaction ours = {.sa_sigaction = on_signal,
				 .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
	struct sigaction a;

	if (is_ours(signal_used))
		return signal_used;
	sigfillset(&ours.sa_mask);
	for (int sig = SIGRTMAX; sig >= SIGRTMIN; sig--)
		if (sig != mni_rt.config.preempt_signal && !sigaction(sig, NULL, &a) &&
		    !(a.sa_flags & SA_SIGINFO) && a.sa_handler == SIG_DFL &&
		    !sigaction(sig, &ours, NULL))
			return signal_used = sig;
	return 0;
}

static bool all_done(void)
{
	for (unsigned i = 0; i < MNI_CARRIERS; i++) {
		int state = mni_load(&answers[i].state, relaxed);

		if (state == WANTED || state == BUSY)
			return false;
	}
	return true;
}

void diag_running_read(void)
{
	int sig = diag_running_signal();

	for (unsigned i = 0; i < MNI_CARRIERS; i++) {
		struct mni_carrier *k = mni_carrier_of(i);
		uintptr_t id = k->probe.task;

		answers[i].n = 0;
		answers[i].thread = may_run(i) ? thread_of(k) : NULL;
		mni_store(&answers[i].state, GIVEN_UP, relaxed);
		if (!sig || !id || !answers[i].thread)
			continue;
		mni_store(&answers[i].state, WANTED, release);
		if (syscall(SYS_tgkill, getpid(), id, sig))
			mni_store(&answers[i].state, GIVEN_UP, relaxed);
	}
	for (unsigned i = 0; i < TRIES && !all_done(); i++)
		nanosleep(&(struct timespec){0, 100000}, NULL);
	for (unsigned i = 0; i < MNI_CARRIERS; i++) {
		int wanted = WANTED;

		mni_cas(&answers[i].state, &wanted, GIVEN_UP, relaxed, relaxed);
	}
}

int diag_running_where(const struct mn_thread *t)
{
	for (unsigned i = 0; i < MNI_CARRIERS; i++)
		if (answers[i].thread == t)
			return (int)i;
	return -1;
}

int diag_running_worker(int carrier)
{
	struct mni_worker *w = worker_of(mni_carrier_of((unsigned)carrier));

	return w ? (int)w->id : -1;
}

unsigned diag_running_frames(int carrier, const uintptr_t **pcs)
{
	struct answer *a = &answers[carrier];

	*pcs = a->pc;
	return mni_load(&a->state, acquire) == DONE ? a->n : 0;
}
