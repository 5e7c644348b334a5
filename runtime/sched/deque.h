/*
 * A Chase-Lev work-stealing deque of pointers, with the C11 orderings of Lê,
 * Pop, Cohen and Zappa Nardelli, "Correct and Efficient Work-Stealing for Weak
 * Memory Models", PPoPP 2013.
 *
 * One owner pushes and takes at the bottom and may also take at the top;
 * everybody else steals at the top.
 *
 * Where this differs from the paper's listing:
 *   - Indices are signed: take() on an empty deque makes bottom < top for a
 *     moment, and an unsigned comparison would read that as a huge size.
 *   - The grown array is published with release and loaded with acquire: the
 *     listing's relaxed store lets a thief see the new array before its slots.
 *   - Old arrays are kept until mni_deque_free(): a thief may still be reading
 *     one. They add up to less than the live one.
 *   - push() stores bottom with release instead of fence + relaxed store; the
 *     two are the same code on x86-64 and cheaper on AArch64. The fence also
 *     covered what take() stores to bottom later, so take() releases, too: a
 *     thief may learn of the items from that store alone.
 *
 * Pairings (the letters stand at the code):
 *   A  push's and take's release of bottom  with steal's acquire load of bottom
 *   B  take's SC fence (bottom, then top)  with steal's SC fence (top, then bottom)
 *   C  grow's release of the array      with steal's acquire load of the array
 *   D  the CASes on top, SC, among themselves: each index is won once
 *   E  push's acquire of top            with the winner's CAS (release): the
 *                                       slot was read before it is overwritten
 *
 * A slot's value is read before the CAS and used only after winning it.
 *
 * take_out() takes one from among the newest, not at an end. That is take() of
 * all from there on, of which it keeps one: it lowers bottom to the one it
 * wants, and when top is still below behind the fence (B), all thieves that had
 * seen the old bottom can win is the index at top. So it may move what lies
 * above, and gives it back by raising bottom (A).
 */
#ifndef MNI_DEQUE_H
#define MNI_DEQUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/atomic.h"

struct mni_deque_array {
	struct mni_deque_array *older; /* owner only; kept for slow thieves */
	int64_t mask;                  /* size - 1, size a power of two */
	_Atomic(void *) slot[];
};

struct mni_deque {
	_Alignas(64) _Atomic int64_t top;    /* anybody, by CAS */
	_Alignas(64) _Atomic int64_t bottom; /* written by the owner */
	_Atomic(struct mni_deque_array *) array;
};

/* What a steal came to: a pointer, or one of these. */
#define MNI_DEQUE_EMPTY ((void *)0)
#define MNI_DEQUE_ABORT ((void *)1) /* lost a race; there may be more */

/* The array allocator, given by the includer: zero-filled is not required. */
void *mni_deque_alloc(size_t bytes);
void mni_deque_release(void *array, size_t bytes);

static inline size_t mni_deque_bytes(int64_t size)
{
	return sizeof(struct mni_deque_array) + (size_t)size * sizeof(_Atomic(void *));
}

/* Sets up an empty deque; size is a power of two. False: no memory. */
static inline bool mni_deque_init(struct mni_deque *d, int64_t size)
{
	struct mni_deque_array *a = mni_deque_alloc(mni_deque_bytes(size));

	if (!a)
		return false;
	a->older = NULL;
	a->mask = size - 1;
	mni_store(&d->top, 0, relaxed);
	mni_store(&d->bottom, 0, relaxed);
	mni_store(&d->array, a, relaxed);
	return true;
}

/* Gives all memory back. Nobody may be using the deque. */
static inline void mni_deque_free(struct mni_deque *d)
{
	struct mni_deque_array *a = mni_load(&d->array, relaxed);

	while (a) {
		struct mni_deque_array *older = a->older;

		mni_deque_release(a, mni_deque_bytes(a->mask + 1));
		a = older;
	}
	mni_store(&d->array, NULL, relaxed);
}

/* Owner: doubles the array. Returns the new one, or NULL when memory is out. */
static inline struct mni_deque_array *mni_deque_grow(struct mni_deque *d, struct mni_deque_array *a,
						     int64_t t, int64_t b)
{
	int64_t size = 2 * (a->mask + 1);
	struct mni_deque_array *n = mni_deque_alloc(mni_deque_bytes(size));

	if (!n)
		return NULL;
	n->older = a;
	n->mask = size - 1;
	for (int64_t i = t; i < b; i++)
		mni_store(&n->slot[i & n->mask], mni_load(&a->slot[i & a->mask], relaxed), relaxed);
	mni_store(&d->array, n, release); /* C */
	return n;
}

/* Owner: pushes at the bottom. False: the array is full and memory is out. */
static inline bool mni_deque_push(struct mni_deque *d, void *x)
{
	int64_t b = mni_load(&d->bottom, relaxed);
	int64_t t = mni_load(&d->top, acquire); /* E */
	struct mni_deque_array *a = mni_load(&d->array, relaxed);

	if (b - t > a->mask) {
		a = mni_deque_grow(d, a, t, b);
		if (!a)
			return false;
	}
	mni_store(&a->slot[b & a->mask], x, relaxed);
	mni_store(&d->bottom, b + 1, release); /* A */
	return true;
}

/*
 * Owner: takes the newest in two steps, with a full fence between them (B): for
 * a caller that has another use for it.
 */
static inline void mni_deque_take_begin(struct mni_deque *d)
{
	mni_store(&d->bottom, mni_load(&d->bottom, relaxed) - 1, release); /* A */
}

/* The newest, or NULL. */
static inline void *mni_deque_take_end(struct mni_deque *d)
{
	int64_t b = mni_load(&d->bottom, relaxed);
	struct mni_deque_array *a = mni_load(&d->array, relaxed);
	int64_t t = mni_load(&d->top, relaxed);
	void *x;

	if (t > b) {
		mni_store(&d->bottom, b + 1, relaxed);
		return MNI_DEQUE_EMPTY;
	}
	x = mni_load(&a->slot[b & a->mask], relaxed);
	if (t == b) { /* the last one: thieves want it too */
		if (!mni_cas(&d->top, &t, t + 1, seq_cst, relaxed)) /* D */
			x = MNI_DEQUE_EMPTY;
		mni_store(&d->bottom, b + 1, relaxed);
	}
	return x;
}

/* Owner: takes the newest, or NULL. */
static inline void *mni_deque_take(struct mni_deque *d)
{
	mni_deque_take_begin(d);
	mni_fence(seq_cst); /* B */
	return mni_deque_take_end(d);
}

/* How far from the bottom take_out() looks. */
#define MNI_DEQUE_NEAR 16

/* The index of x among the newest, but for the oldest of all, or -1. */
static inline int64_t mni_deque_find(struct mni_deque *d, const void *x)
{
	int64_t b = mni_load(&d->bottom, relaxed);
	int64_t t = mni_load(&d->top, relaxed);
	struct mni_deque_array *a = mni_load(&d->array, relaxed);

	for (int64_t i = b - 1; i > t && i >= b - MNI_DEQUE_NEAR; i--)
		if (mni_load(&a->slot[i & a->mask], relaxed) == x)
			return i;
	return -1;
}

/* Owner: closes the gap at index i; thieves cannot get at what is above. */
static inline void mni_deque_close(struct mni_deque *d, int64_t i, int64_t b)
{
	struct mni_deque_array *a = mni_load(&d->array, relaxed);

	for (; i < b - 1; i++)
		mni_store(&a->slot[i & a->mask], mni_load(&a->slot[(i + 1) & a->mask], relaxed),
			  relaxed);
}

/*
 * Owner: takes x out from among the newest; the others keep their order. False:
 * it is not there, or a thief may be about to take it. For a moment the deque
 * looks shorter than it is: whoever must not miss what is in it has to be told
 * afterwards.
 */
static inline bool mni_deque_take_out(struct mni_deque *d, const void *x)
{
	int64_t b = mni_load(&d->bottom, relaxed);
	int64_t i = mni_deque_find(d, x);
	bool taken;

	if (i < 0)
		return false;
	mni_store(&d->bottom, i, release); /* A */
	mni_fence(seq_cst); /* B */
	taken = mni_load(&d->top, relaxed) < i;
	if (taken)
		mni_deque_close(d, i, b--);
	mni_store(&d->bottom, b, release); /* A */
	return taken;
}

/*
 * Owner: takes the oldest, or NULL. Bottom is the owner's own, so a fence
 * between the two indices is not needed: top only grows, and the CAS settles
 * who gets the index.
 */
static inline void *mni_deque_take_oldest(struct mni_deque *d)
{
	int64_t b = mni_load(&d->bottom, relaxed);
	struct mni_deque_array *a = mni_load(&d->array, relaxed);
	int64_t t = mni_load(&d->top, relaxed);

	while (t < b) {
		void *x = mni_load(&a->slot[t & a->mask], relaxed);

		if (mni_cas_weak(&d->top, &t, t + 1, seq_cst, relaxed)) /* D */
			return x;
	}
	return MNI_DEQUE_EMPTY;
}

/* Anybody: takes the oldest, or says EMPTY or ABORT. Never blocks, never loops. */
static inline void *mni_deque_steal(struct mni_deque *d)
{
	int64_t t = mni_load(&d->top, acquire);
	int64_t b;

	mni_fence(seq_cst); /* B */
	b = mni_load(&d->bottom, acquire); /* A */
	if (t < b) {
		struct mni_deque_array *a = mni_load(&d->array, acquire); /* C */
		void *x = mni_load(&a->slot[t & a->mask], relaxed);

		if (!mni_cas(&d->top, &t, t + 1, seq_cst, relaxed)) /* D, E */
			return MNI_DEQUE_ABORT;
		return x;
	}
	return MNI_DEQUE_EMPTY;
}

/* Anybody: how many there seemed to be, never negative. */
static inline int64_t mni_deque_size(struct mni_deque *d)
{
	int64_t b = mni_load(&d->bottom, relaxed);
	int64_t t = mni_load(&d->top, relaxed);

	return b > t ? b - t : 0;
}

/*
 * The owner's operations when there is nobody to steal: the same structure
 * without the read-modify-writes and fences that only thieves need.
 */
static inline void *mni_deque_take_alone(struct mni_deque *d)
{
	int64_t b = mni_load(&d->bottom, relaxed) - 1;
	struct mni_deque_array *a = mni_load(&d->array, relaxed);

	if (mni_load(&d->top, relaxed) > b)
		return MNI_DEQUE_EMPTY;
	mni_store(&d->bottom, b, relaxed);
	return mni_load(&a->slot[b & a->mask], relaxed);
}

static inline bool mni_deque_take_out_alone(struct mni_deque *d, const void *x)
{
	int64_t b = mni_load(&d->bottom, relaxed);
	int64_t i = mni_deque_find(d, x);

	if (i < 0)
		return false;
	mni_deque_close(d, i, b);
	mni_store(&d->bottom, b - 1, relaxed);
	return true;
}

static inline void *mni_deque_take_oldest_alone(struct mni_deque *d)
{
	int64_t t = mni_load(&d->top, relaxed);
	struct mni_deque_array *a = mni_load(&d->array, relaxed);

	if (t >= mni_load(&d->bottom, relaxed))
		return MNI_DEQUE_EMPTY;
	mni_store(&d->top, t + 1, relaxed);
	return mni_load(&a->slot[t & a->mask], relaxed);
}

/* Owner: the newest or the oldest without taking it, or NULL. May be stale. */
static inline void *mni_deque_peek(struct mni_deque *d, bool oldest)
{
	int64_t b = mni_load(&d->bottom, relaxed);
	int64_t t = mni_load(&d->top, relaxed);
	struct mni_deque_array *a = mni_load(&d->array, relaxed);

	if (t >= b)
		return NULL;
	return mni_load(&a->slot[(oldest ? t : b - 1) & a->mask], relaxed);
}

#endif
