/*
 * The interrupted context on AArch64 Linux.
 *
 * The handler runs on the thread's own stack and yields right there; the signal
 * frame keeps all registers until the thread is resumed and the handler returns.
 * The signal is blocked in the handler, so that ticks do not pile up, and
 * let in again before the yield: a second tick may then come on top of the
 * first, finds the runtime's text, and is done with before the switch.
 */
#ifndef MN_PLAT_CONTEXT_H
#define MN_PLAT_CONTEXT_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "unwind.h"

#define CONTEXT_SIGNAL_FLAGS 0

/* The frames of the handler and of what it calls. */
#define CONTEXT_HANDLER_ROOM 2048

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51 /* Linux 5.14 */
#endif

void mni_preempted(void);

static inline uintptr_t context_pc(const ucontext_t *u)
{
	return (uintptr_t)u->uc_mcontext.pc;
}

static inline uintptr_t context_sp(const ucontext_t *u)
{
	return (uintptr_t)u->uc_mcontext.sp;
}

/* The registers by their DWARF numbers, but for the program counter, which has none. */
static inline void context_registers(const ucontext_t *u, uint64_t *r)
{
	for (unsigned i = 0; i < 31; i++)
		r[i] = u->uc_mcontext.regs[i];
	r[MN_ARCH_DWARF_SP] = u->uc_mcontext.sp;
}

/*
 * Two signal frames. The kernel says how large one may become: 5 KiB, and more
 * with SVE and SME. A kernel that does not say it knows vectors of 2048 bits at most.
 */
static inline size_t context_tick_room(void)
{
	size_t frame = getauxval(AT_MINSIGSTKSZ);

	return 2 * ((frame ? frame : 14336) + CONTEXT_HANDLER_ROOM);
}

/* The interrupted mask is the one that workers have: the safe point's condition d. */
static inline void context_inject(ucontext_t *u)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &u->uc_sigmask, NULL, 8);
	mni_preempted();
}

#endif
