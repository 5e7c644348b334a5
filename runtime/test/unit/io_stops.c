/*
 * Proves: a process that is stopped (SIGSTOP) and continued again and again, at any
 * moment, while its threads wait for input, talk to each other, sleep and poll by
 * time limits, goes on as if nothing had been: what came while it was stopped is answered,
 * what was due then is not early and not forgotten, and it ends as it should.
 */
#include "io_test.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#define STOPS 15
#define BYTES 40 /* sent at a time, half of them to a process that is stopped */

static _Atomic bool over;

/* --- in the child --- */

static void *answer(void *arg)
{
	int fd = (int)(uintptr_t)arg;
	char c;

	while (mn_read(fd, &c, 1) == 1)
		CHECK_EQ(mn_write(fd, &(char){(char)(c + 1)}, 1), 1);
	return NULL;
}

static void *talk(void *arg)
{
	int *fds = arg;
	char c = 0;

	for (unsigned i = 0; !over; i++) {
		CHECK_EQ(mn_write(fds[0], &(char){(char)i}, 1), 1);
		CHECK_EQ(mn_read(fds[0], &c, 1), 1);
		CHECK_EQ(c, (char)(i + 1));
		if (i % 8 == 0)
			mn_sleep_ns(100000);
	}
	CHECK_EQ(shutdown(fds[0], SHUT_WR), 0);
	return NULL;
}

static void *nap(void *arg)
{
	uint64_t state = (uintptr_t)arg;

	while (!over) {
		uint64_t ns = test_below(&state, 2000000);
		uint64_t due = mn_now_ns(MN_CLOCK_MONOTONIC) + ns;

		if (ns % 2)
			mn_sleep_ns(ns);
		else
			mn_sleep_until(MN_CLOCK_MONOTONIC, due);
		CHECK_REL(mn_now_ns(MN_CLOCK_MONOTONIC), >=, due);
	}
	return NULL;
}

static void *poll_in_vain(void *arg)
{
	struct pollfd p = {(int)(uintptr_t)arg, POLLIN, 0};

	while (!over) {
		uint64_t due = mn_now_ns(MN_CLOCK_MONOTONIC) + 1000000;

		CHECK_EQ(mn_poll(&p, 1, 1), 0);
		CHECK_REL(mn_now_ns(MN_CLOCK_MONOTONIC), >=, due);
	}
	return NULL;
}

static void be_stopped(int fd)
{
	mn_thread_t t[6];
	int pair[2];
	int silent[2];

	test_start();
	CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	CHECK_EQ(mn_pipe2(silent, 0), 0);
	t[0] = test_spawn(answer, (void *)(uintptr_t)pair[1]);
	t[1] = test_spawn(talk, pair);
	t[2] = test_spawn(nap, (void *)1);
	t[3] = test_spawn(nap, (void *)2);
	t[4] = test_spawn(poll_in_vain, (void *)(uintptr_t)silent[0]);
	t[5] = test_spawn(answer, (void *)(uintptr_t)fd); /* until the parent has no more to say */
	test_join(t[5]);
	over = true;
	for (int i = 0; i < 5; i++)
		test_join(t[i]);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(mn_close(pair[i]), 0);
		CHECK_EQ(mn_close(silent[i]), 0);
	}
	test_stop();
}

/* --- the parent, which has no runtime --- */

static void say(int fd, int n)
{
	for (int i = 0; i < n; i++)
		CHECK_EQ(write(fd, &(char){(char)i}, 1), 1);
}

static void hear(int fd, int n)
{
	for (int i = 0; i < n; i++) {
		char c;

		CHECK_EQ(read(fd, &c, 1), 1);
		CHECK_EQ(c, (char)(i + 1));
	}
}

static void stop_and_go_on(pid_t child, int fd)
{
	int status;

	say(fd, BYTES);
	CHECK_EQ(kill(child, SIGSTOP), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status));
	say(fd, BYTES);
	usleep(3000); /* times that are due while nobody is there */
	CHECK_EQ(kill(child, SIGCONT), 0);
	CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
	CHECK(WIFCONTINUED(status));
	hear(fd, BYTES);
	hear(fd, BYTES);
}

int main(void)
{
	int fds[2];
	int status;
	pid_t child;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		CHECK_EQ(close(fds[0]), 0);
		be_stopped(fds[1]);
		CHECK_EQ(close(fds[1]), 0);
		_exit(0);
	}
	CHECK_EQ(close(fds[1]), 0);
	say(fds[0], 1); /* it is up when it answers */
	hear(fds[0], 1);
	for (int i = 0; i < STOPS; i++)
		stop_and_go_on(child, fds[0]);
	CHECK_EQ(close(fds[0]), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	return 0;
}
