/*
 * Proves: a hundred thousand threads (fewer in a short run) are alive at the
 * same time, each started and blocked on its own stack, and each comes back to
 * it as it was; twice, so that the second time uses what the first gave back.
 */
#include <stdatomic.h>

#include "check.h"

static struct mn_sem gate;
static _Atomic uint64_t waiting;

static void *wait_at_gate(void *arg)
{
	volatile uintptr_t frame[32];

	for (uintptr_t i = 0; i < 32; i++)
		frame[i] = (uintptr_t)arg * 64 + i;
	atomic_fetch_add(&waiting, 1);
	mn_sem_wait(&gate);
	for (uintptr_t i = 0; i < 32; i++)
		CHECK_EQ(frame[i], (uintptr_t)arg * 64 + i);
	return arg;
}

int main(void)
{
	uint64_t n = test_times(4000);
	mn_thread_t *t;

	/* ThreadSanitizer's own memory for each context is the limit there. */
	if (n > (TEST_SLOWDOWN > 4 ? 1000 : 100000))
		n = TEST_SLOWDOWN > 4 ? 1000 : 100000;
	t = malloc(n * sizeof *t);
	CHECK(t != NULL);
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	test_start();
	for (int round = 0; round < 2; round++) {
		struct mn_stats s;

		atomic_store(&waiting, 0);
		for (uint64_t i = 0; i < n; i++)
			t[i] = test_spawn(wait_at_gate, (void *)(uintptr_t)i);
		while (atomic_load(&waiting) < n)
			test_pause();
		mn_stats_read(&s);
		CHECK_EQ(s.spawns - s.ends, n);
		for (uint64_t i = 0; i < n; i++)
			mn_sem_post(&gate);
		for (uint64_t i = 0; i < n; i++)
			CHECK_EQ(test_join(t[i]), i);
	}
	test_stop();
	free(t);
	return 0;
}
