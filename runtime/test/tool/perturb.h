/*
 * Seeded perturbation: included before each file of the library in the tree
 * "perturb", it puts a delay of random length, mostly none, in front of every
 * atomic access and behind every one that changes something. Windows of a few
 * instructions between two of them become wide enough for other workers and
 * ticks to get in.
 *
 * The delays of a kernel thread follow from MN_PERTURB, a number, and from which
 * one it is, in the order of their first access. The system's scheduler adds its
 * own chance, so the same number makes a failure likely again, but not certain.
 *
 * No header of libc may come in here: files define _GNU_SOURCE after it.
 */
#if !defined(MN_TEST_PERTURB_H) && !defined(__ASSEMBLER__)
#define MN_TEST_PERTURB_H

#include "../../core/atomic.h"

/* Not sched_yield() and the like: the program may have them itself, and be preempted in them. */
#include <asm/unistd.h>
long syscall(long number, ...);
int *__errno_location(void);
char *getenv(const char *name);
unsigned long strtoul(const char *text, char **end, int base);

/* A delay is the runtime's own (platform/linux/outside.h): its worker must not be taken over in it. */
extern __thread volatile unsigned mn_plat_outside
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* One of each in the whole program. */
__attribute__((weak)) __thread unsigned long mn_perturb_state;
__attribute__((weak)) unsigned long mn_perturb_threads;

/* Not inlined: the address of the state must not be kept across a switch. */
__attribute__((noinline, unused)) static void mn_perturb(void)
{
	unsigned long x = mn_perturb_state;

	if (!x) {
		const char *seed = getenv("MN_PERTURB");

		x = seed ? strtoul(seed, (char **)0, 10) : 1;
		x = (x << 8) + __atomic_add_fetch(&mn_perturb_threads, 1, __ATOMIC_RELAXED);
		x = x * 0x9e3779b97f4a7c15u | 1;
	}
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	mn_perturb_state = x;
	if (x >> 32 & 63)
		return;
	if (x >> 38 & 15) {
		for (volatile unsigned i = (unsigned)(x >> 42 & 511); i; i--)
			;
	} else if (x >> 42 & 15) {
		mn_plat_outside++;
		syscall(__NR_sched_yield);
		mn_plat_outside--;
	} else {
		int error = *__errno_location();

		mn_plat_outside++;
		syscall(__NR_nanosleep, (long[]){0, (long)(x >> 46 & 63) * 1000}, (long *)0);
		mn_plat_outside--;
		*__errno_location() = error;
	}
}

#define MN_PERTURBED(access)                                                                       \
	({                                                                                         \
		__typeof__(access) mn_perturbed_;                                                  \
                                                                                                   \
		mn_perturb();                                                                      \
		mn_perturbed_ = access;                                                            \
		mn_perturb();                                                                      \
		mn_perturbed_;                                                                     \
	})

#undef mni_load
#undef mni_store
#undef mni_exchange
#undef mni_fetch_add
#undef mni_fetch_sub
#undef mni_fetch_or
#undef mni_fetch_and
#undef mni_cas
#undef mni_cas_weak
#undef mni_fence

#define mni_load(p, order)                                                                         \
	({                                                                                         \
		mn_perturb();                                                                      \
		atomic_load_explicit((p), memory_order_##order);                                   \
	})
#define mni_store(p, v, order)                                                                     \
	({                                                                                         \
		__typeof__((void)0, *(p)) mn_value_ = (v);                                         \
                                                                                                   \
		mn_perturb();                                                                      \
		atomic_store_explicit((p), mn_value_, memory_order_##order);                       \
		mn_perturb();                                                                      \
	})
#define mni_exchange(p, v, order)                                                                  \
	MN_PERTURBED(atomic_exchange_explicit((p), (v), memory_order_##order))
#define mni_fetch_add(p, v, order)                                                                 \
	MN_PERTURBED(atomic_fetch_add_explicit((p), (v), memory_order_##order))
#define mni_fetch_sub(p, v, order)                                                                 \
	MN_PERTURBED(atomic_fetch_sub_explicit((p), (v), memory_order_##order))
#define mni_fetch_or(p, v, order)                                                                  \
	MN_PERTURBED(atomic_fetch_or_explicit((p), (v), memory_order_##order))
#define mni_fetch_and(p, v, order)                                                                 \
	MN_PERTURBED(atomic_fetch_and_explicit((p), (v), memory_order_##order))
#define mni_cas(p, expect, v, ok, fail)                                                            \
	MN_PERTURBED(atomic_compare_exchange_strong_explicit(                                      \
		(p), (expect), (v), memory_order_##ok, memory_order_##fail))
#define mni_cas_weak(p, expect, v, ok, fail)                                                       \
	MN_PERTURBED(atomic_compare_exchange_weak_explicit((p), (expect), (v), memory_order_##ok,  \
							   memory_order_##fail))
#define mni_fence(order)                                                                           \
	({                                                                                         \
		mn_perturb();                                                                      \
		atomic_thread_fence(memory_order_##order);                                         \
		mn_perturb();                                                                      \
	})

#endif
