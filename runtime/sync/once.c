/*
 * Once: one word; those who wait queue up in a table that all of them share,
 * by address, because 4 bytes have no room for a queue.
 *
 *   1. DONE (acquire): return.
 *   2. compare-and-swap NEW -> RUNNING: call the function; then exchange the
 *      word for DONE (release), the last access to it, and if WAITERS was set
 *      wake those in the table. If the function exits or is cancelled, the same
 *      with NEW: somebody else is to try.
 *   3. RUNNING: under the table's guard, set WAITERS by compare-and-swap, unless
 *      the word has changed; queue up and park; begin again.
 *
 * A waiter cannot be missed: step 2's exchange reads WAITERS if step 3 set it
 * before, and step 3 fails if it comes later.
 */
#include "sync/waitq.h"

#define NEW 0u
#define DONE 1u
#define RUNNING 2u
#define WAITERS 4u

#define ROWS 64

static struct {
	_Alignas(64) mni_spinlock guard;
	mni_waitq waiters;
} table[ROWS];

struct once_waiter {
	struct mni_waiter n; /* first */
	void *once;
};

_Static_assert(sizeof(struct mn_once) == 4, "must fit glibc's pthread_once_t");

static unsigned row_of(void *once)
{
	return (unsigned)((uintptr_t)once * 0x9e3779b97f4a7c15u >> 58);
}

static void settle(struct mn_once *o, uint32_t state)
{
	_Atomic uint32_t *word = (_Atomic uint32_t *)&o->state;
	unsigned row = row_of(o);
	struct mni_waiter *others = NULL;
	struct mni_waiter *mine = NULL;
	struct mni_waiter *n;

	if (!(mni_exchange(word, state, acq_rel) & WAITERS))
		return;
	mni_spin_lock(&table[row].guard);
	while ((n = mni_waitq_take(&table[row].waiters))) {
		struct mni_waiter **list =
			((struct once_waiter *)n)->once == o ? &mine : &others;

		n->next = *list;
		*list = n;
	}
	while ((n = others)) { /* now they are the other way round: so from behind */
		others = n->next;
		mni_waitq_prepend(&table[row].waiters, n);
	}
	mni_spin_unlock(&table[row].guard);
	mni_waitq_wake_list(mine);
}

static void begin_again(void *once)
{
	settle(once, NEW);
}

static void wait(struct mn_once *o)
{
	_Atomic uint32_t *word = (_Atomic uint32_t *)&o->state;
	unsigned row = row_of(o);
	struct once_waiter x = {.once = o};
	uint32_t state;

	mni_waiter_init(&x.n, mni_worker_to_wait(), &table[row].guard,
			mni_waits(MNI_WAITS_ONCE, o));
	mni_spin_lock(&table[row].guard);
	state = mni_load(word, relaxed);
	if ((state & RUNNING) &&
	    ((state & WAITERS) || mni_cas(word, &state, RUNNING | WAITERS, relaxed, relaxed))) {
		mni_waitq_append(&table[row].waiters, &x.n);
		mni_waiter_park(&x.n);
	} else {
		mni_spin_unlock(&table[row].guard);
	}
}

void mn_once(struct mn_once *o, void (*fn)(void))
{
	_Atomic uint32_t *word = (_Atomic uint32_t *)&o->state;
	uint32_t state;

	while ((state = mni_load(word, acquire)) != DONE) {
		struct mn_cleanup c;

		if (state != NEW) {
			wait(o);
		} else if (mni_cas(word, &state, RUNNING, acquire, relaxed)) {
			mn_cleanup_push(&c, begin_again, o);
			fn();
			mn_cleanup_pop(&c, 0);
			settle(o, DONE);
			return;
		}
	}
}

void mni_once_forget(void)
{
	for (unsigned i = 0; i < ROWS; i++) {
		mni_store(&table[i].guard, 0, relaxed);
		mni_store(&table[i].waiters.last, NULL, relaxed);
	}
}
