/*
 * Some threads in calls that block, while others compute.
 *
 * The call stands for one of a library that knows nothing of threads: it sleeps in the kernel, by a
 * system call that goes past whatever the runtime may have in place of nanosleep().
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "busy.h"
#include "clock.h"
#include "crew.h"
#include "workload.h"

struct blocking {
	struct gate gate;
	uint64_t blockers;
	uint64_t calls; /* of each blocker */
	uint64_t ns;    /* that each call takes */
	uint64_t threads;
	uint64_t chunks; /* of each thread that computes */
	uint64_t steps;  /* of a chunk */
	int timed;
	uint64_t *late;        /* ns, by blocker and call */
	struct member *member; /* the blockers, then those that compute */
	pthread_t *ids;
};

struct member {
	struct blocking *all;
	uint64_t i; /* in its group */
	int computes;
	uint64_t made; /* calls */
	uint64_t x;    /* of one that computes */
};

static void block(uint64_t ns)
{
	struct timespec left = {.tv_sec = (time_t)(ns / 1000000000),
				.tv_nsec = (long)(ns % 1000000000)};

	while (syscall(SYS_nanosleep, &left, &left) != 0)
		if (errno != EINTR)
			must_fail(errno, "nanosleep");
}

static void make_calls(struct member *me)
{
	struct blocking *s = me->all;
	uint64_t *late = s->late + me->i * s->calls;

	for (uint64_t i = 0; i < s->calls; i++) {
		uint64_t due = clock_now() + s->ns, now;

		block(s->ns);
		now = clock_now();
		late[i] = now > due ? now - due : 0;
		me->made++;
	}
}

static void compute(struct member *me)
{
	uint64_t x = me->i;

	for (uint64_t i = 0; i < me->all->chunks; i++)
		x = busy(me->all->steps, x);
	me->x = x;
}

static void *child(void *arg)
{
	struct member *me = arg;

	if (!gate_pass(&me->all->gate))
		return NULL;
	if (me->computes)
		compute(me);
	else
		make_calls(me);
	return NULL;
}

static void run(void *state, struct result *result)
{
	struct blocking *s = state;
	uint64_t count = s->blockers + s->threads;
	uint64_t created = crew_create(result, s->ids, count, child, s->member, sizeof *s->member);

	s->timed = created == count;
	gate_decide(&s->gate, created == count);
	crew_join(s->ids, created);
}

static void serial(void *state)
{
	struct blocking *s = state;

	for (uint64_t i = 0; i < s->blockers; i++)
		s->member[i].made = s->calls;
	for (uint64_t i = 0; i < s->threads; i++)
		compute(&s->member[s->blockers + i]);
}

static void release(struct blocking *s)
{
	free(s->late);
	free(s->member);
	free(s->ids);
	free(s);
}

static void finish(void *state, struct result *result)
{
	struct blocking *s = state;
	uint64_t made = 0;

	result->units = s->threads * s->chunks;
	for (uint64_t i = 0; i < s->blockers + s->threads; i++) {
		result->answer ^= s->member[i].x;
		made += s->member[i].made;
	}
	result->answer += made;
	if (s->timed)
		for (uint64_t i = 0; i < s->blockers * s->calls; i++)
			observed("lateness", "ns", s->late[i]);
	gate_destroy(&s->gate);
	release(s);
}

static void *setup(const struct args *args)
{
	struct blocking *s = calloc(1, sizeof *s);
	uint64_t count;

	if (!s)
		return NULL;
	s->blockers = param(args, "blockers");
	s->calls = param(args, "calls");
	s->ns = param(args, "call_us") * 1000;
	s->threads = param(args, "threads");
	s->chunks = param(args, "chunks");
	s->steps = param(args, "steps");
	count = s->blockers + s->threads;
	s->late = calloc(s->blockers + 1, s->calls * sizeof *s->late);
	s->member = calloc(count, sizeof *s->member);
	s->ids = calloc(count, sizeof *s->ids);
	if (!s->late || !s->member || !s->ids) {
		release(s);
		return NULL;
	}
	gate_init(&s->gate);
	for (uint64_t i = 0; i < count; i++) {
		int computes = i >= s->blockers;

		s->member[i] = (struct member){
			.all = s, .i = computes ? i - s->blockers : i, .computes = computes};
	}
	return s;
}

WORKLOAD(blocking) = {
	.id = "blocking",
	.params = {{"blockers", 0},
		   {"calls", 1},
		   {"call_us", 1},
		   {"threads", 1},
		   {"chunks", 1},
		   {"steps", 0}},
	.setup = setup,
	.run = run,
	.serial = serial,
	.finish = finish,
};
