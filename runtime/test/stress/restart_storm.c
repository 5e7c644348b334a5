/*
 * Proves: start and end under load: the runtime is ended while threads still run,
 * create others, block and wake each other on all workers, and started again at
 * once, 200 times in a usual run, with changing numbers of workers.
 */
#include <stdatomic.h>

#include "check.h"

static _Atomic uint64_t created;
static _Atomic uint64_t ended;
static struct mn_sem baton;

static void *live(void *arg)
{
	static const struct mn_thread_attr detached = {.detached = 1};
	uint64_t random = (uintptr_t)arg;
	uint64_t left = random >> 60;

	for (uint64_t n = test_below(&random, 6); n; n--)
		mn_thread_yield();
	mn_sem_post(&baton);
	if (left) {
		uint64_t seed = test_random(&random) >> 4 | (left - 1) << 60;

		atomic_fetch_add(&created, 1);
		CHECK_EQ(mn_thread_create(NULL, test_below(&random, 2) ? &detached : NULL, live,
					  (void *)(uintptr_t)seed),
			 0);
	}
	mn_sem_wait(&baton);
	if (test_below(&random, 3) == 0)
		mn_thread_yield();
	atomic_fetch_add(&ended, 1);
	return NULL;
}

int main(void)
{
	uint64_t random = test_seed();

	for (uint64_t n = test_times(200); n; n--) {
		struct mn_config config = {.workers = 1 + (unsigned)test_below(&random, 6)};
		uint64_t threads = test_below(&random, 30);
		mn_thread_t t = 0;

		CHECK_EQ(mn_sem_init(&baton, 0), 0);
		CHECK_EQ(mn_init(&config), 0);
		atomic_store(&created, threads);
		atomic_store(&ended, 0);
		for (uint64_t i = 0; i < threads; i++) {
			uint64_t seed = test_random(&random) >> 4 | test_below(&random, 8) << 60;

			t = test_spawn(live, (void *)(uintptr_t)seed);
		}
		if (t && test_below(&random, 2))
			test_join(t);
		for (uint64_t i = test_below(&random, 20); i; i--)
			mn_thread_yield();
		test_stop();
		CHECK_EQ(atomic_load(&ended), atomic_load(&created));
	}
	return 0;
}
