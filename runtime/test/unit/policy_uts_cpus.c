/*
 * Proves: under policy uts, virtual CPUs start when threads are created, one at
 * a time, never more than there are threads and never more than the maximum;
 * all of them run threads; and the runtime ends well with few or none started.
 */
#include <dirent.h>
#include <stdatomic.h>

#include "check.h"

TEST_ONCE;

#define MAXIMUM 4
#define THREADS 7

static struct mn_sem gate;

static void *wait_at_gate(void *arg)
{
	mn_sem_wait(&gate);
	return arg;
}

static void *nothing(void *arg)
{
	return arg;
}

static uint64_t started(void)
{
	struct mn_stats s;

	mn_stats_read(&s);
	return s.workers_started;
}

static int kernel_threads(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	CHECK(d != NULL);
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* Those that have ended may still be listed for a moment. */
static void wait_for_kernel_threads(int n)
{
	while (kernel_threads() > n)
		sched_yield();
	CHECK_EQ(kernel_threads(), n);
}

/* others: beside main's, while the runtime is down; up, it has one that makes reports. */
static void one_for_each_thread(int others)
{
	const struct mn_config config = {.policy = "uts",
					 .workers = MAXIMUM,
					 .blocking_watch = MN_OFF /* kernel threads are counted */};
	mn_thread_t t[THREADS];

	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(mn_workers(), MAXIMUM);
	CHECK_EQ(started(), 1);
	wait_for_kernel_threads(others + 1);
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	for (int i = 0; i < THREADS; i++) {
		int threads = i + 2; /* with main */
		int cpus = threads < MAXIMUM ? threads : MAXIMUM;

		t[i] = test_spawn(wait_at_gate, NULL);
		CHECK_EQ(started(), cpus);
		wait_for_kernel_threads(others + cpus);
	}
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(mn_sem_post(&gate), 0);
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	test_stop();
}

/* One thread at a time: a second CPU, and no third. */
static void never_more_than_threads(void)
{
	const struct mn_config config = {.policy = "uts", .workers = MAXIMUM};

	CHECK_EQ(mn_init(&config), 0);
	for (int i = 0; i < 100; i++)
		test_join(test_spawn(nothing, NULL));
	CHECK_EQ(started(), 2);
	test_stop();
}

static void none_started(void)
{
	const struct mn_config config = {.policy = "uts", .workers = MAXIMUM};

	for (int i = 0; i < 20; i++) {
		CHECK_EQ(mn_init(&config), 0);
		test_stop();
		CHECK_EQ(started(), 0);
	}
}

static _Atomic int here;

/* Ends when as many run at once as there may be CPUs, main's among them. */
static void *meet(void *arg)
{
	atomic_fetch_add(&here, 1);
	while (atomic_load(&here) < MAXIMUM)
		sched_yield();
	return arg;
}

static void all_run(void)
{
	const struct mn_config config = {
		.policy = "uts", .workers = MAXIMUM, .preempt = MN_OFF};
	mn_thread_t t[MAXIMUM - 1];

	for (int i = 0; i < 20; i++) {
		CHECK_EQ(mn_init(&config), 0);
		atomic_store(&here, 0);
		for (int k = 0; k < MAXIMUM - 1; k++)
			t[k] = test_spawn(meet, NULL);
		meet(NULL);
		for (int k = 0; k < MAXIMUM - 1; k++)
			test_join(t[k]);
		test_stop();
	}
}

int main(void)
{
	int others;

	never_more_than_threads();
	/* A sanitizer or an emulator has its own; those that have just ended go away. */
	others = kernel_threads();
	for (int i = 0; i < 1000; i++) {
		int n = kernel_threads();

		others = n < others ? n : others;
		sched_yield();
	}
	for (int i = 0; i < 10; i++)
		one_for_each_thread(others);
	none_started();
	all_run();
	return 0;
}
