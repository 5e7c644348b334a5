/*
 * The view machine: what each atomic access does (model.h says what may happen).
 *
 * A message's number never changes; its position in the modification order
 * does when a store is put in front of it. Views hold numbers.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

#define MAX_IGNORED 16

static struct location location[MAX_LOCATIONS];
static unsigned locations;   /* known, in whatever execution */
static uint8_t slot_of[512]; /* hash of the address -> location + 1 */

static struct {
	const char *from, *to;
} ignored[MAX_IGNORED];
static unsigned ignoreds;
static bool found_user;

static bool acquires(enum model_order o)
{
	return o == MODEL_acquire || o == MODEL_acq_rel || o == MODEL_seq_cst;
}

static bool releases(enum model_order o)
{
	return o == MODEL_release || o == MODEL_acq_rel || o == MODEL_seq_cst;
}

/* --- real memory, for setup and finish and initial values --- */

static uint64_t direct_read(const volatile void *p, unsigned size)
{
	uint64_t v = 0;

	memcpy(&v, (const void *)p, size);
	return v;
}

static void direct_write(volatile void *p, unsigned size, uint64_t v)
{
	memcpy((void *)p, &v, size);
}

static uint64_t truncate(uint64_t v, unsigned size)
{
	return size == 8 ? v : v & (((uint64_t)1 << 8 * size) - 1);
}

/* --- views --- */

static void learn(struct view *v, unsigned l, unsigned m)
{
	if (location[l].position[m] > location[l].position[v->known[l]])
		v->known[l] = (uint8_t)m;
}

static void join_known(struct view *v, const struct view *from)
{
	for (unsigned l = 0; l < locations; l++)
		if (from->known[l] != v->known[l])
			learn(v, l, from->known[l]);
}

static void join(struct view *v, const struct view *from)
{
	join_known(v, from);
	for (unsigned t = 0; t < MODEL_THREADS; t++)
		if (from->clock[t] > v->clock[t])
			v->clock[t] = from->clock[t];
}

void memory_see_all(struct thread *t)
{
	for (unsigned l = 0; l < locations; l++)
		if (location[l].count) {
			learn(&t->now, l, location[l].order[location[l].count - 1]);
			learn(&t->after_acquire, l, location[l].order[location[l].count - 1]);
		}
}

/* The running thread has done something that others can tell from what follows it. */
static void advance(struct thread *t)
{
	unsigned n = thread_number(t);

	t->after_acquire.clock[n] = ++t->now.clock[n];
}

/* --- locations --- */

static unsigned hash_slot(const volatile void *p)
{
	unsigned at = (unsigned)((uintptr_t)p * 0x9e3779b97f4a7c15u >> 55);

	while (slot_of[at] && location[slot_of[at] - 1].address != p)
		at = (at + 1) % sizeof slot_of;
	return at;
}

static bool is_ignored(const volatile void *p)
{
	for (unsigned i = 0; i < ignoreds; i++)
		if ((const char *)p >= ignored[i].from && (const char *)p < ignored[i].to)
			return true;
	return false;
}

/* The location at p; its initial value is what lies in real memory. */
static struct location *locate(const volatile void *p, unsigned size)
{
	struct location *l;
	unsigned at = hash_slot(p);

	if (!slot_of[at]) {
		if (locations == MAX_LOCATIONS)
			model_fail("the scenario has more than %d locations", MAX_LOCATIONS);
		slot_of[at] = (uint8_t)(++locations);
		location[locations - 1].address = p;
		location[locations - 1].salt = mix((uintptr_t)p) | 1;
		location[locations - 1].ignored = is_ignored(p);
	}
	l = &location[slot_of[at] - 1];
	if (!l->count) {
		l->count = 1;
		l->size = size;
		l->order[0] = l->position[0] = 0;
		l->kernel = 0;
		memset(&l->message[0], 0, sizeof l->message[0]);
		l->message[0].value = direct_read(p, size);
	}
	if (l->size != size)
		model_fail("an access of %u bytes to %u atomic bytes", size, l->size);
	return l;
}

/*
 * Notes that the running thread touches it. Whether threads are to be switched for
 * that: not when it is the only one that ever does, or when nobody writes. When that
 * turns out to be wrong, the scenario is explored again from the start.
 */
static bool touch(struct location *l, bool write)
{
	uint8_t self = (uint8_t)(1u << thread_number(machine.self));

	if (l->users & self && l->written >= write)
		return l->shared;
	l->users |= self;
	l->written |= write;
	l->shared = l->written && l->users & (l->users - 1);
	found_user = true;
	return l->shared;
}

bool memory_learnt_more(void)
{
	bool more = found_user;

	found_user = false;
	return more;
}

void memory_reset(void)
{
	for (unsigned l = 0; l < locations; l++)
		location[l].count = 0;
	memset(&machine.sc, 0, sizeof machine.sc);
	memset(&machine.light, 0, sizeof machine.light);
	memset(&machine.heavy, 0, sizeof machine.heavy);
}

void memory_forget(void)
{
	memset(slot_of, 0, sizeof slot_of);
	memset(location, 0, sizeof location);
	locations = 0;
	ignoreds = 0;
	found_user = false;
}

void memory_ignore(const void *p, size_t bytes)
{
	for (unsigned i = 0; i < ignoreds; i++)
		if (ignored[i].from == p)
			return; /* setup is run before every execution */
	if (ignoreds == MAX_IGNORED)
		abort();
	ignored[ignoreds].from = p;
	ignored[ignoreds++].to = (const char *)p + bytes;
}

void memory_write_back(void)
{
	for (unsigned i = 0; i < locations; i++) {
		struct location *l = &location[i];

		if (l->count && !l->ignored)
			direct_write((volatile void *)l->address, l->size,
				     l->message[l->order[l->count - 1]].value);
	}
}

/* --- comparing states ---
 *
 * What all users of a location know of already makes no difference any more: it is
 * hashed from the oldest message on that one of them may still read, and views by
 * how far they go beyond these.
 */

static struct {
	uint8_t oldest; /* position of the oldest message that is readable */
} base[MAX_LOCATIONS];
static const struct view no_view;
static uint8_t unsettled[MAX_LOCATIONS]; /* locations with more than one readable message */
static unsigned unsettleds;

static void find_bases(void)
{
	unsettleds = 0;
	for (unsigned l = 0; l < locations; l++) {
		uint8_t least = UINT8_MAX;

		if (!location[l].count)
			continue;
		for (unsigned t = 0; t < machine.scenario->threads; t++) {
			uint8_t p = location[l].position[machine.thread[t].now.known[l]];

			if (machine.thread[t].status != ENDED && location[l].users >> t & 1 &&
			    p < least)
				least = p;
		}
		if (least == UINT8_MAX)
			least = (uint8_t)(location[l].count - 1);
		base[l].oldest = least;
		if (least + 1u < location[l].count)
			unsettled[unsettleds++] = (uint8_t)l;
	}
}

static uint64_t view_hash(const struct view *v)
{
	uint64_t h = plain_clock_hash(v->clock);

	for (unsigned i = 0; i < unsettleds; i++) {
		unsigned l = unsettled[i];
		uint8_t p = location[l].position[v->known[l]];

		if (p > base[l].oldest)
			h += (uint64_t)(p - base[l].oldest) * location[l].salt;
	}
	return mix(h);
}

static uint64_t location_hash(const struct location *l)
{
	unsigned from = base[l - location].oldest;
	uint64_t initial = direct_read(l->address, l->size);
	uint64_t h = 0;

	for (unsigned p = from; p < l->count; p++) {
		const struct message *m = &l->message[l->order[p]];

		h = mix2(h, m->value ^ (p > from && m->glued ? l->salt : 0)) + view_hash(&m->view);
	}
	if (l->position[l->kernel] > from)
		h += (uint64_t)(l->position[l->kernel] - from);
	/* A location that was not touched contributes nothing. */
	return mix2(h, l->salt) - mix2(mix2(0, initial) + view_hash(&no_view), l->salt);
}

uint64_t memory_hash(void)
{
	uint64_t h;

	find_bases();
	h = mix2(view_hash(&machine.sc), view_hash(&machine.light)) + view_hash(&machine.heavy);
	for (unsigned l = 0; l < locations; l++)
		if (location[l].count && !location[l].ignored)
			h += location_hash(&location[l]);
	for (unsigned t = 0; t < machine.scenario->threads; t++) {
		const struct thread *x = &machine.thread[t];

		if (x->status == ENDED)
			continue;
		h = mix2(h, view_hash(&x->now));
		h = mix2(h, view_hash(&x->after_acquire));
		h = mix2(h, view_hash(&x->at_release));
	}
	return h;
}

/* --- messages --- */

static unsigned number_of(const struct location *l)
{
	return (unsigned)(l - location);
}

/* The position of the oldest message that the running thread may read. */
static unsigned oldest(const struct location *l)
{
	return l->position[machine.self->now.known[number_of(l)]];
}

static bool next_is_glued(const struct location *l, unsigned position)
{
	return position + 1 < l->count && l->message[l->order[position + 1]].glued;
}

/* Writes a message at a position; read is what an RMW has read. */
static void write_message(struct location *l, unsigned position, uint64_t value,
			  enum model_order order, const struct message *read)
{
	struct thread *t = machine.self;
	unsigned number = l->count;
	struct message *m = &l->message[number];

	if (number == MAX_MESSAGES)
		model_fail("more than %d messages in a location", MAX_MESSAGES);
	memmove(&l->order[position + 1], &l->order[position], number - position);
	l->order[position] = (uint8_t)number;
	l->count++;
	for (unsigned i = position; i < l->count; i++)
		l->position[l->order[i]] = (uint8_t)i;

	late_written(number_of(l), value);
	m->value = value;
	m->writer = (uint8_t)thread_number(t);
	m->glued = read != NULL;
	learn(&t->now, number_of(l), number);
	learn(&t->after_acquire, number_of(l), number);
	m->view = releases(order) ? t->now : t->at_release;
	m->view.known[number_of(l)] = (uint8_t)number;
	if (read)
		join(&m->view, &read->view);
	advance(t);
}

/* What reading a message does to the reader. */
static void read_message(struct location *l, unsigned number, enum model_order order)
{
	struct thread *t = machine.self;
	const struct message *m = &l->message[number];

	learn(&t->now, number_of(l), number);
	learn(&t->after_acquire, number_of(l), number);
	join(&t->after_acquire, &m->view);
	if (acquires(order))
		join(&t->now, &m->view);
	remember(m->value);
}

/* Whether whoever knows b knows a. */
static bool includes(const struct view *b, const struct view *a)
{
	for (unsigned t = 0; t < MODEL_THREADS; t++)
		if (a->clock[t] > b->clock[t])
			return false;
	for (unsigned l = 0; l < locations; l++)
		if (location[l].position[a->known[l]] > location[l].position[b->known[l]])
			return false;
	return true;
}

/*
 * Which messages a load may read, the newest first. A message is left out when
 * an older one has the same value and teaches nothing more: who knows less can
 * do all that he could do who knows more.
 */
static unsigned readable(const struct location *l, uint8_t *number)
{
	unsigned n = 0;

	for (unsigned i = l->count - 1;; i--) {
		const struct message *m = &l->message[l->order[i]];
		bool same = false;

		for (unsigned j = oldest(l); j < i && !same; j++) {
			const struct message *older = &l->message[l->order[j]];

			same = older->value == m->value && includes(&m->view, &older->view);
		}
		if (!same)
			number[n++] = l->order[i];
		if (i == oldest(l))
			return n;
	}
}

/* For traces: who wrote what, and how far behind the newest it is. */
static void trace_read(const struct model_site *s, const struct location *l, unsigned number,
		       const char *what)
{
	unsigned behind = l->count - 1 - l->position[number];

	if (!machine.tracing)
		return;
	if (behind)
		trace(s, "%s 0x%" PRIx64 ", %u behind the newest, 0x%" PRIx64, what,
		      l->message[number].value, behind, l->message[l->order[l->count - 1]].value);
	else
		trace(s, "%s 0x%" PRIx64, what, l->message[number].value);
}

/* --- the accesses --- */

static void enter(struct model_site *s)
{
	s->reached = true;
	machine.self->just_fenced = false;
	late_settle();
}

static __attribute__((noinline)) uint64_t load(struct model_site *s, const volatile void *p,
					       unsigned size)
{
	struct location *l = machine.self ? locate(p, size) : NULL;
	uint8_t can[MAX_MESSAGES];
	uint64_t value[MAX_MESSAGES], guess[MAX_MESSAGES];
	unsigned count, guesses, way;
	uint64_t before;

	if (!l || l->ignored)
		return direct_read(p, size);
	enter(s);
	if (touch(l, false))
		explore_before_load();
	if (machine.self->late.stage && machine.self->late.location == number_of(l))
		late_barrier();
	count = readable(l, can);
	for (unsigned i = 0; i < count; i++)
		value[i] = l->message[can[i]].value;
	before = mix2(machine.self->history, (uintptr_t)s);
	guesses = acquires(s->order) ? 0 : late_guesses(number_of(l), value, count, guess);
	way = explore_choose(count + guesses);
	if (way >= count) {
		late_begin(number_of(l), before, guess[way - count], value, count);
		remember(guess[way - count]);
		trace(s, "is to read 0x%" PRIx64 " later", guess[way - count]);
		return guess[way - count];
	}
	read_message(l, can[way], s->order);
	late_loaded(s, before, value[way]);
	trace_read(s, l, can[way], "reads");
	return value[way];
}

void memory_load_late(unsigned number, uint64_t value)
{
	struct location *l = &location[number];
	uint8_t can[MAX_MESSAGES];
	unsigned count = 0;

	explore_before_load();
	for (unsigned i = l->count - 1;; i--) {
		if (l->message[l->order[i]].value == value)
			can[count++] = l->order[i];
		if (i == oldest(l))
			break;
	}
	if (!count)
		model_retry();
	number = can[explore_choose(count)];
	read_message(l, number, MODEL_relaxed);
	trace(NULL, "has read 0x%" PRIx64 " by now", value);
}

static __attribute__((noinline)) void store(struct model_site *s, volatile void *p, unsigned size,
					    uint64_t v)
{
	struct location *l;
	uint8_t place[MAX_MESSAGES];
	unsigned places = 0;

	v = truncate(v, size);
	if (!machine.self) {
		direct_write(p, size, v);
		return;
	}
	l = locate(p, size);
	if (l->ignored) {
		direct_write(p, size, v);
		return;
	}
	enter(s);
	late_store(s, number_of(l), releases(s->order), 0, v);
	machine.self->past_loads |= touch(l, true);
	machine.self->fenced = false;
	for (unsigned i = l->count - 1;; i--) {
		if (!next_is_glued(l, i))
			place[places++] = (uint8_t)(i + 1);
		if (i == oldest(l))
			break;
	}
	places = explore_choose(places);
	if (machine.tracing)
		trace(s, "writes 0x%" PRIx64 "%s", v,
		      place[places] < l->count ? ", not as the newest" : "");
	write_message(l, place[places], v, s->order, NULL);
}

static __attribute__((noinline)) uint64_t rmw(struct model_site *s, volatile void *p, unsigned size,
					      enum model_rmw op, uint64_t v)
{
	struct location *l = machine.self ? locate(p, size) : NULL;
	uint8_t can[MAX_MESSAGES];
	unsigned count = 0;
	unsigned number = 0;
	uint64_t old;
	uint64_t new = 0;

	if (l && !l->ignored) {
		enter(s);
		if (touch(l, true))
			explore_before_load();
		for (unsigned i = l->count - 1;; i--) {
			if (!next_is_glued(l, i))
				can[count++] = l->order[i];
			if (i == oldest(l))
				break;
		}
		number = can[explore_choose(count)];
		old = l->message[number].value;
	} else {
		old = direct_read(p, size);
	}
	switch (op) {
	case MODEL_EXCHANGE:
		new = v;
		break;
	case MODEL_ADD:
		new = old + v;
		break;
	case MODEL_SUB:
		new = old - v;
		break;
	case MODEL_OR:
		new = old | v;
		break;
	case MODEL_AND:
		new = old &v;
		break;
	}
	new = truncate(new, size);
	if (l && !l->ignored) {
		late_store(s, number_of(l), releases(s->order), old, new);
		read_message(l, number, s->order);
		trace_read(s, l, number, "reads");
		if (machine.tracing)
			trace(s, "writes 0x%" PRIx64, new);
		write_message(l, l->position[number] + 1u, new, s->order, &l->message[number]);
		machine.self->past_loads |= l->shared;
		machine.self->fenced = s->order == MODEL_seq_cst;
	} else {
		direct_write(p, size, new);
	}
	return old;
}

static __attribute__((noinline)) bool cas(struct model_site *s, volatile void *p, unsigned size,
					  uint64_t *expect, uint64_t v, bool weak)
{
	struct location *l;
	struct thread *t = machine.self;
	struct {
		uint8_t number;
		bool wins;
	} way[2 * MAX_MESSAGES];
	unsigned ways = 0;
	unsigned w;

	*expect = truncate(*expect, size);
	v = truncate(v, size);
	l = t ? locate(p, size) : NULL;
	if (!l || l->ignored) {
		uint64_t old = direct_read(p, size);
		bool same = old == *expect;

		if (same)
			direct_write(p, size, v);
		*expect = old;
		return same;
	}
	enter(s);
	if (touch(l, true))
		explore_before_load();
	for (unsigned i = l->count - 1;; i--) {
		unsigned number = l->order[i];
		bool same = l->message[number].value == *expect;

		if (same && !next_is_glued(l, i)) {
			way[ways].number = (uint8_t)number;
			way[ways++].wins = true;
		}
		if (!same || (weak && t->spurious_cas)) {
			way[ways].number = (uint8_t)number;
			way[ways++].wins = false;
		}
		if (i == oldest(l))
			break;
	}
	w = explore_choose(ways);
	if (!way[w].wins && l->message[way[w].number].value == *expect)
		t->spurious_cas--;
	if (way[w].wins)
		late_store(s, number_of(l), releases(s->order), *expect, v);
	else
		late_barrier();
	remember(way[w].wins);
	read_message(l, way[w].number, way[w].wins ? s->order : s->fail);
	trace_read(s, l, way[w].number, way[w].wins ? "wins over" : "fails on");
	*expect = l->message[way[w].number].value;
	if (way[w].wins) {
		if (machine.tracing)
			trace(s, "writes 0x%" PRIx64, v);
		write_message(l, l->position[way[w].number] + 1u, v, s->order,
			      &l->message[way[w].number]);
		t->past_loads |= l->shared;
		t->fenced = s->order == MODEL_seq_cst;
	}
	return way[w].wins;
}

/* The fences of a pair: what each leaves, the other meets when it comes later. */
static void fence_of_pair(const struct model_site *s)
{
	struct thread *t = machine.self;
	bool light = s->kind == MODEL_LIGHT_FENCE;

	if (s->order == MODEL_removed) {
		trace(s, "left out");
		return;
	}
	explore_before_load();
	trace(s, "done");
	join_known(light ? &machine.light : &machine.heavy, &t->after_acquire);
	join_known(&t->now, light ? &machine.heavy : &machine.light);
	join_known(&t->after_acquire, &t->now);
	t->past_loads = true;
}

static __attribute__((noinline)) void fence(struct model_site *s)
{
	struct thread *t = machine.self;

	if (!t)
		return;
	s->reached = true;
	if (s->order != MODEL_removed)
		late_barrier();
	if (s->kind == MODEL_LIGHT_FENCE || s->kind == MODEL_HEAVY_FENCE) {
		fence_of_pair(s);
		return;
	}
	/*
	 * The cheaper fence after a seq_cst RMW is promised to be a full one (arch.h
	 * of each architecture), but only when there has been such an RMW.
	 */
	if (s->kind == MODEL_FENCE_AFTER_RMW && s->order == MODEL_seq_cst && !t->fenced)
		model_fail("%s:%d: no seq_cst read-modify-write or fence before it", s->file,
			   s->line);
	if (s->order == MODEL_seq_cst && t->just_fenced) {
		trace(s, "done, right behind another");
		return;
	}
	if (s->order == MODEL_seq_cst)
		explore_before_load();
	trace(s, s->order == MODEL_removed ? "left out" : "done");
	switch (s->order) {
	case MODEL_seq_cst:
		t->now = t->after_acquire;
		join_known(&t->now, &machine.sc);
		machine.sc = t->now;
		memset(machine.sc.clock, 0, sizeof machine.sc.clock);
		t->after_acquire = t->at_release = t->now;
		t->past_loads = true;
		t->fenced = true;
		t->just_fenced = true;
		advance(t);
		break;
	case MODEL_acq_rel:
		t->now = t->after_acquire;
		t->at_release = t->now;
		advance(t);
		break;
	case MODEL_acquire:
		t->now = t->after_acquire;
		break;
	case MODEL_release:
		t->at_release = t->now;
		advance(t);
		break;
	default:
		break;
	}
}

/* --- how explored code gets here: what is left on its stack afterwards is not to tell --- */

uint64_t model_load(struct model_site *s, const volatile void *p, unsigned size)
{
	uint64_t v;

	model_entry((uintptr_t)p);
	v = load(s, p, size);
	fiber_scrub();
	return v;
}

void model_store(struct model_site *s, volatile void *p, unsigned size, uint64_t v)
{
	store(s, p, size, v);
	fiber_scrub();
}

uint64_t model_rmw(struct model_site *s, volatile void *p, unsigned size, enum model_rmw op,
		   uint64_t v)
{
	uint64_t old;

	model_entry(mix2((uintptr_t)p, v));
	old = rmw(s, p, size, op, v);
	fiber_scrub();
	return old;
}

bool model_cas(struct model_site *s, volatile void *p, unsigned size, uint64_t *expect, uint64_t v,
	       bool weak)
{
	bool wins;

	model_entry(mix2((uintptr_t)p, v));
	wins = cas(s, p, size, expect, v, weak);
	fiber_scrub();
	return wins;
}

void model_fence(struct model_site *s)
{
	model_entry(0);
	fence(s);
	fiber_scrub();
}

/* --- for the kernel's part in waiting (futex.c) --- */

uint64_t memory_kernel_read(const volatile void *p)
{
	struct location *l = locate(p, 4);
	unsigned from;

	touch(l, false);
	from = l->position[l->kernel] > oldest(l) ? l->position[l->kernel] : oldest(l);

	l->kernel = l->order[l->count - 1 - explore_choose(l->count - from)];
	learn(&machine.self->now, number_of(l), l->kernel); /* it is this CPU that reads */
	learn(&machine.self->after_acquire, number_of(l), l->kernel);
	remember(l->message[l->kernel].value);
	return l->message[l->kernel].value;
}

void memory_kernel_saw(const volatile void *p)
{
	struct location *l = locate(p, 4);
	uint8_t known = machine.self->now.known[number_of(l)];

	if (l->position[known] > l->position[l->kernel])
		l->kernel = known;
}
