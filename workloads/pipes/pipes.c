/* Threads in rings hand messages on, each through the pipe of the next one. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "crew.h"
#include "full.h"
#include "workload.h"

struct pipes {
	uint64_t rings;
	uint64_t threads; /* of a ring */
	uint64_t hops;    /* of a ring */
	uint64_t words;
	struct gate gate;
	struct member *members; /* ring by ring */
	pthread_t *ids;
	uint64_t *messages; /* a buffer for each member */
};

struct member {
	struct pipes *all;
	struct member *next;
	uint64_t ring;
	int begins;  /* sends the first message */
	int in, out; /* of the pipe that this member reads; -1: not open */
	uint64_t turns;
	uint64_t *message;
	uint64_t sum; /* of what came here */
};

static uint64_t total(const uint64_t *message, uint64_t words)
{
	uint64_t sum = 0;

	for (uint64_t k = 0; k < words; k++)
		sum += message[k];
	return sum;
}

/* The first message of a ring, which the member before the first one sends. */
static void compose(const struct pipes *s, uint64_t ring, uint64_t *message)
{
	message[0] = 1;
	for (uint64_t k = 1; k < s->words; k++)
		message[k] = ring + k;
}

static void *member(void *arg)
{
	struct member *me = arg;
	struct pipes *s = me->all;
	uint64_t size = s->words * sizeof *me->message, sum = 0;

	if (!gate_pass(&s->gate))
		return NULL;
	if (me->begins) {
		compose(s, me->ring, me->message);
		write_full(me->next->out, me->message, size);
	}
	for (uint64_t i = 0; i < me->turns; i++) {
		if (!read_full(me->in, me->message, size))
			must_fail(EPIPE, "read");
		sum += total(me->message, s->words);
		if (me->message[0] < s->hops) {
			me->message[0]++;
			write_full(me->next->out, me->message, size);
		}
	}
	me->sum = sum;
	return NULL;
}

static void run(void *state, struct result *result)
{
	struct pipes *s = state;
	uint64_t count = s->rings * s->threads;
	uint64_t created =
		crew_create(result, s->ids, count, member, s->members, sizeof *s->members);

	gate_decide(&s->gate, created == count);
	crew_join(s->ids, created);
}

static void serial(void *state)
{
	struct pipes *s = state;
	uint64_t *message = s->messages;

	for (uint64_t ring = 0; ring < s->rings; ring++) {
		struct member *m = &s->members[ring * s->threads];

		compose(s, ring, message);
		for (; message[0] <= s->hops; message[0]++, m = m->next)
			m->sum += total(message, s->words);
	}
}

static void acquire(void *state, struct result *result)
{
	struct pipes *s = state;

	for (uint64_t i = 0; i < s->rings * s->threads; i++) {
		int ends[2];

		if (pipe(ends) != 0) {
			stopped(result, "pipe", errno, i);
			return;
		}
		s->members[i].in = ends[0];
		s->members[i].out = ends[1];
	}
}

static void release(struct pipes *s)
{
	free(s->messages);
	free(s->ids);
	free(s->members);
	free(s);
}

static void finish(void *state, struct result *result)
{
	struct pipes *s = state;

	result->units = s->rings * s->hops;
	for (uint64_t i = 0; i < s->rings * s->threads; i++) {
		struct member *m = &s->members[i];

		result->answer += m->sum;
		if (m->in >= 0) {
			close(m->in);
			close(m->out);
		}
	}
	gate_destroy(&s->gate);
	release(s);
}

static void *setup(const struct args *args)
{
	struct pipes *s = calloc(1, sizeof *s);
	uint64_t count;

	if (!s)
		return NULL;
	s->rings = param(args, "rings");
	s->threads = param(args, "threads");
	s->hops = param(args, "hops");
	s->words = param(args, "words");
	count = s->rings * s->threads;
	s->members = calloc(count, sizeof *s->members);
	s->ids = calloc(count, sizeof *s->ids);
	s->messages = calloc(count, s->words * sizeof *s->messages);
	if (!s->members || !s->ids || !s->messages) {
		release(s);
		return NULL;
	}
	for (uint64_t i = 0; i < count; i++) {
		uint64_t place = i % s->threads;

		s->members[i] = (struct member){
			.all = s,
			.next = &s->members[i - place + (place + 1) % s->threads],
			.ring = i / s->threads,
			.begins = place + 1 == s->threads,
			.in = -1,
			.out = -1,
			.turns = s->hops / s->threads + (place < s->hops % s->threads),
			.message = s->messages + i * s->words,
		};
	}
	gate_init(&s->gate);
	return s;
}

WORKLOAD(pipes) = {
	.id = "pipes",
	.params = {{"rings", 1}, {"threads", 1}, {"hops", 1}, {"words", 1}},
	.setup = setup,
	.acquire = acquire,
	.run = run,
	.serial = serial,
	.finish = finish,
};
