/*
 * Proves: the counters add up. As many threads end as were created; those run
 * in place are among them; a stolen thread was looked for; a worker is woken
 * only when it sleeps or is about to; nothing counts backwards while it is read.
 */
#include <stdatomic.h>

#include "check.h"

#define BATCH 200

static _Atomic bool done;

static void *nothing(void *arg)
{
	return arg;
}

static void *yields(void *arg)
{
	for (int i = 0; i < 10; i++)
		mn_thread_yield();
	return arg;
}

static void not_less(const struct mn_stats *before, const struct mn_stats *now)
{
	const uint64_t *b = (const uint64_t *)before;
	const uint64_t *n = (const uint64_t *)now;

	for (size_t i = 0; i < sizeof *now / sizeof *n; i++)
		if (n[i] < b[i])
			FAIL("counter %zu went from %" PRIu64 " to %" PRIu64, i, b[i], n[i]);
}

static void *watch(void *arg)
{
	struct mn_stats before = {0};

	while (!atomic_load(&done)) {
		struct mn_stats now;

		mn_stats_read(&now);
		not_less(&before, &now);
		before = now;
		mn_thread_yield();
	}
	return arg;
}

int main(void)
{
	mn_thread_t t[BATCH];
	mn_thread_t watcher;
	struct mn_stats s;
	uint64_t created = 0;

	test_start();
	watcher = test_spawn(watch, NULL);
	created++;
	for (int round = 0; round < 30; round++) {
		for (int i = 0; i < BATCH; i++)
			t[i] = test_spawn(i % 2 ? nothing : yields, NULL);
		created += BATCH;
		for (int i = 0; i < BATCH; i++)
			test_join(t[i]);
		for (int i = 0; i < 20; i++)
			test_join(test_spawn(nothing, NULL));
		created += 20;
		if (round % 10 == 0)
			usleep(1000);
	}
	atomic_store(&done, true);
	test_join(watcher);
	mn_stats_read(&s);
	CHECK_EQ(s.spawns, created);
	CHECK_EQ(s.ends, created);
	CHECK_REL(s.inline_runs, <=, created);
	CHECK_REL(s.steal_hits + s.steal_aborts, <=, s.steal_attempts);
	CHECK_REL(s.stacks, >=, 1);
	CHECK_REL(s.stacks, <=, created);
	CHECK_REL(s.switches, >, created - s.inline_runs);
	CHECK_REL(s.workers_started, >=, 1);
	CHECK_REL(s.workers_started, <=, mn_workers());
	if (test_in_order()) {
		CHECK_EQ(s.steal_attempts, 0);
		CHECK_EQ(s.wakes, 0);
		CHECK_EQ(s.preempts, 0);
	}
	test_stop();
	mn_stats_read(&s);
	CHECK_EQ(s.spawns, 0);
	return 0;
}
