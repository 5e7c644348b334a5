/*
 * Proves: main ends by mn_thread_exit() while threads create others, a hundred
 * thousand by and by, detached, joined, or joined by a deadline, of default and of
 * other stack sizes; every one of them runs, and the process ends after the last
 * with status 0. Then the same by mn_shutdown(), and starting again.
 */
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"

#define ROOTS 5
#define THREADS (TEST_SLOWDOWN > 10 ? 1000 : TEST_SLOWDOWN > 1 ? 5000 : 100000)

/* Seen by the parent process. */
static struct {
	_Atomic uint64_t ran;
	_Atomic uint64_t made;
} *seen;

static _Atomic int64_t left; /* to be made */

static void *make(void *arg)
{
	uint64_t random = (uintptr_t)arg;

	atomic_fetch_add_explicit(&seen->ran, 1, memory_order_relaxed);
	for (uint64_t n = 1 + test_below(&random, 3); n; n--) {
		struct mn_thread_attr attr = {.detached = test_below(&random, 2),
					      .stack_size = test_below(&random, 40) ? 0 : 100000};
		uint64_t kind = test_below(&random, 3);
		mn_thread_t t;

		if (atomic_fetch_sub_explicit(&left, 1, memory_order_relaxed) <= 0)
			break;
		CHECK_EQ(mn_thread_create(&t, &attr, make, (void *)(uintptr_t)test_random(&random)), 0);
		atomic_fetch_add_explicit(&seen->made, 1, memory_order_relaxed);
		if (attr.detached)
			continue;
		if (kind == 0)
			CHECK_EQ(mn_thread_detach(t), 0);
		else if (kind == 1)
			CHECK_EQ(mn_thread_join(t, NULL), 0);
		else
			CHECK_EQ(mn_thread_join_until(t, NULL, MN_CLOCK_MONOTONIC, UINT64_MAX), 0);
	}
	return NULL;
}

static void begin(uint64_t *random, uint64_t n)
{
	atomic_store(&left, (int64_t)n);
	test_start();
	for (int i = 0; i < ROOTS; i++) {
		atomic_fetch_add(&seen->made, 1);
		test_spawn(make, (void *)(uintptr_t)test_random(random));
	}
	while (test_below(random, 3))
		mn_thread_yield();
}

int main(void)
{
	uint64_t random = test_seed();
	int status;
	pid_t pid;

	seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(seen != MAP_FAILED);
	for (uint64_t round = test_times(1); round--;) {
		atomic_store(&seen->made, 0);
		atomic_store(&seen->ran, 0);
		test_random(&random);
		pid = fork();
		CHECK(pid >= 0);
		if (!pid) {
			begin(&random, THREADS);
			mn_thread_exit(NULL);
		}
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), 0);
		CHECK_EQ(atomic_load(&seen->made), THREADS + ROOTS);
		CHECK_EQ(atomic_load(&seen->ran), THREADS + ROOTS);
	}
	for (uint64_t round = test_times(10); round--;) {
		atomic_store(&seen->made, 0);
		atomic_store(&seen->ran, 0);
		begin(&random, THREADS / 20);
		test_stop();
		CHECK_EQ(atomic_load(&seen->made), THREADS / 20 + ROOTS);
		CHECK_EQ(atomic_load(&seen->ran), THREADS / 20 + ROOTS);
	}
	return 0;
}
