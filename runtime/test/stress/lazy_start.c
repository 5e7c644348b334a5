/*
 * Proves: when several kernel threads create the first threads at the same
 * time, the runtime is started once, and all of these threads are made and run.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "check.h"

#define CREATORS 4

static pthread_barrier_t together;
static _Atomic int ran;

static void *run(void *arg)
{
	atomic_fetch_add(&ran, 1);
	return arg;
}

/* One of them becomes the main green thread by this. */
static void *create(void *arg)
{
	mn_thread_t t;

	pthread_barrier_wait(&together);
	CHECK_EQ(mn_thread_create(&t, NULL, run, NULL), 0);
	while (atomic_load(&ran) < CREATORS)
		test_pause();
	return arg;
}

static void child(void)
{
	pthread_t k[CREATORS - 1];

	CHECK_EQ(pthread_barrier_init(&together, NULL, CREATORS), 0);
	for (int i = 0; i < CREATORS - 1; i++) {
		CHECK_EQ(pthread_create(&k[i], NULL, create, NULL), 0);
		CHECK_EQ(pthread_detach(k[i]),
			 0); /* one of them may be a worker now, and never end */
	}
	create(NULL);
	_exit(0);
}

int main(void)
{
	for (uint64_t n = test_times(5); n; n--) {
		int status;
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid)
			child();
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			FAIL("wait status 0x%x", status);
	}
	return 0;
}
