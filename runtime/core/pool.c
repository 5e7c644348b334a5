/*
 * Thread descriptors: slabs that are given back only at shutdown, so that an
 * old handle can always be looked up and found to be old.
 *
 * Each worker keeps a free list and trades with the depot by the batch. A new
 * slab reserves as many stacks as it has descriptors (stack.c), so creating a
 * thread can fail and starting one cannot.
 */
#include "core/internal.h"
#include "core/sanitize.h"

#define SLAB 256      /* descriptors; the first try */
#define SLAB_SMALL 16 /* when there is little memory */
#define BATCH 64
#define KEEP 256

struct slab {
	_Alignas(64) struct slab *next;
	size_t bytes;
	struct mn_thread thread[];
};

static struct {
	mni_spinlock lock;
	struct mn_thread *free; /* under the lock */
	struct slab *slabs;     /* under the lock */
} depot;

/* Adds a slab to the depot, under the lock. */
static bool grow(size_t n)
{
	size_t bytes = sizeof(struct slab) + n * sizeof(struct mn_thread);
	struct slab *s;

	bytes = (bytes + MN_PLAT_PAGE - 1) & ~(size_t)(MN_PLAT_PAGE - 1);
	s = mn_plat_map(bytes);
	if (!s)
		return false;
	if (!mni_stack_reserve(n)) {
		mn_plat_unmap(s, bytes);
		return false;
	}
	s->bytes = bytes;
	s->next = depot.slabs;
	depot.slabs = s;
	for (size_t i = n; i-- > 0;) {
		mni_store(&s->thread[i].generation, 1, relaxed);
		s->thread[i].next = depot.free;
		depot.free = &s->thread[i];
	}
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
	if (depot.free || grow(SLAB) || grow(SLAB_SMALL)) {
		struct mn_thread *last = first = depot.free;

		*got = 1;
		while (*got < n && last->next) {
			last = last->next;
			++*got;
		}
		depot.free = last->next;
		last->next = NULL;
	}
	mni_spin_unlock(&depot.lock);
	return first;
}

static void deposit(struct mn_thread *first, struct mn_thread *last)
{
	mni_spin_lock(&depot.lock);
	last->next = depot.free;
	depot.free = first;
	mni_spin_unlock(&depot.lock);
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
	mni_store(&t->generation, (uint16_t)(mni_load(&t->generation, relaxed) + 1), release);
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

void mni_thread_pool_free(void)
{
	while (depot.slabs) {
		struct slab *s = depot.slabs;

		depot.slabs = s->next;
		mn_plat_unmap(s, s->bytes);
	}
	depot.free = NULL;
}

void mni_thread_pool_forget(void)
{
	mni_store(&depot.lock, 0, relaxed);
	depot.free = NULL;
	depot.slabs = NULL;
}
