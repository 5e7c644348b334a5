/*
 * Proves, through mn_pthread.h: when main calls pthread_exit(), the threads go
 * on and the process ends with status 0 after the last of them, also when there
 * never was one; when main returns, or anybody calls exit(), it ends at once
 * with that status.
 */
#include <sys/wait.h>

#include "mn_pthread.h"

#include "check.h"

static int out;

static void *work(void *arg)
{
	for (int i = 0; i < 100; i++)
		sched_yield();
	CHECK_EQ(write(out, "w", 1), 1);
	return arg;
}

static void *work_on(void *arg)
{
	for (;;)
		sched_yield();
	return arg;
}

static void *ends_the_process(void *arg)
{
	exit((int)(uintptr_t)arg);
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, fn, arg), 0);
	return t;
}

static void with_threads(void)
{
	for (int i = 0; i < 3; i++)
		start(work, NULL);
	pthread_exit((void *)9);
}

static void without_threads(void)
{
	pthread_exit((void *)9);
}

static void returns(void)
{
	for (int i = 0; i < 3; i++)
		start(work_on, NULL);
	sched_yield();
	exit(5);
}

static void thread_exits(void)
{
	start(work_on, NULL);
	start(ends_the_process, (void *)6);
	pthread_exit(NULL);
}

static void joined_thread_exits(void)
{
	pthread_t t;

	start(work_on, NULL);
	t = start(ends_the_process, (void *)7);
	pthread_join(t, NULL);
}

static void try(void (*fn)(void), int expect_status, int expect_writes)
{
	int ends[2];
	int status;
	int writes = 0;
	char c;
	pid_t pid;

	CHECK_EQ(pipe(ends), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		close(ends[0]);
		out = ends[1];
		fn();
		_exit(99);
	}
	close(ends[1]);
	while (read(ends[0], &c, 1) == 1)
		writes++;
	close(ends[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		FAIL("killed by signal %d", WTERMSIG(status));
	CHECK_EQ(WEXITSTATUS(status), expect_status);
	CHECK_EQ(writes, expect_writes);
}

int main(void)
{
	try(with_threads, 0, 3);
	try(without_threads, 0, 0);
	try(returns, 5, 0);
	try(thread_exits, 6, 0);
	try(joined_thread_exits, 7, 0);
	return 0;
}
