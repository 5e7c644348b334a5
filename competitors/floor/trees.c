/*
 * fib and skynet: a call in place of each thread of a tree. The upper levels of the tree are
 * unrolled into parts for the team; their calls are counted like all others.
 */
#include <stdlib.h>

#include "busy.h"
#include "team.h"
#include "workload.h"

/* What a subtree gives back. */
struct subtree {
	uint64_t value;
	uint64_t created;
};

enum {
	MOST_PARTS = 256,
	SMALL = 12, /* fib of less is not worth handing out */
};

struct tree {
	uint64_t size; /* n of fib, leaves of skynet */
	uint64_t cutoff, leaf; /* of fib */
	struct subtree above; /* the unrolled levels */
	uint64_t parts;
	struct part {
		uint64_t first, size;
		struct subtree done;
	} part[MOST_PARTS];
};

static uint64_t plain_fib(uint64_t n)
{
	return n < 2 ? n : plain_fib(n - 1) + plain_fib(n - 2);
}

/* One call for each child; what a thread computes itself is a loop. */
static struct subtree __attribute__((noipa)) fib(uint64_t n, const struct tree *t)
{
	struct subtree all = {0, 0};

	for (; n >= 2 && n > t->cutoff; n -= 2) {
		struct subtree child = fib(n - 1, t);
		all.value += child.value;
		all.created += child.created + 1;
	}
	all.value += t->leaf ? busy(t->leaf, n) : plain_fib(n);
	return all;
}

static struct subtree __attribute__((noipa)) node(uint64_t first, uint64_t leaves)
{
	struct subtree all = {0, 0};

	if (leaves == 1)
		return (struct subtree){first, 0};
	for (uint64_t i = 0; i < 10; i++) {
		struct subtree child = node(first + i * (leaves / 10), leaves / 10);
		all.value += child.value;
		all.created += child.created + 1;
	}
	return all;
}

static void add_part(struct tree *t, uint64_t first, uint64_t size)
{
	t->part[t->parts++] = (struct part){.first = first, .size = size};
}

static void unroll_fib(struct tree *t, uint64_t n, int levels)
{
	if (levels == 0 || n < SMALL || n <= t->cutoff) {
		add_part(t, 0, n);
		return;
	}
	t->above.created++;
	unroll_fib(t, n - 1, levels - 1);
	unroll_fib(t, n - 2, levels - 1);
}

static void unroll_node(struct tree *t, uint64_t first, uint64_t leaves, int levels)
{
	if (levels == 0 || leaves == 1) {
		add_part(t, first, leaves);
		return;
	}
	t->above.created += 10;
	for (uint64_t i = 0; i < 10; i++)
		unroll_node(t, first + i * (leaves / 10), leaves / 10, levels - 1);
}

static void fib_part(void *arg, uint64_t i)
{
	struct tree *t = arg;

	t->part[i].done = fib(t->part[i].size, t);
}

static void node_part(void *arg, uint64_t i)
{
	struct tree *t = arg;

	t->part[i].done = node(t->part[i].first, t->part[i].size);
}

static void run_fib(void *state, struct result *result)
{
	struct tree *t = state;

	(void)result;
	unroll_fib(t, t->size, 8); /* at most 256 parts */
	team_run(t->parts, fib_part, t);
}

static void run_skynet(void *state, struct result *result)
{
	struct tree *t = state;

	(void)result;
	/* At most 100 parts, of more than one level each. */
	unroll_node(t, 0, t->size, t->size > 10000 ? 2 : t->size > 100);
	team_run(t->parts, node_part, t);
}

static void finish(void *state, struct result *result)
{
	struct tree *t = state;

	result->units = t->above.created;
	for (uint64_t i = 0; i < t->parts; i++) {
		result->answer += t->part[i].done.value;
		result->units += t->part[i].done.created;
	}
	free(t);
}

static void *setup_fib(const struct args *args)
{
	struct tree *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->size = param(args, "n");
	t->cutoff = param(args, "cutoff");
	t->leaf = param(args, "leaf");
	return t;
}

static void *setup_skynet(const struct args *args)
{
	struct tree *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->size = 1;
	for (uint64_t i = 0; i < param(args, "depth"); i++)
		t->size *= 10;
	return t;
}

WORKLOAD(fib) = {
	.id = "fib",
	.params = {{"n", 2}, {"cutoff", 0}, {"leaf", 0, .optional = 1}},
	.setup = setup_fib,
	.run = run_fib,
	.finish = finish,
};

WORKLOAD(skynet) = {
	.id = "skynet",
	.params = {{"depth", 1}},
	.setup = setup_skynet,
	.run = run_skynet,
	.finish = finish,
};
