/*
 * Proves: the preemption signal is configurable; a program that handles it
 * itself gets -EBUSY and keeps its handler; a signal that cannot be caught is
 * -EINVAL; after mn_shutdown() the signal is as it was; a system call that is
 * restartable is not interrupted by ticks.
 */
#include <signal.h>
#include <stdatomic.h>

#include "check.h"

TEST_ONCE;

static void (*disposition(int signal))(int)
{
	struct sigaction a;

	CHECK_EQ(sigaction(signal, NULL, &a), 0);
	return a.sa_handler;
}

static void mine(int signal)
{
	(void)signal;
}

static _Atomic int stop;

static void *hog(void *arg)
{
	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		;
	return arg;
}

static void *reader(void *arg)
{
	int *fds = arg;
	char c;
	ssize_t n = read(fds[0], &c, 1);

	CHECK_EQ(n, 1);
	atomic_store(&stop, 1);
	return NULL;
}

static void *writer(void *arg)
{
	int *fds = arg;
	struct timespec t = {0, 30 * 1000000};

	/* A tick may cut the sleep short; the kernel then says how much is left. */
	while (nanosleep(&t, &t))
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	return NULL;
}

static void reads_are_restarted(void)
{
	struct mn_config c = {.workers = 2, .preempt = MN_ON, .quantum_us = 500};
	mn_thread_t t[3];
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(mn_init(&c), 0);
	t[0] = test_spawn(reader, fds);
	t[1] = test_spawn(writer, fds);
	t[2] = test_spawn(hog, NULL);
	for (int i = 0; i < 3; i++)
		test_join(t[i]);
	test_stop();
}

int main(void)
{
	struct mn_config c = {.workers = 2, .preempt = MN_ON, .preempt_signal = SIGUSR1};

#if defined(__SANITIZE_THREAD__)
	SKIP("TSan holds signals back");
#endif
	CHECK_EQ(mn_init(&c), 0);
	CHECK(disposition(SIGUSR1) != SIG_DFL);
	CHECK(disposition(SIGALRM) == SIG_DFL);
	test_stop();
	CHECK(disposition(SIGUSR1) == SIG_DFL);

	signal(SIGUSR1, mine);
	CHECK_EQ(mn_init(&c), -EBUSY);
	CHECK(disposition(SIGUSR1) == mine);
	c.preempt = MN_OFF;
	CHECK_EQ(mn_init(&c), 0);
	CHECK(disposition(SIGUSR1) == mine);
	test_stop();

	c = (struct mn_config){.preempt = MN_ON, .preempt_signal = SIGKILL};
	CHECK_EQ(mn_init(&c), -EINVAL);
	reads_are_restarted();
	return 0;
}
