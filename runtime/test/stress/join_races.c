/*
 * Proves: of several threads that at the same time join or detach one thread,
 * exactly one succeeds; the others are told EINVAL, or ESRCH when it is gone;
 * nobody waits for ever. Whatever the thread is just doing, and also when one
 * of them would run it in place. (No thread is created while they race: a
 * handle must not be used when it may name another thread.)
 */
#include <stdatomic.h>

#include "check.h"

#define RIVALS 3
#define ROUNDS 500

static mn_thread_t target;
static _Atomic int started; /* rivals that may begin this round */
static _Atomic int wins;
static _Atomic int over;
static _Atomic bool stop;
static _Atomic uint64_t target_ended;

static void *be_joined(void *arg)
{
	for (uintptr_t n = (uintptr_t)arg; n; n--)
		mn_thread_yield();
	atomic_fetch_add(&target_ended, 1);
	return (void *)77;
}

static void rival(uint64_t *random)
{
	int error;

	for (uint64_t n = test_below(random, 300); n; n--)
		__asm__ volatile("" ::: "memory");
	if (test_below(random, 4)) {
		void *result = NULL;

		error = mn_thread_join(target, &result);
		if (!error)
			CHECK_EQ(result, 77);
	} else {
		error = mn_thread_detach(target);
	}
	if (!error)
		atomic_fetch_add(&wins, 1);
	else if (error != -EINVAL && error != -ESRCH)
		FAIL("join or detach returned %d", error);
	atomic_fetch_add(&over, 1);
}

static void *compete(void *arg)
{
	uint64_t random = (uintptr_t)arg;

	for (int round = 1;; round++) {
		while (atomic_load(&started) < round) {
			if (atomic_load(&stop))
				return NULL;
			test_pause();
		}
		rival(&random);
	}
}

int main(void)
{
	uint64_t random = test_seed();
	uint64_t rounds = test_times(ROUNDS);
	mn_thread_t t[RIVALS];

	test_start();
	for (int i = 0; i < RIVALS; i++)
		t[i] = test_spawn(compete, (void *)(uintptr_t)test_random(&random));
	for (uint64_t round = 1; round <= rounds; round++) {
		atomic_store(&wins, 0);
		atomic_store(&over, 0);
		target = test_spawn(be_joined, (void *)(uintptr_t)test_below(&random, 4));
		atomic_fetch_add(&started, 1);
		rival(&random); /* its creator may run it in place */
		while (atomic_load(&over) < RIVALS + 1)
			test_pause();
		CHECK_EQ(atomic_load(&wins), 1);
		while (atomic_load(&target_ended) < round)
			test_pause();
	}
	atomic_store(&stop, true);
	for (int i = 0; i < RIVALS; i++)
		test_join(t[i]);
	test_stop();
	return 0;
}
