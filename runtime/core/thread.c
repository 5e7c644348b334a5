/*
 * The life of a thread: create, join, detach, exit.
 *
 * Create queues a descriptor; a stack comes when a worker first switches to
 * the thread (help-first: the creator goes on). Or the new thread runs at once
 * and its creator is queued, for anybody to take (child-first). When such a
 * thread ends and its creator still waits here, that goes on: the order of a
 * plain call, as in Cilk.
 *
 * The end of a thread meets its joiner in one word, thread.join:
 *
 *   NONE --join--> TAKEN or the joiner    NONE --detach--> DETACHED
 *   NONE --end---> ENDED                  ENDED --join, detach--> TAKEN
 *   the joiner --end--> TAKEN             TAKEN --end--> ENDED
 *   TAKEN --the joiner has to wait after all--> NONE
 *
 * Whoever comes last frees the descriptor: the joiner when it takes ENDED or
 * is woken, detach when it takes ENDED, the end when it finds DETACHED. The
 * joiner's wait is put in only when the joiner's context has been saved
 * (join_after), and the thread is published as ENDED only when nothing runs on
 * its stack (gone), so both sides may act on what they find at once. A joiner
 * that gives up takes its wait out again (sync/wait.h), by the same word.
 *
 * Three shortcuts keep fork-join cheap:
 *   - A joiner that can claim its thread out of its own queue, not yet
 *     started, calls it like a function on its own stack, when what is left of
 *     it is what the thread may count on. The thread has its own identity all
 *     the same: it can block, yield, move to another worker and exit from any
 *     depth, and the joiner below it waits as it would anyway.
 *   - A joiner that claims a thread that has run before switches straight to it.
 *   - A thread that ends while its joiner waits switches straight to the joiner.
 */
#include "core/internal.h"

#include "core/sanitize.h"
#include "core/trace.h"
#include "preempt/preempt.h"
#include "sync/wait.h"

/* What the calling frames of an inline run may use on top of what is promised. */
#define INLINE_SLACK 1024

/* No stack is larger: there are not more addresses, and sums stay in range. */
#define STACK_LIMIT ((size_t)1 << 46)
/* None that is given is smaller. */
#define STACK_LEAST ((size_t)16384)

/* Gives t a stack of its own if attr asks for something special. False: no memory. */
static bool own_stack(struct mn_thread *t, const struct mn_thread_attr *attr)
{
	if (attr->stack) {
		t->stack_size = attr->stack_size;
		t->stack = mni_stack_given(attr->stack, attr->stack_size);
		return true;
	}
	if (attr->stack_size <= t->stack_size && attr->guard_size <= MN_PLAT_PAGE)
		return true;
	if (attr->stack_size > t->stack_size)
		t->stack_size = attr->stack_size;
	if (attr->stack_size <= STACK_LIMIT && attr->guard_size <= STACK_LIMIT)
		t->stack = mni_stack_make(t->stack_size, attr->guard_size);
	return t->stack;
}

static struct mn_thread *create(struct mni_worker *w, const struct mn_thread_attr *attr)
{
	struct mn_thread *t = mni_thread_alloc(w);

	if (!t)
		return NULL;
	t->sp = NULL;
	t->stack = NULL;
	t->main = false;
	t->preempt_off = 0;
	t->error = 0;
	t->home = NULL;
	t->last = NULL;
	t->creator = NULL;
	mni_store(&t->cancel, 0, relaxed);
	mni_store(&t->wait, NULL, relaxed);
	mni_note_wait(t, 0);
	t->cleanup = NULL;
	t->cancel_off = false;
	mni_store(&t->cancel_async, false, relaxed);
	t->read_locks = 0;
	t->name[0] = 0;
	t->stack_size = mni_rt.stack_size;
	t->fpenv = mn_arch_fpenv_get();
	if (attr && !own_stack(t, attr)) {
		mni_thread_free(w, t);
		return NULL;
	}
	mni_store(&t->join, attr && attr->detached ? MNI_JOIN_DETACHED : MNI_JOIN_NONE, relaxed);
	return t;
}

static bool is_child_first(const struct mn_thread_attr *attr)
{
	return attr && attr->spawn ? attr->spawn == MN_CHILD_FIRST : mni_rt.child_first;
}

static void creator_after(struct mni_worker *w, void *creator)
{
	mni_submit(w, creator, MNI_CREATOR);
}

/* Child-first. Returns, perhaps on another worker, when the creator's turn comes. */
static void make_way(struct mni_worker *w, struct mn_thread *t)
{
	t->creator = w->current;
	mni_store(&w->current->waits, 0, relaxed);
	if (mni_rt.policy->adopt)
		mni_rt.policy->adopt(w, t);
	mni_make_way(t, creator_after, w->current);
}

int mn_thread_create(mn_thread_t *out, const struct mn_thread_attr *attr, void *(*fn)(void *),
		     void *arg)
{
	struct mni_worker *w = mni_self();
	struct mn_thread *t;

	if (attr && attr->spawn && attr->spawn != MN_HELP_FIRST && attr->spawn != MN_CHILD_FIRST)
		return -MNI_EINVAL;
	if (attr && attr->stack && attr->stack_size < STACK_LEAST)
		return -MNI_EINVAL;
	if (!w) {
		int error = mni_start_if_need_be();

		if (error)
			return error;
		w = mni_self();
	}
	t = create(w, attr);
	if (!t)
		return -MNI_EAGAIN;
	t->fn = fn;
	t->arg = arg;
	mni_san_created(t);
	if (out)
		*out = mni_thread_handle(t);
	if (w) {
		mni_count(&w->count.spawns);
		mni_trace(w, MNI_EV_CREATE, t, 0);
		if (is_child_first(attr))
			make_way(w, t);
		else
			mni_submit(w, t, MNI_NEW);
		mni_preempt_point(mni_self());
	} else {
		mni_fetch_add(&mni_rt.foreign_spawns, 1, relaxed);
		mni_trace_foreign(MNI_EV_CREATE, t);
		mni_submit_from(NULL, t, MNI_NEW);
	}
	return 0;
}

int mn_thread_set_name(mn_thread_t handle, const char *name)
{
	struct mn_thread *t = mni_thread_lookup(handle);
	size_t n = 0;

	if (!t)
		return -MNI_ESRCH;
	while (name[n])
		if (++n >= sizeof t->name)
			return -MNI_ERANGE;
	__builtin_memcpy(t->name, name, n + 1);
	mni_trace_name(mni_self(), t);
	return 0;
}

int mn_thread_get_name(mn_thread_t handle, char *name, size_t size)
{
	struct mn_thread *t = mni_thread_lookup(handle);

	if (!t)
		return -MNI_ESRCH;
	for (size_t i = 0; i < size; i++)
		if (!(name[i] = t->name[i]))
			return 0;
	return -MNI_ERANGE;
}

mn_thread_t mn_thread_self(void)
{
	struct mni_worker *w = mni_self();

	return w ? mni_thread_handle(w->current) : 0;
}

/* --- waiting for all others --- */

uint64_t mni_threads_alive(void)
{
	uint64_t ends = 0;
	uint64_t spawns = 1; /* main */

	/* Ends first: a thread that ended was counted as spawned before. */
	for (unsigned i = 0; i < mni_rt.workers; i++)
		ends += mni_load(&mni_rt.worker[i]->count.ends, acquire);
	for (unsigned i = 0; i < mni_rt.workers; i++)
		spawns += mni_load(&mni_rt.worker[i]->count.spawns, acquire);
	return spawns + mni_load(&mni_rt.foreign_spawns, acquire) - ends;
}

static bool others_ended(void)
{
	return mni_threads_alive() == 1;
}

/*
 * Main and the last thread to end: main sets its flag, SC fence, counts; an
 * ending thread counts itself, SC fence (its exchange of the join word), reads
 * the flag. One of them sees the other; the exchange of the flag decides who
 * wakes main.
 */
static void wake_main_if_last(void)
{
	if (mni_load(&mni_rt.main_waits, relaxed) && others_ended() &&
	    mni_exchange(&mni_rt.main_waits, false, acq_rel)) {
		mni_store(&mni_rt.main->waits, 0, relaxed);
		mni_ready(mni_rt.main);
	}
}

static void wait_for_others_after(struct mni_worker *w, void *arg)
{
	(void)w;
	(void)arg;
	mni_store(&mni_rt.main_waits, true, seq_cst);
	mni_fence(seq_cst);
	wake_main_if_last();
}

void mni_wait_for_others(void)
{
	if (!others_ended()) {
		mni_note_wait(mni_self()->current, mni_waits(MNI_WAITS_OTHERS, NULL));
		mni_park(NULL, wait_for_others_after, NULL);
	}
	mni_san_all_joined();
}

/* --- the end --- */

/* A joiner that waits has t to itself: to others it is not one that has ended. */
static uintptr_t state_after(uintptr_t join)
{
	if (join == MNI_JOIN_DETACHED)
		return join;
	return join > MNI_JOIN_TAKEN ? MNI_JOIN_TAKEN : MNI_JOIN_ENDED;
}

/* Runs in the next context: nothing is on t's stack any more. */
static void gone(struct mni_worker *w, void *arg)
{
	struct mn_thread *t = arg;
	uintptr_t join = mni_load(&t->join, relaxed);

	mni_san_thread_gone(t);
	if (t->stack)
		mni_stack_put(w, t->stack);
	mni_store(&w->count.ends, mni_load(&w->count.ends, relaxed) + 1, release);
	while (!mni_cas_weak(&t->join, &join, state_after(join), seq_cst, relaxed))
		;
	if (join == MNI_JOIN_DETACHED)
		mni_thread_free(w, t);
	else if (join > MNI_JOIN_TAKEN)
		mni_wake((struct mni_wait *)join);
	mn_arch_fence_after_rmw();
	wake_main_if_last();
}

/* The same when the next context is the joiner's, which frees t. */
static void gone_to_joiner(struct mni_worker *w, void *arg)
{
	struct mn_thread *t = arg;

	mni_san_thread_gone(t);
	mni_stack_put(w, t->stack);
	mni_store(&w->count.ends, mni_load(&w->count.ends, relaxed) + 1, release);
}

/* The same when the joiner, in t->next, has to go on elsewhere. */
static void gone_from_joiner(struct mni_worker *w, void *arg)
{
	struct mn_thread *t = arg;

	mni_san_thread_gone(t);
	if (t->stack)
		mni_stack_put(w, t->stack);
	mni_store(&w->count.ends, mni_load(&w->count.ends, relaxed) + 1, release);
	mni_ready(t->next);
}

/* Who made way for t, if that still waits here; the caller then holds it. */
static struct mn_thread *take_creator(struct mn_thread *t)
{
	struct mn_thread *creator = t->creator;

	t->creator = NULL;
	return creator && mni_rt.policy->claim(mni_self(), creator) ? creator : NULL;
}

/* The joiner, which the caller then holds, or NULL: there is none, or it has given up. */
static struct mn_thread *claim_joiner(struct mn_thread *t)
{
	uintptr_t join = mni_load(&t->join, acquire);

	if (join <= MNI_JOIN_TAKEN)
		return NULL;
	if (!mni_rt.alone && !mni_cas(&t->join, &join, MNI_JOIN_TAKEN, acq_rel, relaxed))
		return NULL;
	return mni_wait_won((struct mni_wait *)join);
}

/* To those who join it main has ended, before it waits for all others. It is never freed. */
void mni_main_ended(struct mn_thread *t, void *result)
{
	uintptr_t join = mni_load(&t->join, relaxed);

	t->arg = result;
	while (!mni_cas_weak(&t->join, &join, state_after(join), acq_rel, relaxed))
		;
	if (join > MNI_JOIN_TAKEN)
		mni_wake((struct mni_wait *)join);
}

/* The last that a thread does as itself. */
static void finish(struct mn_thread *t, void *result)
{
	/* It may have lost its worker: alone, what follows uses no atomics, and main parks. */
	if (mni_rt.alone || t->main)
		mni_self();
	if (t->has_values)
		mni_keys_finish(t);
	if (mni_load(&t->cancel, relaxed) & MNI_CANCEL_BUSY)
		mni_cancel_wait_busy(t);
	if (t->main) { /* it called exit; or it is a forked child's, and began as another thread */
		mni_main_ended(t, result);
		mni_wait_for_others();
		mn_plat_exit(0);
	}
}

static _Noreturn void end(struct mn_thread *t, void *result)
{
	struct mn_thread *joiner = claim_joiner(t);

	mni_san_ending(t);
	t->arg = result;
	if (joiner && mni_may_run_here(joiner)) {
		struct mni_worker *w = mni_self();

		mni_count(&w->count.thread_wakes);
		mni_trace(w, MNI_EV_WAKE, joiner, 0);
		mni_leave(joiner, gone_to_joiner);
	}
	t->next = joiner;
	mni_leave(take_creator(t), joiner ? gone_from_joiner : gone);
}

void mn_thread_exit(void *result)
{
	struct mni_worker *w = mni_self();
	struct mn_thread *t;

	if (!w) {
		mn_plat_say("mn: mn_thread_exit: the caller is not a green thread");
		mn_plat_abort();
	}
	t = w->current;
	mni_cleanup_run(t);
	if (t->unwind && !t->main) {
		mni_san_unwind();
		mn_arch_unwind(t->unwind, result);
	}
	finish(t, result);
	end(t, result);
}

void *mni_thread_main(void)
{
	struct mn_thread *t;
	struct mn_thread *creator;
	void *result;

	mni_san_first_arrival();
	mni_arrived();
	t = mni_self()->current;
	mni_san_began(t);
	*mni_self()->error = 0;
	mni_exceptions_none(mni_self());
	result = t->fn(t->arg);
	finish(t, result);
	if (MNI_SAN_RETURN && mni_load(&t->join, acquire) <= MNI_JOIN_TAKEN &&
	    (creator = take_creator(t))) {
		t->arg = result;
		return mni_leave_by_return(creator, gone);
	}
	end(t, result);
}

/* --- join --- */

static enum mni_claim claim_to_join(struct mni_worker *w, struct mn_thread *t)
{
	if (mni_rt.policy->claim_to_join)
		return mni_rt.policy->claim_to_join(w, t);
	if (!mni_rt.policy->claim(w, t))
		return MNI_NOT_CLAIMED;
	return mni_take(t, MNI_JOIN_NONE) ? MNI_CLAIMED : MNI_CLAIM_REFUSED;
}

/* Runs t, which the caller has taken and nobody has started, on the caller's stack. */
static void *run_inline(struct mni_worker *w, struct mn_thread *self, struct mn_thread *t)
{
	struct mn_plat_exceptions exceptions;
	int error = *w->error;
	void *result;

	t->stack = self->stack;
	mni_count(&w->count.inline_runs);
	mni_san_inline(t, self);
	mni_trace(w, MNI_EV_INLINE, t, 0);
	t->last = w;
	mni_store(&self->waits, mni_waits(MNI_WAITS_INLINE, t), relaxed);
	w->current = t;
	*w->error = 0;
	mni_exceptions_take(w, &exceptions);
	result = mn_arch_call(t->fn, t->arg, &t->unwind, t->fpenv);
	finish(t, result);
	w = mni_self(); /* t may have moved */
	if (self->home)
		self->home = w;
	mni_trace_inline_end(w, self);
	mni_runs_on(self, w);
	w->current = self;
	*w->error = error;
	mni_exceptions_give(w, &exceptions);
	mni_store(&w->count.ends, mni_load(&w->count.ends, relaxed) + 1, release);
	mni_thread_free(w, t);
	return result;
}

struct joining {
	struct mni_wait wait; /* first; the target's word points here */
	struct mn_thread *target;
	mni_spinlock guard; /* held until the joiner's context has been saved */
	bool published;
	bool refused;
};

/* By timer or cancellation: the target forgets its joiner. */
static bool withdraw(struct mni_wait *x, int result)
{
	struct joining *j = (struct joining *)x;
	uintptr_t me = (uintptr_t)x;
	bool ok;

	mni_san_taken(x);
	mni_spin_lock(&j->guard);
	ok = mni_cas(&j->target->join, &me, MNI_JOIN_NONE, acq_rel, relaxed);
	if (ok)
		x->result = result;
	mni_spin_unlock(&j->guard);
	return ok;
}

static void join_after(struct mni_worker *w, void *arg)
{
	struct joining *j = arg;
	struct mn_thread *self = j->wait.thread;
	uintptr_t state = MNI_JOIN_NONE;
	bool timed = j->wait.timed;

	if (timed)
		mni_timer_arm(&j->wait.timer, w);
	j->published = true;
	if (!mni_cas(&j->target->join, &state, (uintptr_t)&j->wait, acq_rel, acquire)) {
		j->published = false;
		j->refused = state != MNI_JOIN_ENDED || !mni_take(j->target, MNI_JOIN_ENDED);
		mni_spin_unlock(&j->guard);
		mni_store(&self->waits, 0, relaxed);
		mni_ready(self);
		return;
	}
	mni_spin_unlock(&j->guard);
	if (timed)
		mni_timers_keep_up(w);
}

/* Waits for the end of j->target. next, if not NULL, is held and runs next. */
static int wait_for_end(struct joining *j, const struct mni_until *until, struct mn_thread *next)
{
	int error = mni_wait_limit(&j->wait, until, true);

	mni_san_left(&j->wait);
	if (!error && j->wait.cancellable && !mni_wait_open(&j->wait)) {
		mni_store(&j->guard, 0, release);
		mni_wait_close(j->wait.thread);
		error = -MNI_ECANCELED;
	}
	if (error) {
		if (next)
			mni_ready(next);
		return error;
	}
	mni_wait_note(&j->wait);
	mni_park(next, join_after, j);
	/* The target's end has not waited for this, as it must not wait for a parking joiner. */
	while (mni_load(&j->guard, acquire))
		mn_arch_relax();
	if (!j->published)
		mni_wait_won(&j->wait);
	return j->refused ? -MNI_EINVAL : j->wait.result;
}

/* Whether t can be joined: 0, with *ended, or an error. */
static int joinable(struct mni_worker *w, struct mn_thread *t, bool *ended)
{
	uintptr_t state;

	if (!w)
		return -MNI_EPERM;
	if (!t)
		return -MNI_ESRCH;
	state = mni_load(&t->join, acquire); /* with gone()'s exchange */
	if (t == w->current && state != MNI_JOIN_DETACHED)
		return -MNI_EDEADLK;
	*ended = state == MNI_JOIN_ENDED;
	return state == MNI_JOIN_NONE || *ended ? 0 : -MNI_EINVAL;
}

/* The caller has taken t, which has ended. */
static int joined(struct mn_thread *t, void **result)
{
	mni_san_joined(t);
	if (result)
		*result = t->arg;
	if (!t->main)
		mni_thread_free(mni_self(), t);
	return 0;
}

/* The same for a thread that had ended before. */
static int joined_late(struct mn_thread *t, void **result)
{
	return mni_take(t, MNI_JOIN_ENDED) ? joined(t, result) : -MNI_EINVAL;
}

static int join(mn_thread_t handle, void **result, const struct mni_until *until)
{
	struct mni_worker *w = mni_self();
	struct mn_thread *t = mni_thread_lookup(handle);
	struct mn_thread *next = NULL;
	struct joining j;
	bool ended;
	int error;

	if (w && mni_cancel_due(w->current))
		mn_thread_exit(MN_CANCELED);
	error = joinable(w, t, &ended);
	if (error || ended)
		return error ? error : joined_late(t, result);
	switch (until ? MNI_NOT_CLAIMED : claim_to_join(w, t)) {
	case MNI_CLAIMED:
		if (!t->sp && !t->stack &&
		    mn_arch_stack_room(w->current->stack->lo) >=
			    t->stack_size + mni_rt.tick_room + INLINE_SLACK) {
			void *value = run_inline(w, w->current, t);

			if (result)
				*result = value;
			return 0;
		}
		mni_untake(t);
		next = t;
		break;
	case MNI_CLAIM_REFUSED:
		mni_ready(t);
		return -MNI_EINVAL;
	case MNI_NOT_CLAIMED:
		break;
	}
	mni_wait_init(&j.wait, w, mni_waits(MNI_WAITS_JOIN, t), withdraw);
	j.target = t;
	j.refused = false;
	mni_store(&j.guard, 1, relaxed);
	error = wait_for_end(&j, until, next);
	if (error == -MNI_ECANCELED)
		mn_thread_exit(MN_CANCELED);
	return error ? error : joined(t, result);
}

int mn_thread_join(mn_thread_t handle, void **result)
{
	return join(handle, result, NULL);
}

int mn_thread_join_until(mn_thread_t handle, void **result, enum mn_clock clock, uint64_t ns)
{
	struct mni_until until = {clock, ns};

	return join(handle, result, &until);
}

int mn_thread_tryjoin(mn_thread_t handle, void **result)
{
	struct mn_thread *t = mni_thread_lookup(handle);
	bool ended;
	int error = joinable(mni_self(), t, &ended);

	if (error)
		return error;
	return ended ? joined_late(t, result) : -MNI_EBUSY;
}

int mn_thread_detach(mn_thread_t handle)
{
	struct mn_thread *t = mni_thread_lookup(handle);
	uintptr_t state = MNI_JOIN_NONE;

	if (!t)
		return -MNI_ESRCH;
	if (mni_cas(&t->join, &state, MNI_JOIN_DETACHED, acq_rel, acquire))
		return 0;
	if (state != MNI_JOIN_ENDED || !mni_take(t, MNI_JOIN_ENDED))
		return -MNI_EINVAL;
	return joined(t, NULL);
}
