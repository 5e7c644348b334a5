/*
 * yield, pingpong, handoff and ring: a register switch in place of each turn. What does not depend
 * on each other runs in circles of two, on as many kernel threads as workers.
 */
#include <stdlib.h>

#include "circle.h"
#include "team.h"
#include "workload.h"

struct turns {
	uint64_t units;
	uint64_t count; /* of circles */
	struct circle **circles;
};

static void run(void *state, struct result *result)
{
	struct turns *s = state;

	(void)result;
	team_run(s->count, circles_part, s->circles);
}

static void finish(void *state, struct result *result)
{
	struct turns *s = state;

	result->units = s->units;
	result->answer = circles_free(s->circles, s->count);
	free(s);
}

/* `count` circles that make `steps` steps each, but for the last one. */
static void *make(uint64_t count, uint64_t members, uint64_t steps, uint64_t last, uint64_t grow)
{
	struct turns *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->count = count;
	s->units = (count - 1) * steps + last;
	s->circles = circles_make(count, members, steps, last, grow);
	if (!s->circles) {
		free(s);
		return NULL;
	}
	return s;
}

static void *setup_yield(const struct args *args)
{
	uint64_t threads = param(args, "threads"), rounds = param(args, "rounds");

	return make((threads + 1) / 2, 2, 2 * rounds, threads % 2 ? rounds : 2 * rounds, 0);
}

static void *setup_pingpong(const struct args *args)
{
	uint64_t steps = 2 * param(args, "rounds");

	return make(param(args, "pairs"), 2, steps, steps, 0);
}

static void *setup_handoff(const struct args *args)
{
	uint64_t items = param(args, "items");

	return make(param(args, "pairs"), 2, items, items, 1);
}

static void *setup_ring(const struct args *args)
{
	uint64_t hops = param(args, "hops");

	return make(1, param(args, "threads"), hops, hops, 1);
}

WORKLOAD(yield) = {
	.id = "yield",
	.params = {{"threads", 1}, {"rounds", 1}},
	.setup = setup_yield,
	.run = run,
	.finish = finish,
};

WORKLOAD(pingpong) = {
	.id = "pingpong",
	.params = {{"pairs", 1}, {"rounds", 1}},
	.setup = setup_pingpong,
	.run = run,
	.finish = finish,
};

WORKLOAD(handoff) = {
	.id = "handoff",
	.params = {{"pairs", 1}, {"items", 1}},
	.setup = setup_handoff,
	.run = run,
	.finish = finish,
};

WORKLOAD(ring) = {
	.id = "ring",
	.params = {{"threads", 1}, {"hops", 1}},
	.setup = setup_ring,
	.run = run,
	.finish = finish,
};
