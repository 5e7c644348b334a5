/*
 * Valgrind takes a large change of the stack pointer for a stack that grows or
 * shrinks, and then mistakes what lies there for garbage, unless both ends are on
 * stacks that it has been told of. A stack is told of while a thread may run on it.
 */
#ifndef MNI_VALGRIND_H
#define MNI_VALGRIND_H

#include "client_request.h"
#include "core/internal.h"

enum {
	MNI_VALGRIND_HERE = 0x1001,
	MNI_VALGRIND_STACK_IN = 0x1501,
	MNI_VALGRIND_STACK_OUT = 0x1502,
	MNI_VALGRIND_UNDEFINED = 'M' << 24 | 'C' << 16 | 1, /* memcheck's */
};

static inline bool mni_valgrind_here(void)
{
	return mn_arch_valgrind(MNI_VALGRIND_HERE, 0, 0) != 0;
}

/* What frames have left behind may be written again, by other than frames. */
static inline void mni_valgrind_undefined(const void *lo, const void *hi)
{
	if (__builtin_expect(mni_rt.valgrind, 0))
		mn_arch_valgrind(MNI_VALGRIND_UNDEFINED, (uintptr_t)lo,
				 (uintptr_t)hi - (uintptr_t)lo);
}

/* Names it; out() takes the name. */
static inline uintptr_t mni_valgrind_in(const void *lo, const void *hi)
{
	if (__builtin_expect(!mni_rt.valgrind, 1))
		return 0;
	return mn_arch_valgrind(MNI_VALGRIND_STACK_IN, (uintptr_t)lo, (uintptr_t)hi);
}

static inline void mni_valgrind_out(uintptr_t name)
{
	if (__builtin_expect(mni_rt.valgrind, 0))
		mn_arch_valgrind(MNI_VALGRIND_STACK_OUT, name, 0);
}

#endif
