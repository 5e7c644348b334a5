/*
 * Stack overflows. A thread that has used up its stack touches the guard below it; the
 * handler, on the kernel thread's alternate stack, says which thread and what size.
 * Then what was there before the runtime decides: its handler is put back, and the
 * same instruction faults again; so the process ends as it would have ended, by the
 * same signal, with the same core. Any other fault goes to the handler from
 * before at once, as if this one were not there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "diag/diag.h"

#include "context.h"

#define FRAMES 24
#define SLACK (64 * 1024) /* below main's stack, which has no guard of ours */

static struct sigaction before;

/* The guard's addresses; those of a stack that the program gave are unknown. */
static bool in_guard(const struct mn_thread *t, uintptr_t at, uintptr_t sp)
{
	const struct mni_stack *s = t->stack;
	uintptr_t lo = (uintptr_t)s->lo;

	if (s->given)
		return false;
	if (s == &mni_rt.main_stack)
		return at < lo + MN_PLAT_PAGE && at + SLACK >= lo && sp < at + SLACK &&
		       at < sp + SLACK;
	return at >= (uintptr_t)s->map && at < lo;
}

static void report(struct mn_thread *t, ucontext_t *u)
{
	struct diag_registers r = {.pc = context_pc(u), .exact = true};
	struct diag_stack s = {.lo = (uintptr_t)t->stack->lo,
			       .hi = (uintptr_t)t->stack->map + t->stack->bytes};
	static uintptr_t pcs[FRAMES];
	static struct diag_text o;

	s.copy = (const char *)s.lo;
	diag_text_begin(&o);
	diag_put(&o, "mn: stack overflow: ");
	diag_name(&o, t);
	diag_put(&o, " has used up its stack of ");
	diag_decimal(&o, s.hi - s.lo);
	diag_put(&o, " bytes");
	if (!t->main) {
		diag_put(&o, "; it could count on ");
		diag_decimal(&o, t->stack_size);
		diag_put(&o, " (MN_STACK_SIZE, or stack_size in struct mn_thread_attr)");
	}
	diag_put(&o, "\n");
	diag_flush(&o);
	diag_objects_read();
	context_registers(u, r.r);
	diag_frames(&o, pcs, diag_unwind(&r, &s, pcs, FRAMES));
	diag_flush(&o);
}

static void pass_on(int sig, siginfo_t *info, void *context)
{
	if (before.sa_flags & SA_SIGINFO) {
		before.sa_sigaction(sig, info, context);
	} else if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN) {
		if (before.sa_handler == SIG_IGN && info->si_code <= 0)
			return;
		sigaction(sig, &before, NULL);
		if (info->si_code <= 0) /* sent, and not a fault that comes again */
			syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), sig, info);
	} else {
		before.sa_handler(sig);
	}
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	static _Atomic bool reported;
	struct mni_worker *w = mn_plat_self();
	struct mn_thread *t = w ? w->current : NULL;
	int error = errno;

	if (info->si_code > 0 && t && t->stack &&
	    in_guard(t, (uintptr_t)info->si_addr, context_sp(context))) {
		if (!mni_exchange(&reported, true, relaxed)) {
			report(t, context);
			sigaction(sig, &before, NULL);
		}
		errno = error;
		return; /* and fault again: if another worker reports, until that has ended the process */
	}
	errno = error;
	pass_on(sig, info, context);
}

void diag_overflow_install(void)
{
	struct sigaction a = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigaction(SIGSEGV, NULL, &before);
	/* What the program's handler is not to be interrupted by, and on whose stack. */
	if (before.sa_flags & SA_SIGINFO ||
	    (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)) {
		a.sa_mask = before.sa_mask;
		a.sa_flags |= before.sa_flags & (SA_NODEFER | SA_RESTART);
	}
	sigaction(SIGSEGV, &a, NULL);
}

void diag_overflow_remove(void)
{
	struct sigaction now;

	if (!sigaction(SIGSEGV, NULL, &now) && now.sa_flags & SA_SIGINFO &&
	    now.sa_sigaction == on_fault)
		sigaction(SIGSEGV, &before, NULL);
}
