/*
 * Idle workers and waking them: core/idle.c under the workers' loop of
 * core/worker.c, with a policy as simple as can be: one number of threads that
 * wait, which every worker may take. So the bounds can be wider than in
 * scenario_sched.c, and nothing but idle.c's own orders keeps it right.
 *
 * In every execution, when nobody can go on:
 *   - as many threads have run as were submitted: none waits while workers sleep;
 *   - nobody is counted as searching;
 *   - workers that sleep are announced as idle, and those that compute are not.
 */
#include "core/internal.h"
#include "sched/sched.h"

#include "explored.h"

static _Atomic unsigned waiting;
static struct mn_thread green[MODEL_THREADS]; /* what each worker takes to run: one of its own */
static struct mn_thread mail;
static bool hogs; /* threads compute for ever */
/* Plain memory, each thread its own. */
static unsigned submitted[MODEL_THREADS];
static unsigned ran[MODEL_THREADS];
static bool busy[MODEL_THREADS];

/* --- the policy --- */

static struct mn_thread *take(struct mni_worker *w)
{
	unsigned n = mni_load(&waiting, relaxed);

	(void)w;
	while (n)
		if (mni_cas(&waiting, &n, n - 1, relaxed, relaxed))
			return &green[model_thread()];
	return NULL;
}

static struct mn_thread *next(struct mni_worker *w)
{
	w->tick = 0;     /* never the time to look elsewhere first */
	model_forget(0); /* between two turns of its loop a worker has nothing in its registers */
	return take(w);
}

static bool has_work(struct mni_worker *w)
{
	(void)w;
	return mni_load(&waiting, relaxed);
}

static void submit(struct mni_worker *w, struct mn_thread *t, enum mni_reason why)
{
	(void)w;
	(void)t;
	(void)why;
	submitted[model_thread()]++;
	mni_fetch_add(&waiting, 1, relaxed);
	mni_wake_one(NULL);
}

static const struct mni_policy simple = {
	.name = "simple",
	.shares = true,
	.from_anywhere = true,
	.submit = submit,
	.next = next,
	.next_oldest = next,
	.search = take,
	.has_work = has_work,
};

static void run(struct mn_thread *t)
{
	(void)t;
	ran[model_thread()]++;
	if (hogs) {
		busy[model_thread()] = true;
		model_end_thread();
	}
}

static void begin(unsigned workers)
{
	model_start(workers, &simple);
	model_green = run;
	mni_store(&waiting, 0, relaxed);
	hogs = false;
	mail = (struct mn_thread){.sp = &mail};
	for (unsigned i = 0; i < MODEL_THREADS; i++) {
		green[i] = (struct mn_thread){.sp = &green[i]};
		submitted[i] = ran[i] = 0;
		busy[i] = false;
	}
}

static void finish(void)
{
	unsigned in = 0;
	unsigned out = 0;
	bool all_busy = true;

	for (unsigned i = 0; i < MODEL_THREADS; i++) {
		in += submitted[i];
		out += ran[i];
	}
	for (unsigned i = 0; i < mni_rt.workers; i++)
		all_busy &= busy[i];
	model_check(in == out || (in > out && all_busy),
		    "%u threads were submitted and %u have run", in, out);
	model_check(!model_idle_searching(), "%u are counted as searching and nobody is",
		    model_idle_searching());
	for (unsigned i = 0; i < mni_rt.workers; i++)
		model_check(model_idle_announced(i) == !busy[i],
			    "worker %u %s and is %sannounced as idle", i,
			    busy[i] ? "is busy" : "sleeps", busy[i] ? "" : "not ");
}

static void work(unsigned thread)
{
	model_schedule(mni_rt.worker[thread]);
}

/* --- workers that are going to sleep, and kernel threads that submit --- */

static void two_workers(void)
{
	begin(2);
}

static void one_worker(void)
{
	begin(1);
	mni_rt.alone = false;
}

static void submit_from_outside(unsigned thread, unsigned workers, unsigned times)
{
	if (thread < workers)
		work(thread);
	else
		while (times--)
			mni_submit_from(NULL, &green[model_thread()], MNI_NEW);
}

static void one_and_two_submitters(unsigned thread)
{
	submit_from_outside(thread, 1, 1);
}

static void two_for_hogs(void)
{
	begin(2);
	hogs = true;
}

static void three_for_hogs(void)
{
	begin(3);
	hogs = true;
}

static void two_and_a_submitter(unsigned thread)
{
	submit_from_outside(thread, 2, 2);
}

static void two_and_two_submitters(unsigned thread)
{
	submit_from_outside(thread, 2, 1);
}

MODEL_SCENARIO(idle_one) = {
	.name = "idle/one-worker",
	.about = "a worker, two submitters",
	.threads = 3,
	.setup = one_worker,
	.body = one_and_two_submitters,
	.finish = finish,
};

MODEL_SCENARIO(idle_twice) = {
	.name = "idle/submit-twice",
	.about = "two workers, one who submits twice",
	.threads = 3,
	.setup = two_workers,
	.body = two_and_a_submitter,
	.finish = finish,
	.large = true,
	.preemptions = 3,
};

MODEL_SCENARIO(idle_two) = {
	.name = "idle/two-submitters",
	.about = "two workers, two submitters",
	.threads = 4,
	.setup = two_workers,
	.body = two_and_two_submitters,
	.finish = finish,
	.large = true,
	.preemptions = 2,
};

/* --- workers that submit and then compute for ever --- */

static void three_workers(void)
{
	begin(3);
}

static void busy_submitter(unsigned thread)
{
	if (thread == 0) {
		mn_plat_set_self(mni_rt.worker[0]);
		busy[0] = true;
		mni_submit(mni_rt.worker[0], &green[model_thread()], MNI_NEW);
		mni_submit(mni_rt.worker[0], &green[model_thread()], MNI_NEW);
	} else {
		work(thread);
	}
}

MODEL_SCENARIO(idle_hogs) = {
	.name = "idle/hogs",
	.about = "two workers, one who submits two threads that compute for ever",
	.threads = 3,
	.setup = two_for_hogs,
	.body = two_and_a_submitter,
	.finish = finish,
	.preemptions = 3,
};

MODEL_SCENARIO(idle_hogs_busy) = {
	.name = "idle/hogs-3",
	.about =
		"a worker submits two that compute for ever and computes for ever; two go to sleep",
	.threads = 3,
	.setup = three_for_hogs,
	.body = busy_submitter,
	.finish = finish,
	.preemptions = 3,
};

/* The same where light fences are light. A nap may end early. */
static void begin_light(unsigned workers)
{
	begin(workers);
	mni_rt.strong_fences = false;
	hogs = true;
}

static void two_light(void)
{
	begin_light(2);
}

MODEL_SCENARIO(idle_light) = {
	.name = "idle/light",
	.about = "a worker submits two and computes for ever, with a light fence; another takes a "
		 "nap",
	.threads = 2,
	.setup = two_light,
	.body = busy_submitter,
	.finish = finish,
	.early_timeouts = 1,
	.late_timeouts = 2,
};

/* A worker that was idle is woken, submits and computes for ever. */
static void woken_submitter(unsigned thread)
{
	struct mni_worker *w = mni_rt.worker[thread];

	if (thread == 2) {
		mni_wake_worker(mni_rt.worker[0]);
		return;
	}
	if (thread == 1) {
		work(1);
		return;
	}
	mn_plat_set_self(w);
	mni_idle_wait(w);
	if (w->searching)
		mni_search_end(w);
	busy[0] = true;
	mni_submit(w, &green[model_thread()], MNI_NEW);
}

MODEL_SCENARIO(idle_light_woken) = {
	.name = "idle/light-woken",
	.about = "a worker that is woken submits with a light fence; another goes to sleep",
	.threads = 3,
	.setup = two_light,
	.body = woken_submitter,
	.finish = finish,
	.early_timeouts = 1,
	.late_timeouts = 2,
};

MODEL_SCENARIO(idle_busy_two) = {
	.name = "idle/busy-2",
	.about = "a worker submits twice and computes for ever; another goes to sleep",
	.threads = 2,
	.setup = two_workers,
	.body = busy_submitter,
	.finish = finish,
};

MODEL_SCENARIO(idle_busy_three) = {
	.name = "idle/busy-3",
	.about = "the same with two that go to sleep",
	.threads = 3,
	.setup = three_workers,
	.body = busy_submitter,
	.finish = finish,
	.large = true,
	.preemptions = 3,
};

/* --- threads that must run on one worker --- */

static void mailing(unsigned thread)
{
	if (thread < 2) {
		work(thread);
	} else {
		submitted[thread]++;
		model_send_mail(mni_rt.worker[0], &mail);
		mni_submit_from(NULL, &green[model_thread()], MNI_NEW);
	}
}

MODEL_SCENARIO(idle_mail) = {
	.name = "idle/mail",
	.about = "two workers; one gets a thread by mail while another is submitted",
	.threads = 3,
	.setup = two_workers,
	.body = mailing,
	.finish = finish,
	.large = true,
	.preemptions = 3,
};

static void mailing_one(unsigned thread)
{
	if (thread == 0) {
		work(0);
	} else {
		submitted[thread]++;
		model_send_mail(mni_rt.worker[0], &mail);
	}
}

MODEL_SCENARIO(idle_mail_one) = {
	.name = "idle/mail-1",
	.about = "a worker gets a thread by mail while it goes to sleep",
	.threads = 2,
	.setup = one_worker,
	.body = mailing_one,
	.finish = finish,
};

/* --- the end of the runtime --- */

static void stopping(unsigned thread)
{
	if (thread < 2) {
		work(thread);
	} else {
		mni_store(&mni_rt.stop, true, seq_cst);
		for (unsigned i = 0; i < mni_rt.workers; i++)
			mni_wake_worker(mni_rt.worker[i]);
	}
}

static void all_have_stopped(void)
{
	for (unsigned i = 0; i < mni_rt.workers; i++)
		model_check(!model_blocked(i), "worker %u sleeps and the runtime stops", i);
}

MODEL_SCENARIO(idle_stop) = {
	.name = "idle/stop",
	.about = "the runtime stops while its workers go to sleep",
	.threads = 3,
	.setup = two_workers,
	.body = stopping,
	.finish = all_have_stopped,
};
