/*
 * barrier: what a thread computes, and a register switch for each arrival, which lets another
 * thread come to the barrier. Threads are shared out over the workers, and nobody waits.
 */
#include <stdlib.h>

#include "busy.h"
#include "circle.h"
#include "team.h"
#include "workload.h"

struct barrier {
	uint64_t threads, rounds, work;
	uint64_t *sums;
	struct circle **circles; /* one for each thread, to switch in */
};

static void part(void *arg, uint64_t i)
{
	struct barrier *s = arg;
	uint64_t x = i, sum = 0;

	for (uint64_t round = 1; round <= s->rounds; round++) {
		x = busy(s->work, x);
		sum += x + round; /* its neighbour does the same sum from the board */
	}
	s->sums[i] = sum;
	circles_part(s->circles, i);
}

static void run(void *state, struct result *result)
{
	struct barrier *s = state;

	(void)result;
	team_run(s->threads, part, s);
}

static void finish(void *state, struct result *result)
{
	struct barrier *s = state;

	result->units = s->threads * s->rounds;
	for (uint64_t i = 0; i < s->threads; i++)
		result->answer += s->sums[i];
	circles_free(s->circles, s->threads);
	free(s->sums);
	free(s);
}

static void *setup(const struct args *args)
{
	struct barrier *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->threads = param(args, "threads");
	s->rounds = param(args, "rounds");
	s->work = param(args, "work");
	s->sums = calloc(s->threads, sizeof *s->sums);
	s->circles = s->sums ? circles_make(s->threads, 2, s->rounds, s->rounds, 0) : NULL;
	if (!s->circles) {
		free(s->sums);
		free(s);
		return NULL;
	}
	return s;
}

WORKLOAD(barrier) = {
	.id = "barrier",
	.params = {{"threads", 1}, {"rounds", 1}, {"work", 0}},
	.setup = setup,
	.run = run,
	.finish = finish,
};
