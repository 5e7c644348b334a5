/* AArch64: registers as DWARF numbers them (AADWARF64 4.1), for reports (diag/unwind.c). */
#ifndef MN_ARCH_UNWIND_H
#define MN_ARCH_UNWIND_H

#include "arch.h"

enum {
	MN_ARCH_DWARF_FP = 29,
	MN_ARCH_DWARF_SP = 31,
	MN_ARCH_DWARF_PC = 30, /* the return address's column: x30 */
	MN_ARCH_DWARF_REGS = 32,
};

/* The registers of a thread that does not run, sp being its saved context; r[] is otherwise 0. */
static inline void mn_arch_unwind_parked(const struct mn_arch_frame *copy, uintptr_t sp,
					 uint64_t *r)
{
	r[MN_ARCH_DWARF_PC] = (uintptr_t)copy->pc;
	r[MN_ARCH_DWARF_FP] = copy->x29;
	r[MN_ARCH_DWARF_SP] = sp + sizeof *copy;
}

/* A return address without a signature: xpaclri, which older CPUs take for a hint. */
static inline uint64_t mn_arch_unwind_strip(uint64_t address)
{
	register uint64_t lr __asm__("x30") = address;

	__asm__("hint #7" : "+r"(lr));
	return lr;
}

#endif
