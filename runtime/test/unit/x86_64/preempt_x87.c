/*
 * Proves, for x86-64: a thread that is preempted while the x87 stack is full
 * gets it back, and meanwhile the others find it empty, as the ABI (section
 * 3.2.1) promises to every function.
 */
#include <stdatomic.h>

#include "check.h"

#define THREADS 6

static _Atomic int running;
static _Atomic bool enough;

/* Keeps eight numbers on the x87 stack while it counts; returns their sum. */
__attribute__((noipa)) static double eight_numbers(double first, uint64_t turns)
{
	double sum = 0;

	__asm__ volatile("fldl %1\n\t" /* 1: first + 0, ..., first + 7 */
			 "fld1\n\t"
			 "fadd %%st(1), %%st\n\t"
			 "fld1\n\t"
			 "fadd %%st(1), %%st\n\t"
			 "fld1\n\t"
			 "fadd %%st(1), %%st\n\t"
			 "fld1\n\t"
			 "fadd %%st(1), %%st\n\t"
			 "fld1\n\t"
			 "fadd %%st(1), %%st\n\t"
			 "fld1\n\t"
			 "fadd %%st(1), %%st\n\t"
			 "fld1\n\t"
			 "fadd %%st(1), %%st\n"
			 "2:\tdecq %2\n\t"
			 "jnz 2b\n\t"
			 "faddp\n\tfaddp\n\tfaddp\n\tfaddp\n\tfaddp\n\tfaddp\n\tfaddp\n\t"
			 "fstpl %0"
			 : "=m"(sum)
			 : "m"(first), "r"(turns)
			 : "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)",
			   "cc", "memory");
	return sum;
}

static void *compute(void *arg)
{
	double first = (double)(uintptr_t)arg;

	atomic_fetch_add(&running, 1);
	while (!atomic_load(&enough)) {
		double sum = eight_numbers(first, 20000);

		if (sum != 8 * first + 28)
			FAIL("the sum is %f, not %f", sum, 8 * first + 28);
	}
	return NULL;
}

int main(void)
{
	mn_thread_t t[THREADS];
	struct mn_stats s;

	test_start();
	if (!test_preempts())
		atomic_store(&enough, true);
	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(compute, (void *)(i * 1000));
	if (test_preempts())
		do {
			for (int i = 0; i < 20; i++)
				if (eight_numbers(7, 20000) != 84)
					FAIL("the sum is wrong");
			mn_thread_yield();
			mn_stats_read(&s);
		} while (s.preempts < 200 || atomic_load(&running) < THREADS);
	atomic_store(&enough, true);
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	test_stop();
	return 0;
}
