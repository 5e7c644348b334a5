/* The current worker's pointer: a thread-local word in the initial-exec model. */
#ifndef MN_PLAT_SELF_H
#define MN_PLAT_SELF_H

#include "arch.h"

struct mni_carrier;

/*
 * The kernel's page size is its own choice on some architectures. The largest
 * is right under all of them: what it wastes are addresses, not memory.
 */
#define MN_PLAT_PAGE MN_ARCH_PAGE_MAX

#define MN_PLAT_TICK_SIGNAL 14 /* SIGALRM */

extern __thread struct mni_worker *mn_plat_self_word __attribute__((tls_model("initial-exec")));
extern __thread struct mni_carrier *mn_plat_carrier_word __attribute__((tls_model("initial-exec")));

#if defined(MNI_SAN_STRICT) /* there a switch orders nothing, and TSan itself clears what is thread-local */
#define MN_PLAT_SELF_FN __attribute__((no_sanitize_thread, noinline, unused))
#else
#define MN_PLAT_SELF_FN inline
#endif

/* Atomic, as mn_plat_probe_set_self() writes it from outside: the same instruction. */
static MN_PLAT_SELF_FN struct mni_worker *mn_plat_self(void)
{
	return __atomic_load_n(&mn_plat_self_word, __ATOMIC_RELAXED);
}

static inline void mn_plat_set_self(struct mni_worker *w)
{
	__atomic_store_n(&mn_plat_self_word, w, __ATOMIC_RELAXED);
}

static inline struct mni_carrier *mn_plat_carrier(void)
{
	return mn_plat_carrier_word;
}

static inline void mn_plat_set_carrier(struct mni_carrier *k)
{
	mn_plat_carrier_word = k;
}

#endif
