/*
 * fork(): the child has the calling thread only, and the calling kernel thread.
 *
 * In the child, before fork() returns there (mn_plat_on_fork()):
 *
 *   1. All that other kernel threads may have been in the middle of is
 *      forgotten, locks included: queues, pools, timers. Their memory stays
 *      mapped, since handles and objects may still point there; it is not used
 *      again.
 *   2. The calling worker becomes worker 0 and the only one, and the calling
 *      thread main. It goes on as a green thread, with its values of keys, its
 *      cleanup handlers and the locks that it holds. A child that soon calls
 *      exec() or _exit() has cost no more than this.
 *   3. When the child creates a thread, the other workers and the ticks are
 *      started first (mni_workers_again()).
 *
 * The other green threads do not exist there: what they have locked stays
 * locked, as POSIX has it. When the function that the calling thread began in
 * returns, that is the end of a main that calls mn_thread_exit().
 *
 * On a kernel thread that is no worker, the child has no runtime; mn_init() makes a new one.
 */
#include "core/internal.h"

#include "core/handoff.h"
#include "core/trace.h"
#include "preempt/preempt.h"
#include "sched/sched.h"
#include "sync/wait.h"

static void forget_worker(struct mni_worker *w)
{
	mni_timers_forget(w);
	w->after.fn = NULL;
	w->searching = false;
	w->preempt_pending = false;
	w->pinned = (struct mni_list){NULL, NULL};
	w->free_threads = NULL; /* their stacks were reserved in the pool that is forgotten */
	w->free_thread_count = 0;
	w->count = (struct mni_counters){0};
	mni_store(&w->trace, NULL, relaxed);
	mni_store(&w->mail_lock, 0, relaxed);
	mni_store(&w->mail, false, relaxed);
	w->mailbox = (struct mni_list){NULL, NULL};
	mni_store(&w->woken_for, NULL, relaxed);
	w->polled = (struct mni_list){NULL, NULL};
	w->poll = NULL;
	mni_store(&w->tick_armed, true, relaxed); /* there is none: the child has no timers */
}

static void become_main(struct mni_worker *w, struct mn_thread *t)
{
	uintptr_t name = mni_identity();

	mni_rt.worker[0] = w;
	mni_rt.workers = 1;
	mni_rt.alone = true;
	mni_rt.shrunk = true;
	mni_store(&mni_rt.running, 1, relaxed);
	mni_store(&mni_rt.startable, 1, relaxed);
	w->id = 0;
	forget_worker(w);
	mni_rt.policy->fini(w);
	if (!mni_rt.policy->init(w)) {
		mn_plat_say("mn: fork: no memory for the child's runtime");
		mn_plat_abort();
	}
	mni_rt.main = t;
	mni_rt.main_name = name;
	mni_rt.main_errno = mn_plat_errno();
	mni_rt.main_stack = *t->stack;
	t->main = true;
	t->creator = NULL;
	t->last = w;
	mni_store(&t->join, MNI_JOIN_NONE, relaxed);
	if (mni_rt.policy->adopt)
		mni_rt.policy->adopt(w, t);
}

static void in_child(void)
{
	struct mni_worker *w = mni_handoff_forget();

	mn_plat_diag_forget();
	if (!mni_load(&mni_rt.up, relaxed))
		return;
	mni_runtime_forget();
	mni_thread_pool_forget();
	mni_stack_pool_forget();
	mni_keys_forget();
	mni_once_forget();
	mni_trace_forget();
	mni_idle_reset();
	mni_timers_reset();
	if (mni_rt.poller)
		mni_rt.poller->forget();
	if (w) {
		become_main(w, w->current);
		return;
	}
	mni_preempt_fini();
	mni_rt.main = NULL;
	mni_rt.workers = 0;
	mni_store(&mni_rt.up, false, relaxed);
}

void mni_fork_init(void)
{
	mn_plat_on_fork(in_child);
}
