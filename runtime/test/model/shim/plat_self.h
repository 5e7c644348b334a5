/*
 * Stands in for platform/linux/plat_self.h: each explored thread plays a worker, or none.
 * Which, is a word that other threads may write to if the scenario says so.
 */
#ifndef MN_PLAT_SELF_H
#define MN_PLAT_SELF_H

#include "core/atomic.h"

#define MN_PLAT_PAGE 4096
#define MN_PLAT_TICK_SIGNAL 14

struct mni_carrier;
struct mni_worker;

struct mni_worker *model_self_worker(void);
void model_play_worker(struct mni_worker *w);
/* Where it stands for this thread, if others write there; else NULL. */
_Atomic(struct mni_worker *) *model_self_word(unsigned thread);

static inline struct mni_worker *mn_plat_self(void)
{
	_Atomic(struct mni_worker *) *word = model_self_word(model_thread());

	return word ? mni_load(word, relaxed) : model_self_worker();
}

static inline void mn_plat_set_self(struct mni_worker *w)
{
	_Atomic(struct mni_worker *) *word = model_self_word(model_thread());

	if (word)
		mni_store(word, w, relaxed);
	else
		model_play_worker(w);
}

struct mni_carrier *mn_plat_carrier(void);
void mn_plat_set_carrier(struct mni_carrier *k);

#endif
