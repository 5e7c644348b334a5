/*
 * Requests to valgrind: an instruction sequence that does nothing on a CPU and that
 * valgrind knows ("client request mechanism" in its manual; valgrind.h has the numbers).
 * Written out, so that neither valgrind nor its header is needed to build.
 */
#ifndef MN_ARCH_CLIENT_REQUEST_H
#define MN_ARCH_CLIENT_REQUEST_H

#include <stdint.h>

/* 0 without valgrind. */
static inline uintptr_t mn_arch_valgrind(uintptr_t request, uintptr_t a, uintptr_t b)
{
	volatile uintptr_t words[6] = {request, a, b, 0, 0, 0};
	uintptr_t result;

	__asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "=d"(result)
			 : "a"(words), "0"((uintptr_t)0)
			 : "cc", "memory");
	return result;
}

#endif
