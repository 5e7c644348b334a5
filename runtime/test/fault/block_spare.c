/*
 * Proves: when the system has no kernel thread or no timer for a worker that has
 * been found blocked, nothing happens but that it blocks; when there are some again,
 * the next one is taken over; one that is missing later leaves those that there
 * are; one that is in use before its start has returned is followed by another; and
 * nothing is held in the end.
 */
#define _GNU_SOURCE
#include "fault/faults.h"

#include <unistd.h>

#include "check.h"

static int fds[2];
static _Atomic unsigned blocked;
static _Atomic bool went_on;

static void *reads(void *arg)
{
	char c;

	atomic_fetch_add(&blocked, 1);
	while (read(fds[0], &c, 1) != 1)
		;
	return arg;
}

static void *goes_on(void *arg)
{
	while (atomic_load(&blocked) < (uintptr_t)arg)
		mn_thread_yield();
	atomic_store(&went_on, true);
	return arg;
}

struct plan {
	unsigned readers;
	bool taken_over;
};

/* A kernel thread, which nothing holds up. */
static void *unblocks(void *arg)
{
	struct plan *plan = arg;

	while (!atomic_load(&blocked))
		sched_yield();
	if (plan->taken_over)
		while (!atomic_load(&went_on))
			sched_yield();
	else
		usleep(100000); /* it is looked at meanwhile; nothing is asserted of the time */
	if (write(fds[1], "xxxx", plan->readers) != plan->readers)
		_exit(4);
	return NULL;
}

/* Threads block, and the one worker's other thread goes on meanwhile, or afterwards. */
static uint64_t block(unsigned readers, bool taken_over)
{
	struct plan plan = {readers, taken_over};
	mn_thread_t r[4];
	mn_thread_t g;
	pthread_t k;
	struct mn_stats s;

	atomic_store(&blocked, 0);
	atomic_store(&went_on, false);
	CHECK_EQ(pthread_create(&k, NULL, unblocks, &plan), 0);
	for (unsigned i = 0; i < readers; i++)
		r[i] = test_spawn(reads, NULL);
	g = test_spawn(goes_on, (void *)(uintptr_t)readers);
	for (unsigned i = 0; i < readers; i++)
		test_join(r[i]);
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

	CHECK_EQ(mn_init(&config), 0);
	if (kind == FAULT_TIMER)
		faults_deny(kind);
	CHECK_EQ(pipe(fds), 0);
	if (kind != FAULT_TIMER) /* but not to the test's own kernel thread */
		faults_arm(kind, 2);
	CHECK_EQ(block(1, false), 0);
	CHECK(faults_hit());
	while (!block(1, false)) /* after a while it is tried again */
		;
	CHECK_REL(block(1, true), >, 0);
	close(fds[0]);
	close(fds[1]);
	test_stop();
}

/* The first blocked worker's kernel thread has started the second spare one, which gets no third. */
static void refuse_next(void)
{
	const struct mn_config config = {.workers = 1, .preempt = MN_OFF, .blocking_watch = MN_ON};
	uint64_t before;

	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(pipe(fds), 0);
	before = block(1, true);
	faults_arm(FAULT_THREAD, 2);
	CHECK_REL(block(2, true), >, before + 1);
	CHECK(faults_hit());
	before = block(1, true);
	CHECK_REL(block(2, true), >, before + 1);
	close(fds[0]);
	close(fds[1]);
	test_stop();
}

/* One worker's spare kernel thread starts another, which has the second worker before that is done. */
static void start_slowly(void)
{
	const struct mn_config config = {
		.policy = "local", .workers = 2, .preempt = MN_OFF, .blocking_watch = MN_ON};

	faults_slow_threads(30000);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(mn_init(&config), 0);
		CHECK_EQ(pipe(fds), 0);
		block(4, true);
		close(fds[0]);
		close(fds[1]);
		test_stop();
	}
	faults_slow_threads(0);
}

int main(void)
{
	struct faults_held before = faults_held();
	struct faults_held after;

	if (test_emulated()) /* there nobody is taken over */
		return 0;
	refuse(FAULT_THREAD);
	refuse(FAULT_TIMER);
	refuse_next();
	start_slowly();
	after = faults_held();
	CHECK_EQ(after.threads, before.threads);
	CHECK_EQ(after.timers, before.timers);
	CHECK_EQ(after.maps, before.maps);
	return 0;
}
