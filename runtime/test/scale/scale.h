/*
 * What make bench-scale is made of. A part runs in a process of its own, so that no
 * part finds memory that another has left, and says what it measured in numbers.
 */
#ifndef MN_SCALE_H
#define MN_SCALE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mn.h"

#define NUMBERS 8

struct setup {
	uint64_t threads;
	unsigned workers;
};

/* Sets numbers; what they are stands with each part. */
typedef void part(const struct setup *s, double number[NUMBERS]);

/* ns per page: as many kernel threads as workers write to fresh pages, threads in all. */
part part_touch;

/* The same, each page with a guard page before it, made by a call of its own. */
part part_touch_guarded;

/*
 * Threads that wait for a condition variable: ns per create + park; bytes of memory
 * a thread, and of page tables, as slopes; ns per wake + join; MB of memory and of
 * page tables more than before, when all have been joined.
 */
part part_parked;

/* Threads that have not been started: ns per create; bytes of memory a thread, as a slope. */
part part_unstarted;

/*
 * Threads that sleep until their times come, 20 us apart: how late they run, in us,
 * at the 50th, 99th and 99.9th percentile and at most; how many ran before one that
 * was due a millisecond earlier; bytes of memory a thread, as a slope.
 */
part part_sleepers;

static inline uint64_t scale_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Bytes: what is in memory now, exactly, and the page tables. */
struct scale_memory {
	double resident, tables;
};

struct scale_memory scale_memory(void);

/* A straight line through points, by least squares. */
struct scale_line {
	double n, x, y, xx, xy;
};

static inline void scale_point(struct scale_line *l, double x, double y)
{
	l->n++;
	l->x += x;
	l->y += y;
	l->xx += x * x;
	l->xy += x * y;
}

static inline double scale_slope(const struct scale_line *l)
{
	return (l->n * l->xy - l->x * l->y) / (l->n * l->xx - l->x * l->x);
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
