/*
 * Proves: a sleep lasts at least as long as asked, by either clock; deadlines
 * that have passed return at once; sleepers whose times have come wake in the
 * order of their deadlines; while a CPU is free, a sleeper is woken although its
 * worker is kept busy by somebody else, and when all are, by preemption; many
 * sleepers do not get lost.
 */
#include <stdatomic.h>

#include "check.h"

#define MS 1000000u

static void lasts(void)
{
	uint64_t start = mn_now_ns(MN_CLOCK_MONOTONIC);
	uint64_t real;

	mn_sleep_ns(2 * MS);
	CHECK_REL(mn_now_ns(MN_CLOCK_MONOTONIC) - start, >=, 2 * MS);
	real = mn_now_ns(MN_CLOCK_REALTIME) + 2 * MS;
	mn_sleep_until(MN_CLOCK_REALTIME, real);
	CHECK_REL(mn_now_ns(MN_CLOCK_REALTIME), >=, real);
	mn_sleep_ns(0);
	mn_sleep_until(MN_CLOCK_MONOTONIC, start);
	mn_sleep_until(MN_CLOCK_REALTIME, 1);
}

#define SLEEPERS (TEST_SLOWDOWN > 10 ? 30 : 300) /* each is a fiber to TSan, and those are large */
#define MANY (TEST_SLOWDOWN > 10 ? 100 : 1000)

static uint64_t base;
static int order[SLEEPERS];
static int begun;
static int ordered;

static void *sleep_in_turn(void *arg)
{
	begun++;
	mn_sleep_until(MN_CLOCK_MONOTONIC, base + (uintptr_t)arg * 1000);
	order[ordered++] = (int)(uintptr_t)arg;
	return NULL;
}

/* Whether all of them were asleep before the first was due; the machine may be busy. */
static bool wake_in_order(uint64_t patience_ns)
{
	mn_thread_t t[SLEEPERS];
	int descents = 0;
	bool in_time;

	begun = ordered = 0;
	base = mn_now_ns(MN_CLOCK_MONOTONIC) + patience_ns;
	/* 7 and SLEEPERS have no common divisor: each turn comes up once, in no simple order. */
	for (uintptr_t i = 0; i < SLEEPERS; i++)
		t[i] = test_spawn(sleep_in_turn, (void *)(i * 7 % SLEEPERS));
	while (begun < SLEEPERS)
		mn_thread_yield();
	in_time = mn_now_ns(MN_CLOCK_MONOTONIC) < base;
	while (mn_now_ns(MN_CLOCK_MONOTONIC) < base + SLEEPERS * 1000)
		; /* nobody looks at the timers */
	while (ordered < SLEEPERS) /* joining would make exceptions */
		mn_thread_yield();
	for (int i = 0; i < SLEEPERS; i++)
		test_join(t[i]);
	/* The policy lets the one that was woken last go first. */
	for (int i = 1; i < SLEEPERS; i++)
		descents += order[i] < order[i - 1];
	if (in_time)
		CHECK_REL(descents, <=, 1);
	return in_time;
}

static void wakes_in_order(void)
{
	uint64_t patience_ns = 5 * MS;

	test_start_one_cooperative_worker();
	while (!wake_in_order(patience_ns))
		patience_ns *= 2;
	test_stop();
}

static _Atomic bool slept;
static _Atomic int asleep;

static void *sleep_once(void *arg)
{
	(void)arg;
	atomic_fetch_add(&asleep, 1);
	mn_sleep_ns(MS);
	atomic_store(&slept, true);
	return NULL;
}

static void *hog(void *arg)
{
	(void)arg;
	while (!atomic_load(&slept))
		; /* does not give up its worker */
	return NULL;
}

/* On two workers: main waits, one is hogged, the other one is free. */
static void woken_by_the_free_worker(void)
{
	struct mn_config config = {.workers = 2, .preempt = MN_OFF};

	CHECK_EQ(mn_init(&config), 0);
	/* Under the others a thread may have to wait for its own worker. */
	if (strcmp(mn_policy(), "steal") && strcmp(mn_policy(), "global")) {
		test_stop();
		return;
	}
	for (int i = 0; i < 50; i++) {
		mn_thread_t sleeper;
		mn_thread_t other;

		atomic_store(&slept, false);
		sleeper = test_spawn(sleep_once, NULL);
		if (i % 2)
			mn_thread_yield(); /* so that it sleeps on this worker */
		other = test_spawn(hog, NULL);
		test_join(other);
		test_join(sleeper);
	}
	test_stop();
}

/* All workers are busy, and no thread waits for them but those that sleep. */
static void woken_by_the_tick(void)
{
	unsigned n = mn_workers();
	mn_thread_t *hogs = calloc(n, sizeof *hogs);

	CHECK(hogs != NULL);
	for (int i = 0; test_preempts() && i < 20; i++) {
		mn_thread_t sleeper;

		atomic_store(&slept, false);
		sleeper = test_spawn(sleep_once, NULL);
		for (unsigned w = 0; w < n; w++)
			hogs[w] = test_spawn(hog, NULL);
		for (unsigned w = 0; w < n; w++)
			test_join(hogs[w]);
		test_join(sleeper);
	}
	free(hogs);
}

static _Atomic int done;

static void *sleep_often(void *arg)
{
	uint64_t state = (uintptr_t)arg;

	for (int i = 0; i < 20; i++) {
		uint64_t ns = test_below(&state, 200000);
		uint64_t until = mn_now_ns(MN_CLOCK_MONOTONIC) + ns;

		if (ns % 2)
			mn_sleep_until(MN_CLOCK_MONOTONIC, until);
		else
			mn_sleep_ns(ns);
		CHECK_REL(mn_now_ns(MN_CLOCK_MONOTONIC), >=, until);
	}
	atomic_fetch_add(&done, 1);
	return NULL;
}

static void many(void)
{
	static mn_thread_t t[MANY];

	for (uintptr_t i = 0; i < MANY; i++)
		t[i] = test_spawn(sleep_often, (void *)i);
	for (int i = 0; i < MANY; i++)
		test_join(t[i]);
	CHECK_EQ(atomic_load(&done), MANY);
}

int main(void)
{
	wakes_in_order();
	woken_by_the_free_worker();
	test_start();
	lasts();
	woken_by_the_tick();
	many();
	test_stop();
	return 0;
}
