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
 * Since a unit is handed over, a waiter leaves only when a poster is done with
 * the object; it may free it at once.
 */
#include "sync/waitq.h"

#define WAITER ((uint64_t)1 << 32)

struct sem {
	_Atomic uint64_t word;
	mni_spinlock guard;
	mni_waitq waiters;
};

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

	while (value_of(word))
		if (mni_cas_weak(&s->word, &word, word - 1, acquire, relaxed))
			return 0;
	return -MNI_EAGAIN;
}

void mn_sem_wait(struct mn_sem *public)
{
	struct sem *s = (struct sem *)public;
	uint64_t word;

	if (!mn_sem_trywait(public))
		return;
	mni_spin_lock(&s->guard);
	word = mni_load(&s->word, relaxed);
	for (;;) {
		if (value_of(word)) {
			if (mni_cas_weak(&s->word, &word, word - 1, acquire, relaxed)) {
				mni_spin_unlock(&s->guard);
				return;
			}
		} else if (mni_cas_weak(&s->word, &word, word + WAITER, relaxed, relaxed)) {
			mni_waitq_wait(&s->waiters, &s->guard);
			return;
		}
	}
}

int mn_sem_post(struct mn_sem *public)
{
	struct sem *s = (struct sem *)public;
	uint64_t word = mni_load(&s->word, relaxed);
	struct mn_thread *t;

	for (;;) {
		bool waiters = word >= WAITER;

		if (value_of(word) == MN_SEM_MAX)
			return -MNI_EOVERFLOW;
		if (!mni_cas_weak(&s->word, &word, waiters ? word - WAITER : word + 1, release,
				  relaxed))
			continue;
		if (!waiters)
			return 0;
		break;
	}
	mni_spin_lock(&s->guard);
	t = mni_waitq_take(&s->waiters);
	mni_spin_unlock(&s->guard);
	mni_ready(t);
	return 0;
}

unsigned mn_sem_value(struct mn_sem *s)
{
	return value_of(mni_load(&((struct sem *)s)->word, relaxed));
}

int mn_sem_destroy(struct mn_sem *s)
{
	return mni_load(&((struct sem *)s)->word, relaxed) >= WAITER ? -MNI_EBUSY : 0;
}
