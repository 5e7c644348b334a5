/*
 * Proves: while nothing waits nobody wakes up. In an idle process, with a
 * thread that blocks its kernel thread, one that waits for I/O and one that is parked,
 * after preemption, timers and the watch on blocking calls have been in use, no
 * kernel thread goes to sleep during a second, so none has woken up. And that spare
 * kernel threads of declared calls end when they have nothing to do, and come back.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "io_test.h"

TEST_ONCE;

/* How often the kernel threads but the caller have gone to sleep so far: whoever wakes up does so again. */
static long sleeps(void)
{
	DIR *d = opendir("/proc/self/task");
	long sum = 0;

	CHECK(d != NULL);
	for (struct dirent *e; (e = readdir(d));) {
		char path[300];
		char line[200];
		long n;
		FILE *f;

		if (e->d_name[0] == '.' || atol(e->d_name) == syscall(SYS_gettid))
			continue;
		snprintf(path, sizeof path, "/proc/self/task/%s/status", e->d_name);
		f = fopen(path, "r");
		while (f && fgets(line, sizeof line, f))
			if (sscanf(line, "voluntary_ctxt_switches: %ld", &n) == 1)
				sum += n;
		if (f)
			fclose(f);
	}
	closedir(d);
	return sum;
}

static int fds[2], quiet[2];
static struct mn_sem gate;
static _Atomic bool blocks;

static void *read_raw(void *arg)
{
	char c;

	atomic_store(&blocks, true);
	while (syscall(SYS_read, fds[0], &c, 1) != 1)
		;
	return arg;
}

static void *read_green(void *arg)
{
	char c;

	CHECK_EQ(mn_read(quiet[0], &c, 1), 1);
	return arg;
}

static void *parks(void *arg)
{
	mn_sem_wait(&gate);
	return arg;
}

/* Counts from outside: whatever waits in the counting itself is not the runtime's. */
static void *count(void *arg)
{
	long before;
	long after;

	/* What has just been going on dies down: ticks, naps, keepers of the time. */
	do {
		before = sleeps();
		usleep(1000000);
		after = sleeps();
	} while (after != before);
	CHECK_EQ(mn_sem_post(&gate), 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(write(quiet[1], "x", 1), 1);
	return arg;
}

/* If it is never quiet, it never ends: the runner's limit of time says so. */
static void must_become_quiet(const struct mn_config *config)
{
	mn_thread_t t[3];
	pthread_t counter;

	CHECK_EQ(mn_init(config), 0);
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(mn_pipe2(quiet, 0), 0);
	atomic_store(&blocks, false);
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	t[0] = test_spawn(parks, NULL);
	t[1] = test_spawn(read_green, NULL);
	t[2] = test_spawn(read_raw, NULL);
	while (!atomic_load(&blocks))
		test_pause();
	for (int i = 0; i < 20; i++)
		mn_sleep_ns(1000000);
	CHECK_EQ(pthread_create(&counter, NULL, count, NULL), 0);
	for (int i = 0; i < 3; i++)
		test_join(t[i]);
	pthread_join(counter, NULL);
	mn_close(quiet[0]);
	mn_close(quiet[1]);
	close(fds[0]);
	close(fds[1]);
	test_stop();
}

/* --- the spare kernel threads of declared calls --- */

static _Atomic int inside;

static void *meet(void *arg)
{
	inside++;
	while (inside < 3)
		sched_yield();
	return arg;
}

static void *call(void *arg)
{
	CHECK(mn_blocking(meet, arg) == arg);
	return arg;
}

static void call_thrice(void)
{
	mn_thread_t t[3];

	inside = 0;
	for (uintptr_t i = 0; i < 3; i++)
		t[i] = test_spawn(call, (void *)i);
	for (uintptr_t i = 0; i < 3; i++)
		CHECK_EQ(test_join(t[i]), i);
}

static void spares_end(void)
{
	const struct mn_config config = {.workers = 1, .blocking_watch = MN_OFF};
	int before;

	CHECK_EQ(mn_init(&config), 0);
	before = test_entries("/proc/self/task");
	for (int i = 0; i < 2; i++) {
		call_thrice();
		CHECK_EQ(test_entries("/proc/self/task"), before + 3);
		if (!i)
			while (test_entries("/proc/self/task") > before)
				usleep(50000);
	}
	test_stop();
	while (test_entries("/proc/self/task") >
	       before) /* those that have ended may still be listed */
		sched_yield();
}

int main(void)
{
	static const char *const policies[] = {"steal", "local", "uts"};

	spares_end();
	if (test_emulated()) /* its own kernel threads are counted, too */
		return 0;
	for (unsigned i = 0; i < 3; i++) {
		struct mn_config config = {.policy = policies[i],
					   .workers = i + 1,
					   .preempt = i == 1 ? MN_OFF : MN_ON};

		must_become_quiet(&config);
	}
	return 0;
}
