/*
 * Late loads: the part of load buffering that hardware really does.
 *
 * AArch64 may do a load after a store that follows it in the program, when
 * nothing orders the two: the load then returns what another thread wrote in
 * answer to that store. Views alone cannot show this (the value is not there yet
 * when the load is run), so the load guesses:
 *
 *   1. a relaxed load returns a value that is written to its location in some
 *      execution, but cannot be read now;
 *   2. the thread goes on to its next store or RMW without release order. This
 *      must be one that the thread does as well, in the same state and with the
 *      same values, when it reads something that can be read now: otherwise it
 *      depends on the guess, and neither compiler nor CPU does it first;
 *   3. before anything else that the thread does, the load is done: the value
 *      must have been written by then. If it was not, this execution does not exist.
 *
 * What values are written and what a thread does next is learnt by exploring the
 * scenario again until nothing new is learnt.
 *
 * Bounds: one store is overtaken per late load, and a scenario says how many late
 * loads an execution may have. Loads overtaken through branches whose both sides
 * store the same (which step 2 does accept) are the limit of what "does not
 * depend" means here; anything further is the out-of-thin-air problem of C11.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

/* --- what has been learnt: a set of hashes, grown in one pass and used in the next --- */

struct set {
	uint64_t *at;
	size_t size, count;
};

static struct set learnt, known;

static bool set_has(const struct set *s, uint64_t h)
{
	h += !h;
	for (size_t i = h & (s->size - 1); s->size && s->at[i]; i = (i + 1) & (s->size - 1))
		if (s->at[i] == h)
			return true;
	return false;
}

static void set_add(struct set *s, uint64_t h)
{
	size_t i;

	h += !h;
	if (set_has(s, h))
		return;
	if (2 * (s->count + 1) > s->size) {
		struct set old = *s;

		s->size = old.size ? 2 * old.size : 1024;
		s->count = 0;
		s->at = calloc(s->size, sizeof *s->at);
		if (!s->at)
			abort();
		for (size_t k = 0; k < old.size; k++)
			if (old.at[k])
				set_add(s, old.at[k]);
		free(old.at);
	}
	for (i = h & (s->size - 1); s->at[i]; i = (i + 1) & (s->size - 1))
		;
	s->at[i] = h;
	s->count++;
}

/* Values by location: few. */
#define MAX_VALUES 24

static struct {
	uint64_t value[MAX_VALUES];
	unsigned learnt, known;
} written[MAX_LOCATIONS];

void late_forget(void)
{
	free(learnt.at);
	free(known.at);
	memset(&learnt, 0, sizeof learnt);
	memset(&known, 0, sizeof known);
	memset(written, 0, sizeof written);
}

bool late_learnt_more(void)
{
	bool more = learnt.count != known.count;

	for (unsigned l = 0; l < MAX_LOCATIONS; l++) {
		more |= written[l].learnt != written[l].known;
		written[l].known = written[l].learnt;
	}
	free(known.at);
	known = learnt;
	known.at = malloc(learnt.size * sizeof *known.at + 1);
	if (!known.at)
		abort();
	if (learnt.size)
		memcpy(known.at, learnt.at, learnt.size * sizeof *known.at);
	return more;
}

static bool on(void)
{
	return machine.scenario->late_loads;
}

void late_written(unsigned l, uint64_t value)
{
	if (!on())
		return;
	for (unsigned i = 0; i < written[l].learnt; i++)
		if (written[l].value[i] == value)
			return;
	if (written[l].learnt == MAX_VALUES)
		model_fail("more than %d values in a location", MAX_VALUES);
	written[l].value[written[l].learnt++] = value;
}

unsigned late_guesses(unsigned l, const uint64_t *readable, unsigned readables, uint64_t *guess)
{
	unsigned n = 0;

	if (!machine.late_loads || machine.self->late.stage)
		return 0;
	for (unsigned i = 0; i < written[l].known; i++) {
		bool now = false;

		for (unsigned k = 0; k < readables; k++)
			now |= readable[k] == written[l].value[i];
		if (!now)
			guess[n++] = written[l].value[i];
	}
	return n;
}

/* --- what a thread does between a load and its next store --- */

static uint64_t key(uint64_t before, uint64_t value, uint64_t deeds)
{
	return mix2(mix2(before, value), deeds);
}

/* A load was done as usual: step 2 may one day ask what came after it. */
void late_loaded(const struct model_site *s, uint64_t before, uint64_t value)
{
	struct late *x = &machine.self->late;
	uint64_t deed = mix2((uintptr_t)s, value);

	if (!on())
		return;
	x->deeds = mix2(x->deeds, deed);
	for (unsigned i = 0; i < x->opens; i++)
		x->open[i].deeds = mix2(x->open[i].deeds, deed);
	if (x->opens == MAX_OPEN)
		memmove(&x->open[0], &x->open[1], --x->opens * sizeof x->open[0]);
	x->open[x->opens].before = before;
	x->open[x->opens].value = value;
	x->open[x->opens++].deeds = 0;
}

/* Step 1. */
void late_begin(unsigned l, uint64_t before, uint64_t value, const uint64_t *readable, unsigned readables)
{
	struct late *x = &machine.self->late;

	machine.late_loads--;
	x->stage = LATE_GUESSED;
	x->location = l;
	x->value = value;
	x->before = before;
	x->deeds = 0;
	x->readables = readables < MAX_READABLE ? readables : MAX_READABLE;
	memcpy(x->readable, readable, x->readables * sizeof *readable);
	x->opens = 0;
}

/* Step 2: a store or RMW without release order, to another location. */
static void pass_store(uint64_t deed)
{
	struct late *x = &machine.self->late;

	for (unsigned i = 0; i < x->opens; i++)
		set_add(&learnt, key(x->open[i].before, x->open[i].value, mix2(x->open[i].deeds, deed)));
	x->opens = 0;
	if (x->stage != LATE_GUESSED)
		return;
	for (unsigned i = 0; i < x->readables; i++)
		if (set_has(&known, key(x->before, x->readable[i], mix2(x->deeds, deed)))) {
			x->stage = LATE_OVERTAKEN;
			return;
		}
	model_retry();
}

void late_store(const struct model_site *s, unsigned l, bool releases, uint64_t read, uint64_t value)
{
	struct late *x = &machine.self->late;

	if (!on())
		return;
	if (releases || (x->stage && x->location == l))
		late_barrier();
	else
		pass_store(mix2((uintptr_t)s + l, mix2(read, value)));
}

/* Step 3. */
void late_settle(void)
{
	struct late *x = &machine.self->late;

	if (x->stage != LATE_OVERTAKEN)
		return;
	memory_load_late(x->location, x->value);
	x->stage = LATE_NONE;
}

/* Something that a load cannot be done after. */
void late_barrier(void)
{
	struct late *x = &machine.self->late;

	if (!on())
		return;
	late_settle();
	if (x->stage == LATE_GUESSED)
		model_retry();
	x->opens = 0;
}

uint64_t late_hash(const struct thread *t)
{
	const struct late *x = &t->late;

	return x->stage ? mix2(x->value, x->deeds ^ (uint64_t)x->location << 8 ^ (uint64_t)x->stage) : 0;
}
