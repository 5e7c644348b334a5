/*
 * Proves: with all threads waiting for I/O, the process comes to rest: no worker
 * wakes up by itself; and one that is forked loses no wait: the parent's threads go
 * on waiting, and the child can wait for I/O itself.
 */
#include "io_test.h"

#include <pthread.h>
#include <sys/wait.h>

static void *read_one(void *arg)
{
	char c = 0;

	CHECK_EQ(mn_read((int)(uintptr_t)arg, &c, 1), 1);
	return (void *)(uintptr_t)c;
}

/* A kernel thread of its own: returns when nobody has woken up between two looks. */
static void *until_at_rest(void *fd)
{
	struct mn_stats a;
	struct mn_stats b;

	do {
		mn_stats_read(&a);
		usleep(50000);
		mn_stats_read(&b);
	} while (a.io_waits - a.io_wakes != 2 || b.parks != a.parks || b.switches != a.switches);
	CHECK_EQ(write((int)(uintptr_t)fd, "r", 1), 1);
	return NULL;
}

static void rest(void)
{
	int fds[2];
	int other[2];
	pthread_t k;
	mn_thread_t t;

	CHECK_EQ(mn_pipe2(fds, 0), 0);
	CHECK_EQ(mn_pipe2(other, 0), 0);
	t = test_spawn(read_one, (void *)(uintptr_t)other[0]);
	CHECK_EQ(pthread_create(&k, NULL, until_at_rest, (void *)(uintptr_t)fds[1]), 0);
	CHECK_EQ(read_one((void *)(uintptr_t)fds[0]), 'r');
	CHECK_EQ(pthread_join(k, NULL), 0);
	CHECK_EQ(mn_write(other[1], "o", 1), 1);
	CHECK_EQ(test_join(t), 'o');
	for (int i = 0; i < 2; i++) {
		mn_close(fds[i]);
		mn_close(other[i]);
	}
}

#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
/* In the child: it waits for a kernel thread, and for a thread of its own. */
static void *write_late(void *fd)
{
	usleep(1000);
	CHECK_EQ(write((int)(uintptr_t)fd, "l", 1), 1);
	return NULL;
}

static void wait_in_child(int in, int out)
{
	mn_thread_t t = test_spawn(read_one, (void *)(uintptr_t)in);
	pthread_t k;

	test_until_io_waits(1);
	CHECK_EQ(pthread_create(&k, NULL, write_late, (void *)(uintptr_t)out), 0);
	CHECK_EQ(test_join(t), 'l');
	CHECK_EQ(pthread_join(k, NULL), 0);
}

static void forks(void)
{
	int fds[2];
	int own[2];
	mn_thread_t t;
	int status;
	pid_t pid;

	CHECK_EQ(mn_pipe2(fds, 0), 0);
	CHECK_EQ(mn_pipe2(own, 0), 0);
	t = test_spawn(read_one, (void *)(uintptr_t)fds[0]);
	test_until_io_waits(1);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		wait_in_child(own[0], own[1]);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(mn_write(fds[1], "f", 1), 1);
	CHECK_EQ(test_join(t), 'f');
	for (int i = 0; i < 2; i++) {
		mn_close(fds[i]);
		mn_close(own[i]);
	}
}
#endif

int main(void)
{
	test_start();
	rest();
	/* TSan does not follow the child of a process with threads; ASan leaves its allocator's lock to it, held or not. */
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
	/* The emulator does not survive kernel threads that a forked child makes. */
	if (!test_emulated() || mn_workers() == 1)
		forks();
#endif
	test_stop();
	return 0;
}
