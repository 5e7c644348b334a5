/*
 * Proves, for AArch64: each thread has its own FPCR (rounding, flush to zero, default
 * NaN, half-precision format) and its own exception flags in FPSR, whatever the
 * others set, through yields, blocking, ends and joins in place.
 */
#include "check.h"

#define THREADS 16
#define ROUNDS 300
#define FPCR_BITS 0x07c00000u /* AHP, DN, FZ, RMode */
#define FPSR_BITS 0x0800009fu /* QC, IDC, IXC, UFC, OFC, DZC, IOC */

static struct mn_sem tokens;

static void load(uint32_t fpcr, uint32_t fpsr)
{
	__asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" ::"r"((uint64_t)fpcr), "r"((uint64_t)fpsr));
}

static void check(uint32_t fpcr, uint32_t fpsr)
{
	uint64_t c, s;

	__asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(c), "=r"(s));
	CHECK_EQ(c & FPCR_BITS, fpcr);
	CHECK_EQ(s & FPSR_BITS, fpsr);
}

static void *child(void *arg)
{
	load(0x00c00000, FPSR_BITS);
	if (arg)
		mn_thread_yield();
	check(0x00c00000, FPSR_BITS);
	return NULL;
}

static void *inherits(void *arg)
{
	check(0x01400000, 0x00000011);
	return arg;
}

static void *keeps(void *arg)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t x = i * 2654435761u + (uint32_t)(uintptr_t)arg;
		uint32_t c = x & FPCR_BITS;
		uint32_t s = x >> 3 & FPSR_BITS;

		load(c, s);
		mn_thread_yield();
		check(c, s);
		mn_sem_wait(&tokens);
		mn_thread_yield();
		mn_sem_post(&tokens);
		check(c, s);
		test_join(test_spawn(child, (void *)(uintptr_t)(i % 2)));
		check(c, s);
		load(0, 0);
	}
	return NULL;
}

int main(void)
{
	mn_thread_t t[THREADS];

	CHECK_EQ(mn_sem_init(&tokens, 2), 0);
	test_start();
	for (int i = 0; i < 2; i++) {
		load(0x01400000, 0x00000011);
		t[0] = test_spawn(inherits, NULL);
		load(0, 0);
		if (i)
			mn_thread_yield(); /* on a stack of its own, or in place */
		test_join(t[0]);
		check(0, 0);
	}
	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(keeps, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		test_join(t[i]);
		check(0, 0);
	}
	test_stop();
	return 0;
}
