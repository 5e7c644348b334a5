/*
 * Proves: the watch takes no fd of the program's, not for a moment, where the system lets it:
 * while workers are looked at and taken over, the number of a file that has just
 * been closed is the next one's.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "io_test.h"

#define THREADS 4
#define ENOUGH 30

static _Atomic bool stop;

static void *blocks(void *arg)
{
	while (!stop) {
		syscall(SYS_nanosleep, &(struct timespec){0, 20000000}, NULL);
		mn_thread_yield(); /* comes back */
	}
	return arg;
}

static void *yields(void *arg)
{
	while (!stop)
		mn_thread_yield();
	return arg;
}

/* A kernel thread. */
static void *opens(void *arg)
{
	while (!stop) {
		int a = dup(0);

		CHECK_REL(a, >=, 0);
		CHECK_EQ(close(a), 0);
		CHECK_EQ(dup(0), a);
		CHECK_EQ(close(a), 0);
	}
	return arg;
}

/* Whether a kernel thread can leave the others' files: Linux 5.9. */
static bool can_part(void)
{
#ifdef CLOSE_RANGE_UNSHARE
	return !close_range(100000, ~0u, CLOSE_RANGE_UNSHARE);
#else
	return false;
#endif
}

int main(void)
{
	const struct mn_config config = {.blocking_watch = MN_ON};
	mn_thread_t t[2 * THREADS];
	struct mn_stats s;
	pthread_t k;

	if (test_emulated() || !can_part()) /* nobody is taken over there; or the system does not let it */
		return 0;
	mallopt(M_ARENA_MAX, 1); /* for more, malloc() in a new kernel thread reads a file */
	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(pthread_create(&k, NULL, opens, NULL), 0);
	for (unsigned i = 0; i < 2 * THREADS; i++)
		t[i] = test_spawn(i % 2 ? blocks : yields, NULL);
	do {
		test_pause();
		mn_stats_read(&s);
	} while (s.takeovers < ENOUGH);
	stop = true;
	for (unsigned i = 0; i < 2 * THREADS; i++)
		test_join(t[i]);
	CHECK_EQ(pthread_join(k, NULL), 0);
	test_stop();
	return 0;
}
