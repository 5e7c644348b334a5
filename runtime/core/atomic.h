/*
 * Atomics, all of them spelled with an explicit order.
 *
 * The runtime's lock-free code goes through these names only, so that a model
 * checker can put its own in their place and explore the shipped source.
 */
#ifndef MNI_ATOMIC_H
#define MNI_ATOMIC_H

#include <stdatomic.h>

#define mni_load(p, order) atomic_load_explicit((p), memory_order_##order)
#define mni_store(p, v, order) atomic_store_explicit((p), (v), memory_order_##order)
#define mni_exchange(p, v, order) atomic_exchange_explicit((p), (v), memory_order_##order)
#define mni_fetch_add(p, v, order) atomic_fetch_add_explicit((p), (v), memory_order_##order)
#define mni_fetch_sub(p, v, order) atomic_fetch_sub_explicit((p), (v), memory_order_##order)
#define mni_fetch_or(p, v, order) atomic_fetch_or_explicit((p), (v), memory_order_##order)
#define mni_fetch_and(p, v, order) atomic_fetch_and_explicit((p), (v), memory_order_##order)
#define mni_cas(p, expect, v, ok, fail)                                                            \
	atomic_compare_exchange_strong_explicit((p), (expect), (v), memory_order_##ok,             \
						memory_order_##fail)
#define mni_cas_weak(p, expect, v, ok, fail)                                                       \
	atomic_compare_exchange_weak_explicit((p), (expect), (v), memory_order_##ok,               \
					      memory_order_##fail)
#define mni_fence(order) atomic_thread_fence(memory_order_##order)
/* For the compiler alone; the CPU's part is another's (mni_heavy_fence()). */
#define mni_compiler_fence() atomic_signal_fence(memory_order_seq_cst)

/*
 * A statistic that one thread adds to and anybody may read: no read-modify-write
 * is needed, and a torn or stale read costs nothing.
 */
#define mni_count(p) atomic_store_explicit((p), mni_load((p), relaxed) + 1, memory_order_relaxed)

#endif
