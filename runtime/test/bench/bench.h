/*
 * What the micro-benchmarks have in common. They assert nothing; they print.
 *
 * A benchmark does its operation about n times and says how many nanoseconds
 * went by, by CLOCK_MONOTONIC, and how often it did it. main.c decides on n,
 * runs all of them in turn, many rounds, and prints medians and quartiles.
 */
#ifndef MN_BENCH_H
#define MN_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mn.h"

struct measured {
	uint64_t ns;
	uint64_t times;
};

struct bench {
	const char *name;
	struct measured (*run)(uint64_t n);
	uint64_t most; /* n is never more, for what is slow by nature; 0: no limit */
};

/* Each ends with an entry without a name. */
extern const struct bench bench_floors[];  /* without the runtime */
extern const struct bench bench_threads[]; /* on the runtime, which main.c starts */
extern const struct bench bench_sync[];
extern const struct bench bench_wake[];
extern const struct bench bench_io[];

/* preempt.c; prints by itself. */
void bench_preemption(int rounds);

/* main.c: upwards; and the value below which this part of n sorted ones lies, interpolated. */
void bench_sort(double *v, int n);
double bench_quantile(const double *sorted, int n, double part);

static inline uint64_t bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* For what must not fail. */
#define MUST(ok)                                                                                   \
	do {                                                                                       \
		if (!(ok)) {                                                                       \
			fprintf(stderr, "%s:%d: %s failed\n", __FILE__, __LINE__, #ok);            \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

#endif
