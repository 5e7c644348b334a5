/*
 * Proves: many sleepers, asleep at once, each wake when their times have come, not
 * earlier, and one after the other by their times; whoever sleeps takes little more
 * memory than whoever waits otherwise; none is lost on several workers either.
 *
 * From the environment: MN_TEST_THREADS, how many; a million are as good.
 */
#include <stdatomic.h>

#include "memory_test.h"

TEST_ONCE;

#define PER_SLEEPER                                                                                \
	4432 /* bytes: a parked thread's, and a place in the heap that may be half empty */

static uint64_t n;
static uint64_t base_ns;
static uint32_t *order;
static _Atomic uint64_t asleep;
static _Atomic uint64_t awake;

static void *sleep_in_turn(void *arg)
{
	uint64_t due = base_ns + (uintptr_t)arg * 1000;

	atomic_fetch_add(&asleep, 1);
	mn_sleep_until(MN_CLOCK_MONOTONIC, due);
	CHECK_REL(mn_now_ns(MN_CLOCK_MONOTONIC), >=, due);
	order[atomic_fetch_add(&awake, 1)] = (uint32_t)(uintptr_t)arg;
	return NULL;
}

/* Whether all of them were asleep before the first was due. */
static bool all_sleep(mn_thread_t *t, uint64_t patience_ns, bool in_order)
{
	long before = test_resident();
	bool in_time;

	atomic_store(&asleep, 0);
	atomic_store(&awake, 0);
	base_ns = mn_now_ns(MN_CLOCK_MONOTONIC) + patience_ns;
	/* n and 7919, a prime, have no common divisor: each turn comes up once, in no simple order. */
	for (uint64_t i = 0; i < n; i++)
		t[i] = test_spawn(sleep_in_turn, (void *)(uintptr_t)(i * 7919 % n));
	while (atomic_load(&asleep) < n)
		test_pause();
	if (TEST_SLOWDOWN == 1 && n >= 10000 && !atomic_load(&awake))
		CHECK_REL((test_resident() - before) / (long)n, <=, PER_SLEEPER);
	in_time = mn_now_ns(MN_CLOCK_MONOTONIC) < base_ns;
	mn_sleep_until(MN_CLOCK_MONOTONIC, base_ns + n * 1000);
	while (atomic_load(&awake) < n) /* joining would make exceptions */
		test_pause();
	for (uint64_t i = 0; i < n; i++)
		test_join(t[i]);
	CHECK_EQ(atomic_load(&awake), n);
	for (uint64_t i = 1; in_time && in_order && i < n; i++)
		CHECK_REL(order[i], >, order[i - 1]);
	return in_time;
}

static void sleep_on(const struct mn_config *config, bool in_order)
{
	mn_thread_t *t = calloc(n, sizeof *t);
	uint64_t patience_ns = n * 5000;

	CHECK(t != NULL);
	memset(t, 1, n * sizeof *t); /* memory that is not the sleepers' */
	CHECK_EQ(mn_init(config), 0);
	while (!all_sleep(t, patience_ns, in_order)) /* the machine may be busy */
		patience_ns *= 2;
	test_stop();
	free(t);
}

int main(void)
{
	/* Its queue keeps threads in the order in which they were woken. */
	static const struct mn_config one = {.policy = "global", .workers = 1, .preempt = MN_OFF};
	static const struct mn_config several = {.workers = 3};

	n = test_setting("MN_TEST_THREADS", TEST_SLOWDOWN > 4 ? 500 : test_times(20000));
	CHECK(n % 7919);
	order = malloc(n * sizeof *order);
	CHECK(order != NULL);
	memset(order, 1, n * sizeof *order);
	sleep_on(&one, true);
	sleep_on(&several, false);
	free(order);
	return 0;
}
