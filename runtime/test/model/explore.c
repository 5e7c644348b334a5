/*
 * Exploration: runs a scenario again and again, each time with another sequence
 * of choices (depth first), until there are no others left.
 *
 * A choice is which thread goes on, which message a load reads, where in the
 * modification order a store goes, or what a scenario leaves open. An execution
 * is repeated by making the same choices; the code under test must therefore
 * depend on nothing else (no time, no addresses from malloc).
 *
 * At each switch of threads the state is looked up among those met before. It is
 * new, or what follows from it has been or will be explored from there, and this
 * execution ends.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "machine.h"

#define MAX_CHOICES 4096
#define SPURIOUS_CAS 1 /* failures without a reason of weak CASes: per thread */
#define ARENA_BYTES (16 * 1024)

struct machine machine;

static struct {
	uint8_t made, of;
} choice[MAX_CHOICES];
static unsigned choices; /* that there are */
static unsigned depth;   /* that this execution has made */

static _Alignas(64) char arena[MODEL_THREADS + 1][ARENA_BYTES];
static size_t setup_allocated;

/* --- the states met so far: open addressing, 0 is free --- */

static uint64_t *seen;
static uint64_t seen_count, seen_size;

static void seen_clear(void)
{
	free(seen);
	seen_size = 1 << 12;
	seen_count = 0;
	seen = calloc(seen_size, sizeof *seen);
	if (!seen)
		abort();
}

/* False: it was there. */
static bool seen_insert(uint64_t h)
{
	uint64_t at;

	h += !h;
	for (at = h & (seen_size - 1); seen[at]; at = (at + 1) & (seen_size - 1))
		if (seen[at] == h)
			return false;
	seen[at] = h;
	if (++seen_count * 2 > seen_size) {
		uint64_t *old = seen;
		uint64_t old_size = seen_size;

		seen_size *= 2;
		seen_count = 0;
		seen = calloc(seen_size, sizeof *seen);
		if (!seen) {
			fprintf(stderr, "model: no memory for %llu states\n",
				(unsigned long long)seen_size);
			exit(1);
		}
		for (uint64_t i = 0; i < old_size; i++)
			if (old[i])
				seen_insert(old[i]);
		free(old);
	}
	return true;
}

/*
 * What a thread will do next depends on its stack alone: explored code is compiled
 * so that it keeps nothing in registers across calls (rules.mk). Late loads ask for
 * all that it has read instead (late.c).
 */
static uint64_t control_hash(struct thread *t)
{
	if (machine.scenario->late_loads || t->status == ENDED)
		return t->history;
	if (t == machine.self || t->control_stale) {
		t->control =
			t->frame ? mix2(fiber_hash(thread_number(t), t->frame), t->pending) : 0;
		t->control_stale = false;
	}
	return t->control;
}

/* What all threads will do from here on depends on nothing but this. */
static uint64_t state_hash(void)
{
	uint64_t h = plain_hash();

	h = mix2(h, memory_hash());
	h = mix2(h, machine.early_timeouts << 16 | machine.late_timeouts << 8 | machine.late_loads);
	h = mix2(h, machine.time_ns);
	if (machine.scenario->preemptions) /* whom to go on with costs nothing */
		h = mix2(h, machine.preemptions << 8 | thread_number(machine.self));
	for (unsigned i = 0; i < machine.scenario->threads; i++) {
		struct thread *t = &machine.thread[i];

		h = mix2(h, control_hash(t));
		h = mix2(h, t->allocated);
		h = mix2(h, (uintptr_t)t->waits_on);
		h = mix2(h, (uint64_t)t->status << 32 | t->timed_out << 24 | t->fenced << 16 |
				    t->just_fenced << 17 | t->spurious_cas << 8 |
				    t->spurious_waits);
		h = mix2(h, t->looks_at_clock + late_hash(t));
	}
	return h;
}

/* --- choices --- */

unsigned explore_choose(unsigned n)
{
	if (n == 1)
		return 0;
	if (n == 0 || n > UINT8_MAX)
		model_fail("a choice of %u", n);
	if (depth == MAX_CHOICES)
		model_fail("more than %d choices: a loop without an end?", MAX_CHOICES);
	if (depth == choices) {
		choice[choices].made = 0;
		choice[choices++].of = (uint8_t)n;
	} else if (choice[depth].of != n) {
		fprintf(stderr, "model: %s cannot be repeated: a choice of %u was one of %u\n",
			machine.scenario->name, n, choice[depth].of);
		abort();
	}
	return choice[depth++].made;
}

/* The next sequence in depth-first order; false: that was the last. */
static bool next_choices(void)
{
	while (choices && choice[choices - 1].made + 1 == choice[choices - 1].of)
		choices--;
	if (!choices)
		return false;
	choice[choices - 1].made++;
	return true;
}

unsigned model_choose(unsigned n)
{
	unsigned got;

	if (machine.self)
		late_barrier();
	got = explore_choose(n);
	if (machine.self)
		remember(got);
	return got;
}

/* --- switching --- */

void explore_end(enum end why)
{
	fiber_leave(why);
}

static void end_timed_wait(struct thread *t)
{
	t->status = READY;
	t->timed_out = true;
}

/* Picks who runs: READY threads, first the running one, and timed waits that may end early. */
static struct thread *pick(void)
{
	struct thread *can[2 * MODEL_THREADS];
	unsigned n = 0;
	unsigned threads = machine.scenario->threads;
	unsigned first = machine.self ? thread_number(machine.self) : 0;
	bool may_switch = !machine.scenario->preemptions || machine.preemptions;
	struct thread *t;

	for (unsigned i = 0; i < threads; i++) {
		t = &machine.thread[(first + i) % threads];
		if (t->status == READY)
			can[n++] = t;
		if (t == machine.self && n && !may_switch)
			return t;
	}
	for (unsigned i = 0; i < threads; i++)
		if (machine.thread[i].status == WAITING_TIMED &&
		    (n ? machine.early_timeouts : machine.late_timeouts))
			can[n++] = &machine.thread[i];
	if (!n)
		explore_end(END_DONE);
	t = can[explore_choose(n)];
	if (machine.scenario->preemptions && machine.self && t != machine.self &&
	    machine.self->status == READY)
		machine.preemptions--;
	if (t->status == WAITING_TIMED) {
		if (can[0]->status == READY) {
			machine.early_timeouts--;
		} else {
			machine.late_timeouts--;
			memory_see_all(t);
		}
		end_timed_wait(t);
	}
	return t;
}

void explore_switch(void)
{
	struct thread *from = machine.self;
	struct thread *to;

	from->past_loads = false;
	from->control_stale = true;
	if (depth == choices && !seen_insert(state_hash()))
		explore_end(END_SEEN);
	to = pick();
	if (to != from) {
		machine.self = to;
		fiber_switch((int)thread_number(from), thread_number(to));
	}
}

void explore_before_load(void)
{
	if (machine.self->past_loads)
		explore_switch();
}

static void body(unsigned n)
{
	machine.scenario->body(n);
	model_end_thread();
}

void explore_start(void)
{
	fiber_start_all(body);
}

/* --- executions --- */

static enum end run_once(void)
{
	struct thread *first;

	depth = 0;
	memory_reset();
	plain_reset();
	setup_allocated = 0;
	memset(machine.thread, 0, sizeof machine.thread);
	machine.early_timeouts = machine.scenario->early_timeouts;
	machine.late_timeouts = machine.scenario->late_timeouts;
	machine.late_loads = machine.scenario->late_loads;
	machine.preemptions = machine.scenario->preemptions;
	machine.time_ns = 1000000000;
	for (unsigned i = 0; i < machine.scenario->threads; i++) {
		struct thread *t = &machine.thread[i];

		t->spurious_cas = SPURIOUS_CAS;
		t->spurious_waits = (uint8_t)machine.scenario->spurious_waits;
		t->now.clock[i] = t->after_acquire.clock[i] = 1;
		fiber_restart(i);
	}
	machine.self = NULL;
	if (fiber_call_home(machine.scenario->setup))
		return END_FAILED;
	first = pick();
	machine.self = first;
	return (enum end)fiber_enter(thread_number(first));
}

static enum end run_finish(void)
{
	int why;

	if (!machine.scenario->finish)
		return END_DONE;
	why = fiber_call_home(machine.scenario->finish);
	return why ? (enum end)why : END_DONE;
}

static enum end run(void)
{
	enum end end = run_once();

	machine.self = NULL;
	if (end != END_DONE)
		return end;
	memory_write_back();
	return run_finish();
}

void explore(const struct model_scenario *s, struct tally *tally)
{
	struct timespec from, to;
	enum end end;
	bool again;
	unsigned long long runs = 0;
	bool progress = getenv("MODEL_PROGRESS");

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	memset(tally, 0, sizeof *tally);
	machine.scenario = s;
	machine.failure[0] = 0;
	memory_forget();
	late_forget();
	plain_forget();
	do {
		seen_clear();
		choices = 0;
		tally->executions = 0;
		do {
			end = run();
			if (progress && ++runs % 100000 == 0)
				fprintf(stderr, "%s: %llu runs, %llu states, depth %u of %u\n",
					s->name, runs, (unsigned long long)seen_count, depth,
					choices);
			if (end == END_DONE) {
				tally->executions++;
				if (s->outcome)
					tally->outcome[s->outcome() % MAX_OUTCOMES] = true;
			}
			again = plain_learnt_more() | memory_learnt_more();
		} while (end != END_FAILED && !again && next_choices());
	} while (again || (end != END_FAILED && late_learnt_more())); /* a failure is to be repeated */
	tally->states = seen_count;
	tally->failed = end == END_FAILED;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	tally->seconds =
		(double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
}

void explore_show_failure(void)
{
	machine.tracing = true;
	run();
	machine.tracing = false;
}

/* --- what scenarios call --- */

void model_fail(const char *format, ...)
{
	va_list args;

	if (machine.self)
		late_barrier(); /* a guess that does not come true is no failure */
	va_start(args, format);
	vsnprintf(machine.failure, sizeof machine.failure, format, args);
	va_end(args);
	if (machine.tracing)
		trace(NULL, "fails: %s", machine.failure);
	explore_end(END_FAILED);
}

void *model_alloc(size_t bytes)
{
	unsigned n = machine.self ? thread_number(machine.self) : MODEL_THREADS;
	size_t *used = machine.self ? &machine.self->allocated : &setup_allocated;
	void *p = arena[n] + *used;

	*used += (bytes + 63) / 64 * 64;
	if (*used > ARENA_BYTES)
		model_fail("the scenario allocates more than %d bytes", ARENA_BYTES);
	return memset(p, MODEL_GARBAGE, bytes);
}

unsigned model_thread(void)
{
	return machine.self ? thread_number(machine.self) : MODEL_THREADS;
}

void model_forget(uint64_t key)
{
	late_barrier();
	machine.self->history = mix(key);
}

void model_retry(void)
{
	explore_end(END_RETRY);
}

void model_ignore(const void *p, size_t bytes)
{
	memory_ignore(p, bytes);
}

bool model_blocked(unsigned thread)
{
	return machine.thread[thread].status != ENDED;
}

void model_end_thread(void)
{
	late_barrier();
	machine.self->status = ENDED;
	machine.self->history = 0;
	machine.self->frame = NULL;
	explore_switch();
	abort();
}

/* Built by rules.mk into stand-ins for what the explored sources call and the model has not. */
_Noreturn void model_missing(const char *function);

void model_missing(const char *function)
{
	model_fail("%s() is called, which is no part of the model", function);
}
