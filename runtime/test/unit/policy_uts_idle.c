/*
 * Proves: under policy uts, an idle CPU is woken when more than one thread
 * waits, and not for one; the lone thread is run all the same when its CPU
 * does not get to it. And threads are preferred on the CPU that they last ran on.
 */
#include <stdatomic.h>

#include "check.h"

TEST_ONCE;

#define ROUNDS 200

static _Atomic int ran;

static void *count(void *arg)
{
	atomic_fetch_add(&ran, 1);
	return arg;
}

static struct mn_stats stats(void)
{
	struct mn_stats s;

	mn_stats_read(&s);
	return s;
}

/* Creates n threads and keeps its CPU until they have run. Returns how many wakes that took. */
static uint64_t create_and_stay(int n)
{
	uint64_t parks = stats().parks;
	uint64_t before;
	uint64_t after;
	mn_thread_t t[2];

	/* The other CPU goes to sleep, and looks around now and then as it watches. */
	while (stats().parks == parks)
		sched_yield();
	atomic_store(&ran, 0);
	before = stats().wakes;
	for (int i = 0; i < n; i++)
		t[i] = test_spawn(count, NULL);
	after = stats().wakes;
	while (atomic_load(&ran) < n)
		sched_yield();
	for (int i = 0; i < n; i++)
		test_join(t[i]);
	return after - before;
}

static void woken_for_two(void)
{
	const struct mn_config config = {.policy = "uts", .workers = 2, .preempt = MN_OFF};
	uint64_t for_one = 0;
	uint64_t for_two = 0;

	CHECK_EQ(mn_init(&config), 0);
	test_join(test_spawn(count, NULL)); /* starts the other CPU */
	for (int i = 0; i < ROUNDS; i++) {
		for_one += create_and_stay(1);
		for_two += create_and_stay(2);
	}
	/* Between going idle and keeping watch a CPU is woken for one, too. */
	CHECK_REL(for_one, <, ROUNDS / 4);
	CHECK_REL(for_two, >, ROUNDS / 2);
	test_stop();
}

#define PAIRS 8

static struct mn_sem turn[2 * PAIRS];
static _Atomic bool enough;

static void *ping(void *arg)
{
	size_t me = (size_t)(uintptr_t)arg;

	while (!atomic_load(&enough)) {
		mn_sem_wait(&turn[me]);
		CHECK_EQ(mn_sem_post(&turn[me ^ 1]), 0);
	}
	CHECK_EQ(mn_sem_post(&turn[me ^ 1]), 0);
	return NULL;
}

static void affinity(unsigned cpus, uint64_t want)
{
	const struct mn_config config = {.policy = "uts", .workers = cpus};
	mn_thread_t t[2 * PAIRS];

	CHECK_EQ(mn_init(&config), 0);
	atomic_store(&enough, false);
	for (size_t i = 0; i < 2 * PAIRS; i++) {
		CHECK_EQ(mn_sem_init(&turn[i], !(i % 2)), 0);
		t[i] = test_spawn(ping, (void *)i);
	}
	for (int i = 0; i < 1000 || stats().affine_picks < want; i++)
		test_pause();
	atomic_store(&enough, true);
	for (size_t i = 0; i < 2 * PAIRS; i++)
		test_join(t[i]);
	if (cpus == 1) {
		CHECK_EQ(stats().affine_picks, 0);
		CHECK_EQ(stats().migrations, 0);
	} else {
		CHECK_REL(stats().migrations, >, 0); /* a boost, not a bond */
	}
	test_stop();
}

int main(void)
{
	woken_for_two();
	affinity(1, 0);
	affinity(3, 100);
	return 0;
}
