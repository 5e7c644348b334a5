/*
 * mutex, rwlock and philosophers: a lock that nobody else wants in place of a contended one. Where
 * there are several kernel threads, one does what goes through one lock, and the rest is shared out.
 */
#include <stdlib.h>

#include "busy.h"
#include "lock.h"
#include "team.h"
#include "workload.h"

/* The part of one thread of the definition. */
struct worker {
	uint64_t end; /* of its own sequence */
	struct lock lock[2];
};

struct locks {
	uint64_t threads, rounds;
	uint64_t inside, outside; /* steps; of philosophers: eat and think */
	uint64_t read_percent, words;
	uint64_t count, x; /* what the one mutex guards */
	uint64_t *records; /* of rwlock: one for each thread */
	struct worker *workers;
};

static void critical_sections(struct locks *s)
{
	struct lock *lock = s->workers[0].lock;

	for (uint64_t i = 0; i < s->threads * s->rounds; i++) {
		lock_take(lock);
		s->count++;
		s->x = busy(s->inside, s->x);
		lock_give(lock);
	}
}

/*
 * On one kernel thread, as a program does it: a processor that executes ahead computes what is
 * outside while it computes what is inside, which two loops one after the other do not let it.
 */
static void whole_rounds(struct locks *s)
{
	struct lock *lock = s->workers[0].lock;

	for (uint64_t i = 0; i < s->threads; i++) {
		uint64_t y = i;
		for (uint64_t round = 0; round < s->rounds; round++) {
			lock_take(lock);
			s->count++;
			s->x = busy(s->inside, s->x);
			lock_give(lock);
			y = busy(s->outside, y);
		}
		s->workers[i].end = y;
	}
}

/* Part 0 is all that happens under the mutex; the others are what each thread does outside. */
static void mutex_part(void *arg, uint64_t i)
{
	struct locks *s = arg;

	if (i == 0) {
		critical_sections(s);
		return;
	}
	uint64_t y = i - 1;
	for (uint64_t round = 0; round < s->rounds; round++) {
		y = busy(s->outside, y);
		__asm__ volatile("" : "+r"(y)); /* a round is a round */
	}
	s->workers[i - 1].end = y;
}

/* Each thread has a record and a lock of its own, so that no cache line moves. */
static void rwlock_part(void *arg, uint64_t i)
{
	struct locks *s = arg;
	uint64_t *record = s->records + i * s->words;
	struct lock *lock = s->workers[i].lock;

	for (uint64_t round = 0; round < s->rounds; round++) {
		lock_take(lock);
		if ((37 * (round % 100) + 11 * (i % 100)) % 100 < s->read_percent) {
			uint64_t differ = 0;
			for (uint64_t k = 0; k < s->words; k++)
				differ |= record[k] ^ record[0];
			s->workers[i].end += differ != 0;
		} else {
			for (uint64_t k = 0; k < s->words; k++)
				record[k]++;
		}
		lock_give(lock);
	}
}

/* The forks of a seat, as if nobody sat beside. */
static void philosopher_part(void *arg, uint64_t i)
{
	struct locks *s = arg;
	struct lock *fork = s->workers[i].lock;
	uint64_t x = i;

	for (uint64_t round = 0; round < s->rounds; round++) {
		x = busy(s->outside, x);
		lock_take(&fork[0]);
		lock_take(&fork[1]);
		x = busy(s->inside, x);
		lock_give(&fork[1]);
		lock_give(&fork[0]);
	}
	s->workers[i].end = x + 2 * s->rounds; /* the forks were used so often */
}

static void run_mutex(void *state, struct result *result)
{
	struct locks *s = state;

	(void)result;
	if (team_size() == 1)
		whole_rounds(s);
	else
		team_run(1 + s->threads, mutex_part, s);
}

static void run_rwlock(void *state, struct result *result)
{
	struct locks *s = state;

	(void)result;
	team_run(s->threads, rwlock_part, s);
}

static void run_philosophers(void *state, struct result *result)
{
	struct locks *s = state;

	(void)result;
	team_run(s->threads, philosopher_part, s);
}

static void finish(void *state, struct result *result)
{
	struct locks *s = state;

	result->units = s->threads * s->rounds;
	result->answer = s->count + s->x;
	for (uint64_t i = 0; i < s->threads; i++)
		result->answer += s->records ? s->workers[i].end << 32 : s->workers[i].end;
	for (uint64_t k = 0; s->records && k < s->threads * s->words; k++)
		result->answer += s->records[k];
	free(s->records);
	free(s->workers);
	free(s);
}

static struct locks *make(const struct args *args)
{
	struct locks *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->threads = param(args, "threads");
	s->rounds = param(args, "rounds");
	if (s->threads <= SIZE_MAX / sizeof *s->workers)
		s->workers = aligned_alloc(64, s->threads * sizeof *s->workers);
	if (!s->workers) {
		free(s);
		return NULL;
	}
	for (uint64_t i = 0; i < s->threads; i++)
		s->workers[i] = (struct worker){0};
	return s;
}

static void *setup_mutex(const struct args *args)
{
	struct locks *s = make(args);

	if (!s)
		return NULL;
	s->inside = param(args, "inside");
	s->outside = param(args, "outside");
	return s;
}

static void *setup_rwlock(const struct args *args)
{
	struct locks *s = make(args);

	if (!s)
		return NULL;
	s->read_percent = param(args, "read_percent");
	s->words = param(args, "words");
	s->records = calloc(s->threads, s->words * sizeof *s->records);
	if (!s->records) {
		free(s->workers);
		free(s);
		return NULL;
	}
	return s;
}

static void *setup_philosophers(const struct args *args)
{
	struct locks *s = make(args);

	if (!s)
		return NULL;
	s->inside = param(args, "eat");
	s->outside = param(args, "think");
	return s;
}

WORKLOAD(mutex) = {
	.id = "mutex",
	.params = {{"threads", 1}, {"rounds", 1}, {"inside", 0}, {"outside", 0}},
	.setup = setup_mutex,
	.run = run_mutex,
	.finish = finish,
};

WORKLOAD(rwlock) = {
	.id = "rwlock",
	.params = {{"threads", 1}, {"rounds", 1}, {"read_percent", 0}, {"words", 1}},
	.setup = setup_rwlock,
	.run = run_rwlock,
	.finish = finish,
};

WORKLOAD(philosophers) = {
	.id = "philosophers",
	.params = {{"threads", 2}, {"rounds", 1}, {"eat", 0}, {"think", 0}},
	.setup = setup_philosophers,
	.run = run_philosophers,
	.finish = finish,
};
