/*
 * The lock inside an object: held for a few instructions, never across a
 * switch, except where a park commits by releasing it (see worker.c). Zero is
 * unlocked. A waiter gives up its CPU after a while, because the holder's
 * kernel thread may have been preempted.
 */
#ifndef MNI_SPIN_H
#define MNI_SPIN_H

#include "arch.h"
#include "core/atomic.h"
#include "platform/platform.h"

typedef _Atomic uint32_t mni_spinlock;

static inline void mni_spin_lock(mni_spinlock *l)
{
	unsigned spins = 0;

	while (mni_exchange(l, 1, acquire)) {
		while (mni_load(l, relaxed)) {
			if (++spins % 128 == 0)
				mn_plat_relinquish();
			else
				mn_arch_relax();
		}
	}
}

static inline void mni_spin_unlock(mni_spinlock *l)
{
	mni_store(l, 0, release);
}

#endif
