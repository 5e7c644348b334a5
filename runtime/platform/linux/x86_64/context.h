/* The interrupted context on x86-64 Linux. */
#ifndef MN_PLAT_CONTEXT_H
#define MN_PLAT_CONTEXT_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "arch.h"

/* The handler runs on its own stack and only rewrites the context. */
#define CONTEXT_SIGNAL_FLAGS SA_ONSTACK

static inline size_t context_tick_room(void)
{
	return 0;
}

static inline uintptr_t context_pc(const ucontext_t *u)
{
	return (uintptr_t)u->uc_mcontext.gregs[REG_RIP];
}

static inline uintptr_t context_sp(const ucontext_t *u)
{
	return (uintptr_t)u->uc_mcontext.gregs[REG_RSP];
}

/* Pushes the program counter below the red zone and goes on in the trampoline. */
static inline void context_inject(ucontext_t *u)
{
	greg_t *r = u->uc_mcontext.gregs;

	r[REG_RSP] -= MN_ARCH_RED_ZONE + 8;
	*(greg_t *)r[REG_RSP] = r[REG_RIP];
	r[REG_RIP] = (greg_t)mn_arch_preempt_entry;
}

#endif
