/* x86-64: registers as DWARF numbers them (System V ABI 3.6.2), for reports (diag/unwind.c). */
#ifndef MN_ARCH_UNWIND_H
#define MN_ARCH_UNWIND_H

#include "arch.h"

enum {
	MN_ARCH_DWARF_FP = 6,
	MN_ARCH_DWARF_SP = 7,
	MN_ARCH_DWARF_PC = 16, /* the return address's column */
	MN_ARCH_DWARF_REGS = 17,
};

/* The registers of a thread that does not run, sp being its saved context; r[] is otherwise 0. */
static inline void mn_arch_unwind_parked(const struct mn_arch_frame *copy, uintptr_t sp,
					 uint64_t *r)
{
	r[MN_ARCH_DWARF_PC] = (uintptr_t)copy->pc;
	r[MN_ARCH_DWARF_FP] = copy->rbp;
	r[MN_ARCH_DWARF_SP] = sp + sizeof *copy;
}

/* A return address without a signature. */
static inline uint64_t mn_arch_unwind_strip(uint64_t address)
{
	return address;
}

#endif
