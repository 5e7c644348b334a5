/* The current worker's pointer: a thread-local word in the initial-exec model. */
#ifndef MN_PLAT_SELF_H
#define MN_PLAT_SELF_H

#include "arch.h"

/*
 * The kernel's page size is its own choice on some architectures. The largest
 * is right under all of them: what it wastes are addresses, not memory.
 */
#define MN_PLAT_PAGE MN_ARCH_PAGE_MAX

#define MN_PLAT_TICK_SIGNAL 14 /* SIGALRM */

extern __thread struct mni_worker *mn_plat_self_word __attribute__((tls_model("initial-exec")));

static inline struct mni_worker *mn_plat_self(void)
{
	return mn_plat_self_word;
}

static inline void mn_plat_set_self(struct mni_worker *w)
{
	mn_plat_self_word = w;
}

#endif
