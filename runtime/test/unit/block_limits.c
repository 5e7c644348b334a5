/*
 * Proves: as many kernel threads as promised can be blocked at once, each with a call that
 * nobody has declared, the next one blocks its worker, and all come back; ticks of preemption
 * do not interrupt a blocked call again and again, whether its worker is taken
 * over or not; a forked child whose parent's worker was taken over goes on.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "check.h"

TEST_ONCE;

#define SPARES 64
#define BLOCKED (SPARES + 1) /* the last one blocks the worker */
#define THREADS (BLOCKED + 6)

static int fds[2];
static _Atomic int blocks;

static void *read_raw(void *arg)
{
	char c;

	mn_preempt_disable();
	blocks++;
	while (syscall(SYS_read, fds[0], &c, 1) != 1)
		;
	return arg;
}

/* A kernel thread, which nothing holds up. */
static void *unblock_all(void *arg)
{
	while (blocks < BLOCKED)
		usleep(1000);
	usleep(50000); /* so that one more would be seen */
	CHECK_EQ(blocks, BLOCKED);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(write(fds[1], "x", 1), 1);
	return arg;
}

static void as_many_as_promised(void)
{
	const struct mn_config config = {.workers = 1, .blocking_watch = MN_ON};
	static mn_thread_t t[THREADS];
	struct mn_stats s;
	pthread_t k;

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(pthread_create(&k, NULL, unblock_all, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		t[i] = test_spawn(read_raw, NULL);
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	pthread_join(k, NULL);
	do {
		test_pause();
		mn_stats_read(&s);
	} while (s.takebacks < s.takeovers);
	CHECK_REL(s.takeovers, >=, SPARES);
	test_stop();
	close(fds[0]);
	close(fds[1]);
}

/* --- ticks --- */

static uint64_t interrupted, elapsed_ns;

/* poll() is not restarted after a signal. */
static void *poll_raw(void *arg)
{
	struct pollfd p = {fds[0], POLLIN, 0};
	uint64_t start = mn_now_ns(MN_CLOCK_MONOTONIC);
	struct timespec all = {10, 0};

	interrupted = 0;
	blocks = 1;
	while (syscall(SYS_ppoll, &p, 1, &all, NULL, 0) < 0 && errno == EINTR)
		interrupted++;
	elapsed_ns = mn_now_ns(MN_CLOCK_MONOTONIC) - start;
	return arg;
}

static void *unblock_later(void *arg)
{
	while (!blocks)
		usleep(1000);
	usleep(400000);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	return arg;
}

static void *waits_behind(void *arg)
{
	return arg;
}

static void interrupted_rarely(int watch)
{
	struct mn_config config = {
		.workers = 1, .preempt = MN_ON, .quantum_us = 100, .blocking_watch = watch};
	mn_thread_t t[2];
	pthread_t k;

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(mn_init(&config), 0);
	blocks = 0;
	CHECK_EQ(pthread_create(&k, NULL, unblock_later, NULL), 0);
	t[0] = test_spawn(poll_raw, NULL);
	t[1] = test_spawn(waits_behind, NULL);
	test_join(t[0]);
	test_join(t[1]);
	pthread_join(k, NULL);
	test_stop();
	close(fds[0]);
	close(fds[1]);
	/* A tick, the one that finds out, and then one in 20 ms at most, in growing intervals. */
	CHECK_REL(interrupted, <=, watch == MN_ON ? 4 : 4 + elapsed_ns / 20000000);
}

/* --- fork() --- */

static void *add(void *n)
{
	++*(int *)n;
	return n;
}

static int in_child(void)
{
	mn_thread_t t[10];
	int n = 0;

	for (int i = 0; i < 10; i++)
		t[i] = test_spawn(add, &n);
	for (int i = 0; i < 10; i++)
		test_join(t[i]);
	return n == 10 ? 7 : 1;
}

/* Its worker is taken over, and then it forks before it has called the runtime. */
static void *blocks_then_forks(void *arg)
{
	char c;
	pid_t child;
	int status;

	mn_preempt_disable();
	blocks = 1;
	while (syscall(SYS_read, fds[0], &c, 1) != 1)
		;
	child = fork();
	CHECK(child >= 0);
	if (!child)
		_exit(in_child());
	while (waitpid(child, &status, 0) != child)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(WEXITSTATUS(status), 7);
	CHECK(WIFEXITED(status));
	return arg;
}

static void fork_while_away(void)
{
	const struct mn_config config = {.workers = 1, .preempt = MN_OFF, .blocking_watch = MN_ON};
	mn_thread_t t;
	struct mn_stats s;

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(mn_init(&config), 0);
	blocks = 0;
	t = test_spawn(blocks_then_forks, NULL);
	while (!blocks)
		mn_thread_yield();
	mn_stats_read(&s);
	CHECK_EQ(s.takeovers, 1); /* this runs on the one worker, so it has been taken over */
	CHECK_EQ(write(fds[1], "x", 1), 1);
	test_join(t);
	test_stop();
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	if (test_emulated()) /* there nobody is taken over */
		return 0;
	as_many_as_promised();
	interrupted_rarely(MN_ON);
	interrupted_rarely(MN_OFF);
	fork_while_away();
	return 0;
}
