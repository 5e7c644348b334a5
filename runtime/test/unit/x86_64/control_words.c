/*
 * Proves, for x86-64: each thread has its own mxcsr control bits and x87
 * control word (masks, precision, rounding; ABI section 3.2.1), whatever the
 * others set, through yields, blocking, ends and joins in place.
 */
#include "check.h"

#define THREADS 16
#define ROUNDS 300
#define MXCSR_CONTROL 0xffc0u /* the rest is status, which nobody keeps */

static struct mn_sem tokens;

static uint32_t mxcsr(void)
{
	uint32_t v;

	__asm__ volatile("stmxcsr %0" : "=m"(v));
	return v & MXCSR_CONTROL;
}

static uint16_t fcw(void)
{
	uint16_t v;

	__asm__ volatile("fnstcw %0" : "=m"(v));
	return v;
}

static void load(uint32_t m, uint16_t f)
{
	__asm__ volatile("ldmxcsr %0\n\tfldcw %1" ::"m"(m), "m"(f));
}

static void check(uint32_t m, uint16_t f)
{
	CHECK_EQ(mxcsr(), m);
	CHECK_EQ(fcw(), f);
}

static void *child(void *arg)
{
	load(0x1f80 | 0x8000, 0x0f7f);
	if (arg)
		mn_thread_yield();
	check(0x1f80 | 0x8000, 0x0f7f);
	return NULL;
}

/* All masks set, so that nothing traps; flush-to-zero, rounding and precision vary. */
static void *keeps(void *arg)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t x = i * 2654435761u + (uint32_t)(uintptr_t)arg;
		uint32_t m = 0x1f80 | (x >> 8 & 0xe040);
		uint16_t f = (uint16_t)(0x037f | (x >> 16 & 0x0c00));

		if (x & 1)
			f = (uint16_t)((f & ~0x0300) | 0x0200);
		load(m, f);
		mn_thread_yield();
		check(m, f);
		mn_sem_wait(&tokens);
		mn_thread_yield();
		mn_sem_post(&tokens);
		check(m, f);
		test_join(test_spawn(child, (void *)(uintptr_t)(i % 2)));
		check(m, f);
		load(0x1f80, 0x037f);
	}
	return NULL;
}

int main(void)
{
	mn_thread_t t[THREADS];

	CHECK_EQ(mn_sem_init(&tokens, 2), 0);
	test_start();
	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(keeps, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		test_join(t[i]);
		check(0x1f80, 0x037f);
	}
	test_stop();
	return 0;
}
