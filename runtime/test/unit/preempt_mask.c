/*
 * Proves: threads are preempted also when the program has changed the mask of signals since
 * the runtime began: by POSIX's names, which do not block the signal that preempts, or behind
 * the runtime's back. A handler of the program's is not preempted.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "check.h"

#define MN_PTHREAD_NO_NAMES
#include "mn_pthread.h"

TEST_ONCE;

static _Atomic int ran;

static void *runs(void *arg)
{
	atomic_fetch_add(&ran, 1);
	return arg;
}

/* Without a call of the runtime: the other thread has to be let in. */
static void wait_for_it(void)
{
	int before = atomic_load(&ran);
	mn_thread_t t = test_spawn(runs, NULL);

	while (atomic_load_explicit(&ran, memory_order_relaxed) == before)
		;
	test_join(t);
}

/* The same, with calls of the runtime. */
static void let_it_in(void)
{
	int before = atomic_load(&ran);
	mn_thread_t t = test_spawn(runs, NULL);

	while (atomic_load_explicit(&ran, memory_order_relaxed) == before) {
		mn_preempt_disable();
		mn_preempt_enable();
	}
	test_join(t);
}

static volatile sig_atomic_t ran_within;

static void spins(int sig)
{
	int before = atomic_load(&ran);

	(void)sig;
	for (volatile unsigned i = 0; i < 20000000; i++) /* some quanta */
		;
	ran_within = atomic_load(&ran) != before;
}

int main(void)
{
	struct mn_config c = {.workers = 1, .preempt = MN_ON, .quantum_us = 500};
	sigset_t one, all, had;
	mn_thread_t t;

#if defined(__SANITIZE_THREAD__)
	SKIP("TSan holds signals back");
#endif
	sigemptyset(&one);
	sigaddset(&one, SIGUSR2);
	sigfillset(&all);
	CHECK_EQ(mn_init(&c), 0);
	wait_for_it();

	CHECK_EQ(mn_posix_sigmask(SIG_BLOCK, &one, NULL), 0);
	wait_for_it();
	CHECK_EQ(mn_posix_sigprocmask(SIG_SETMASK, &all, &had), 0);
	CHECK_EQ(sigismember(&had, SIGUSR2), 1);
	wait_for_it();
	CHECK_EQ(mn_posix_sigmask(SIG_BLOCK, NULL, &had), 0);
	CHECK_EQ(sigismember(&had, SIGUSR1), 1);
	CHECK_EQ(sigismember(&had, SIGALRM), 0);
	CHECK_EQ(mn_posix_sigmask(SIG_UNBLOCK, &all, NULL), 0);
	wait_for_it();
	CHECK_EQ(mn_posix_sigprocmask(99, &one, NULL), -1);
	CHECK_EQ(errno, EINVAL);

	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &one, NULL), 0);
	let_it_in(); /* a tick meets the new mask, and the runtime learns of it */
	wait_for_it();
	CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &one, NULL), 0);
	let_it_in();
	wait_for_it();

	signal(SIGUSR1, spins);
	t = test_spawn(runs, NULL);
	raise(SIGUSR1);
	CHECK_EQ(ran_within, 0);
	test_join(t);
	test_stop();
	return 0;
}
