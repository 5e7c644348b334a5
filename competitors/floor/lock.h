/* A lock that nobody else wants: one atomic exchange to take it, one store to let it go. */
#ifndef MNB_LOCK_H
#define MNB_LOCK_H

#include <stdatomic.h>

struct lock {
	_Alignas(64) atomic_uint taken;
};

static inline void lock_take(struct lock *lock)
{
	while (atomic_exchange_explicit(&lock->taken, 1, memory_order_acquire))
		;
}

static inline void lock_give(struct lock *lock)
{
	atomic_store_explicit(&lock->taken, 0, memory_order_release);
}

#endif
