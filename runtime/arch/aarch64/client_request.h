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
	register uintptr_t result __asm__("x3") = 0;
	register volatile uintptr_t *at __asm__("x4") = words;

	__asm__ volatile("ror x12, x12, #3; ror x12, x12, #13\n\t"
			 "ror x12, x12, #51; ror x12, x12, #61\n\t"
			 "orr x10, x10, x10"
			 : "+r"(result)
			 : "r"(at)
			 : "cc", "memory");
	return result;
}

#endif
