/*
 * Proves: counters count what they say, under every policy. Of threads that wait a known
 * number of times all waits and wakes are counted, whoever wakes them; a migration is
 * counted for each time that a thread finds itself on another kernel thread, and no more;
 * calls on spare kernel threads are counted; the workers' counters are the parts of the sum.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"
#include "mn_io.h"

#define THREADS 10
#define WAITS 30
#define CALLS 7
#define OUTSIDE 25
#define AWAY 20

static struct mn_sem ready;
static struct mn_sem go;
static struct mn_sem from_outside;
static _Atomic uint64_t moves;
static _Atomic uint64_t outside;

/* Never remembered across a switch. */
__attribute__((noipa)) static uintptr_t kernel_thread(void)
{
	return (uintptr_t)pthread_self();
}

static void look(uintptr_t *before)
{
	uintptr_t now = kernel_thread();

	if (now != *before)
		atomic_fetch_add(&moves, 1);
	*before = now;
}

static void *waits(void *arg)
{
	uintptr_t here = kernel_thread();

	for (int i = 0; i < WAITS; i++) {
		mn_sem_post(&ready);
		mn_sem_wait(&go);
		look(&here);
		mn_thread_yield();
		look(&here);
	}
	return arg;
}

static _Atomic int stage;

static void *yields_once(void *arg)
{
	uintptr_t here = kernel_thread();

	atomic_store(&stage, 1);
	mn_thread_yield();
	look(&here);
	atomic_store(&stage, 2);
	return arg;
}

/* Main keeps its worker to itself, so that a thread that has begun there goes on elsewhere. */
static void drive_away(uintptr_t *here)
{
	mn_thread_t t;

	atomic_store(&stage, 0);
	CHECK_EQ(mn_thread_create(&t, &test_creator_goes_on, yields_once, NULL), 0);
	while (!atomic_load(&stage)) {
		mn_thread_yield();
		look(here);
	}
	while (atomic_load(&stage) != 2)
		sched_yield();
	test_join(t);
	look(here);
}

static void *waits_for_outside(void *arg)
{
	uintptr_t here = kernel_thread();

	for (int i = 0; i < OUTSIDE; i++) {
		atomic_store(&outside, i + 1);
		mn_sem_wait(&from_outside);
		look(&here);
	}
	return arg;
}

static void *nothing(void *arg)
{
	return arg;
}

/* On a kernel thread that is no worker. */
static void *posts(void *arg)
{
	for (uint64_t i = 0; i < OUTSIDE; i++) {
		while (atomic_load(&outside) <= i)
			sched_yield();
		CHECK_EQ(mn_sem_post(&from_outside), 0);
	}
	return arg;
}

static void parts_are_the_sum(void)
{
	struct mn_stats sum = {0};
	struct mn_stats all;
	struct mn_stats one;
	uint64_t *s = (uint64_t *)&sum;

	CHECK_EQ(mn_stats_read_worker(mn_workers(), &one), -EINVAL);
	mn_stats_read(&all);
	for (unsigned i = 0; i < mn_workers(); i++) {
		CHECK_EQ(mn_stats_read_worker(i, &one), 0);
		for (size_t k = 0; k < sizeof one / sizeof *s; k++)
			s[k] += ((const uint64_t *)&one)[k];
	}
	CHECK_EQ(sum.spawns, all.spawns);
	CHECK_EQ(sum.ends, all.ends);
	CHECK_EQ(sum.thread_parks, all.thread_parks);
	CHECK_EQ(sum.migrations, all.migrations);
	CHECK_EQ(sum.workers_started, all.workers_started);
}

int main(void)
{
	mn_thread_t t[THREADS];
	mn_thread_t from;
	struct mn_stats s;
	struct mn_stats before;
	uint64_t threads = THREADS;
	pthread_t poster;
	uintptr_t here;

	CHECK_EQ(mn_stats_read_worker(0, &s), -EINVAL);
	test_start();
	here = kernel_thread();
	for (int i = 0; i < THREADS; i++) {
		t[i] = test_spawn(waits, NULL);
		look(&here);
	}
	for (int i = 0; i < THREADS * WAITS; i++) {
		mn_sem_wait(&ready);
		look(&here);
		mn_sem_post(&go);
		look(&here);
	}
	for (int i = 0; i < THREADS; i++) {
		test_join(t[i]);
		look(&here);
	}
	for (int i = 0; i < AWAY && mn_workers() > 1 && strcmp(mn_policy(), "local");
	     i++, threads++)
		drive_away(&here);
	mn_stats_read(&s);
	CHECK_EQ(s.spawns, threads);
	CHECK_EQ(s.ends, threads);
	CHECK_EQ(s.thread_parks, s.thread_wakes);
	CHECK_REL(s.thread_parks, <=, 2 * THREADS * WAITS + threads);
	CHECK_REL(s.thread_parks, >=, 1);
	if (test_preempts())
		CHECK_REL(s.migrations, >=, atomic_load(&moves));
	else
		CHECK_EQ(s.migrations, atomic_load(&moves));
	if (mn_workers() == 1 || !strcmp(mn_policy(), "local"))
		CHECK_EQ(s.migrations, 0);
	if (mn_workers() == 1)
		CHECK_EQ(s.steal_attempts, 0);
	if (!test_preempts())
		CHECK_EQ(s.preempts + s.preempts_deferred, 0);

	mn_stats_read(&before);
	for (int i = 0; i < CALLS; i++)
		CHECK(mn_blocking(nothing, &s) == &s);
	mn_stats_read(&s);
	CHECK_EQ(s.blocking_calls - before.blocking_calls, CALLS);
	CHECK_EQ(s.blocking_returns - before.blocking_returns, CALLS);

	mn_stats_read(&before);
	CHECK_EQ(pthread_create(&poster, NULL, posts, NULL), 0);
	from = test_spawn(waits_for_outside, NULL);
	test_join(from);
	CHECK_EQ(pthread_join(poster, NULL), 0);
	mn_stats_read(&s);
	CHECK_EQ(s.thread_parks - before.thread_parks, s.thread_wakes - before.thread_wakes);
	CHECK_EQ(s.io_waits, s.io_wakes);
	parts_are_the_sum();
	test_stop();
	return 0;
}
