/*
 * Handlers of signals, and waiting for signals, by POSIX's names.
 *
 * A signal strikes a kernel thread wherever it is, within the runtime too, and so
 * a handler can call nothing of it, with one exception that POSIX makes:
 * sem_post(). For that a handler has to be known as one:
 *
 *   1. sigaction() gives the kernel on_signal(), which calls the program's handler
 *      and marks the kernel thread until it returns. A handler that is left by a
 *      jump, or by pthread_exit(), leaves the mark behind: then posts of that
 *      kernel thread take the way of step 2 without need, no more.
 *   2. sem_post() of a kernel thread that is marked does what takes no lock. If a
 *      waiter is to be woken it tells the relay, a kernel thread for nothing
 *      else, which has all signals blocked, and that does the rest.
 *   3. The relay is started with the first handler, and in the child of fork().
 *
 * A rejected design: the rest is done by the interrupted worker when it is next
 * at a safe point. It may sleep, or run one thread for long, and every place
 * where it sleeps would have to know.
 */
#include "posix/posix.h"

#include <stdatomic.h>

#include "core/internal.h"
#include "outside.h"
#include "sync/wait.h"

#define SIGNALS 65

/* What the program has set; read by on_signal(). */
static struct {
	_Atomic uintptr_t fn;
	_Atomic bool with_info; /* it takes three arguments */
} handlers[SIGNALS];

static __thread volatile bool in_handler __attribute__((tls_model("initial-exec")));

static struct {
	mni_spinlock lock;
	bool runs;             /* under the lock */
	_Atomic uint32_t told; /* 1: there is something to do */
} relay;

/* Not inlined, as is the other: the kernel thread may be another after a switch. */
MNI_SAN_UNWATCHED __attribute__((noinline)) bool mn_posix_in_handler(void)
{
	return in_handler;
}

MNI_SAN_UNWATCHED static __attribute__((noinline)) bool mark(bool handler)
{
	bool before = in_handler;

	in_handler = handler;
	return before;
}

/* --- the relay --- */

static void *relay_main(void *arg)
{
	(void)arg;
	for (;;) {
		while (!mni_exchange(&relay.told, 0, acquire)) /* with tell()'s exchange */
			mn_plat_wait(&relay.told, 0, MN_PLAT_FOREVER);
		mni_sem_keep_promises();
	}
	return NULL;
}

static int relay_start(void)
{
	pthread_attr_t attr;
	sigset_t all;
	sigset_t usual;
	pthread_t t;
	int error = pthread_attr_init(&attr);

	if (error)
		return error;
	sigfillset(&all);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	pthread_sigmask(SIG_SETMASK, &all, &usual);
	error = pthread_create(&t, &attr, relay_main, NULL);
	pthread_sigmask(SIG_SETMASK, &usual, NULL);
	pthread_attr_destroy(&attr);
	return error;
}

static void in_child(void)
{
	mni_store(&relay.lock, 0, relaxed);
	if (relay.runs && relay_start()) {
		mn_plat_say("mn: fork: there is no kernel thread for posts from handlers of signals");
		relay.runs = false;
	}
}

static int relay_needed(void)
{
	static bool follows; /* under the lock */
	int error = 0;

	mni_spin_lock(&relay.lock);
	if (!relay.runs)
		error = OUTSIDE(relay_start());
	if (!error)
		relay.runs = true;
	if (!error && !follows)
		follows = !pthread_atfork(NULL, NULL, in_child);
	mni_spin_unlock(&relay.lock);
	return error;
}

int posix_post_from_handler(struct mn_sem *s)
{
	int result = mni_sem_post_promise(s);

	if (result > 0 && !mni_exchange(&relay.told, 1, release))
		mn_plat_wake(&relay.told);
	return result < 0 ? result : 0;
}

/* --- handlers --- */

static void on_signal(int sig, siginfo_t *info, void *context)
{
	uintptr_t fn = mni_load(&handlers[sig].fn, relaxed);
	bool before = mark(true);

	if (mni_load(&handlers[sig].with_info, relaxed))
		((void (*)(int, siginfo_t *, void *))fn)(sig, info, context);
	else
		((void (*)(int))fn)(sig);
	mark(before);
}

static bool is_function(const struct sigaction *a)
{
	return a->sa_flags & SA_SIGINFO || (a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN);
}

static bool is_the_ticks(int sig)
{
	return mn_workers() && mni_rt.config.preempt == MN_ON && sig == mni_rt.config.preempt_signal;
}

int mn_posix_sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	uintptr_t fn = 0;
	bool with_info = false;
	struct sigaction ours;
	struct sigaction before;
	int error = 0;

	if (sig > 0 && sig < SIGNALS) {
		fn = mni_load(&handlers[sig].fn, relaxed);
		with_info = mni_load(&handlers[sig].with_info, relaxed);
	}
	if (act && is_the_ticks(sig)) {
		mn_plat_say("mn: this signal preempts threads: choose another one for that by "
			    "MN_PREEMPT_SIGNAL, or set MN_PREEMPT=off");
		return mn_posix_by_errno(-EINVAL);
	}
	if (act && sig > 0 && sig < SIGNALS && is_function(act)) {
		error = relay_needed();
		if (error)
			return mn_posix_by_errno(-error);
		ours = *act;
		ours.sa_sigaction = on_signal;
		ours.sa_flags |= SA_SIGINFO;
		mni_store(&handlers[sig].with_info, act->sa_flags & SA_SIGINFO, relaxed);
		mni_store(&handlers[sig].fn,
			  act->sa_flags & SA_SIGINFO ? (uintptr_t)act->sa_sigaction
						     : (uintptr_t)act->sa_handler,
			  relaxed);
		act = &ours;
	}
	if (sigaction(sig, act, &before))
		return -1;
	if (before.sa_flags & SA_SIGINFO && before.sa_sigaction == on_signal) {
		before.sa_flags &= with_info ? ~0 : ~SA_SIGINFO;
		before.sa_handler = (void (*)(int))fn;
	}
	if (old)
		*old = before;
	return 0;
}

void (*mn_posix_signal(int sig, void (*handler)(int)))(int)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
	struct sigaction old;

	return mn_posix_sigaction(sig, &act, &old) ? SIG_ERR : old.sa_handler;
}

/* --- masks --- */

int mn_posix_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	bool ticks = set && mn_quantum();
	sigset_t ours;
	int error;

	if (ticks) {
		ours = *set;
		if (how != SIG_UNBLOCK)
			sigdelset(&ours, mni_rt.config.preempt_signal);
		set = &ours;
	}
	error = OUTSIDE(pthread_sigmask(how, set, old));
	/* In a handler it is the handler's own, and the one before comes back. */
	if (!error && ticks && !mn_posix_in_handler())
		mn_plat_tick_mask();
	return error;
}

int mn_posix_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return mn_posix_by_errno(-mn_posix_sigmask(how, set, old));
}

/* --- waiting --- */

#define LOOK_FIRST_NS 100000 /* doubled each time */
#define LOOK_LAST_NS 10000000

int mn_posix_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *time)
{
	uint64_t wait = LOOK_FIRST_NS;
	uint64_t until = UINT64_MAX;
	uint64_t now;
	int sig;

	if (!mn_thread_self()) /* main, before there are threads */
		return sigtimedwait(set, info, time);
	if (time && (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= NS_PER_S))
		return mn_posix_by_errno(-EINVAL);
	if (time && (uint64_t)time->tv_sec < UINT64_MAX / NS_PER_S / 2)
		until = mn_plat_now_ns() + (uint64_t)time->tv_sec * NS_PER_S + (uint64_t)time->tv_nsec;
	for (;;) {
		sig = sigtimedwait(set, info, &(struct timespec){0, 0});
		if (sig > 0 || (*mn_posix_errno() != EAGAIN && *mn_posix_errno() != EINTR))
			return sig;
		now = mn_plat_now_ns();
		if (now >= until)
			return mn_posix_by_errno(-EAGAIN);
		mn_sleep_ns(until - now < wait ? until - now : wait);
		if (wait < LOOK_LAST_NS)
			wait *= 2;
	}
}

int mn_posix_sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	return mn_posix_sigtimedwait(set, info, NULL);
}

int mn_posix_sigwait(const sigset_t *set, int *sig)
{
	int got = mn_posix_sigtimedwait(set, NULL, NULL);

	if (got < 0)
		return *mn_posix_errno();
	*sig = got;
	return 0;
}
