/*
 * Proves, through mn_pthread.h: main can be joined by another thread when it
 * calls pthread_exit(), before that and after, with a deadline and without, and
 * its value is got; detached, it cannot; whoever joins it while it calls
 * mn_shutdown() gets NULL. Never a hang.
 */
#include "mn_pthread.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"

static pthread_t main_thread;
static sem_t started;
static _Atomic int *verdicts; /* seen by the parent, too: how many got what they should */

static void is(void *result, void *want)
{
	CHECK(result == want);
	atomic_fetch_add_explicit(verdicts, 1, memory_order_relaxed);
}

static void *joins(void *want)
{
	void *result;

	CHECK_EQ(sem_post(&started), 0);
	CHECK_EQ(pthread_join(main_thread, &result), 0);
	is(result, want);
	return NULL;
}

static void *joins_by_deadline(void *want)
{
	struct timespec late = {(time_t)1 << 33, 0};
	void *result;

	CHECK_EQ(sem_post(&started), 0);
	CHECK_EQ(pthread_timedjoin_np(main_thread, &result, &late), 0);
	is(result, want);
	return NULL;
}

static void *joins_late(void *want)
{
	void *result;
	int error;

	CHECK_EQ(sem_post(&started), 0);
	while ((error = pthread_tryjoin_np(main_thread, &result)) == EBUSY)
		sched_yield();
	CHECK_EQ(error, 0);
	is(result, want);
	CHECK_EQ(pthread_join(main_thread, NULL), EINVAL); /* once only */
	return NULL;
}

static void *detaches(void *want)
{
	CHECK_EQ(pthread_detach(main_thread), 0);
	CHECK_EQ(sem_post(&started), 0);
	CHECK_EQ(pthread_join(main_thread, NULL), EINVAL);
	is(want, want);
	return NULL;
}

static void by_exit(void *(*fn)(void *))
{
	pthread_t t;

	CHECK_EQ(sem_init(&started, 0, 0), 0);
	main_thread = pthread_self();
	CHECK_EQ(pthread_create(&t, NULL, fn, &started), 0);
	CHECK_EQ(sem_wait(&started), 0);
	for (int i = 0; i < 5; i++)
		sched_yield(); /* so that it waits, mostly */
	pthread_exit(&started);
}

static void by_shutdown(void *(*fn)(void *))
{
	pthread_t t;

	for (int round = 0; round < 3; round++) {
		CHECK_EQ(sem_init(&started, 0, 0), 0);
		main_thread = pthread_self();
		CHECK_EQ(pthread_create(&t, NULL, fn, NULL), 0);
		CHECK_EQ(sem_wait(&started), 0);
		CHECK_EQ(mn_shutdown(), 0);
		CHECK_EQ(atomic_load_explicit(verdicts, memory_order_relaxed), round + 1);
	}
	_exit(0);
}

static void try(void (*how)(void *(*)(void *)), void *(*fn)(void *))
{
	int status;
	pid_t pid;

	atomic_store_explicit(verdicts, 0, memory_order_relaxed);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		how(fn);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
	CHECK_REL(atomic_load_explicit(verdicts, memory_order_relaxed), >=, 1);
}

int main(void)
{
	verdicts = mmap(NULL, sizeof *verdicts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(verdicts != MAP_FAILED);
	for (uint64_t i = test_times(10); i--;) {
		try(by_exit, joins);
		try(by_exit, joins_by_deadline);
		try(by_exit, joins_late);
		try(by_exit, detaches);
		try(by_shutdown, joins);
		try(by_shutdown, joins_by_deadline);
		try(by_shutdown, joins_late);
	}
	return 0;
}
