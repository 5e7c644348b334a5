/* The interrupted context on x86-64 Linux. */
#ifndef MN_PLAT_CONTEXT_H
#define MN_PLAT_CONTEXT_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "arch.h"
#include "unwind.h"

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

/* The registers by their DWARF numbers. */
static inline void context_registers(const ucontext_t *u, uint64_t *r)
{
	static const unsigned char order[MN_ARCH_DWARF_REGS] = {
		REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
		REG_R9,	 REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};

	for (unsigned i = 0; i < MN_ARCH_DWARF_REGS; i++)
		r[i] = (uint64_t)u->uc_mcontext.gregs[order[i]];
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
