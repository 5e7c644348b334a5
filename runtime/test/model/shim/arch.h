/*
 * Stands in for arch/ARCH/arch.h, as far as explored code uses it. There are no
 * green threads in the model: to switch to one is to call the scenario.
 */
#ifndef MN_ARCH_H
#define MN_ARCH_H

#include "core/atomic.h"

struct mn_arch_fpenv {
	int unused;
};

/* A lock that is taken: the same is explored with the attempt made later. */
#define mn_arch_relax() ((void)(__builtin_strstr(__FILE__, "core/spin.h") ? model_retry() : (void)0))

/* See model_fence() for what is asked of the caller. */
#define mn_arch_fence_after_rmw()                                                                  \
	model_fence(MODEL_SITE(MODEL_FENCE_AFTER_RMW, "fence_after_rmw", "", seq_cst, relaxed))

/* Runs the green thread whose stack pointer this is, until it ends. */
void model_run_green(void *sp); /* explored_worker.c */

static inline void mn_arch_switch(void **save, void *load)
{
	*save = load;
	model_run_green(load);
}

/* Not reached by any scenario. */
_Noreturn void mn_arch_jump(void *load);
void *mn_arch_prepare(void *top, struct mn_arch_fpenv e, void (*entry)(void));
void mn_arch_entry(void);
void mn_arch_preempt_init(void);
size_t mn_arch_preempt_room(void);

#endif
