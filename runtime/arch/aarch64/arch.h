/*
 * AArch64, AAPCS64: the switch between green threads.
 *
 * A thread that is not running is one word, its stack pointer, which points
 * at this frame (struct mn_arch_frame):
 *
 *        lower addresses
 *   sp -> +0   fpcr   4 bytes   rounding mode and the like
 *         +4   fpsr   4 bytes   exceptions that have occurred
 *         +8   pc     8 bytes   where to go on
 *         +16  x29    8 bytes   frame pointer
 *         +24  unused: the stack pointer stays 16-byte aligned (AAPCS64 6.4.5.1)
 *        higher addresses: the C frame of the function that switched
 *
 * The other callee-saved registers, x19-x28, x30 and d8-d15 (6.1.1, 6.1.2), are
 * named as clobbered, so the compiler spills those that are live; x18 is an
 * ordinary scratch register on Linux. SVE's registers are not callee-saved
 * beyond d8-d15.
 *
 * FPCR is callee-saved (6.1.2). FPSR is not, but C11 7.6 gives each thread its
 * own exception flags. They are written only when they differ: a write is slow.
 *
 * Return addresses may be signed: a context is resumed with the stack pointer
 * that it was left with, which is what they are signed with. Wherever a jump
 * leads through a register there is a landing pad (`bti`), a hint that older
 * CPUs ignore.
 */
#ifndef MN_ARCH_H
#define MN_ARCH_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* The largest page that a system may choose: it may be 4, 16 or 64 KiB. */
#define MN_ARCH_PAGE_MAX 65536

struct mn_arch_frame {
	uint64_t fp;
	void (*pc)(void);
	uint64_t x29;
	uint64_t unused;
};

/* The floating-point environment, which a new thread inherits: FPCR, and FPSR above it. */
struct mn_arch_fpenv {
	uint64_t fp;
};

static inline struct mn_arch_fpenv mn_arch_fpenv_get(void)
{
	uint64_t fpcr, fpsr;

	__asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(fpcr), "=r"(fpsr));
	return (struct mn_arch_fpenv){fpcr | fpsr << 32};
}

/*
 * Saves the running context into *save and goes on with load. Returns when
 * somebody switches back, perhaps on another kernel thread: nothing that
 * depends on the kernel thread may be kept across the call. `hint #36` is `bti j`.
 */
static inline __attribute__((always_inline)) void mn_arch_switch(void **save, void *load)
{
	register void **s __asm__("x0") = save;
	register void *l __asm__("x1") = load;

	__asm__ volatile("sub sp, sp, #32\n\t"
			 "adr x9, 1f\n\t"
			 "mrs x10, fpcr\n\t"
			 "mrs x13, fpsr\n\t"
			 "orr x10, x10, x13, lsl #32\n\t"
			 "stp x10, x9, [sp]\n\t"
			 "str x29, [sp, #16]\n\t"
			 "mov x11, sp\n\t"
			 "str x11, [x0]\n\t"
			 "mov sp, x1\n\t"
			 "ldp x12, x9, [sp]\n\t"
			 "ldr x29, [sp, #16]\n\t"
			 "add sp, sp, #32\n\t"
			 "cmp x12, x10\n\t"
			 "b.ne 2f\n"
			 "3:\tbr x9\n"
			 "2:\tcmp w12, w10\n\t"
			 "b.eq 4f\n\t"
			 "mov w10, w12\n\t"
			 "msr fpcr, x10\n"
			 "4:\tlsr x12, x12, #32\n\t"
			 "msr fpsr, x12\n\t"
			 "b 3b\n"
			 "1:\thint #36\n"
			 : "+r"(s), "+r"(l)
			 :
			 : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
			   "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23",
			   "x24", "x25", "x26", "x27", "x28", "x30", "v0", "v1", "v2", "v3", "v4",
			   "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15",
			   "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25",
			   "v26", "v27", "v28", "v29", "v30", "v31", "memory", "cc");
}

/* entry.S: where a new thread's frame goes on; calls mni_thread_main(). */
void mn_arch_entry(void);

/* Builds the frame of a thread that begins in entry. Returns its stack pointer. */
static inline void *mn_arch_prepare(void *top, struct mn_arch_fpenv e, void (*entry)(void))
{
	struct mn_arch_frame *f =
		(struct mn_arch_frame *)((uintptr_t)top & ~(uintptr_t)15) - 1;

	f->fp = e.fp;
	f->pc = entry;
	f->x29 = 0;
	return f;
}

/* Abandons the running context and goes on with load. */
static inline __attribute__((always_inline)) _Noreturn void mn_arch_jump(void *load)
{
	void *nowhere;

	mn_arch_switch(&nowhere, load);
	__builtin_unreachable();
}

/*
 * entry.S: calls fn(arg) on the current stack, with the given control words, and
 * returns its value, with the caller's. Stores into *out, before the call, what
 * mn_arch_unwind() needs to make the call return at once from any depth.
 */
void *mn_arch_call(void *(*fn)(void *), void *arg, void **out, struct mn_arch_fpenv e);
_Noreturn void mn_arch_unwind(void *out, void *value);

/*
 * Preemption happens inside the tick's handler, on the thread's own stack: there
 * is no way to go on at an arbitrary instruction without changing a register
 * but to return from the interrupt. So all that it takes is what a tick takes
 * (mn_plat_tick_room()).
 */
static inline void mn_arch_preempt_init(void) {}

static inline size_t mn_arch_preempt_room(void)
{
	return 0;
}

/* Bytes between the caller's frame and the stack's low end. */
static inline size_t mn_arch_stack_room(const char *lo)
{
	return (size_t)((char *)__builtin_frame_address(0) - lo);
}

/* Tells the CPU that this is a waiting loop. */
static inline void mn_arch_relax(void)
{
	__asm__ volatile("isb" ::: "memory");
}

/* A clock that ticks at one rate, the same on all CPUs: the virtual counter. */
static inline uint64_t mn_arch_ticks(void)
{
	uint64_t t;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(t));
	return t;
}

/* So many ticks are long enough for reading it not to matter: a microsecond. */
static inline uint64_t mn_arch_ticks_rare(void)
{
	uint64_t per_second;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(per_second));
	return per_second / 1000000 + 1;
}

/*
 * A full fence that directly follows a sequentially consistent
 * read-modify-write by this thread. Here that is no full fence by itself.
 */
static inline void mn_arch_fence_after_rmw(void)
{
	atomic_thread_fence(memory_order_seq_cst);
}

#endif
