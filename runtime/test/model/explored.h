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

/* Who watches (core/handoff.c), for the scenarios that have somebody; NULL: nobody. Set in setup. */
extern void (*model_watch)(void);

/* Makes a thread runnable on this worker and no other. */
void model_send_mail(struct mni_worker *to, struct mn_thread *t);

bool model_idle_announced(unsigned worker);
unsigned model_idle_searching(void);
bool model_idle_watched(void);

/*
 * core/handoff.c. In setup, after model_start(): thread 0 is worker 0's first kernel thread, and
 * the next ones are spare.
 */
void model_handoff_start(unsigned spares);
/* The same without spare ones: threads 1, 2, ... are those that are started. */
void model_handoff_start_none(void);
void model_begin_kthread(void);
/* What a kernel thread does that has got a worker, before it runs that. */
void model_start_spare(void);
/* In finish. */
bool model_has_spare(void);
/* What a spare kernel thread does. */
void model_carry(void);
/* The running thread sleeps in the program's code, and goes on some time. */
void model_rest(void);
/* Makes thread 0 rest, in setup, and what it does when it goes on, first of all. */
void model_begin_rest(void);
void model_end_rest(void);
/* What the watch does with a worker that it suspects; and when it has nothing to watch. */
void model_take_over(struct mni_worker *w);
void model_watch_sleeps(void);
/* For model_watch. */
void model_wake_watch(void);
/* In finish: whether all kernel threads are what they were at first, and all words right. */
bool model_all_are_back(void);
/* A stack in which whoever rests rests. */
extern struct mni_stack model_stack;

#endif
