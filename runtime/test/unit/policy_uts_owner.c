/*
 * Proves: under policy uts, a blocked thread belongs to the CPU that it blocked
 * on. Woken by another, it waits for that CPU's next pass, even while others are
 * idle; it is counted, and afterwards it is anybody's. A thread that sleeps
 * belongs to nobody.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <unistd.h>

#include "check.h"

TEST_ONCE;

#define ROUNDS 50

static const struct mn_config config = {.policy = "uts", .workers = 2, .preempt = MN_OFF};
static struct mn_sem gate;
static _Atomic pid_t blocked_on;
static _Atomic bool woken;
static _Atomic bool released; /* the CPU that owns it may make a pass */
static _Atomic int running;   /* hogs that have begun */

__attribute__((noipa)) static pid_t kernel_thread(void)
{
	return gettid();
}

static void *block(void *arg)
{
	atomic_store(&blocked_on, kernel_thread());
	mn_sem_wait(&gate);
	CHECK(atomic_load(&released));
	atomic_store(&woken, true);
	return arg;
}

/* Two of these take a CPU each. One is where the blocked thread belongs. */
static void *hog(void *arg)
{
	atomic_fetch_add(&running, 1);
	while (atomic_load(&running) < 2)
		sched_yield();
	if (kernel_thread() == atomic_load(&blocked_on)) {
		while (!atomic_load(&released))
			sched_yield();
		return arg;
	}
	CHECK_EQ(mn_sem_post(&gate), 0);
	for (int i = 0; i < 100; i++) {
		mn_thread_yield(); /* a pass of this CPU */
		sched_yield();
		CHECK(!atomic_load(&woken));
	}
	atomic_store(&released, true);
	return arg;
}

static void woken_where_it_blocked(void)
{
	mn_thread_t t[3];
	struct mn_stats s;

	atomic_store(&woken, false);
	atomic_store(&released, false);
	atomic_store(&running, 0);
	atomic_store(&blocked_on, 0);
	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	t[0] = test_spawn(block, NULL);
	while (!atomic_load(&blocked_on))
		test_pause();
	t[1] = test_spawn(hog, NULL);
	t[2] = test_spawn(hog, NULL);
	for (int i = 0; i < 3; i++)
		test_join(t[i]);
	mn_stats_read(&s);
	CHECK_REL(s.home_wakes, >=, 1);
	test_stop();
}

static _Atomic bool slept;
static _Atomic bool hog_runs;

/* Takes the CPU that the sleeper has left. */
static void *keep_cpu(void *arg)
{
	atomic_store(&hog_runs, true);
	while (!atomic_load(&slept))
		sched_yield();
	return arg;
}

static void *sleep_once(void *hog)
{
	*(mn_thread_t *)hog = test_spawn(keep_cpu, NULL);
	mn_sleep_ns(1000000);
	atomic_store(&slept, true);
	return hog;
}

/* The CPU that it fell asleep on does not let go: the other one runs it. */
static void sleeper_is_anybodys(void)
{
	mn_thread_t sleeper;
	mn_thread_t hog_of_it;
	struct mn_stats s;

	atomic_store(&slept, false);
	atomic_store(&hog_runs, false);
	CHECK_EQ(mn_init(&config), 0);
	sleeper = test_spawn(sleep_once, &hog_of_it);
	while (!atomic_load(&hog_runs))
		sched_yield();
	test_join(sleeper);
	test_join(hog_of_it);
	mn_stats_read(&s);
	CHECK_REL(s.timed_waits, >=, 1);
	test_stop();
}

int main(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		woken_where_it_blocked();
		sleeper_is_anybodys();
	}
	return 0;
}
