/*
 * Spin lock: one word, 0 unlocked, 1 locked, DESTROYED.
 *
 * lock:    exchange; while it is locked, look at it for a moment, then let other
 *          green threads go first: the holder may wait for this very worker.
 * unlock:  store, the last access: it may be freed by the next holder.
 *
 * Who meets DESTROYED puts it back.
 */
#include "sync/wait.h"

#define SPINS 100
#define DESTROYED 0xdeadu

_Static_assert(sizeof(struct mn_spin) == 4, "must fit glibc's pthread_spinlock_t");

static _Atomic uint32_t *word(struct mn_spin *s)
{
	return (_Atomic uint32_t *)&s->word;
}

void mn_spin_init(struct mn_spin *s)
{
	s->word = 0;
}

/* Of a lock in which was has just been found. */
static int busy(struct mn_spin *s, uint32_t was)
{
	if (was != DESTROYED)
		return -MNI_EBUSY;
	mni_store(word(s), DESTROYED, relaxed);
	return -MNI_EINVAL;
}

void mn_spin_lock(struct mn_spin *s)
{
	uint32_t was;

	while ((was = mni_exchange(word(s), 1, acquire))) {
		mni_not_destroyed(busy(s, was), "mn: mn_spin_lock(): the lock has been destroyed");
		for (unsigned i = 0; mni_load(word(s), relaxed) == 1; i++) {
			if (i >= SPINS || mni_rt.alone)
				mn_thread_yield();
			else
				mn_arch_relax();
		}
	}
}

int mn_spin_trylock(struct mn_spin *s)
{
	uint32_t was = mni_exchange(word(s), 1, acquire);

	return was ? busy(s, was) : 0;
}

void mn_spin_unlock(struct mn_spin *s)
{
	mni_store(word(s), 0, release);
}

int mn_spin_destroy(struct mn_spin *s)
{
	uint32_t was = 0;

	if (mni_cas(word(s), &was, DESTROYED, relaxed, relaxed))
		return 0;
	return was == DESTROYED ? -MNI_EINVAL : -MNI_EBUSY;
}
