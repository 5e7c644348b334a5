/* spawn and fanout: a call in place of each thread. */
#include <stdlib.h>

#include "workload.h"

struct slot {
	uint64_t index;
	uint64_t value;
};

struct calls {
	uint64_t n;
	struct slot *slots;
};

static void __attribute__((noipa)) child(struct slot *slot)
{
	slot->value = slot->index + 1;
}

static void run(void *state, struct result *result)
{
	struct calls *s = state;

	(void)result;
	for (uint64_t i = 0; i < s->n; i++)
		child(&s->slots[i]);
}

static void finish(void *state, struct result *result)
{
	struct calls *s = state;

	result->units = s->n;
	for (uint64_t i = 0; i < s->n; i++)
		result->answer += s->slots[i].value;
	free(s->slots);
	free(s);
}

static void *setup(const struct args *args)
{
	struct calls *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->n = param(args, "n");
	s->slots = calloc(s->n, sizeof *s->slots);
	if (!s->slots) {
		free(s);
		return NULL;
	}
	for (uint64_t i = 0; i < s->n; i++)
		s->slots[i].index = i;
	return s;
}

WORKLOAD(spawn) = {
	.id = "spawn",
	.params = {{"n", 1}, {"window", 1}},
	.setup = setup,
	.run = run,
	.finish = finish,
};

WORKLOAD(fanout) = {
	.id = "fanout",
	.params = {{"n", 1}},
	.setup = setup,
	.run = run,
	.finish = finish,
};
