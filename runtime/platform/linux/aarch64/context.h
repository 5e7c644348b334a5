/* The interrupted context on AArch64 Linux. */
#ifndef MN_PLAT_CONTEXT_H
#define MN_PLAT_CONTEXT_H

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

/*
 * The handler runs on the thread's own stack and is left by switching: the
 * signal must not stay blocked meanwhile. A tick within it finds the runtime's
 * text and defers.
 */
#define CONTEXT_SIGNAL_FLAGS SA_NODEFER

void mni_preempted(void);

static inline uintptr_t context_pc(const ucontext_t *u)
{
	return (uintptr_t)u->uc_mcontext.pc;
}

static inline uintptr_t context_sp(const ucontext_t *u)
{
	return (uintptr_t)u->uc_mcontext.sp;
}

/* Yields right here; the signal frame keeps all registers until the handler returns. */
static inline void context_inject(ucontext_t *u)
{
	(void)u;
	mni_preempted();
}

#endif
