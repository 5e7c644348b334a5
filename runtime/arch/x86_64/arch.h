/*
 * x86-64, System V ABI: the switch between green threads.
 *
 * A thread that is not running is one word, its stack pointer, which points
 * at this frame (struct mn_arch_frame):
 *
 *        lower addresses
 *   sp -> +0   mxcsr   4 bytes   SSE control word    } callee-saved by the ABI
 *         +4   fcw     2 bytes   x87 control word    } (section 3.2.1)
 *         +8   pc      8 bytes   where to go on
 *         +16  rbp     8 bytes
 *        higher addresses: the C frame of the function that switched
 *
 * The other callee-saved registers are named as clobbered, so the compiler
 * spills those that are live, into a frame that debuggers can read.
 *
 * The switch is inline and ends in a jump: there is no call without its
 * return, so the CPU's return-address predictor stays in step, and the jump's
 * target is nearly always the same one. A switch that ends in `ret` goes
 * where the predictor does not expect it.
 *
 * The control words are loaded only when they differ: ldmxcsr and fldcw are
 * slow, and threads that change the rounding mode are rare.
 *
 * Everything here must be compiled with -mno-red-zone: the switch pushes.
 */
#ifndef MN_ARCH_H
#define MN_ARCH_H

#include <stddef.h>
#include <stdint.h>

/* The largest page that a system may choose; huge pages are not chosen for stacks. */
#define MN_ARCH_PAGE_MAX 4096

struct mn_arch_frame {
	uint32_t mxcsr;
	uint16_t fcw;
	uint16_t unused;
	void (*pc)(void);
	uint64_t rbp;
};

/* The floating-point control words that a new thread inherits. */
struct mn_arch_fpenv {
	uint32_t mxcsr;
	uint16_t fcw;
};

static inline struct mn_arch_fpenv mn_arch_fpenv_get(void)
{
	struct mn_arch_fpenv e;

	__asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(e.mxcsr), "=m"(e.fcw));
	return e;
}

/*
 * Saves the running context into *save and goes on with load. Returns when
 * somebody switches back, perhaps on another kernel thread: nothing that
 * depends on the kernel thread may be kept across the call.
 */
static inline __attribute__((always_inline)) void mn_arch_switch(void **save, void *load)
{
	__asm__ volatile("pushq %%rbp\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "subq $8, %%rsp\n\t"
			 "stmxcsr (%%rsp)\n\t"
			 "fnstcw 4(%%rsp)\n\t"
			 "movl (%%rsp), %%eax\n\t"
			 "movzwl 4(%%rsp), %%edx\n\t"
			 "movq %%rsp, (%0)\n\t"
			 "movq %1, %%rsp\n\t"
			 "cmpl %%eax, (%%rsp)\n\t"
			 "jne 2f\n\t"
			 "cmpw %%dx, 4(%%rsp)\n\t"
			 "jne 2f\n"
			 "3:\taddq $8, %%rsp\n\t"
			 "popq %%rcx\n\t"
			 "popq %%rbp\n\t"
			 "jmpq *%%rcx\n"
			 "2:\tldmxcsr (%%rsp)\n\t"
			 "fldcw 4(%%rsp)\n\t"
			 "jmp 3b\n"
			 "1:"
			 : "+D"(save), "+S"(load)
			 :
			 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13",
			   "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
			   "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
			   "xmm15", "memory", "cc");
}

/* entry.S: where a new thread's frame goes on; calls mni_thread_main(). */
void mn_arch_entry(void);

/* Builds the frame of a thread that begins in mn_arch_entry. Returns its stack pointer. */
static inline void *mn_arch_prepare(void *top, struct mn_arch_fpenv e, void (*entry)(void))
{
	struct mn_arch_frame *f =
		(struct mn_arch_frame *)((uintptr_t)top & ~(uintptr_t)15) - 1;

	f->mxcsr = e.mxcsr;
	f->fcw = e.fcw;
	f->pc = entry;
	f->rbp = 0;
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

/* preempt.S: where a preempted thread goes on; preempt.c: how it saves its registers. */
void mn_arch_preempt_entry(void);
void mn_arch_preempt_init(void);
extern uint64_t mn_arch_xsave_bytes;

#define MN_ARCH_RED_ZONE 128

/*
 * Stack bytes below the interrupted stack pointer that a preemption takes, beside
 * the tick's (mn_plat_tick_room()): registers, alignment, the frames of a yield.
 */
static inline size_t mn_arch_preempt_room(void)
{
	return MN_ARCH_RED_ZONE + mn_arch_xsave_bytes + 2048;
}

/* Bytes between the caller's frame and the stack's low end. */
static inline size_t mn_arch_stack_room(const char *lo)
{
	return (size_t)((char *)__builtin_frame_address(0) - lo);
}

/* Tells the CPU that this is a waiting loop. */
static inline void mn_arch_relax(void)
{
	__builtin_ia32_pause();
}

/* A clock that ticks at one rate, the same on all CPUs: the time-stamp counter. */
static inline uint64_t mn_arch_ticks(void)
{
	return __builtin_ia32_rdtsc();
}

/* So many ticks are long enough for reading it not to matter: some 100 times what that takes. */
static inline uint64_t mn_arch_ticks_rare(void)
{
	return 2400;
}

/*
 * A full fence that directly follows a sequentially consistent
 * read-modify-write by this thread. On x86 the locked instruction was it.
 */
static inline void mn_arch_fence_after_rmw(void)
{
	__asm__ volatile("" ::: "memory");
}

#endif
