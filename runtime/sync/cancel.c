/*
 * Cancellation, deferred: a request that a thread acts on at cancellation
 * points. wait.h has the protocol for a thread that is blocked in one; the
 * steps' numbers here are its.
 */
#include "preempt/preempt.h"
#include "sync/waitq.h"

void mni_cancel_wait_busy(struct mn_thread *t)
{
	for (unsigned i = 1; mni_load(&t->cancel, acquire) & MNI_CANCEL_BUSY; i++) {
		if (i % 128)
			mn_arch_relax();
		else
			mn_plat_relinquish();
	}
}

/* Steps 7 to 10. */
static void cancel(struct mn_thread *t)
{
	uint32_t state = mni_load(&t->cancel, relaxed);
	struct mni_wait *x;
	bool won;

	do {
		if (state & MNI_CANCEL_PENDING)
			return; /* once is enough */
	} while (!mni_cas_weak(&t->cancel, &state, MNI_CANCEL_PENDING | MNI_CANCEL_BUSY, seq_cst,
			       relaxed));
	mni_heavy_fence();
	x = mni_load(&t->wait, acquire);
	won = x && x->withdraw(x, -MNI_ECANCELED);
	if (won)
		mni_wait_won_by_cancel(x);
	mni_fetch_and(&t->cancel, ~MNI_CANCEL_BUSY, release); /* with mni_cancel_wait_busy() */
	if (won)
		mni_ready(t);
	else if (mni_load(&t->cancel_async, relaxed))
		mni_preempt_arm_all(); /* one of the ticks will find it */
}

/* A kernel thread that is no worker has a green one do it: one worker alone uses no atomics. */
static void *cancel_for(void *handle)
{
	struct mn_thread *t = mni_thread_lookup((mn_thread_t)(uintptr_t)handle);

	if (t)
		cancel(t);
	return NULL;
}

int mn_thread_cancel(mn_thread_t handle)
{
	static const struct mn_thread_attr detached = {.detached = 1};
	struct mni_worker *w = mni_self();
	struct mn_thread *t = mni_thread_lookup(handle);

	if (!t)
		return -MNI_ESRCH;
	if (!w)
		return mn_thread_create(NULL, &detached, cancel_for, (void *)(uintptr_t)handle);
	if (t == w->current)
		mni_fetch_or(&t->cancel, MNI_CANCEL_PENDING, relaxed);
	else
		cancel(t);
	return 0;
}

void mn_thread_test_cancel(void)
{
	struct mni_worker *w = mni_self();

	if (w && mni_cancel_due(w->current))
		mn_thread_exit(MN_CANCELED);
}

void mni_cancel_async_point(void)
{
	struct mni_worker *w = mni_self();

	if (w && mni_cancel_wants_tick(w->current))
		mn_thread_exit(MN_CANCELED);
}

int mn_thread_set_cancel(int on)
{
	struct mni_worker *w = mni_self();
	struct mn_thread *t;
	int before;

	if (!w)
		return 1;
	t = w->current;
	before = !t->cancel_off;
	t->cancel_off = !on;
	return before;
}

void mn_cleanup_push(struct mn_cleanup *c, void (*fn)(void *arg), void *arg)
{
	struct mn_thread *t = mni_worker_to_wait()->current;

	*c = (struct mn_cleanup){fn, arg, t->cleanup, 0};
	t->cleanup = c;
}

void mn_cleanup_pop(struct mn_cleanup *c, int call)
{
	mni_worker_to_wait()->current->cleanup = c->older;
	if (call)
		c->fn(c->arg);
}

void mni_cleanup_run(struct mn_thread *t)
{
	struct mn_cleanup *c;

	t->cancel_off = true;
	while ((c = t->cleanup)) {
		t->cleanup = c->older;
		c->fn(c->arg);
	}
}
