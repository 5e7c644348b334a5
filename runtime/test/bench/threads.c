/* Creating, joining and switching threads. */
#include "bench.h"

#define BATCH 1000
#define YIELDERS 8 /* for each worker */
#define FIB 25

static void *nothing(void *arg)
{
	return arg;
}

static struct measured one_at_a_time(uint64_t n)
{
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		mn_thread_t t;

		MUST(!mn_thread_create(&t, NULL, nothing, NULL));
		MUST(!mn_thread_join(t, NULL));
	}
	return (struct measured){bench_now() - start, n};
}

static struct measured batches(uint64_t n)
{
	static mn_thread_t t[BATCH];
	uint64_t times = 0;
	uint64_t start = bench_now();

	for (; times < n; times += BATCH) {
		for (int i = 0; i < BATCH; i++)
			MUST(!mn_thread_create(&t[i], NULL, nothing, NULL));
		for (int i = 0; i < BATCH; i++)
			MUST(!mn_thread_join(t[i], NULL));
	}
	return (struct measured){bench_now() - start, times};
}

static void *yields(void *arg)
{
	for (uintptr_t n = (uintptr_t)arg; n; n--)
		mn_thread_yield();
	return NULL;
}

static struct measured yield(uint64_t n)
{
	unsigned threads = YIELDERS * mn_workers();
	mn_thread_t t[YIELDERS * 256];
	uint64_t each = n / threads + 1;
	uint64_t start = bench_now();

	for (unsigned i = 0; i < threads; i++)
		MUST(!mn_thread_create(&t[i], NULL, yields, (void *)(uintptr_t)each));
	for (unsigned i = 0; i < threads; i++)
		MUST(!mn_thread_join(t[i], NULL));
	return (struct measured){bench_now() - start, threads * each};
}

static void *fib(void *arg)
{
	uintptr_t n = (uintptr_t)arg;
	mn_thread_t t;
	void *left;
	uintptr_t right;

	if (n < 2)
		return arg;
	MUST(!mn_thread_create(&t, NULL, fib, (void *)(n - 1)));
	right = (uintptr_t)fib((void *)(n - 2));
	MUST(!mn_thread_join(t, &left));
	return (void *)((uintptr_t)left + right);
}

/* One thread for each call with n of 2 or more: fib(n + 1) - 1 of them. */
static struct measured fib_of(uint64_t n)
{
	uint64_t threads = 0;
	uint64_t before = 0;
	uint64_t times = 0;
	uint64_t start;

	for (uint64_t i = 0, next = 1; i <= FIB; i++) {
		threads = before;
		before = next;
		next += threads;
	}
	start = bench_now();
	for (; times < n; times += before - 1)
		MUST((uintptr_t)fib((void *)(uintptr_t)FIB) == threads);
	return (struct measured){bench_now() - start, times};
}

const struct bench bench_threads[] = {
	{"create + join, one at a time", one_at_a_time, 0},
	{"create + join, batch of 1000", batches, 0},
	{"fib(25), each spawn", fib_of, 0},
	{"yield, 8 threads a worker", yield, 0},
	{NULL, NULL, 0},
};
