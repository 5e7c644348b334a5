/*
 * Proves, for AArch64: a preemption at any instruction of user code keeps every
 * register: x0 to x30, the stack pointer, the condition flags, FPCR, FPSR, v0 to
 * v31, and with SVE z0 to z31, p0 to p15 and FFR. Each thread fills them with
 * numbers of its own, spins long enough to be preempted, and compares.
 */
#include <sys/auxv.h>

#include "check.h"

TEST_ONCE; /* with settings of its own */

#define THREADS 4
#define ROUNDS 16
#define SPIN 200000
#define SVE (1u << 22) /* HWCAP_SVE */
#define FPCR_BITS 0x07c00000u
#define FPSR_BITS 0x0800009fu
#define FLAGS 0xf0000000u

/* x0 to x30; the places of the counter are not compared. */
struct regs {
	uint64_t x[31];
	uint64_t flags;
	uint64_t fpcr;
	uint64_t fpsr;
	uint64_t v[64];
};

/*
 * Loads everything from in, spins, stores everything into out. The two differ in
 * where the counter is: x9, or x28. Nothing else can be read while it counts.
 */
void general_x9(const struct regs *in, struct regs *out, uint64_t spin);
void general_x28(const struct regs *in, struct regs *out, uint64_t spin);

__asm__(".macro general name, counter\n"
	"	.globl \\name\n"
	"	.type \\name, %function\n"
	"\\name:\n"
	"	hint #34\n"
	"	stp x29, x30, [sp, #-192]!\n"
	"	stp x19, x20, [sp, #16]\n"
	"	stp x21, x22, [sp, #32]\n"
	"	stp x23, x24, [sp, #48]\n"
	"	stp x25, x26, [sp, #64]\n"
	"	stp x27, x28, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	mrs x3, fpcr\n"
	"	mrs x4, fpsr\n"
	"	stp x3, x4, [sp, #160]\n"
	"	str x1, [sp, #176]\n"
	"	str x2, [sp, #-16]!\n"
	"	add x1, x0, #272\n"
	"	.irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, "
	"22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
	"	ldr q\\r, [x1, #16 * \\r]\n"
	"	.endr\n"
	"	ldr x1, [x0, #248]\n"
	"	msr nzcv, x1\n"
	"	ldr x1, [x0, #256]\n"
	"	msr fpcr, x1\n"
	"	ldr x1, [x0, #264]\n"
	"	msr fpsr, x1\n"
	"	.irp r, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, "
	"23, 24, 25, 26, 27, 28, 29, 30\n"
	"	ldr x\\r, [x0, #8 * \\r]\n"
	"	.endr\n"
	"	ldr x0, [x0]\n"
	"	ldr \\counter, [sp], #16\n"
	"1:	sub \\counter, \\counter, #1\n"
	"	cbnz \\counter, 1b\n"
	"	str x0, [sp, #-16]!\n"
	"	ldr x0, [sp, #192]\n"
	"	.irp r, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, "
	"23, 24, 25, 26, 27, 28, 29, 30\n"
	"	str x\\r, [x0, #8 * \\r]\n"
	"	.endr\n"
	"	ldr x1, [sp], #16\n"
	"	str x1, [x0]\n"
	"	mrs x1, nzcv\n"
	"	str x1, [x0, #248]\n"
	"	mrs x1, fpcr\n"
	"	str x1, [x0, #256]\n"
	"	mrs x1, fpsr\n"
	"	str x1, [x0, #264]\n"
	"	add x1, x0, #272\n"
	"	.irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, "
	"22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
	"	str q\\r, [x1, #16 * \\r]\n"
	"	.endr\n"
	"	ldp x3, x4, [sp, #160]\n"
	"	msr fpcr, x3\n"
	"	msr fpsr, x4\n"
	"	ldp x19, x20, [sp, #16]\n"
	"	ldp x21, x22, [sp, #32]\n"
	"	ldp x23, x24, [sp, #48]\n"
	"	ldp x25, x26, [sp, #64]\n"
	"	ldp x27, x28, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	ldp x29, x30, [sp], #192\n"
	"	ret\n"
	"	.size \\name, . - \\name\n"
	"	.endm\n"
	".text\n"
	"	general general_x9, x9\n"
	"	general general_x28, x28\n");

_Static_assert(offsetof(struct regs, flags) == 248 && offsetof(struct regs, fpcr) == 256 &&
		       offsetof(struct regs, fpsr) == 264 && offsetof(struct regs, v) == 272,
	       "the assembly counts on it");

static void check_general(uint64_t *seed, int counter)
{
	struct regs in, out;

	for (size_t i = 0; i < sizeof in / 8; i++)
		((uint64_t *)&in)[i] = test_random(seed);
	in.flags &= FLAGS;
	in.fpcr &= FPCR_BITS;
	in.fpsr &= FPSR_BITS;
	memset(&out, 0, sizeof out);
	(counter == 9 ? general_x9 : general_x28)(&in, &out, SPIN);
	for (int i = 0; i < 31; i++)
		if (i == counter)
			CHECK_EQ(out.x[i], 0);
		else
			CHECK_EQ(out.x[i], in.x[i]);
	CHECK_EQ(out.flags, in.flags);
	CHECK_EQ(out.fpcr & FPCR_BITS, in.fpcr);
	CHECK_EQ(out.fpsr & FPSR_BITS, in.fpsr);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(out.v[i], in.v[i]);
}

/* For vectors of up to 2048 bits: 32 of them, then 17 predicates an eighth as long. */
struct vectors {
	_Alignas(16) uint8_t z[32 * 256];
	uint8_t p[17 * 32];
};

void sve(const struct vectors *in, struct vectors *out, uint64_t spin);
uint64_t sve_bytes(void);

__asm__(".text\n"
	".arch_extension sve\n"
	"	.globl sve_bytes\n"
	"	.type sve_bytes, %function\n"
	"sve_bytes:\n"
	"	hint #34\n"
	"	cntb x0\n"
	"	ret\n"
	"	.size sve_bytes, . - sve_bytes\n"
	"	.globl sve\n"
	"	.type sve, %function\n"
	"sve:\n"
	"	hint #34\n"
	"	stp d8, d9, [sp, #-64]!\n"
	"	stp d10, d11, [sp, #16]\n"
	"	stp d12, d13, [sp, #32]\n"
	"	stp d14, d15, [sp, #48]\n"
	"	add x3, x0, #8192\n"
	"	add x4, x1, #8192\n"
	"	ldr p0, [x3, #16, mul vl]\n"
	"	wrffr p0.b\n"
	"	.irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
	"	ldr p\\r, [x3, #\\r, mul vl]\n"
	"	.endr\n"
	"	.irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, "
	"22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
	"	ldr z\\r, [x0, #\\r, mul vl]\n"
	"	.endr\n"
	"1:	sub x2, x2, #1\n"
	"	cbnz x2, 1b\n"
	"	.irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, "
	"22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
	"	str z\\r, [x1, #\\r, mul vl]\n"
	"	.endr\n"
	"	.irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
	"	str p\\r, [x4, #\\r, mul vl]\n"
	"	.endr\n"
	"	rdffr p0.b\n"
	"	str p0, [x4, #16, mul vl]\n"
	"	ldp d10, d11, [sp, #16]\n"
	"	ldp d12, d13, [sp, #32]\n"
	"	ldp d14, d15, [sp, #48]\n"
	"	ldp d8, d9, [sp], #64\n"
	"	ret\n"
	"	.size sve, . - sve\n");

static void check_sve(uint64_t *seed)
{
	struct vectors in, out;
	uint64_t bytes = sve_bytes();
	uint64_t *words = (uint64_t *)&in;

	for (size_t i = 0; i < sizeof in / 8; i++)
		words[i] = test_random(seed);
	/* FFR holds only what a first-faulting load leaves: ones, then zeros. */
	for (size_t i = 0; i < bytes / 8; i++)
		in.p[16 * bytes / 8 + i] = i < bytes / 16 ? 0xff : 0;
	memset(&out, 0, sizeof out);
	sve(&in, &out, SPIN);
	CHECK(!memcmp(out.z, in.z, 32 * bytes));
	CHECK(!memcmp(out.p, in.p, 17 * bytes / 8));
}

static void *keeps(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;

	for (int round = 0; round < ROUNDS; round++)
		if (round % 3 == 2 && (getauxval(AT_HWCAP) & SVE))
			check_sve(&seed);
		else
			check_general(&seed, round % 2 ? 9 : 28);
	return NULL;
}

int main(void)
{
	static const struct mn_config c = {.workers = 1, .preempt = MN_ON, .quantum_us = 200};
	mn_thread_t t[THREADS];
	struct mn_stats s;

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
