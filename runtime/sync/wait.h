/*
 * Waiting: how a green thread that waits for an object is woken by exactly one
 * of three: whoever has what it waits for (the waker), its deadline (timer.c),
 * or its cancellation (cancel.c).
 *
 * Whoever takes the thread out of what it waits in has won and makes it
 * runnable. For queues the object's guard decides; for a join the word in the
 * thread that is joined. The winner first sees to it that the other two do not
 * look at the wait any more, since it lies on the thread's stack, and the
 * object may be destroyed as soon as the winner is done:
 *
 *   waker:   takes the waiter out under the guard, releases the guard, then
 *            mni_wake(): stops the timer, closes the wait to cancellation,
 *            makes the thread runnable.
 *   timer:   withdraw() takes it out under the guard; closes it to
 *            cancellation; makes the thread runnable. Or has lost: says so in
 *            timer.state, where the winner's stop waits for it.
 *   cancel:  withdraw() the same; stops the timer; makes the thread runnable.
 *            Or has lost: clears BUSY in thread.cancel, where the winner's
 *            close waits for it.
 *
 * A loser never waits for anybody, so the winner's waiting is short.
 *
 * Opening a wait to cancellation, and closing it, costs no atomic
 * read-modify-write: the one who cancels pays for both sides, with a barrier in
 * all kernel threads (mn_plat_barrier()).
 *
 *   open:    1. thread.wait = the wait, which is in its queue; 2. light fence;
 *            3. thread.cancel says PENDING: withdraw it again.
 *   close:   4. thread.wait = NULL; 5. light fence; 6. wait while BUSY.
 *   cancel:  7. set PENDING and BUSY; 8. heavy fence; 9. thread.wait is there:
 *            withdraw it; 10. clear BUSY.
 *
 * With 2 before 8, step 9 sees the wait; with 8 before 2, step 3 sees PENDING.
 * With 5 before 8, step 9 sees NULL; with 8 before 5, step 6 sees BUSY.
 */
#ifndef MNI_WAIT_H
#define MNI_WAIT_H

#include "core/internal.h"

/* thread.cancel */
#define MNI_CANCEL_PENDING 1u
#define MNI_CANCEL_BUSY 2u

struct mni_wait {
	struct mn_thread *thread;
	int result;       /* 0, or the winner's reason; read when the thread runs again */
	uint64_t what;    /* for mn_thread.waits */
	bool timed;       /* has a timer */
	bool cancellable; /* may be ended by cancellation */

	/* Takes the thread out of what it waits in and leaves the result. False: too late. */
	bool (*withdraw)(struct mni_wait *x, int result);

	struct mni_timer timer; /* if timed */
};

/* Sets up a wait of the thread that runs; what: mni_waits(). */
static inline void mni_wait_init(struct mni_wait *x, struct mni_worker *w, uint64_t what,
				 bool (*withdraw)(struct mni_wait *, int))
{
	x->thread = w->current;
	x->what = what;
	x->result = 0;
	x->timed = false;
	x->cancellable = false;
	x->withdraw = withdraw;
}

/*
 * Gives it a deadline, if until is not NULL, and opens it to cancellation, if
 * asked for and the thread's state allows. -ETIMEDOUT, -ECANCELED: it need not
 * begin. A wait that has begun ends with one of these too.
 */
int mni_wait_limit(struct mni_wait *x, const struct mni_until *until, bool cancellable);

/*
 * What a function that holds no guard returns then. Who tries again and again
 * with a time that has passed has to let others run.
 */
static inline int mni_too_late(int error)
{
	if (error == -MNI_ETIMEDOUT)
		mn_thread_yield();
	return error;
}

/* Steps 1 to 3. False: it is cancelled. */
static inline bool mni_wait_open(struct mni_wait *x)
{
	mni_store(&x->thread->wait, x, release);
	mni_light_fence();
	return !(mni_load(&x->thread->cancel, relaxed) & MNI_CANCEL_PENDING);
}

void mni_cancel_wait_busy(struct mn_thread *t);

/* Steps 4 to 6, by the waker or the timer. */
static inline void mni_wait_close(struct mn_thread *t)
{
	mni_store(&t->wait, NULL, relaxed);
	mni_light_fence();
	if (mni_load(&t->cancel, relaxed) & MNI_CANCEL_BUSY)
		mni_cancel_wait_busy(t);
}

/* The last that is done before the context is left and the wait can end. */
static inline void mni_wait_note(const struct mni_wait *x)
{
	mni_note_wait(x->thread, x->timed ? x->what | MNI_WAITS_TIMED : x->what);
}

/* What a waker does before it makes the thread runnable. */
static inline struct mn_thread *mni_wait_won(struct mni_wait *x)
{
	mni_store(&x->thread->waits, 0, relaxed);
	if (x->timed)
		mni_timer_stop(&x->timer);
	if (x->cancellable)
		mni_wait_close(x->thread);
	return x->thread;
}

/* What a canceller does instead. */
static inline void mni_wait_won_by_cancel(struct mni_wait *x)
{
	if (x->timed)
		mni_timer_stop(&x->timer);
	mni_store(&x->thread->waits, 0, relaxed);
	mni_store(&x->thread->wait, NULL, relaxed);
}

/* The waker, having taken x out: makes the thread runnable. x is gone then. */
static inline void mni_wake(struct mni_wait *x)
{
	mni_ready(mni_wait_won(x));
}

/* The worker; starts the runtime if there is none. Ends the process if the caller is no worker. */
struct mni_worker *mni_worker_to_wait(void);

/* The running thread's name as an owner, also on a kernel thread that is no worker. Not 0. */
uintptr_t mni_identity(void);

/* What mn_mutex_unlock() would return. */
int mni_mutex_may_unlock(struct mn_mutex *m);

/* For reports, of copies: who holds it, as mni_identity() names it; 0: nobody, or not one thread. */
uintptr_t mni_mutex_owner(const struct mn_mutex *copy);
uintptr_t mni_rwlock_owner(const struct mn_rwlock *copy);

/* Calls the cleanup handlers of the running thread, which is about to end. */
void mni_cleanup_run(struct mn_thread *t);

/*
 * Asynchronous cancellation acts where a thread is preempted, or has just asked
 * for it: ends the running thread if it is due.
 */
void mni_cancel_async_point(void);

/* At a tick: whether the interrupted thread is to be preempted for that. */
static inline bool mni_cancel_wants_tick(struct mn_thread *t)
{
	return t && mni_load(&t->cancel_async, relaxed) &&
	       (mni_load(&t->cancel, relaxed) & MNI_CANCEL_PENDING) && !t->cancel_off;
}

/* Calls the destructors of the running thread's values of keys, and forgets the values. */
void mni_keys_finish(struct mn_thread *t);
/* At shutdown: gives the memory of all values back. The keys stay. */
void mni_keys_free(void);
/*
 * mn_sem_post() for a signal's handler: takes no lock. 1: a waiter is to be woken, by
 * a call of mni_sem_keep_promises() that begins later and is made by no handler.
 */
int mni_sem_post_promise(struct mn_sem *s);
void mni_sem_keep_promises(void);
/* After fork(): what other threads were in the middle of. */
void mni_keys_forget(void);
void mni_once_forget(void);

/*
 * Ends the process, with a line on stderr, if error says that what a function that returns
 * none was called for has been destroyed.
 */
static inline void mni_not_destroyed(int error, const char *text)
{
	if (__builtin_expect(error == -MNI_EINVAL, 0)) {
		mn_plat_say(text);
		mn_plat_abort();
	}
}

/* Whether the running thread is to act on a cancellation now. */
static inline bool mni_cancel_due(struct mn_thread *t)
{
	return (mni_load(&t->cancel, relaxed) & MNI_CANCEL_PENDING) && !t->cancel_off;
}

#endif
