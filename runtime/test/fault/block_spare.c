/*
 * Proves: when the system has no kernel thread or no timer for a worker that has
 * been found blocked, nothing happens but that it blocks; when there are some again,
 * the next one is taken over; and nothing is held in the end.
 */
#define _GNU_SOURCE
#include "fault/faults.h"

#include <unistd.h>

#include "check.h"

static int fds[2];
static _Atomic bool blocks, went_on;

static void *reads(void *arg)
{
	char c;

	atomic_store(&blocks, true);
	while (read(fds[0], &c, 1) != 1)
		;
	return arg;
}

static void *goes_on(void *arg)
{
	while (!atomic_load(&blocks))
		mn_thread_yield();
	atomic_store(&went_on, true);
	return arg;
}

/* A kernel thread, which nothing holds up. */
static void *unblocks(void *arg)
{
	bool taken_over = arg;

	while (!atomic_load(&blocks))
		sched_yield();
	if (taken_over)
		while (!atomic_load(&went_on))
			sched_yield();
	else
		usleep(100000); /* it is looked at meanwhile; nothing is asserted of the time */
	if (write(fds[1], "x", 1) != 1)
		_exit(4);
	return NULL;
}

/* One thread blocks, and the one worker's other thread goes on meanwhile, or afterwards. */
static uint64_t block_once(bool taken_over)
{
	mn_thread_t r;
	mn_thread_t g;
	pthread_t k;
	struct mn_stats s;

	atomic_store(&blocks, false);
	atomic_store(&went_on, false);
	CHECK_EQ(pthread_create(&k, NULL, unblocks, taken_over ? &k : NULL), 0);
	r = test_spawn(reads, NULL);
	g = test_spawn(goes_on, NULL);
	test_join(r);
	test_join(g);
	pthread_join(k, NULL);
	mn_stats_read(&s);
	return s.takeovers;
}

static void refuse(enum fault kind)
{
	const struct mn_config config = {.workers = 1,
					 .preempt = kind == FAULT_TIMER ? MN_ON : MN_OFF,
					 .blocking_watch = MN_ON};
	struct faults_held before = faults_held();
	struct faults_held after;

	CHECK_EQ(mn_init(&config), 0);
	if (kind == FAULT_TIMER)
		faults_deny(kind);
	CHECK_EQ(pipe(fds), 0);
	if (kind != FAULT_TIMER) /* but not to the test's own kernel thread */
		faults_arm(kind, 2);
	CHECK_EQ(block_once(false), 0);
	CHECK(faults_hit());
	while (!block_once(false)) /* after a while it is tried again */
		;
	CHECK_REL(block_once(true), >, 0);
	close(fds[0]);
	close(fds[1]);
	test_stop();
	after = faults_held();
	CHECK_EQ(after.threads, before.threads);
	CHECK_EQ(after.timers, before.timers);
	CHECK_EQ(after.maps, before.maps);
}

int main(void)
{
	if (test_emulated()) /* there nobody is taken over */
		return 0;
	refuse(FAULT_THREAD);
	refuse(FAULT_TIMER);
	return 0;
}
