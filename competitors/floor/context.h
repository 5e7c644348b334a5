/*
 * The bare register switch: stack pointer, frame pointer and program counter change, everything
 * else is declared clobbered, so that the compiler saves what is live and nothing more. It ends in
 * a jump, which is cheaper than a return that the processor could not foresee.
 */
#ifndef MNB_CONTEXT_H
#define MNB_CONTEXT_H

#include <stdint.h>

struct context {
	void *sp; /* the offsets 0, 8 and 16 are in the assembly below */
	void *fp;
	void *pc;
	void (*body)(void *arg); /* must not return */
	void *arg;
};

/* Where a context begins: `to` is itself. */
static void __attribute__((noreturn, used)) context_begin(struct context *from, struct context *to)
{
	(void)from;
	to->body(to->arg);
	__builtin_trap();
}

/* Lets body(arg) run on [stack, stack+size) when it is switched to. */
static inline void context_make(struct context *c, void *stack, uintptr_t size,
				void (*body)(void *), void *arg)
{
	uintptr_t top = ((uintptr_t)stack + size) & ~(uintptr_t)15;

#if defined(__x86_64__)
	top -= 8; /* as a call would leave it */
	*(void **)top = 0;
#endif
	*c = (struct context){(void *)top, 0, (void *)(uintptr_t)context_begin, body, arg};
}

/* Saves the caller in `from` and goes on where `to` was left. */
static inline __attribute__((always_inline)) void context_switch(struct context *from,
								 struct context *to)
{
#if defined(__x86_64__)
	__asm__ volatile("movq %%rsp, 0(%%rdi)\n\t"
			 "movq %%rbp, 8(%%rdi)\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "movq %%rax, 16(%%rdi)\n\t"
			 "movq 0(%%rsi), %%rsp\n\t"
			 "movq 8(%%rsi), %%rbp\n\t"
			 "jmpq *16(%%rsi)\n"
			 "1:\n\t"
			 "endbr64"
			 : "+D"(from), "+S"(to)
			 :
			 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13",
			   "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
			   "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
			   "xmm15", "cc", "memory");
#elif defined(__aarch64__)
	register struct context *x0 __asm__("x0") = from;
	register struct context *x1 __asm__("x1") = to;

	__asm__ volatile("mov x9, sp\n\t"
			 "adr x10, 1f\n\t"
			 "stp x9, x29, [x0]\n\t"
			 "str x10, [x0, 16]\n\t"
			 "ldp x9, x29, [x1]\n\t"
			 "ldr x10, [x1, 16]\n\t"
			 "mov sp, x9\n\t"
			 "br x10\n"
			 "1:\n\t"
			 "hint 36" /* bti j */
			 : "+r"(x0), "+r"(x1)
			 :
			 : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
			   "x13", "x14", "x15", "x16", "x17", "x19", "x20", "x21", "x22", "x23",
			   "x24", "x25", "x26", "x27", "x28", "x30", "v0", "v1", "v2", "v3", "v4",
			   "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15",
			   "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25",
			   "v26", "v27", "v28", "v29", "v30", "v31", "cc", "memory");
#else
#error "the floor knows how to switch registers on x86-64 and AArch64 only"
#endif
}

#endif
