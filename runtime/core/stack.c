/*
 * Stacks.
 *
 * Stacks of the default class are carved out of large areas of address space
 * that cost nothing until touched, each with a guard page below it. A guard is
 * made when the stack is first needed, or where guards are scarce (platform.h),
 * with its area, so that it is creating a thread that fails. Stacks are several
 * times larger than what is promised to a thread, so that joiners have room to
 * run threads in place (thread.c). Each worker keeps a magazine of free ones; the
 * depot behind them gives memory back above a number.
 *
 * The top of a stack holds its description. Tops are coloured: without it the
 * busiest lines of all stacks would fall into the same cache sets.
 */
#include "core/internal.h"
#include "core/sanitize.h"

#define ROOM 4 /* stack = promise x ROOM */
#define AREA_STACKS 256
#define COLOURS 8
#define COLOUR_STEP 256
#define KEEP_TOUCHED 1024 /* free stacks in the depot that keep their memory */

struct area {
	struct area *next;
	size_t bytes;
	char *fresh; /* not yet carved */
	size_t left; /* stacks in it */
};

static struct {
	mni_spinlock lock;
	struct mni_stack *free; /* under the lock, as all of it */
	size_t free_count;
	struct area *areas;   /* all, oldest first */
	struct area *newest;
	struct area *carving; /* the first with fresh stacks, or NULL */
	size_t made;          /* colours the next one */
	size_t bytes;         /* of one stack, guard included; start */
	bool scarce;          /* guards are made with the area; start */
} pool;

static size_t round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

static struct mni_stack *describe(char *map, size_t bytes, size_t colour, bool pooled)
{
	char *top = map + bytes - (colour % COLOURS) * COLOUR_STEP;
	size_t head = pooled ? MNI_SAN_STACK_HEAD : 64;
	struct mni_stack *s = (struct mni_stack *)((uintptr_t)(top - sizeof *s) / head * head);

	s->map = map;
	s->bytes = bytes;
	s->lo = map + MN_PLAT_PAGE;
	s->pooled = pooled;
	s->given = false;
	mni_san_stack_made(s);
	return s;
}

static bool guard_all(struct area *a)
{
	for (size_t i = 0; i < a->left; i++)
		if (mn_plat_guard(a->fresh + i * pool.bytes, MN_PLAT_PAGE))
			return false;
	return true;
}

/* Maps an area for n stacks, under the lock. */
static bool map_area(size_t n)
{
	size_t bytes = n * pool.bytes + MN_PLAT_PAGE;
	struct area *a = mn_plat_map(bytes);

	if (!a)
		return false;
	*a = (struct area){NULL, bytes, (char *)a + MN_PLAT_PAGE, n};
	if (pool.scarce && !guard_all(a)) {
		mn_plat_unmap(a, bytes);
		return false;
	}
	if (pool.newest)
		pool.newest->next = a;
	else
		pool.areas = a;
	pool.newest = a;
	if (!pool.carving)
		pool.carving = a;
	return true;
}

bool mni_stack_reserve(size_t more)
{
	bool ok;

	mni_spin_lock(&pool.lock);
	ok = map_area(more);
	mni_spin_unlock(&pool.lock);
	return ok;
}

bool mni_stack_pool_init(size_t promise)
{
	pool.bytes = round_up(promise * ROOM + mni_rt.tick_room, MN_PLAT_PAGE) + MN_PLAT_PAGE;
	pool.scarce = mn_plat_guards_scarce();
	/* What sits in the magazines of others must not be missing here. */
	return mni_stack_reserve(mni_rt.workers * MNI_MAGAZINE + 1);
}

void mni_stack_pool_free(void)
{
	while (pool.areas) {
		struct area *a = pool.areas;

		pool.areas = a->next;
		mn_plat_unmap(a, a->bytes);
	}
	pool.newest = pool.carving = NULL;
	pool.free = NULL;
	pool.free_count = 0;
	pool.made = 0;
}

void mni_stack_pool_forget(void)
{
	mni_store(&pool.lock, 0, relaxed);
	pool.areas = pool.newest = pool.carving = NULL;
	pool.free = NULL;
	pool.free_count = 0;
}

/* A stack out of the depot or fresh, under the lock. */
static struct mni_stack *withdraw(struct mni_worker *w)
{
	struct mni_stack *s = pool.free;
	struct area *a = pool.carving;

	if (s) {
		pool.free = s->next;
		pool.free_count--;
		return s;
	}
	if (!a || (!pool.scarce && mn_plat_guard(a->fresh, MN_PLAT_PAGE)))
		return NULL;
	s = describe(a->fresh, pool.bytes, pool.made++, true);
	a->fresh += pool.bytes;
	if (--a->left == 0)
		pool.carving = a->next;
	mni_count(&w->count.stacks);
	return s;
}

struct mni_stack *mni_stack_get(struct mni_worker *w)
{
	struct mni_stack *s = w->free_stacks;

	if (!s) {
		mni_spin_lock(&pool.lock);
		while (w->free_stack_count < MNI_MAGAZINE / 2 && (s = withdraw(w))) {
			s->next = w->free_stacks;
			w->free_stacks = s;
			w->free_stack_count++;
			if (!pool.free) /* fresh ones are made one by one, as needed */
				break;
		}
		mni_spin_unlock(&pool.lock);
		s = w->free_stacks;
		if (!s) {
			mn_plat_say("mn: the kernel refused a guard page for a reserved stack");
			mn_plat_abort();
		}
	}
	w->free_stacks = s->next;
	w->free_stack_count--;
	return s;
}

void mni_stack_put(struct mni_worker *w, struct mni_stack *s)
{
	if (s->given)
		return;
	if (!s->pooled) {
		mn_plat_unmap(s->map, s->bytes);
		return;
	}
	s->next = w->free_stacks;
	w->free_stacks = s;
	if (++w->free_stack_count <= MNI_MAGAZINE)
		return;
	mni_spin_lock(&pool.lock);
	while (w->free_stack_count > MNI_MAGAZINE / 2) {
		s = w->free_stacks;
		w->free_stacks = s->next;
		w->free_stack_count--;
		s->next = pool.free;
		pool.free = s;
		if (++pool.free_count > KEEP_TOUCHED)
			mn_plat_discard(s->lo, (size_t)((char *)s - s->lo));
	}
	mni_spin_unlock(&pool.lock);
}

struct mni_stack *mni_stack_make(size_t promise, size_t guard)
{
	size_t bytes = round_up(promise + mni_rt.tick_room + COLOUR_STEP * COLOURS, MN_PLAT_PAGE) +
		       MN_PLAT_PAGE;
	struct mni_stack *s;
	char *map;

	guard = guard ? round_up(guard, MN_PLAT_PAGE) : MN_PLAT_PAGE;
	bytes += guard;
	map = mn_plat_map(bytes);
	if (!map)
		return NULL;
	if (mn_plat_guard(map, guard)) {
		mn_plat_unmap(map, bytes);
		return NULL;
	}
	s = describe(map, bytes, 0, false);
	s->lo = map + guard;
	return s;
}

struct mni_stack *mni_stack_given(char *lo, size_t bytes)
{
	uintptr_t top = ((uintptr_t)lo + bytes) & ~(uintptr_t)63;
	struct mni_stack *s = describe(lo, (size_t)(top - (uintptr_t)lo), 0, false);

	s->lo = lo;
	s->given = true;
	return s;
}
