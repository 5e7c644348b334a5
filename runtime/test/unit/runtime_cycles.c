/*
 * Proves: the runtime can be started and ended any number of times in a
 * process, with other settings each time, with work in between or none; what
 * it used is given back; a second start is EBUSY; before and after there are no
 * workers and no policy; an end by a thread that did not start it is EPERM.
 */
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "check.h"

static _Atomic int ran;

static void *run(void *arg)
{
	CHECK_EQ(mn_shutdown(), -EPERM);
	CHECK_EQ(mn_init(NULL), -EBUSY);
	atomic_fetch_add(&ran, 1);
	mn_thread_yield();
	return arg;
}

static void *other_kernel_thread(void *arg)
{
	CHECK_EQ(mn_init(NULL), -EBUSY);
	CHECK_EQ(mn_shutdown(), -EPERM);
	CHECK(mn_workers() != 0);
	CHECK(mn_policy() != NULL);
	return arg;
}

static int entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	CHECK(d != NULL);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int lines_of_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	int n = 0;
	int c;

	CHECK(f != NULL);
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

static void off(void)
{
	struct mn_stats s;

	CHECK_EQ(mn_workers(), 0);
	CHECK(mn_policy() == NULL);
	CHECK_EQ(mn_shutdown(), -EPERM);
	mn_stats_read(&s);
	CHECK_EQ(s.spawns, 0);
}

static void cycle(unsigned workers, int threads)
{
	struct mn_config config = {.workers = workers};
	struct mn_stats s;
	mn_thread_t t[50];

	off();
	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(mn_workers(), workers);
	CHECK(mn_policy() != NULL);
	CHECK_EQ(mn_init(&config), -EBUSY);
	mn_stats_read(&s);
	CHECK_EQ(s.spawns, 0);
	CHECK_EQ(s.ends, 0);
	atomic_store(&ran, 0);
	for (int i = 0; i < threads; i++)
		t[i] = test_spawn(run, NULL);
	for (int i = 0; i < threads; i += 2)
		test_join(t[i]);
	/* The odd ones are waited for, and their results dropped. */
	test_stop();
	CHECK_EQ(atomic_load(&ran), threads);
}

int main(void)
{
	pthread_t k;
	int threads;
	int maps;

	cycle(5, 50); /* what the C library keeps for the next time */
	threads = entries("/proc/self/task");
	maps = lines_of_maps();
	for (unsigned i = 0; i < 40; i++)
		cycle(1 + i % 5, (int)i % 3 * 20);
	/* A thread that has been joined may still be on its way out of the kernel. */
	for (int i = 0; i < 1000000 && entries("/proc/self/task") > threads; i++)
		sched_yield();
	CHECK_REL(entries("/proc/self/task"), <=, threads);
	/*
	 * How mappings lie beside each other, and so merge, differs a little from run
	 * to run; one that is lost in each cycle makes 40 more. ThreadSanitizer maps
	 * something for each stack, and keeps it.
	 */
	if (TEST_SLOWDOWN <= 4)
		CHECK_REL(lines_of_maps(), <=, maps + 20 * TEST_SLOWDOWN);

	test_start();
	CHECK_EQ(pthread_create(&k, NULL, other_kernel_thread, NULL), 0);
	CHECK_EQ(pthread_join(k, NULL), 0);
	test_stop();
	off();
	return 0;
}
