#include "circle.h"

#include <stdlib.h>

#include "context.h"

/* What a member needs at most; no signal handler runs on it. */
#define STACK 1024

struct member {
	struct context context;
	struct member *next;
	struct circle *circle;
};

struct circle {
	struct context caller;
	uint64_t left; /* steps */
	uint64_t token;
	uint64_t grow;
	uint64_t sum;
	struct member *members;
	char *stacks;
};

static void take_steps(void *arg)
{
	struct member *me = arg;
	struct circle *circle = me->circle;

	for (; circle->left > 0; context_switch(&me->context, &me->next->context)) {
		circle->left--;
		circle->sum += circle->token;
		circle->token += circle->grow;
	}
	/* The others are left where they are: nobody needs them any more. */
	context_switch(&me->context, &circle->caller);
}

struct circle *circle_make(uint64_t members, uint64_t steps, uint64_t grow)
{
	struct circle *circle = calloc(1, sizeof *circle);

	if (!circle)
		return NULL;
	circle->left = steps;
	circle->token = 1;
	circle->grow = grow;
	circle->members = calloc(members, sizeof *circle->members);
	circle->stacks = members <= SIZE_MAX / STACK ? aligned_alloc(64, members * STACK) : NULL;
	if (!circle->members || !circle->stacks) {
		circle_free(circle);
		return NULL;
	}
	for (uint64_t i = 0; i < members; i++) {
		struct member *m = &circle->members[i];
		m->circle = circle;
		m->next = &circle->members[i + 1 < members ? i + 1 : 0];
		/* Not all tops in the same set of the cache. */
		context_make(&m->context, circle->stacks + i * STACK, STACK - i % 4 * 64,
			     take_steps, m);
	}
	return circle;
}

void circle_run(struct circle *circle)
{
	context_switch(&circle->caller, &circle->members[0].context);
}

void circle_free(struct circle *circle)
{
	if (!circle)
		return;
	free(circle->stacks);
	free(circle->members);
	free(circle);
}

struct circle **circles_make(uint64_t count, uint64_t members, uint64_t steps, uint64_t last,
			     uint64_t grow)
{
	struct circle **circles = calloc(count, sizeof *circles);

	for (uint64_t i = 0; circles && i < count; i++) {
		circles[i] = circle_make(members, i + 1 < count ? steps : last, grow);
		if (!circles[i]) {
			circles_free(circles, count);
			return NULL;
		}
	}
	return circles;
}

void circles_part(void *circles, uint64_t i)
{
	circle_run(((struct circle **)circles)[i]);
}

uint64_t circles_free(struct circle **circles, uint64_t count)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < count; i++) {
		if (circles[i])
			sum += circles[i]->sum;
		circle_free(circles[i]);
	}
	free(circles);
	return sum;
}
