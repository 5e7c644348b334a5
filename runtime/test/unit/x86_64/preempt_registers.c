/*
 * Proves: a preemption between any two instructions of user code keeps every
 * register: the general ones, the flags, the red zone below the stack pointer,
 * x87, mxcsr, SSE, AVX, and AVX-512 with its masks. Each thread fills them with
 * numbers of its own, spins without touching them, stores and compares. One
 * worker and a short quantum make sure that threads with other numbers run in
 * between.
 */
#include <stddef.h>

#include "check.h"

#define THREADS 6
#define ROUNDS 30
#define SPIN 300000
#define AT(field) [field] "i"(offsetof(struct regs, field))

struct regs {
	uint64_t in[16];
	uint64_t out[16];
	double x87_out; /* 256 bytes from the start */
	uint64_t flags;
	double x87;
	uint32_t mxcsr;
	uint64_t masks[2];
};

#define FLAGS 0x4d5u /* carry, parity, adjust, zero, sign, direction: all set */

/*
 * The spin uses rcx and lea, jrcxz and jmp alone, which change no flags.
 */
#define SPIN_RCX "1:\tleaq -1(%%rcx), %%rcx\n\tjrcxz 2f\n\tjmp 1b\n2:\n\t"

static __attribute__((noinline)) void general(struct regs *r)
{
	uint64_t spin = SPIN;
	void *p = r;

	/* rbp is kept by hand; the frame's own red zone is stepped over. */
	__asm__ volatile("leaq -256(%%rsp), %%rsp\n\t"
			 "movq %%rbp, 8(%%rsp)\n\t"
			 "movq 0(%%rdi), %%rax\n\t"
			 "movq 8(%%rdi), %%rbx\n\t"
			 "movq 16(%%rdi), %%rdx\n\t"
			 "movq 24(%%rdi), %%rsi\n\t"
			 "movq 32(%%rdi), %%rbp\n\t"
			 "movq 40(%%rdi), %%r8\n\t"
			 "movq 48(%%rdi), %%r9\n\t"
			 "movq 56(%%rdi), %%r10\n\t"
			 "movq 64(%%rdi), %%r11\n\t"
			 "movq 72(%%rdi), %%r12\n\t"
			 "movq 80(%%rdi), %%r13\n\t"
			 "movq 88(%%rdi), %%r14\n\t"
			 "movq 96(%%rdi), %%r15\n\t"
			 "movq %%rbx, -128(%%rsp)\n\t"
			 "pushq %[flagbits]\n\t"
			 "popfq\n\t"
			 "movq %%rax, -8(%%rsp)\n\t"
			 SPIN_RCX
			 "movq %%rax, 128(%%rdi)\n\t"
			 "movq -8(%%rsp), %%rax\n\t"
			 "movq %%rax, 232(%%rdi)\n\t"
			 "pushfq\n\t"
			 "popq %c[flags](%%rdi)\n\t"
			 "cld\n\t"
			 "movq %%rbx, 136(%%rdi)\n\t"
			 "movq %%rdx, 144(%%rdi)\n\t"
			 "movq %%rsi, 152(%%rdi)\n\t"
			 "movq %%rbp, 160(%%rdi)\n\t"
			 "movq %%r8, 168(%%rdi)\n\t"
			 "movq %%r9, 176(%%rdi)\n\t"
			 "movq %%r10, 184(%%rdi)\n\t"
			 "movq %%r11, 192(%%rdi)\n\t"
			 "movq %%r12, 200(%%rdi)\n\t"
			 "movq %%r13, 208(%%rdi)\n\t"
			 "movq %%r14, 216(%%rdi)\n\t"
			 "movq %%r15, 224(%%rdi)\n\t"
			 "movq -128(%%rsp), %%rax\n\t"
			 "movq %%rax, 240(%%rdi)\n\t"
			 "movq 8(%%rsp), %%rbp\n\t"
			 "leaq 256(%%rsp), %%rsp\n\t"
			 : "+c"(spin), "+D"(p)
			 : [flagbits] "i"(FLAGS), AT(flags)
			 : "rax", "rbx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13",
			   "r14", "r15", "memory", "cc");
}

static void check_general(struct regs *r)
{
	general(r);
	for (int i = 0; i < 13; i++)
		CHECK_EQ(r->out[i], r->in[i]);
	CHECK_EQ(r->out[13], r->in[0]); /* the red zone's upper end */
	CHECK_EQ(r->out[14], r->in[1]); /* and its lower one */
	CHECK_EQ(r->flags & FLAGS, FLAGS);
}

/* The stack of x87 numbers, its control word's rounding, mxcsr, and SSE. */
static __attribute__((noinline)) void floating(struct regs *r, uint16_t fcw, uint32_t mxcsr)
{
	uint64_t spin = SPIN;
	uint16_t fcw_out;
	uint16_t fcw_before;
	uint32_t mxcsr_before;

	__asm__ volatile("fnstcw %[fcw_before]\n\t"
			 "stmxcsr %[mxcsr_before]\n\t"
			 "fldcw %[fcw]\n\t"
			 "ldmxcsr %[mxcsr]\n\t"
			 "fldl %c[x87](%[r])\n\t"
			 "fld1\n\t"
			 "movdqu (%[r]), %%xmm3\n\t"
			 "movdqu 16(%[r]), %%xmm15\n\t" SPIN_RCX
			 "fstp %%st(0)\n\t"
			 "fstpl 256(%[r])\n\t"
			 "movdqu %%xmm3, 128(%[r])\n\t"
			 "movdqu %%xmm15, 144(%[r])\n\t"
			 "fnstcw %[fcw_out]\n\t"
			 "stmxcsr %c[mxcsr_at](%[r])\n\t"
			 "fldcw %[fcw_before]\n\t"
			 "ldmxcsr %[mxcsr_before]\n\t"
			 : "+c"(spin), [fcw_out] "=m"(fcw_out), [fcw_before] "=m"(fcw_before),
			   [mxcsr_before] "=m"(mxcsr_before)
			 : [r] "r"(r), [fcw] "m"(fcw), [mxcsr] "m"(mxcsr), AT(x87),
			   [mxcsr_at] "i"(offsetof(struct regs, mxcsr))
			 : "xmm3", "xmm15", "st", "st(1)", "memory", "cc");
	CHECK_EQ(fcw_out, fcw);
	CHECK_EQ(r->mxcsr, mxcsr);
}

static void check_floating(struct regs *r, uintptr_t me)
{
	double x = (double)me + 0.5;

	r->x87 = x;
	floating(r, (uint16_t)(0x37f | (me % 4) << 10), (uint32_t)(0x1f80 | (me % 4) << 13));
	CHECK(!memcmp(r->out, r->in, 32));
	CHECK(r->x87_out == x);
}

static __attribute__((noinline, target("avx2"))) void avx(struct regs *r)
{
	uint64_t spin = SPIN;

	__asm__ volatile("vmovdqu 0(%[r]), %%ymm1\n\t"
			 "vmovdqu 32(%[r]), %%ymm7\n\t"
			 "vmovdqu 64(%[r]), %%ymm14\n\t" SPIN_RCX
			 "vmovdqu %%ymm1, 128(%[r])\n\t"
			 "vmovdqu %%ymm7, 160(%[r])\n\t"
			 "vmovdqu %%ymm14, 192(%[r])\n\t"
			 "vzeroupper\n\t"
			 : "+c"(spin)
			 : [r] "r"(r)
			 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
			   "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory");
	CHECK(!memcmp(r->out, r->in, 96));
}

static __attribute__((noinline, target("avx512f,avx512bw"))) void avx512(struct regs *r)
{
	uint64_t spin = SPIN;

	__asm__ volatile("vmovdqu64 0(%[r]), %%zmm2\n\t"
			 "vmovdqu64 64(%[r]), %%zmm31\n\t"
			 "kmovq 8(%[r]), %%k1\n\t"
			 "kmovq 16(%[r]), %%k7\n\t" SPIN_RCX
			 "vmovdqu64 %%zmm2, 128(%[r])\n\t"
			 "vmovdqu64 %%zmm31, 192(%[r])\n\t"
			 "kmovq %%k1, %c[masks](%[r])\n\t"
			 "kmovq %%k7, %c[masks]+8(%[r])\n\t"
			 "vzeroupper\n\t"
			 : "+c"(spin)
			 : [r] "r"(r), AT(masks)
			 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
			   "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm31",
			   "k1", "k7", "memory");
	CHECK(!memcmp(r->out, r->in, 128));
	CHECK_EQ(r->masks[0], r->in[1]);
	CHECK_EQ(r->masks[1], r->in[2]);
}

static void *keeps(void *arg)
{
	uintptr_t me = (uintptr_t)arg;
	struct regs r;

	for (int round = 0; round < ROUNDS; round++) {
		for (uint64_t i = 0; i < 16; i++)
			r.in[i] = me * 0x9e3779b97f4a7c15u + i * 0x0101010101010101u + (uint64_t)round;
		memset(r.out, 0, sizeof r.out);
		switch (round % 4) {
		case 0:
			check_general(&r);
			break;
		case 1:
			check_floating(&r, me);
			break;
		case 2:
			if (__builtin_cpu_supports("avx2"))
				avx(&r);
			break;
		case 3:
			if (__builtin_cpu_supports("avx512bw"))
				avx512(&r);
			break;
		}
	}
	return NULL;
}

int main(void)
{
	static const struct mn_config c = {.workers = 1, .preempt = MN_ON, .quantum_us = 100};
	mn_thread_t t[THREADS];
	struct mn_stats s;

#if defined(__SANITIZE_THREAD__)
	SKIP("TSan holds signals back");
#endif
	CHECK_EQ(mn_init(&c), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(keeps, (void *)(i + 1));
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	mn_stats_read(&s);
	CHECK_REL(s.preempts, >=, THREADS);
	test_stop();
	return 0;
}
