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

static struct mn_sem gate;
static _Atomic int blocked, arrived;
static _Atomic bool both_wait, posted;

static void *arrive_together(void *arg)
{
	atomic_fetch_add(&blocked, 1);
	mn_sem_wait(&gate);
	atomic_fetch_add(&arrived, 1);
	while (atomic_load(&arrived) < 2)
		sched_yield();
	return arg;
}

static void *post_twice(void *arg)
{
	atomic_store(&ran, 1);
	while (!atomic_load(&both_wait))
		sched_yield();
	CHECK_EQ(mn_sem_post(&gate), 0);
	CHECK_EQ(mn_sem_post(&gate), 0);
	atomic_store(&posted, true);
	return arg;
}

/* Two threads of main's CPU are woken from the other one, which goes to sleep before they can run. */
static void woken_by_a_pass(void)
{
	const struct mn_config config = {.policy = "uts", .workers = 2, .preempt = MN_OFF};
	mn_thread_t t[3];
	uint64_t parks;

	atomic_store(&blocked, 0);
	atomic_store(&arrived, 0);
	atomic_store(&both_wait, false);
	atomic_store(&posted, false);
	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	atomic_store(&ran, 0);
	t[0] = test_spawn(post_twice, NULL);
	while (!atomic_load(&ran))
		sched_yield(); /* the other CPU takes it */
	for (int i = 1; i < 3; i++)
		t[i] = test_spawn(arrive_together, NULL);
	/* The other CPU is taken: main comes back to this one, when they have blocked on it. */
	while (atomic_load(&blocked) < 2)
		test_pause();
	atomic_store(&both_wait, true);
	while (!atomic_load(&posted))
		sched_yield();
	parks = stats().parks;
	while (stats().parks == parks)
		sched_yield();
	for (int i = 0; i < 3; i++)
		test_join(t[i]);
	test_stop();
}

static _Atomic bool other_runs, other_again, hog_made, hog_runs, leave;

/* Runs on the other CPU, which the hog then takes: this one waits for any CPU. */
static void *other(void *arg)
{
	atomic_store(&other_runs, true);
	while (!atomic_load(&hog_made))
		sched_yield();
	mn_thread_yield();
	atomic_store(&other_again, true);
	return arg;
}

static void *hog(void *arg)
{
	atomic_store(&hog_runs, true);
	while (!atomic_load(&leave))
		sched_yield();
	return arg;
}

/*
 * Two threads wait for main's CPU: the older ran on the other one last, and main
 * itself, which has given way to a third. When that ends, main goes on.
 */
static void preferred_where_it_ran(void)
{
	const struct mn_config config = {.policy = "uts", .workers = 2, .preempt = MN_OFF};
	mn_thread_t t[3];

	atomic_store(&other_runs, false);
	atomic_store(&other_again, false);
	atomic_store(&hog_made, false);
	atomic_store(&hog_runs, false);
	atomic_store(&leave, false);
	CHECK_EQ(mn_init(&config), 0);
	t[0] = test_spawn(other, NULL);
	while (!atomic_load(&other_runs))
		sched_yield();
	t[1] = test_spawn(hog, NULL);
	atomic_store(&hog_made, true);
	while (!atomic_load(&hog_runs))
		sched_yield();
	t[2] = test_spawn(count, NULL);
	CHECK_EQ(stats().affine_picks, 0);
	mn_thread_yield();
	CHECK(!atomic_load(&other_again));
	CHECK_EQ(stats().affine_picks, 1);
	mn_thread_yield(); /* a boost, not a bond: now it runs here */
	CHECK(atomic_load(&other_again));
	CHECK_EQ(stats().migrations, 1);
	atomic_store(&leave, true);
	for (int i = 0; i < 3; i++)
		test_join(t[i]);
	test_stop();
}

int main(void)
{
	woken_for_two();
	for (int i = 0; i < ROUNDS; i++) {
		preferred_where_it_ran();
		woken_by_a_pass();
	}
	return 0;
}
