/*
 * Proves, through mn_pthread.h: fork() from main, from a thread on its own stack
 * and from one that is run on its joiner's, while other threads are busy in the
 * runtime: the child has the calling thread only, with its values, handlers and
 * locks; it can exec, exit, block, create threads on all workers, fork again,
 * and end by returning from the thread's function; the parent goes on.
 */
#include "mn_pthread.h"

#include <stdatomic.h>
#include <sys/wait.h>

#include "check.h"

static pthread_key_t key;
static pthread_mutex_t errorcheck = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_mutex_t contended = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool stop;
static unsigned workers;

static void *add(void *arg)
{
	sched_yield();
	return (char *)arg + 1;
}

static void *busy(void *arg)
{
	while (!atomic_load(&stop)) {
		pthread_t t;

		pthread_mutex_lock(&contended);
		sched_yield();
		pthread_mutex_unlock(&contended);
		usleep(10);
		CHECK_EQ(pthread_create(&t, NULL, add, NULL), 0);
		CHECK_EQ(pthread_join(t, NULL), 0);
	}
	return arg;
}

static void *spin_until(void *arg)
{
	while (!atomic_load((_Atomic bool *)arg))
		;
	return arg;
}

static void *set(void *arg)
{
	atomic_store((_Atomic bool *)arg, true);
	return arg;
}

enum what { EXIT, EXEC, WORK, WORKERS, AGAIN, THREAD_EXIT, RETURN, LAST };

static void parent_of(pid_t pid)
{
	int status;

	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		FAIL("killed by signal %d", WTERMSIG(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

static void child(enum what what, pthread_t me)
{
	static _Atomic bool flag;
	pthread_t t[10];
	sem_t s;
	void *result;
	pid_t pid;

	CHECK(pthread_equal(pthread_self(), me));
	CHECK(pthread_getspecific(key) == &key);
	CHECK_EQ(pthread_mutex_lock(&errorcheck), EDEADLK);
	switch (what) {
	case EXEC:
		execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
		FAIL("exec: %d", errno);
	case WORK:
		CHECK_EQ(pthread_mutex_unlock(&errorcheck), 0);
		usleep(100); /* blocks, with nobody else there */
		CHECK_EQ(sem_init(&s, 0, 0), 0);
		CHECK_EQ(sem_timedwait(&s, &(struct timespec){1, 0}), -1);
		for (intptr_t i = 0; i < 10; i++)
			CHECK_EQ(pthread_create(&t[i], NULL, add, (void *)i), 0);
		for (int i = 0; i < 10; i++) {
			CHECK_EQ(pthread_join(t[i], &result), 0);
			CHECK_EQ((intptr_t)result, i + 1);
		}
		_exit(0);
	case WORKERS: /* two threads that need two workers, or preemption */
		if (workers > 1 || test_preempts()) {
			CHECK_EQ(mn_thread_create(&t[0], &test_creator_goes_on, spin_until, &flag), 0);
			CHECK_EQ(pthread_create(&t[1], NULL, set, &flag), 0);
			CHECK_EQ(pthread_join(t[0], NULL), 0);
			CHECK_EQ(pthread_join(t[1], NULL), 0);
		}
		_exit(0);
	case AGAIN:
		CHECK_EQ(pthread_create(&t[0], NULL, add, NULL), 0);
		pid = fork();
		if (!pid)
			child(WORK, me);
		parent_of(pid);
		CHECK_EQ(pthread_join(t[0], NULL), 0);
		_exit(0);
	case THREAD_EXIT:
		CHECK_EQ(pthread_create(&t[0], NULL, add, NULL), 0);
		CHECK_EQ(pthread_detach(t[0]), 0);
		pthread_exit((void *)3);
	case RETURN:
		return;
	default:
		_exit(0);
	}
}

static void each(bool in_main)
{
	pthread_t me = pthread_self();

	CHECK_EQ(pthread_setspecific(key, &key), 0);
	CHECK_EQ(pthread_mutex_lock(&errorcheck), 0);
	for (enum what what = EXIT; what < LAST; what++) {
		pid_t pid;

		if (what == RETURN && in_main)
			continue;
		/* The emulator executes no programs, and does not survive kernel threads made in a child. */
		if (test_emulated() && what != EXIT && what != RETURN)
			continue;
		pid = fork();
		if (!pid) {
			child(what, me);
			return;
		}
		parent_of(pid);
	}
	CHECK_EQ(pthread_mutex_unlock(&errorcheck), 0);
}

static void *each_in_thread(void *arg)
{
	each(false);
	return arg;
}

static void on_parent(void)
{
	CHECK_EQ(pthread_mutex_unlock(&errorcheck), 0);
}

static void on_prepare(void)
{
	CHECK_EQ(pthread_mutex_lock(&errorcheck), 0);
}

static pid_t atfork(void)
{
	static bool done;

	if (!done)
		CHECK_EQ(pthread_atfork(on_prepare, on_parent, on_parent), 0);
	done = true;
	return fork();
}

static void *fork_with_handlers(void *arg)
{
	pid_t pid = atfork();

	if (!pid)
		_exit(0);
	parent_of(pid);
	return arg;
}

int main(void)
{
	pthread_t others[4];
	pthread_t t;
	pid_t pid;

	/* Before there are threads: main is no green thread, and the child neither. */
	pid = fork();
	if (!pid) {
		CHECK_EQ(pthread_create(&t, NULL, add, NULL), 0);
		CHECK_EQ(pthread_join(t, NULL), 0);
		return 0;
	}
	parent_of(pid);

	CHECK_EQ(pthread_key_create(&key, NULL), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&others[i], NULL, busy, NULL), 0);
	workers = mn_workers();
	for (int round = 0; round < 5; round++) {
		each(true);
		CHECK_EQ(pthread_create(&t, NULL, each_in_thread, NULL), 0);
		if (round % 2)
			usleep(100); /* so that it has a stack of its own */
		CHECK_EQ(pthread_join(t, NULL), 0);
	}
	CHECK_EQ(pthread_create(&t, NULL, fork_with_handlers, NULL), 0);
	usleep(100);
	CHECK_EQ(pthread_join(t, NULL), 0);
	atomic_store(&stop, true);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(others[i], NULL), 0);
	return 0;
}
