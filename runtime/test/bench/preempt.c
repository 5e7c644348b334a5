/*
 * What preemption costs threads that compute, and how long a thread waits
 * behind them. One worker, and two.
 *
 * Cost: the CPU time of the same work with preemption off and at two quanta, in
 * turn, as ratios within each round. Wait: from the time for which a thread
 * sleeps until it runs, in quanta, while one thread more than there are workers
 * computes for ever. The floor of the cost is that of a timer's signal by itself,
 * whose handler does nothing, to a kernel thread that does the same work.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "bench.h"

#define STEPS 20000000u /* of each thread: some 15 ms */
#define THREADS 3       /* for each worker */
#define WAITS 200
#define MOST_WORKERS 2

static const unsigned quanta_us[] = {0, 10000, 1000}; /* 0: preemption is off */
#define QUANTA (sizeof quanta_us / sizeof *quanta_us)

static void start(unsigned workers, unsigned quantum_us)
{
	struct mn_config config = {.workers = workers,
				   .preempt = quantum_us ? MN_ON : MN_OFF,
				   .quantum_us = quantum_us};

	MUST(!mn_init(&config));
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static __attribute__((noinline)) void *compute(void *arg)
{
	uintptr_t x = (uintptr_t)arg;

	for (unsigned i = 0; i < STEPS; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	return (void *)x;
}

static double work(unsigned workers, unsigned quantum_us)
{
	mn_thread_t t[THREADS * MOST_WORKERS];
	uint64_t start_ns;

	start(workers, quantum_us);
	start_ns = cpu_ns();
	for (uintptr_t i = 0; i < THREADS * workers; i++)
		MUST(!mn_thread_create(&t[i], NULL, compute, (void *)i));
	for (unsigned i = 0; i < THREADS * workers; i++)
		MUST(!mn_thread_join(t[i], NULL));
	start_ns = cpu_ns() - start_ns;
	MUST(!mn_shutdown());
	return (double)start_ns;
}

/* --- the floor --- */

static void nothing(int signal)
{
	(void)signal;
}

static void *volatile sink;

static double bare_work(timer_t timer, unsigned period_us)
{
	struct itimerspec every = {{0, 1000 * period_us}, {0, 1000 * period_us}};
	uint64_t start_ns;

	MUST(!timer_settime(timer, 0, &every, NULL));
	start_ns = cpu_ns();
	for (uintptr_t i = 0; i < THREADS; i++)
		sink = compute((void *)i);
	return (double)(cpu_ns() - start_ns);
}

static void bare(double (*ns)[QUANTA], int rounds)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
	struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
	timer_t timer;

	event._sigev_un._tid = gettid();
	MUST(!sigaction(SIGUSR1, &action, NULL));
	MUST(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	for (int i = 0; i < rounds; i++)
		for (unsigned q = 0; q < QUANTA; q++) {
			unsigned at = (q + (unsigned)i) % QUANTA;

			ns[i][at] = bare_work(timer, quanta_us[at]);
		}
	MUST(!timer_delete(timer));
	MUST(signal(SIGUSR1, SIG_DFL) != SIG_ERR);
}

/* --- how long a thread waits --- */

static _Atomic bool leave;

static void *hog(void *arg)
{
	while (!atomic_load_explicit(&leave, memory_order_relaxed))
		;
	return arg;
}

/* Fills in WAITS of them. */
static void wait_behind(unsigned workers, unsigned quantum_us, double *quanta)
{
	mn_thread_t t[MOST_WORKERS + 1];
	uint64_t due;

	start(workers, quantum_us);
	atomic_store(&leave, false);
	for (unsigned i = 0; i < workers + 1; i++)
		MUST(!mn_thread_create(&t[i], NULL, hog, NULL));
	for (int i = 0; i < WAITS; i++) {
		/* At no fixed place within the quantum. */
		due = bench_now() + 1000u * (quantum_us / 2 + (unsigned)i * 7919u % quantum_us);
		mn_sleep_until(MN_CLOCK_MONOTONIC, due);
		quanta[i] = (double)(bench_now() - due) / 1000 / quantum_us;
	}
	atomic_store(&leave, true);
	for (unsigned i = 0; i < workers + 1; i++)
		MUST(!mn_thread_join(t[i], NULL));
	MUST(!mn_shutdown());
}

static void print_costs(const char *what, double (*ns)[QUANTA], int rounds)
{
	double ratio[rounds];

	for (unsigned q = 1; q < QUANTA; q++) {
		for (int i = 0; i < rounds; i++)
			ratio[i] = 100 * (ns[i][q] / ns[i][0] - 1);
		bench_sort(ratio, rounds);
		printf("%-40s  %8.2f%% [%8.2f%% %8.2f%%]  every %u ms\n", what,
		       bench_quantile(ratio, rounds, 0.5), bench_quantile(ratio, rounds, 0.25),
		       bench_quantile(ratio, rounds, 0.75), quanta_us[q] / 1000);
	}
}

static void print_waits(const char *what, unsigned workers)
{
	double waits[WAITS];

	for (unsigned q = 1; q < QUANTA; q++) {
		wait_behind(workers, quanta_us[q], waits);
		bench_sort(waits, WAITS);
		printf("%-40s  %9.2f [%9.2f %9.2f]  quantum %u ms\n", what,
		       bench_quantile(waits, WAITS, 0.5), bench_quantile(waits, WAITS, 0.95),
		       bench_quantile(waits, WAITS, 0.99), quanta_us[q] / 1000);
	}
}

void bench_preemption(int rounds)
{
	double ns[rounds][QUANTA];

	printf("%-40s  %9s [%9s %9s]\n", "CPU time of computing on top, quartiles", "median", "",
	       "");
	bare(ns, rounds);
	print_costs("a timer's signal that does nothing", ns, rounds);
	for (unsigned workers = 1; workers <= MOST_WORKERS; workers++) {
		for (int i = 0; i < rounds; i++)
			for (unsigned q = 0; q < QUANTA; q++) {
				unsigned at =
					(q + (unsigned)i) % QUANTA; /* another order every round */

				ns[i][at] = work(workers, quanta_us[at]);
			}
		print_costs(workers == 1 ? "preemption, 1 worker" : "preemption, 2 workers", ns,
			    rounds);
	}
	printf("\n%-40s  %9s [%9s %9s]\n", "wait behind hogs, in quanta", "median", "p95", "p99");
	for (unsigned workers = 1; workers <= MOST_WORKERS; workers++)
		print_waits(workers == 1 ? "1 worker, 2 hogs" : "2 workers, 3 hogs", workers);
}
