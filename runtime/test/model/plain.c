/*
 * Accesses that are not atomic. The explored sources are compiled with
 * -fsanitize=thread, but linked with these functions in place of TSan's: the
 * compiler calls them before every access to memory that is not surely local.
 *
 * They look for data races by happens-before (vector clocks, as in FastTrack,
 * Flanagan and Freund, PLDI 2009): which of two accesses is run first does not
 * matter for finding the race, so plain accesses need no switching of threads.
 * They also keep a hash of plain memory, and add what is read to the reader's
 * history, for the comparison of states.
 *
 * A byte remembers its last write and each thread's last read since then, by
 * that thread's clock. For the comparison of states the clocks' values do not
 * matter, but only how those in bytes and those in views compare, and those in
 * bytes that all threads know of do not matter at all. So the hash is kept in
 * parts, one for each value of each thread's clock, which are put together in
 * order.
 *
 * Words that only one thread ever touches, or that nobody ever writes, need none
 * of that. When one turns out to be shared after all, the scenario is explored
 * again from the start.
 *
 * Stacks of fibers are not watched.
 */
#include <string.h>

#include "machine.h"

#define WORDS 8192 /* at most half of them used */

/* When each thread last read it and who wrote it when, by the threads' clocks. */
struct byte {
	uint16_t read[MODEL_THREADS];
	uint16_t written;
	uint16_t writer;
};

/* An aligned word of 8 bytes. */
struct word {
	uintptr_t address;
	uint64_t salt;
	uint8_t owner;      /* 1 + the thread that touched it first in any execution */
	bool others;        /* others have touched it, too */
	bool written;       /* somebody has written to it */
	bool watched;       /* both */
	uint64_t execution; /* in which the rest is valid */
	bool dirty;         /* what follows is out of date */
	uint64_t value;     /* as it is in the hash */
	struct byte hashed[8];
	struct byte byte[8];
};

static struct word word[WORDS];
static unsigned words;
static uint64_t execution;
static struct word *dirty[WORDS];
static unsigned dirties;
static bool found_watched;

#define MAX_CLOCK 1024

static uint64_t value_hash;
static struct {
	uint64_t sum[MAX_CLOCK];   /* of the bytes with this thread's clock in them */
	uint32_t bytes[MAX_CLOCK]; /* how many */
	uint16_t rank[MAX_CLOCK];  /* of the clock's value among those in bytes */
	uint16_t greatest;
} part[MODEL_THREADS];

void plain_forget(void)
{
	memset(word, 0, sizeof word);
	words = 0;
	found_watched = false;
}

bool plain_learnt_more(void)
{
	bool more = found_watched;

	found_watched = false;
	return more;
}

void plain_reset(void)
{
	execution++;
	value_hash = 0;
	dirties = 0;
	for (unsigned t = 0; t < MODEL_THREADS; t++) {
		memset(part[t].sum, 0, (part[t].greatest + 1u) * sizeof part[t].sum[0]);
		memset(part[t].bytes, 0, (part[t].greatest + 1u) * sizeof part[t].bytes[0]);
		part[t].greatest = 0;
	}
}

static struct word *find(uintptr_t address)
{
	unsigned at = (unsigned)(mix(address) % WORDS);
	struct word *w;

	while (word[at].address && word[at].address != address)
		at = (at + 1) % WORDS;
	w = &word[at];
	if (!w->address) {
		w->address = address;
		w->salt = mix(address) | 1;
		if (++words > WORDS / 2)
			model_fail("the scenario touches too much plain memory");
	}
	if (w->execution != execution) {
		w->execution = execution;
		memset(w->byte, 0, sizeof w->byte);
		memset(w->hashed, 0, sizeof w->hashed);
		w->value = *(uint64_t *)address;
		w->dirty = false;
	}
	return w;
}

/* Moves what a byte has in it from one part of the hash to another. */
static void rehash(unsigned t, uint16_t from, uint16_t to, uint64_t salt)
{
	if (from == to)
		return;
	if (to >= MAX_CLOCK)
		model_fail("a thread's clock comes to %d", MAX_CLOCK);
	if (from) {
		part[t].sum[from] -= salt;
		part[t].bytes[from]--;
	}
	if (to) {
		part[t].sum[to] += salt;
		part[t].bytes[to]++;
		if (to > part[t].greatest)
			part[t].greatest = to;
	}
}

static void clean(struct word *w)
{
	uint64_t now = *(uint64_t *)w->address;

	value_hash += mix2(w->salt, now) - mix2(w->salt, w->value);
	w->value = now;
	w->dirty = false;
	for (unsigned i = 0; w->watched && i < 8; i++) {
		uint64_t salt = w->salt * (2 * i + 3);
		struct byte *old = &w->hashed[i];
		const struct byte *new = &w->byte[i];

		for (unsigned t = 0; t < MODEL_THREADS; t++)
			rehash(t, old->read[t], new->read[t], salt);
		rehash(old->writer, old->written, 0, salt ^ salt >> 32);
		rehash(new->writer, 0, new->written, salt ^ salt >> 32);
		*old = *new;
	}
}

/* The clock that all threads know of thread t. */
static uint16_t known_to_all(unsigned t)
{
	uint16_t least = UINT16_MAX;

	for (unsigned i = 0; i < machine.scenario->threads; i++)
		if (machine.thread[i].status != ENDED && machine.thread[i].now.clock[t] < least)
			least = machine.thread[i].now.clock[t];
	return least;
}

uint64_t plain_hash(void)
{
	uint64_t h;

	while (dirties)
		clean(dirty[--dirties]);
	h = value_hash;
	for (unsigned t = 0; t < machine.scenario->threads; t++) {
		uint16_t from = known_to_all(t);
		uint16_t rank = 0;

		for (unsigned c = 1; c <= part[t].greatest; c++) {
			if (c > from && part[t].bytes[c])
				h = mix2(h ^ t, part[t].sum[c] + ++rank);
			part[t].rank[c] = rank;
		}
	}
	return h;
}

uint64_t plain_clock_hash(const uint16_t *clock)
{
	uint64_t h = 0;

	for (unsigned t = 0; t < machine.scenario->threads; t++)
		h = h << 12 |
		    part[t].rank[clock[t] < part[t].greatest ? clock[t] : part[t].greatest];
	return mix(h);
}

static void race(const char *mine, unsigned other, const char *theirs, const void *p)
{
	model_fail("data race: thread %u %s %p, which thread %u %s, unordered", model_thread(),
		   mine, p, other, theirs);
}

static void access_byte(uintptr_t address, struct byte *b, bool write)
{
	unsigned self = thread_number(machine.self);
	const uint16_t *clock = machine.self->now.clock;

	if (b->written > clock[b->writer])
		race(write ? "writes" : "reads", b->writer, "wrote", (void *)address);
	if (!write) {
		b->read[self] = clock[self];
		return;
	}
	for (unsigned t = 0; t < MODEL_THREADS; t++)
		if (b->read[t] > clock[t])
			race("writes", t, "read", (void *)address);
	memset(b, 0, sizeof *b);
	b->written = clock[self];
	b->writer = (uint16_t)self;
}

static void access(const void *p, size_t size, bool write)
{
	uintptr_t at = (uintptr_t)p;
	uintptr_t end = at + size;

	if (!machine.self)
		return;
	if (fiber_owns(p)) {
		if (write)
			machine.thread[fiber_of(p)].control_stale = true;
		return;
	}
	late_barrier();
	while (at < end) {
		struct word *w = find(at & ~(uintptr_t)7);
		uintptr_t next = (at & ~(uintptr_t)7) + 8;

		if (!w->owner)
			w->owner = (uint8_t)(thread_number(machine.self) + 1);
		w->others |= w->owner != thread_number(machine.self) + 1;
		w->written |= write;
		if (w->others && w->written && !w->watched)
			w->watched = found_watched = true;
		if ((write || w->watched) && !w->dirty) {
			w->dirty = true;
			dirty[dirties++] = w;
		}
		if (!w->watched) {
			at = next;
			continue;
		}
		if (!write)
			remember(*(uint64_t *)w->address);
		for (; at < next && at < end; at++)
			access_byte(at, &w->byte[at % 8], write);
	}
}

#define HOOKS(bytes)                                                                               \
	void __tsan_read##bytes(void *p);                                                          \
	void __tsan_write##bytes(void *p);                                                         \
	void __tsan_unaligned_read##bytes(void *p);                                                \
	void __tsan_unaligned_write##bytes(void *p);                                               \
	void __tsan_volatile_read##bytes(void *p);                                                 \
	void __tsan_volatile_write##bytes(void *p);                                                \
	void __tsan_read##bytes(void *p)                                                           \
	{                                                                                          \
		access(p, bytes, false);                                                           \
	}                                                                                          \
	void __tsan_write##bytes(void *p)                                                          \
	{                                                                                          \
		access(p, bytes, true);                                                            \
	}                                                                                          \
	void __tsan_unaligned_read##bytes(void *p)                                                 \
	{                                                                                          \
		access(p, bytes, false);                                                           \
	}                                                                                          \
	void __tsan_unaligned_write##bytes(void *p)                                                \
	{                                                                                          \
		access(p, bytes, true);                                                            \
	}                                                                                          \
	void __tsan_volatile_read##bytes(void *p)                                                  \
	{                                                                                          \
		access(p, bytes, false);                                                           \
	}                                                                                          \
	void __tsan_volatile_write##bytes(void *p)                                                 \
	{                                                                                          \
		access(p, bytes, true);                                                            \
	}

HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

void __tsan_read_range(void *p, size_t size);
void __tsan_write_range(void *p, size_t size);
void __tsan_func_entry(void *from);
void __tsan_func_exit(void);
void __tsan_init(void);

void __tsan_read_range(void *p, size_t size)
{
	access(p, size, false);
}

void __tsan_write_range(void *p, size_t size)
{
	access(p, size, true);
}

void __tsan_func_entry(void *from)
{
	(void)from;
}

void __tsan_func_exit(void) {}
void __tsan_init(void) {}
