/*
 * Thread descriptors, in slabs. A slab's addresses are given back only at
 * shutdown, so that an old handle can always be looked up and found to be old.
 *
 * Each worker keeps a free list and trades with the depot by the batch. A slab
 * has as many stacks reserved as it has descriptors (stack.c), so creating a
 * thread can fail and starting one cannot.
 *
 * A slab of which all descriptors are free, and not needed for the next few
 * threads, becomes bare: its memory, but for the first page, and its reservation
 * are given back. A bare descriptor reads as zero, which no handle agrees with:
 * generations leave zero out. When the slab is needed again its generations begin
 * above all that it had.
 */
#include "core/internal.h"
#include "core/sanitize.h"

#define SLAB 255      /* descriptors; the first try: with the header, whole pages */
#define SLAB_SMALL 15 /* when there is little memory */
#define BATCH 64
#define KEEP 256
#define KEEP_FREE 4096 /* in the depot, in slabs that are not bare */

/* All of it under the depot's lock, but for what stays as it is. */
struct slab {
	_Alignas(64) struct slab *next; /* of all */
	size_t bytes;
	struct mn_thread *free;
	struct slab *more, **link; /* those with free descriptors, or the bare ones */
	uint32_t count;            /* descriptors */
	uint32_t free_count;
	uint32_t epoch;      /* the depot's when it was mapped */
	uint16_t generation; /* of descriptors that are used for the first time */
	struct mn_thread thread[];
};

_Static_assert(SLAB - 1 <= UINT8_MAX, "mn_thread.slot");

static struct {
	mni_spinlock lock;
	_Atomic(struct slab *) slabs; /* written under the lock; the newest first */
	struct slab *some;            /* under the lock, as all below: with free descriptors, in
	                                 the order in which they are to be used */
	struct slab *bare;
	size_t free_count; /* descriptors, those in bare slabs left out */
	uint32_t epoch;    /* slabs of another belong to nobody: of before a fork() */
} depot;

static struct slab *slab_of(struct mn_thread *t)
{
	return (struct slab *)(t - t->slot) - 1;
}

static uint16_t next_generation(uint16_t g)
{
	return (uint16_t)(g + 1) ? (uint16_t)(g + 1) : 1;
}

/* --- slabs; under the lock --- */

static void list_in(struct slab *s, struct slab **head)
{
	s->link = head;
	s->more = *head;
	if (s->more)
		s->more->link = &s->more;
	*head = s;
}

static void list_out(struct slab *s)
{
	*s->link = s->more;
	if (s->more)
		s->more->link = s->link;
}

/* Fills the slab with free descriptors. */
static void fill(struct slab *s)
{
	s->free = NULL;
	for (uint32_t i = s->count; i-- > 0;) {
		mni_store(&s->thread[i].generation, s->generation, relaxed);
		s->thread[i].slot = (uint8_t)i;
		s->thread[i].next = s->free;
		s->free = &s->thread[i];
	}
	s->free_count = s->count;
	depot.free_count += s->count;
	list_in(s, &depot.some);
}

/* Adds a slab to the depot. */
static bool grow(uint32_t n)
{
	size_t bytes = sizeof(struct slab) + n * sizeof(struct mn_thread);
	struct slab *s = mn_plat_map(bytes);

	if (!s)
		return false;
	if (!mni_stack_reserve(n)) {
		mn_plat_unmap(s, bytes);
		return false;
	}
	s->bytes = bytes;
	s->count = n;
	s->epoch = depot.epoch;
	s->generation = 1;
	s->next = mni_load(&depot.slabs, relaxed);
	mni_store(&depot.slabs, s, release); /* with mni_thread_walk()'s acquire */
	fill(s);
	return true;
}

/* Makes a bare slab one with descriptors again. */
static bool use_bare(void)
{
	struct slab *s = depot.bare;

	if (!s || !mni_stack_reserve(s->count))
		return false;
	list_out(s);
	fill(s);
	return true;
}

/* Takes up to n descriptors as a list. NULL: no memory. */
static struct mn_thread *withdraw(uint32_t n, uint32_t *got)
{
	struct mn_thread *first = NULL;

	*got = 0;
	if (mni_rt.shrunk && !mni_workers_again())
		return NULL;
	mni_spin_lock(&depot.lock);
	if (depot.some || use_bare() || grow(SLAB) || grow(SLAB_SMALL)) {
		struct slab *s = depot.some;
		struct mn_thread *last = first = s->free;

		*got = 1;
		while (*got < n && last->next) {
			last = last->next;
			++*got;
		}
		s->free = last->next;
		last->next = NULL;
		s->free_count -= *got;
		depot.free_count -= *got;
		if (!s->free)
			list_out(s);
	}
	mni_spin_unlock(&depot.lock);
	return first;
}

/* --- giving them back --- */

/* Gives the memory of a slab back that nobody else has got hold of. */
static void strip(struct slab *s)
{
	uint16_t most = 0;

	for (uint32_t i = 0; i < s->count; i++) {
		uint16_t above =
			(uint16_t)(mni_load(&s->thread[i].generation, relaxed) - s->generation);

		if (above > most)
			most = above;
	}
	s->generation = next_generation((uint16_t)(s->generation + most));
	mn_plat_discard((char *)s + MN_PLAT_PAGE, s->bytes - MN_PLAT_PAGE);
	mni_stack_unreserve(s->count);
	mni_spin_lock(&depot.lock);
	list_in(s, &depot.bare);
	mni_spin_unlock(&depot.lock);
}

static void deposit(struct mn_thread *first, struct mn_thread *last)
{
	struct slab *unneeded = NULL;
	struct mn_thread *next;

	last->next = NULL;
	mni_spin_lock(&depot.lock);
	for (struct mn_thread *t = first; t; t = next) {
		struct slab *s = slab_of(t);

		next = t->next;
		if (s->epoch != depot.epoch)
			continue;
		t->next = s->free;
		s->free = t;
		depot.free_count++;
		if (!s->free_count++)
			list_in(s, &depot.some);
		if (s->free_count < s->count || depot.free_count < s->count + KEEP_FREE)
			continue;
		depot.free_count -= s->count;
		list_out(s);
		s->more = unneeded;
		unneeded = s;
	}
	mni_spin_unlock(&depot.lock);
	while (unneeded) {
		struct slab *s = unneeded;

		unneeded = s->more;
		strip(s);
	}
}

struct mn_thread *mni_thread_alloc(struct mni_worker *w)
{
	struct mn_thread *t;

	if (!w) {
		uint32_t got;

		t = withdraw(1, &got);
		if (t)
			mni_san_taken(t);
		return t;
	}
	if (!w->free_threads)
		w->free_threads = withdraw(BATCH, &w->free_thread_count);
	t = w->free_threads;
	if (t) {
		w->free_threads = t->next;
		w->free_thread_count--;
		mni_san_taken(t);
	}
	return t;
}

void mni_thread_free(struct mni_worker *w, struct mn_thread *t)
{
	mni_san_left(t);
	t->fn = NULL; /* not in use */
	mni_store(&t->generation, next_generation(mni_load(&t->generation, relaxed)), release);
	if (!w) {
		deposit(t, t);
		return;
	}
	t->next = w->free_threads;
	w->free_threads = t;
	if (++w->free_thread_count > KEEP) {
		struct mn_thread *last = t;

		for (unsigned i = 1; i < KEEP / 2; i++)
			last = last->next;
		w->free_threads = last->next;
		w->free_thread_count -= KEEP / 2;
		deposit(t, last);
	}
}

struct mn_thread *mni_thread_lookup(mn_thread_t handle)
{
	struct mn_thread *t = (struct mn_thread *)(uintptr_t)(handle & 0xffffffffffffu);

	if (!t || mni_load(&t->generation, acquire) != handle >> 48)
		return NULL;
	return t;
}

/* Main first: in a forked child it lies in no slab of ours. */
__attribute__((no_sanitize("thread"))) void mni_thread_walk(bool (*visit)(struct mn_thread *t, void *arg),
							    void *arg)
{
	struct mn_thread *main = mni_rt.main;

	if (!main || !visit(main, arg))
		return;
	for (struct slab *s = mni_load(&depot.slabs, acquire); s; s = s->next)
		for (uint32_t i = 0; i < s->count; i++)
			if (s->thread[i].fn && &s->thread[i] != main && !visit(&s->thread[i], arg))
				return;
}

bool mni_thread_is(uintptr_t p)
{
	for (struct slab *s = mni_load(&depot.slabs, acquire); s; s = s->next)
		if (p >= (uintptr_t)s->thread && p < (uintptr_t)(s->thread + s->count))
			return !((p - (uintptr_t)s->thread) % sizeof(struct mn_thread));
	return p && p == (uintptr_t)mni_rt.main;
}

void mni_thread_pool_free(void)
{
	struct slab *s = mni_exchange(&depot.slabs, NULL, relaxed);

	while (s) {
		struct slab *next = s->next;

		mn_plat_unmap(s, s->bytes);
		s = next;
	}
	mni_thread_pool_forget();
}

void mni_thread_pool_forget(void)
{
	mni_store(&depot.lock, 0, relaxed);
	mni_store(&depot.slabs, NULL, relaxed);
	depot.some = depot.bare = NULL;
	depot.free_count = 0;
	depot.epoch++;
}
