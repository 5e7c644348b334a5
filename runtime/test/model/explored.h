/*
 * What scenarios see of the state that shipped sources keep to themselves, and
 * how they set a runtime up: workers without kernel threads, which are played by
 * explored threads.
 */
#ifndef MODEL_EXPLORED_H
#define MODEL_EXPLORED_H

#include <stdbool.h>

struct mni_policy;
struct mni_worker;
struct mn_thread;

/* In setup: a runtime with this many workers, none of which has run yet. */
void model_start(unsigned workers, const struct mni_policy *policy);
/* The same where mn_plat_barrier() works: light fences are light. */
void model_start_light(unsigned workers, const struct mni_policy *policy);

/* The worker's loop; returns when the runtime stops. */
void model_schedule(struct mni_worker *w);

/* What a worker does instead of switching to a green thread. Set in setup. */
extern void (*model_green)(struct mn_thread *t);

/* Makes a thread runnable on this worker and no other. */
void model_send_mail(struct mni_worker *to, struct mn_thread *t);

bool model_idle_announced(unsigned worker);
unsigned model_idle_searching(void);
bool model_idle_watched(void);

#endif
