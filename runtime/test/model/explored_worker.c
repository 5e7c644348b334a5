/* core/worker.c, and the ways in that scenarios need. */
#include "core/worker.c"

#include "explored.h"

void model_schedule(struct mni_worker *w)
{
	mn_plat_set_self(w);
	mni_schedule(w);
}

void model_send_mail(struct mni_worker *to, struct mn_thread *t)
{
	send_mail(to, t);
}

static struct mni_carrier carriers[4];

void model_start(unsigned workers, const struct mni_policy *policy)
{
	model_watch = NULL;
	mni_idle_reset();
	mni_timers_reset();
	mni_rt = (struct mni_runtime){.workers = workers, .policy = policy, .strong_fences = true};
	mni_store(&mni_rt.running, workers, relaxed);
	for (unsigned i = 0; i < workers; i++) {
		struct mni_worker *w = model_alloc(sizeof *w);

		*w = (struct mni_worker){.id = i, .rng = i + 1};
		model_ignore(&w->count, sizeof w->count);
		mni_store(&w->carrier, &carriers[i], relaxed);
		mni_rt.worker[i] = w;
		mni_timers_init(w);
		if (policy->init)
			policy->init(w);
	}
}

void model_start_light(unsigned workers, const struct mni_policy *policy)
{
	model_start(workers, policy);
	mni_rt.strong_fences = false;
}

void (*model_watch)(void);

void mni_handoff_watch(void)
{
	if (model_watch)
		model_watch();
}

void (*model_green)(struct mn_thread *t);

void model_run_green(void *sp)
{
	model_green(sp);
}
