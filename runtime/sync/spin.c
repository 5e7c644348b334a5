/*
 * Spin lock: one word, 0 unlocked.
 *
 * lock:    exchange; while it is locked, look at it for a moment, then let other
 *          green threads go first: the holder may wait for this very worker.
 * unlock:  store, the last access: it may be freed by the next holder.
 */
#include "core/internal.h"

#define SPINS 100

_Static_assert(sizeof(struct mn_spin) == 4, "must fit glibc's pthread_spinlock_t");

static _Atomic uint32_t *word(struct mn_spin *s)
{
	return (_Atomic uint32_t *)&s->word;
}

void mn_spin_init(struct mn_spin *s)
{
	s->word = 0;
}

void mn_spin_lock(struct mn_spin *s)
{
	while (mni_exchange(word(s), 1, acquire)) {
		for (unsigned i = 0; mni_load(word(s), relaxed); i++) {
			if (i >= SPINS || mni_rt.alone)
				mn_thread_yield();
			else
				mn_arch_relax();
		}
	}
}

int mn_spin_trylock(struct mn_spin *s)
{
	return mni_exchange(word(s), 1, acquire) ? -MNI_EBUSY : 0;
}

void mn_spin_unlock(struct mn_spin *s)
{
	mni_store(word(s), 0, release);
}

int mn_spin_destroy(struct mn_spin *s)
{
	return mni_load(word(s), relaxed) ? -MNI_EBUSY : 0;
}
