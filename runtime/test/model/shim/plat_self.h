/* Stands in for platform/linux/plat_self.h: each explored thread plays a worker, or none. */
#ifndef MN_PLAT_SELF_H
#define MN_PLAT_SELF_H

#define MN_PLAT_PAGE 4096
#define MN_PLAT_TICK_SIGNAL 14

struct mni_carrier;
struct mni_worker;

struct mni_worker *model_self_worker(void);
void model_play_worker(struct mni_worker *w);

static inline struct mni_worker *mn_plat_self(void)
{
	return model_self_worker();
}

static inline void mn_plat_set_self(struct mni_worker *w)
{
	model_play_worker(w);
}

static inline void mn_plat_set_carrier(struct mni_carrier *k)
{
	(void)k;
}

#endif
