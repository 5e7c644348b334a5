/*
 * Stacks of their own size, or with a guard of its own size: mapped and unmapped one by
 * one.
 *
 * The kernel makes one mapping of those that lie next to each other, so giving back
 * one in the midst makes it two, and that is refused when there are too many. Then the
 * stack is kept, without the memory of its frames, until its neighbours are gone or a
 * thread needs one like it.
 */
#include "core/stack.h"

#define TRIES 3 /* for each that comes, so that all go in the end */

static struct {
	mni_spinlock lock;
	struct mni_stack *kept, *last; /* under the lock; the oldest first */
	_Atomic bool any;              /* there are; read without it */
} own;

static void keep(struct mni_stack *s)
{
	mn_plat_discard(s->lo, (size_t)((char *)s - s->lo));
	s->next = NULL;
	mni_spin_lock(&own.lock);
	*(own.kept ? &own.last->next : &own.kept) = s;
	own.last = s;
	mni_store(&own.any, true, relaxed);
	mni_spin_unlock(&own.lock);
}

/* The first that is kept, if it is of this size, or any if bytes is 0. Or NULL. */
static struct mni_stack *take_kept(size_t bytes, size_t guard)
{
	struct mni_stack *s;

	if (!mni_load(&own.any, relaxed))
		return NULL;
	mni_spin_lock(&own.lock);
	s = own.kept;
	if (s && bytes && (s->bytes != bytes || s->lo != s->map + guard))
		s = NULL;
	if (s) {
		own.kept = s->next;
		mni_store(&own.any, own.kept != NULL, relaxed);
	}
	mni_spin_unlock(&own.lock);
	return s;
}

void mni_stack_own_put(struct mni_stack *s)
{
	for (int tries = 0; s && tries < TRIES; tries++) {
		if (!mn_plat_unmap(s->map, s->bytes))
			keep(s);
		s = take_kept(0, 0);
	}
	if (s)
		keep(s);
}

void mni_stack_own_free(void)
{
	for (struct mni_stack *s = take_kept(0, 0); s; s = take_kept(0, 0))
		mn_plat_unmap(s->map, s->bytes);
}

void mni_stack_own_forget(void)
{
	mni_store(&own.lock, 0, relaxed);
	own.kept = NULL;
	mni_store(&own.any, false, relaxed);
}

struct mni_stack *mni_stack_make(size_t promise, size_t guard)
{
	size_t bytes = mni_whole_pages(promise + mni_rt.tick_room + MNI_COLOUR_STEP * MNI_COLOURS) +
		       MN_PLAT_PAGE;
	struct mni_stack *s;
	char *map;

	guard = guard ? mni_whole_pages(guard) : MN_PLAT_PAGE;
	bytes += guard;
	s = take_kept(bytes, guard);
	map = s ? s->map : mn_plat_map(bytes);
	if (!map)
		return NULL;
	if (!s && mn_plat_guard(map, guard)) {
		mn_plat_unmap(map, bytes);
		return NULL;
	}
	s = mni_stack_describe(map, bytes, 0, NULL);
	s->lo = map + guard;
	mni_stack_tell_valgrind(s);
	return s;
}

struct mni_stack *mni_stack_given(char *lo, size_t bytes)
{
	uintptr_t top = ((uintptr_t)lo + bytes) & ~(uintptr_t)63;
	struct mni_stack *s = mni_stack_describe(lo, (size_t)(top - (uintptr_t)lo), 0, NULL);

	s->lo = lo;
	s->given = true;
	mni_stack_tell_valgrind(s);
	return s;
}
