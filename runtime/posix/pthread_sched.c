/* Scheduling and signals of single threads: what a green thread has of them. */
#include "posix/posix.h"

#include "core/internal.h"

static bool exists(pthread_t t)
{
	struct mn_thread *found = mni_thread_lookup(t);

	return found && mni_load(&found->join, relaxed) != MNI_JOIN_ENDED;
}

int mn_posix_getschedparam(pthread_t t, int *policy, struct sched_param *param)
{
	if (!mni_thread_lookup(t))
		return ESRCH;
	*policy = SCHED_OTHER;
	*param = (struct sched_param){0};
	return 0;
}

int mn_posix_setschedparam(pthread_t t, int policy, const struct sched_param *param)
{
	int least = sched_get_priority_min(policy);
	int most = sched_get_priority_max(policy);

	if (!mni_thread_lookup(t))
		return ESRCH;
	if (least < 0 || param->sched_priority < least || param->sched_priority > most)
		return EINVAL;
	return policy == SCHED_OTHER ? 0 : ENOTSUP;
}

int mn_posix_setschedprio(pthread_t t, int priority)
{
	return mn_posix_setschedparam(t, SCHED_OTHER, &(struct sched_param){priority});
}

int mn_posix_getcpuclockid(pthread_t t, clockid_t *clock)
{
	(void)clock;
	return mni_thread_lookup(t) ? ENOENT : ESRCH;
}

/* Of the process: a thread runs on any of its workers. */
int mn_posix_getaffinity_np(pthread_t t, size_t size, cpu_set_t *set)
{
	if (!mni_thread_lookup(t))
		return ESRCH;
	return sched_getaffinity(getpid(), size, set) ? errno : 0;
}

int mn_posix_setaffinity_np(pthread_t t, size_t size, const cpu_set_t *set)
{
	(void)size;
	(void)set;
	return mni_thread_lookup(t) ? ENOTSUP : ESRCH;
}

static int may_signal(pthread_t t, int sig)
{
	if (sig < 0 || sig > SIGRTMAX)
		return EINVAL;
	if (!exists(t))
		return ESRCH;
	return sig && t != mn_posix_self() ? ENOTSUP : 0;
}

/*
 * Whether it does not matter which thread a signal goes to: no handler would be run
 * by it; or the caller has blocked it, as all threads have where one waits for it.
 */
static bool is_the_process(int sig)
{
	struct sigaction a;
	sigset_t blocked;

	if (sigaction(sig, NULL, &a))
		return false;
	if (!(a.sa_flags & SA_SIGINFO) && (a.sa_handler == SIG_DFL || a.sa_handler == SIG_IGN))
		return true;
	return !pthread_sigmask(SIG_BLOCK, NULL, &blocked) && sigismember(&blocked, sig) == 1;
}

int mn_posix_kill(pthread_t t, int sig)
{
	int error = may_signal(t, sig);

	if (error == ENOTSUP && is_the_process(sig))
		return kill(getpid(), sig) ? errno : 0;
	return error || !sig ? error : pthread_kill(pthread_self(), sig);
}

int mn_posix_sigqueue(pthread_t t, int sig, const union sigval value)
{
	int error = may_signal(t, sig);

	return error || !sig ? error : pthread_sigqueue(pthread_self(), sig, value);
}
