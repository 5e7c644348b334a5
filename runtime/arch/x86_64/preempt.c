/* Which instructions preempt.S saves the vector registers with, and how much room they take. */
#include <cpuid.h>
#include <stdint.h>

#include "arch.h"

#define FXSAVE_BYTES 512
#define OSXSAVE (1u << 27) /* CPUID 1, ECX */
#define XSAVEC (1u << 1)   /* CPUID 0xD.1, EAX */

uint64_t mn_arch_xsave_bytes = FXSAVE_BYTES;
uint32_t mn_arch_xsave_mode;

void mn_arch_preempt_init(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE) ||
	    !__get_cpuid_count(0xd, 0, &a, &b, &c, &d) || !b)
		return;
	mn_arch_xsave_bytes = b; /* of all that the system has enabled, not compacted */
	mn_arch_xsave_mode = 1;
	if (__get_cpuid_count(0xd, 1, &a, &b, &c, &d) && (a & XSAVEC))
		mn_arch_xsave_mode = 2;
}
