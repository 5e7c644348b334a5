/*
 * Proves, through mn_pthread.h: handlers of signals that strike anywhere, in the
 * runtime too, post semaphores that threads wait for, and no post is lost, also
 * in the child of fork(); sigaction() and signal() give and restore what was set,
 * and refuse the signal that preempts threads; sigwait(), sigwaitinfo() and
 * sigtimedwait() get signals, time out, and let other threads run meanwhile.
 */
#include "mn_pthread.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "check.h"

#define ROUNDS 2000

static sem_t sent[2];
static sem_t done;
static _Atomic int left[2];
static _Atomic bool stop;

static void on_usr1(int sig)
{
	CHECK_EQ(sig, SIGUSR1);
	CHECK_EQ(sem_post(&sent[0]), 0);
}

static void on_usr2(int sig, siginfo_t *info, void *context)
{
	CHECK_EQ(sig, SIGUSR2);
	CHECK(info && context);
	CHECK_EQ(info->si_pid, getpid());
	CHECK_EQ(sem_post(&sent[1]), 0);
}

/* Waits for the handler's post of the signal before. */
static void *sends(void *arg)
{
	int which = (int)(intptr_t)arg;

	while (atomic_fetch_sub(&left[which], 1) > 0) {
		CHECK_EQ(kill(getpid(), which ? SIGUSR2 : SIGUSR1), 0);
		CHECK_EQ(sem_wait(&sent[which]), 0);
	}
	CHECK_EQ(sem_post(&done), 0);
	return NULL;
}

static void *nothing(void *arg)
{
	return arg;
}

/* In the runtime, most of the time. */
static void *busy(void *arg)
{
	while (!atomic_load(&stop)) {
		pthread_t t;
		void *result;

		CHECK_EQ(pthread_create(&t, NULL, nothing, arg), 0);
		sched_yield();
		CHECK_EQ(pthread_join(t, &result), 0);
		CHECK(result == arg);
		usleep(10);
	}
	return NULL;
}

static void storm(void)
{
	struct sigaction act = {.sa_sigaction = on_usr2, .sa_flags = SA_SIGINFO};
	struct sigaction old;
	pthread_t b[3];
	pthread_t s[2];
	int value;

	CHECK(signal(SIGUSR1, on_usr1) == SIG_DFL);
	CHECK_EQ(sigaction(SIGUSR2, &act, &old), 0);
	CHECK(old.sa_handler == SIG_DFL);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(sem_init(&sent[i], 0, 0), 0);
		atomic_store(&left[i], ROUNDS);
	}
	CHECK_EQ(sem_init(&done, 0, 0), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&b[i], NULL, busy, &b[i]), 0);
	for (intptr_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&s[i], NULL, sends, (void *)i), 0);
	CHECK_EQ(sem_wait(&done), 0);
	CHECK_EQ(sem_wait(&done), 0);
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(b[i], NULL), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(pthread_join(s[i], NULL), 0);
		CHECK_EQ(sem_getvalue(&sent[i], &value), 0);
		CHECK_EQ(value, 0);
		CHECK_EQ(sem_destroy(&sent[i]), 0);
	}
	CHECK(signal(SIGUSR1, SIG_IGN) == on_usr1);
	CHECK(signal(SIGUSR1, on_usr1) == SIG_IGN);
	CHECK_EQ(sigaction(SIGUSR2, NULL, &old), 0);
	CHECK(old.sa_sigaction == on_usr2);
	CHECK_EQ(old.sa_flags & SA_SIGINFO, SA_SIGINFO);
	CHECK_EQ(sigaction(SIGUSR1, NULL, &old), 0);
	CHECK(old.sa_handler == on_usr1);
	CHECK_EQ(old.sa_flags & SA_SIGINFO, 0);
	CHECK_EQ(sigaction(1000, &old, NULL), -1);
	CHECK_EQ(errno, EINVAL);
	if (test_preempts()) {
		CHECK(signal(SIGALRM, on_usr1) == SIG_ERR);
		CHECK_EQ(errno, EINVAL);
	}
}

#if !defined(__SANITIZE_ADDRESS__) /* it leaves its allocator's lock to a child, held or not */
/* In a forked child: its main waits, and the parent's signals wake it. */
static void in_child(void)
{
	int status;
	pid_t pid;

	CHECK_EQ(sem_init(&sent[0], 0, 0), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		for (int i = 0; i < 20; i++)
			CHECK_EQ(sem_wait(&sent[0]), 0);
		_exit(0);
	}
	while (!waitpid(pid, &status, WNOHANG)) {
		kill(pid, SIGUSR1);
		sched_yield();
	}
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}
#endif

/* --- waiting; SIGHUP and SIGURG are blocked everywhere --- */

static sigset_t waited;
static sem_t turn;

static void *waits(void *arg)
{
	siginfo_t info;
	int sig = 0;

	for (int i = 0; i < 3; i++) {
		CHECK_EQ(sem_post(&turn), 0);
		CHECK_EQ(sigwait(&waited, &sig), 0);
		CHECK_EQ(sig, SIGHUP);
		CHECK_EQ(sem_post(&turn), 0);
		CHECK_EQ(sigwaitinfo(&waited, &info), SIGURG);
		CHECK_EQ(info.si_signo, SIGURG);
		CHECK_EQ(info.si_code, SI_USER);
		CHECK_EQ(sem_post(&turn), 0);
		CHECK_EQ(sigtimedwait(&waited, &info, &(struct timespec){1000000, 0}), SIGHUP);
	}
	CHECK_EQ(sigtimedwait(&waited, &info, &(struct timespec){0, 2000000}), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(sigtimedwait(&waited, &info, &(struct timespec){0, -1}), -1);
	CHECK_EQ(errno, EINVAL);
	return arg;
}

static void waiting(void)
{
	pthread_t t;

	CHECK_EQ(sem_init(&turn, 0, 0), 0);
	CHECK_EQ(pthread_create(&t, NULL, waits, NULL), 0);
	for (int i = 0; i < 9; i++) {
		CHECK_EQ(sem_wait(&turn), 0);
		if (i < 5)
			CHECK_EQ(kill(getpid(), i % 3 == 1 ? SIGURG : SIGHUP), 0);
		else
			CHECK_EQ(pthread_kill(t, i % 3 == 1 ? SIGURG : SIGHUP), 0);
	}
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(pthread_kill(t, SIGHUP), ESRCH);
}

int main(void)
{
	sigset_t usual;

	sigemptyset(&waited);
	sigaddset(&waited, SIGHUP);
	sigaddset(&waited, SIGURG);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &waited, &usual), 0); /* the workers inherit it */
	storm();
#if !defined(__SANITIZE_ADDRESS__)
	if (!test_emulated()) /* whose emulator does not survive kernel threads made in a child */
		in_child();
#endif
	waiting();
	return 0;
}
