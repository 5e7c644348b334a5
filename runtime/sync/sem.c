/*
 * Counting semaphore: value (low half) and number of waiters (high half) in
 * one word, so that they change together.
 *
 * wait:  value > 0: take one by compare-and-swap. Else, under the guard, raise
 *        the number of waiters by compare-and-swap, queue up and park: the one
 *        who wakes it has given it its unit.
 * post:  no waiters: raise the value. Else lower the number of waiters, which
 *        makes one waiter the caller's to wake: under the guard take the first
 *        out, release the guard, make it runnable.
 *
 * A waiter that gives up lowers the number of waiters too, and so no poster
 * counts on it. It cannot when posters on their way to the guard have been
 * promised all that are in the queue: then it gets its unit.
 *
 * From a signal's handler, which may have struck within the runtime, even with this
 * guard held: the first half of post, which takes no lock; if a waiter has been promised
 * the unit the object goes on a list, and a thread of its own (posix/signal.c)
 * does the other half. The promised waiter keeps the object alive until then.
 *
 * Since a unit is handed over, a waiter leaves only when a poster is done with
 * the object; it may free it at once.
 *
 * Destroyed, it has a value under 0 for those who wait and over the greatest for those
 * who post, so that both fail without asking.
 */
#include "sync/waitq.h"

#define WAITER ((uint64_t)1 << 32)
#define DESTROYED ((uint64_t)INT32_MAX + 1)

struct sem {
	_Atomic uint64_t word;
	mni_spinlock guard;
	_Atomic uint32_t owed; /* promised by handlers and not handed over */
	mni_waitq waiters;
	struct sem *next; /* on the list; written by who raised owed from 0 */
};

static _Atomic(struct sem *) owing; /* the list */

_Static_assert(sizeof(struct sem) <= sizeof(struct mn_sem), "must fit the public type");
_Static_assert(sizeof(struct mn_sem) == 32, "must fit glibc's sem_t");

static uint32_t value_of(uint64_t word)
{
	return (uint32_t)word;
}

int mn_sem_init(struct mn_sem *s, unsigned value)
{
	if (value > MN_SEM_MAX)
		return -MNI_EINVAL;
	*s = (struct mn_sem){.word = value};
	return 0;
}

int mn_sem_trywait(struct mn_sem *public)
{
	struct sem *s = (struct sem *)public;
	uint64_t word = mni_load(&s->word, relaxed);

	while ((int32_t)value_of(word) > 0)
		if (mni_cas_weak(&s->word, &word, word - 1, acquire, relaxed))
			return 0;
	return word == DESTROYED ? -MNI_EINVAL : -MNI_EAGAIN;
}

static bool may_leave(struct mni_waiter *n)
{
	struct sem *s = (struct sem *)((char *)n->guard - offsetof(struct sem, guard));
	uint64_t word = mni_load(&s->word, relaxed);

	while (word >= WAITER)
		if (mni_cas_weak(&s->word, &word, word - WAITER, relaxed, relaxed))
			return true;
	return false;
}

static int wait_slow(struct sem *s, const struct mni_until *until)
{
	struct mni_waiter n;
	uint64_t word;
	int error;

	mni_waiter_init(&n, mni_worker_to_wait(), &s->guard, mni_waits(MNI_WAITS_SEM, s));
	n.may_leave = may_leave;
	error = mni_wait_limit(&n.wait, until, true);
	if (error)
		return mni_too_late(error);
	mni_spin_lock(&s->guard);
	word = mni_load(&s->word, relaxed);
	for (;;) {
		if (word == DESTROYED) {
			mni_spin_unlock(&s->guard);
			return -MNI_EINVAL;
		}
		if (value_of(word)) {
			if (mni_cas_weak(&s->word, &word, word - 1, acquire, relaxed)) {
				mni_spin_unlock(&s->guard);
				return 0;
			}
		} else if (mni_cas_weak(&s->word, &word, word + WAITER, relaxed, relaxed)) {
			mni_waitq_append(&s->waiters, &n);
			return mni_waiter_park(&n);
		}
	}
}

static int wait(struct mn_sem *public, const struct mni_until *until)
{
	struct mni_worker *w = mni_self();
	int error;

	if (w && mni_cancel_due(w->current))
		mn_thread_exit(MN_CANCELED);
	error = mn_sem_trywait(public);
	if (error != -MNI_EAGAIN)
		return error;
	error = wait_slow((struct sem *)public, until);
	if (error == -MNI_ECANCELED)
		mn_thread_exit(MN_CANCELED);
	return error;
}

void mn_sem_wait(struct mn_sem *s)
{
	mni_not_destroyed(wait(s, NULL), "mn: mn_sem_wait(): the semaphore has been destroyed");
}

int mn_sem_wait_until(struct mn_sem *s, enum mn_clock clock, uint64_t ns)
{
	struct mni_until until = {clock, ns};

	return wait(s, &until);
}

/* 0: the value has been raised; 1: a waiter has been promised the unit; -EOVERFLOW, -EINVAL. */
static int post(struct sem *s)
{
	uint64_t word = mni_load(&s->word, relaxed);

	for (;;) {
		bool waiters = word >= WAITER;

		if (value_of(word) >= MN_SEM_MAX)
			return word == DESTROYED ? -MNI_EINVAL : -MNI_EOVERFLOW;
		if (mni_cas_weak(&s->word, &word, waiters ? word - WAITER : word + 1, release, relaxed))
			return waiters;
	}
}

static void hand_over(struct sem *s)
{
	struct mni_waiter *n;

	mni_spin_lock(&s->guard);
	n = mni_waitq_take(&s->waiters);
	mni_spin_unlock(&s->guard);
	mni_wake(&n->wait);
}

int mn_sem_post(struct mn_sem *public)
{
	struct sem *s = (struct sem *)public;
	int result = post(s);

	if (result > 0)
		hand_over(s);
	return result < 0 ? result : 0;
}

int mni_sem_post_promise(struct mn_sem *public)
{
	struct sem *s = (struct sem *)public;
	struct sem *first;
	int result = post(s);

	if (result <= 0 || mni_fetch_add(&s->owed, 1, acq_rel))
		return result;
	first = mni_load(&owing, relaxed);
	do
		s->next = first;
	while (!mni_cas_weak(&owing, &first, s, release, relaxed)); /* with the exchange below */
	return result;
}

void mni_sem_keep_promises(void)
{
	struct sem *s = mni_exchange(&owing, NULL, acquire);

	while (s) {
		struct sem *next = s->next;
		uint32_t n = mni_exchange(&s->owed, 0, acq_rel); /* from here on it may be put on the list */

		while (n--)
			hand_over(s);
		s = next;
	}
}

unsigned mn_sem_value(struct mn_sem *s)
{
	uint64_t word = mni_load(&((struct sem *)s)->word, relaxed);

	return word == DESTROYED ? 0 : value_of(word);
}

int mn_sem_destroy(struct mn_sem *public)
{
	struct sem *s = (struct sem *)public;
	bool busy;

	if (mni_load(&s->word, relaxed) == DESTROYED)
		return -MNI_EINVAL;
	mni_spin_lock(&s->guard);
	busy = mni_load(&s->word, relaxed) >= WAITER || !mni_waitq_empty(&s->waiters);
	if (!busy)
		mni_store(&s->word, DESTROYED, relaxed);
	mni_spin_unlock(&s->guard);
	return busy ? -MNI_EBUSY : 0;
}
