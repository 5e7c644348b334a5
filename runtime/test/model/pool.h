#ifndef MODEL_POOL_H
#define MODEL_POOL_H

#include <stddef.h>

/*
 * Runs jobs 0 to n-1, each in a process of its own, as many at a time as there are
 * CPUs. job() leaves its result in out (POOL_RESULT bytes, zero at first). done() is
 * called here for each, in whatever order; signal: what the process ended by, or 0.
 */
#define POOL_RESULT 4096

void pool_run(size_t n, void (*job)(size_t i, void *out),
	      void (*done)(size_t i, const void *out, int signal));

#endif
