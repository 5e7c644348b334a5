/*
 * Lone guests and who watches over them: core/idle.c with a policy in which a
 * thread waits in its worker's slot, no wake-up is made for it while there is a
 * watcher, and other workers' slots do not count in the second look.
 *
 * In every execution, when nobody can go on: a guest whose worker computes for ever
 * has been run by another worker. So whoever sleeps last is the watcher, or there
 * was none when the guest came, and its worker woke somebody.
 */
#include "core/internal.h"
#include "sched/sched.h"

#include "explored.h"

static struct mn_thread guest;
static bool ran, busy[MODEL_THREADS];

/* --- the policy --- */

static struct mn_thread *take(struct mni_worker *w)
{
	/* Nobody fills an empty slot but its owner. */
	return mni_load(&w->slot, relaxed) ? mni_exchange(&w->slot, NULL, acquire) : NULL;
}

static struct mn_thread *next(struct mni_worker *w)
{
	w->tick = 0; /* never the time to look elsewhere first */
	return take(w);
}

static struct mn_thread *search(struct mni_worker *w)
{
	struct mn_thread *t = NULL;

	for (unsigned i = 0; i < mni_rt.workers && !t; i++)
		if (i != w->id)
			t = take(mni_rt.worker[i]);
	return t;
}

static bool has_work(struct mni_worker *w)
{
	return mni_load(&w->slot, relaxed);
}

static bool is_guest(struct mni_worker *victim, uint32_t *stamp)
{
	*stamp = 0;
	return mni_load(&victim->slot, relaxed);
}

static void submit(struct mni_worker *w, struct mn_thread *t, enum mni_reason why)
{
	(void)why;
	mni_store(&w->slot, t, release);
	if (!mni_watched())
		mni_wake_one(w);
}

static const struct mni_policy guests = {
	.name = "guests",
	.submit = submit,
	.next = next,
	.next_oldest = next,
	.search = search,
	.has_work = has_work,
	.guest = is_guest,
};

/* --- what threads do --- */

static void run(struct mn_thread *t)
{
	model_check(t == &guest, "%p runs, which is no thread", (void *)t);
	ran = true;
}

static void begin(unsigned workers)
{
	model_start(workers, &guests);
	model_green = run;
	ran = false;
	guest = (struct mn_thread){.sp = &guest};
	for (unsigned i = 0; i < workers; i++) {
		busy[i] = false;
		mni_store(&mni_rt.worker[i]->slot, NULL, relaxed);
	}
}

static void begin_two(void)
{
	begin(2);
}

static void begin_three(void)
{
	begin(3);
}

static void leave_guest(void)
{
	struct mni_worker *w = mni_self();

	busy[w->id] = true;
	mni_submit(w, &guest, MNI_NEW);
}

static void finish(void)
{
	model_check(
		ran || !busy[0],
		"a guest waits behind a thread that computes for ever, and nobody looks after it");
	model_check(!model_idle_searching(), "%u are counted as searching and nobody is",
		    model_idle_searching());
	for (unsigned i = 0; i < mni_rt.workers; i++)
		model_check(model_idle_announced(i) == !busy[i],
			    "worker %u %s and is %sannounced as idle", i,
			    busy[i] ? "is busy" : "sleeps", busy[i] ? "" : "not ");
}

/* --- a worker that is busy already --- */

static void busy_and_idle(unsigned thread)
{
	mn_plat_set_self(mni_rt.worker[thread]);
	if (thread == 0)
		leave_guest();
	else
		model_schedule(mni_rt.worker[thread]);
}

MODEL_SCENARIO(guest_two) = {
	.name = "guest/2",
	.about = "a busy worker gets a guest while another goes to sleep",
	.threads = 2,
	.setup = begin_two,
	.body = busy_and_idle,
	.finish = finish,
	.early_timeouts = 2,
	.late_timeouts = 3,
};

MODEL_SCENARIO(guest_three) = {
	.name = "guest/3",
	.about = "the same while two others go to sleep",
	.threads = 3,
	.setup = begin_three,
	.body = busy_and_idle,
	.finish = finish,
	.late_timeouts = 3,
	.large = true,
	.preemptions = 3,
};

/* --- one that was idle, and is woken --- */

static void woken_and_idle(unsigned thread)
{
	struct mni_worker *w = mni_rt.worker[thread];

	if (thread == 2) {
		mni_wake_worker(mni_rt.worker[0]);
		return;
	}
	mn_plat_set_self(w);
	if (thread == 1) {
		model_schedule(w);
		return;
	}
	mni_idle_wait(w);
	if (w->searching)
		mni_search_end(w);
	leave_guest();
}

MODEL_SCENARIO(guest_woken) = {
	.name = "guest/woken",
	.about = "a worker that is woken gets a guest while the watcher retires",
	.threads = 3,
	.setup = begin_two,
	.body = woken_and_idle,
	.finish = finish,
	.early_timeouts = 1,
	.late_timeouts = 3,
};
