/*
 * Stacks.
 *
 * Stacks of the default class are carved out of large areas of address space
 * that cost nothing until touched, each with a guard page below it. A guard is
 * made when the stack is first needed, or where guards are scarce (platform.h),
 * with its area, so that it is creating a thread that fails. Stacks are larger
 * than what is promised to a thread, so that joiners have room to run threads in
 * place (thread.c); not by more, since address space costs page tables.
 *
 * The top of a stack holds its description, its first frames and, while the thread
 * is parked, its registers: one page. Tops are coloured: without it the busiest
 * lines of all stacks would fall into the same cache sets.
 *
 * A stack that nobody uses is
 *
 *   fresh   never used, no guard
 *   bare    guarded, without memory and without a description: in its area's list
 *   free    with the memory that threads have touched: in a worker's magazine, or in
 *           the depot behind them
 *
 * Fresh ones are claimed by the worker that needs one, some in a row, as guarding
 * many in one call is cheaper; what a thread is started on is touched one by one.
 * The depot keeps so many and makes the others bare. An area of which all stacks
 * are fresh or bare is given back with its page tables as soon as fewer are
 * reserved.
 */
#include "core/stack.h"

#include "core/sanitize.h"
#include "core/valgrind.h"

#define ROOM 2            /* stack = promise x ROOM */
#define GROWTH 4          /* an area is at most so much of all before it, or what is asked for */
#define AREA_MOST 2048    /* stacks */
#define KEEP_TOUCHED 4096 /* free stacks in the depot that keep their memory, for the next wave */
#define HALF (MNI_MAGAZINE / 2)
#define RETRY_NS 1000000u
#define RETRIES 1000

/* Lies in its own mapping, below the stacks. All of it under the pool's lock. */
struct mni_area {
	struct mni_area *next, **link; /* in the list of those with as much to give */
	size_t bytes;
	char *stacks;
	uint32_t count;
	uint32_t fresh;  /* these last ones of them have never been claimed */
	uint32_t busy;   /* neither fresh nor bare */
	uint32_t epoch;  /* the pool's when it was mapped */
	uint32_t bare;   /* how many */
	uint32_t list[]; /* which */
};

static struct {
	mni_spinlock lock;
	struct mni_stack *free;    /* under the lock, as all of it */
	_Atomic size_t free_count; /* of these; read without it */
	struct mni_area *full;     /* all stacks are busy */
	struct mni_area *some;     /* some are, in the order in which they are to be asked */
	struct mni_area *idle;     /* none are */
	size_t mapped;             /* stacks in areas */
	size_t surplus;            /* those of them that nobody has reserved */
	uint32_t epoch;            /* areas of another belong to nobody: of before a fork() */
	size_t bytes;              /* of one stack, guard included; start */
	bool scarce;               /* guards are made with the area; start */
} pool;

struct mni_stack *mni_stack_describe(char *map, size_t bytes, size_t colour, struct mni_area *a)
{
	char *top = map + bytes - (colour % MNI_COLOURS) * MNI_COLOUR_STEP;
	size_t head = a ? MNI_SAN_STACK_HEAD : 64;
	struct mni_stack *s = (struct mni_stack *)((uintptr_t)(top - sizeof *s) / head * head);

	mni_valgrind_undefined(s, s + 1);
	s->map = map;
	s->bytes = bytes;
	s->lo = map + MN_PLAT_PAGE;
	s->area = a;
	s->pooled = a;
	s->given = false;
	for (int i = 0; i < MNI_KEYS_CLOSE; i++)
		s->values[i] = (struct mni_key_value){NULL, 0};
	mni_san_stack_made(s);
	return s;
}

void mni_stack_tell_valgrind(struct mni_stack *s)
{
	mni_valgrind_undefined(s->lo, s);
	s->valgrind = mni_valgrind_in(s->lo, s->map + s->bytes);
}

/* --- areas; under the lock --- */

static void list_out(struct mni_area *a)
{
	*a->link = a->next;
	if (a->next)
		a->next->link = a->link;
}

/* Puts the area into the list where it belongs by what it has to give. */
static void list_in(struct mni_area *a)
{
	struct mni_area **head = !a->busy              ? &pool.idle
				 : a->fresh || a->bare ? &pool.some
						       : &pool.full;

	a->link = head;
	a->next = *head;
	if (a->next)
		a->next->link = &a->next;
	*head = a;
}

/* Not under the lock: mapping waits for all who are at a page fault. NULL: no memory. */
static struct mni_area *map_area(size_t n)
{
	size_t head = mni_whole_pages(sizeof(struct mni_area) + n * sizeof(uint32_t));
	size_t bytes = head + n * pool.bytes;
	struct mni_area *a = mn_plat_map(bytes);

	if (!a)
		return NULL;
	a->bytes = bytes;
	a->stacks = (char *)a + head;
	a->count = a->fresh = (uint32_t)n;
	if (pool.scarce && mn_plat_guard_many(a->stacks, pool.bytes, (unsigned)n) < n) {
		mn_plat_unmap(a, bytes);
		return NULL;
	}
	return a;
}

/* Takes out idle areas that are not needed for what is reserved. */
static struct mni_area *take_unneeded(void)
{
	struct mni_area *out = NULL;
	struct mni_area *next;

	for (struct mni_area *a = pool.idle; a && pool.surplus; a = next) {
		next = a->next;
		if (a->count > pool.surplus)
			continue;
		pool.surplus -= a->count;
		pool.mapped -= a->count;
		list_out(a);
		a->next = out;
		out = a;
	}
	return out;
}

static void unmap_all(struct mni_area *a)
{
	while (a) {
		struct mni_area *next = a->next;

		mn_plat_unmap(a, a->bytes);
		a = next;
	}
}

/* Whether what is mapped is enough. If not, for how many it would be good to map an area. */
static bool reserve_mapped(size_t more, size_t *good)
{
	bool ok;

	mni_spin_lock(&pool.lock);
	ok = pool.surplus >= more;
	if (ok)
		pool.surplus -= more;
	*good = pool.mapped / GROWTH < AREA_MOST ? pool.mapped / GROWTH : AREA_MOST;
	mni_spin_unlock(&pool.lock);
	if (*good < more || pool.scarce)
		*good = more;
	return ok;
}

bool mni_stack_reserve(size_t more)
{
	struct mni_area *a;
	size_t n;

	if (reserve_mapped(more, &n))
		return true;
	a = map_area(n);
	if (!a && n > more)
		a = map_area(n = more);
	if (!a)
		return false;
	mni_spin_lock(&pool.lock);
	a->epoch = pool.epoch;
	pool.mapped += n;
	pool.surplus += n - more;
	list_in(a);
	mni_spin_unlock(&pool.lock);
	return true;
}

void mni_stack_unreserve(size_t less)
{
	struct mni_area *unneeded;

	mni_spin_lock(&pool.lock);
	pool.surplus += less;
	unneeded = take_unneeded();
	mni_spin_unlock(&pool.lock);
	unmap_all(unneeded);
}

bool mni_stack_pool_init(size_t promise)
{
	pool.bytes = mni_whole_pages(promise * ROOM + mni_rt.tick_room) + MN_PLAT_PAGE;
	pool.scarce = mn_plat_guards_scarce();
	/* What lies with other workers must not be missing here. */
	return mni_stack_reserve(mni_rt.workers * (MNI_MAGAZINE + MNI_CARVE) + 1);
}

void mni_stack_pool_free(void)
{
	mni_stack_own_free();
	unmap_all(pool.full);
	unmap_all(pool.some);
	unmap_all(pool.idle);
	mni_stack_pool_forget();
}

void mni_stack_pool_forget(void)
{
	mni_store(&pool.lock, 0, relaxed);
	pool.full = pool.some = pool.idle = NULL;
	pool.free = NULL;
	mni_store(&pool.free_count, 0, relaxed);
	mni_stack_own_forget();
	pool.mapped = pool.surplus = 0;
	pool.epoch++;
}

/* --- getting one --- */

/* Free ones out of the depot into the worker's magazine. */
static void refill(struct mni_worker *w)
{
	if (!mni_load(&pool.free_count, relaxed))
		return;
	mni_spin_lock(&pool.lock);
	while (pool.free && w->free_stack_count < HALF) {
		struct mni_stack *s = pool.free;

		pool.free = s->next;
		mni_store(&pool.free_count, mni_load(&pool.free_count, relaxed) - 1, relaxed);
		s->next = w->free_stacks;
		w->free_stacks = s;
		w->free_stack_count++;
	}
	mni_spin_unlock(&pool.lock);
}

static struct mni_stack *make(struct mni_worker *w, struct mni_area *a, char *map)
{
	return mni_stack_describe(map, pool.bytes, w->colour++, a);
}

/*
 * A bare one, or NULL. If there is none the worker claims fresh ones, the more the
 * more it has needed before.
 */
static struct mni_stack *bare_or_claim(struct mni_worker *w)
{
	struct mni_area *a;
	char *map = NULL;

	mni_spin_lock(&pool.lock);
	a = pool.some ? pool.some : pool.idle;
	if (a) {
		list_out(a);
		if (a->bare) {
			map = a->stacks + a->list[--a->bare] * pool.bytes;
			a->busy++;
		} else {
			uint32_t n = w->carve_next < a->fresh ? w->carve_next : a->fresh;

			w->carved = a;
			w->carve_at = a->stacks + (a->count - a->fresh) * pool.bytes;
			w->carve_left = n;
			w->carve_guarded = pool.scarce ? n : 0;
			a->fresh -= n;
			a->busy += n;
		}
		list_in(a);
	}
	mni_spin_unlock(&pool.lock);
	if (!map && w->carve_next < MNI_CARVE)
		w->carve_next *= 2;
	return map ? make(w, a, map) : NULL;
}

/* One of those that the worker has claimed, or NULL: the kernel refuses it a guard. */
static struct mni_stack *carve(struct mni_worker *w)
{
	char *map = w->carve_at;

	if (!w->carve_guarded)
		w->carve_guarded = mn_plat_guard_many(map, pool.bytes, w->carve_left);
	if (!w->carve_guarded)
		return NULL;
	w->carve_at += pool.bytes;
	w->carve_left--;
	w->carve_guarded--;
	mni_count(&w->count.stacks);
	return make(w, w->carved, map);
}

/*
 * There is no memory for a page table. The thread is to run all the same: memory
 * may be given back, as may stacks. Who waits here holds up its worker.
 */
static struct mni_stack *wait_for_one(struct mni_worker *w)
{
	_Atomic uint32_t nobody = 0;

	for (int i = 0; i < RETRIES; i++) {
		struct mni_stack *s;

		mn_plat_wait(&nobody, 0, RETRY_NS);
		refill(w);
		if (w->free_stacks)
			return NULL;
		s = carve(w);
		if (s)
			return s;
	}
	mn_plat_say("mn: the kernel goes on refusing a guard page for a reserved stack");
	mn_plat_abort();
}

static struct mni_stack *get(struct mni_worker *w)
{
	struct mni_stack *s = NULL;

	if (!w->free_stacks)
		refill(w);
	if (!w->free_stacks && !w->carve_left)
		s = bare_or_claim(w);
	if (!w->free_stacks && !s)
		s = carve(w);
	if (!w->free_stacks && !s)
		s = wait_for_one(w);
	if (s)
		return s;
	s = w->free_stacks;
	w->free_stacks = s->next;
	w->free_stack_count--;
	return s;
}

struct mni_stack *mni_stack_get(struct mni_worker *w)
{
	struct mni_stack *s = get(w);

	mni_stack_tell_valgrind(s);
	return s;
}

/* --- giving it back --- */

/* These, out of the depot's reach, become bare. */
static void strip(struct mni_stack *s)
{
	struct mn_plat_range memory[HALF];
	struct mni_area *area[HALF];
	struct mni_area *unneeded;
	unsigned n = 0;

	for (; s; s = s->next) {
		memory[n] = (struct mn_plat_range){s->lo, s->bytes - (size_t)(s->lo - s->map)};
		area[n++] = s->area;
		mni_san_stack_dropped(s);
	}
	mn_plat_discard_many(memory, n);
	mni_spin_lock(&pool.lock);
	for (unsigned i = 0; i < n; i++) {
		struct mni_area *a = area[i];
		size_t at = (size_t)(memory[i].lo - MN_PLAT_PAGE - a->stacks);

		if (a->epoch != pool.epoch)
			continue;
		a->list[a->bare++] = (uint32_t)(at / pool.bytes);
		a->busy--;
		if (a->bare == 1 || !a->busy) {
			list_out(a);
			list_in(a);
		}
	}
	unneeded = take_unneeded();
	mni_spin_unlock(&pool.lock);
	unmap_all(unneeded);
}

void mni_stack_put(struct mni_worker *w, struct mni_stack *s)
{
	struct mni_stack *over = NULL;

	mni_valgrind_out(s->valgrind);
	if (s->given)
		return;
	if (!s->pooled) {
		mni_stack_own_put(s);
		return;
	}
	s->next = w->free_stacks;
	w->free_stacks = s;
	if (++w->free_stack_count <= MNI_MAGAZINE)
		return;
	mni_spin_lock(&pool.lock);
	while (w->free_stack_count > HALF + 1) {
		size_t kept = mni_load(&pool.free_count, relaxed);
		struct mni_stack **to = kept < KEEP_TOUCHED ? &pool.free : &over;

		s = w->free_stacks;
		w->free_stacks = s->next;
		w->free_stack_count--;
		mni_store(&pool.free_count, kept + (to == &pool.free), relaxed);
		s->next = *to;
		*to = s;
	}
	mni_spin_unlock(&pool.lock);
	if (over)
		strip(over);
}
