/*
 * Proves: a barrier lets nobody go on before all are there, names one of them
 * in each round, and may be destroyed at once; a waitgroup holds its waiters
 * until its count is zero, and may be freed by one of them; spin locks exclude,
 * also when the holder is not running; every error number.
 */
#include <stdatomic.h>

#include "check.h"

#define THREADS 7
#define ROUNDS 100
#define GROUPS (TEST_SLOWDOWN > 10 ? 40 : 200) /* with new threads, which are large fibers to TSan */

static struct mn_barrier *barrier;
static _Atomic int here[ROUNDS];
static _Atomic int serial;

static void *meet(void *arg)
{
	uint64_t state = (uintptr_t)arg + 1;

	for (int i = 0; i < ROUNDS; i++) {
		int got;

		if (test_below(&state, 3) == 0)
			mn_thread_yield();
		atomic_fetch_add(&here[i], 1);
		got = mn_barrier_wait(barrier);
		CHECK(got == 0 || got == MN_BARRIER_SERIAL);
		CHECK_EQ(atomic_load(&here[i]), THREADS);
		if (got)
			atomic_fetch_add(&serial, 1);
		if (got && i == ROUNDS - 1) {
			CHECK_EQ(mn_barrier_destroy(barrier), 0);
			memset(barrier, 0xff, sizeof *barrier);
			free(barrier);
		}
	}
	return NULL;
}

static void *wait_alone(void *arg)
{
	mn_barrier_wait(arg);
	return NULL;
}

/* On one worker, where a yield lets the other thread get as far as it can. */
static void busy_while_one_waits(void)
{
	struct mn_barrier two;
	mn_thread_t t;

	test_start_one_cooperative_worker();
	CHECK_EQ(mn_barrier_init(&two, 2), 0);
	t = test_spawn(wait_alone, &two);
	mn_thread_yield();
	CHECK_EQ(mn_barrier_destroy(&two), -EBUSY);
	mn_barrier_wait(&two);
	test_join(t);
	CHECK_EQ(mn_barrier_destroy(&two), 0);
	test_stop();
}

static void barriers(void)
{
	struct mn_barrier none = {0};
	struct mn_barrier two;
	mn_thread_t t[THREADS];

	CHECK_EQ(mn_barrier_init(&two, 0), -EINVAL);
	CHECK_EQ(mn_barrier_wait(&none), -EINVAL);
	CHECK_EQ(mn_barrier_init(&two, 1), 0);
	CHECK_EQ(mn_barrier_wait(&two), MN_BARRIER_SERIAL);
	CHECK_EQ(mn_barrier_destroy(&two), 0);
	CHECK_EQ(mn_barrier_wait(&two), -EINVAL);

	for (int round = 0; round < 20; round++) {
		barrier = malloc(sizeof *barrier);
		CHECK(barrier != NULL);
		CHECK_EQ(mn_barrier_init(barrier, THREADS), 0);
		atomic_store(&serial, 0);
		for (int i = 0; i < ROUNDS; i++)
			atomic_store(&here[i], 0);
		for (uintptr_t i = 0; i < THREADS; i++)
			t[i] = test_spawn(meet, (void *)i);
		for (int i = 0; i < THREADS; i++)
			test_join(t[i]);
		CHECK_EQ(atomic_load(&serial), ROUNDS);
	}
}

struct group {
	struct mn_waitgroup wg;
	_Atomic int done;
};

static void *work(void *arg)
{
	struct group *g = arg;

	mn_thread_yield();
	atomic_fetch_add(&g->done, 1);
	CHECK_EQ(mn_waitgroup_done(&g->wg), 0);
	return NULL;
}

static void *await(void *arg)
{
	struct group *g = arg;

	mn_waitgroup_wait(&g->wg);
	CHECK_EQ(atomic_load(&g->done), THREADS);
	return NULL;
}

static void waitgroups(void)
{
	struct mn_waitgroup wg = MN_WAITGROUP_INIT;

	mn_waitgroup_wait(&wg);
	CHECK_EQ(mn_waitgroup_add(&wg, -1), -EINVAL);
	CHECK_EQ(mn_waitgroup_add(&wg, INT64_MAX), 0);
	CHECK_EQ(mn_waitgroup_add(&wg, 1), -EOVERFLOW);
	CHECK_EQ(mn_waitgroup_wait_until(&wg, MN_CLOCK_REALTIME, 1), -ETIMEDOUT);
	CHECK_EQ(mn_waitgroup_wait_until(&wg, MN_CLOCK_MONOTONIC,
					 mn_now_ns(MN_CLOCK_MONOTONIC) + 50000),
		 -ETIMEDOUT);
	CHECK_EQ(mn_waitgroup_add(&wg, -INT64_MAX), 0);
	CHECK_EQ(mn_waitgroup_wait_until(&wg, MN_CLOCK_REALTIME, 1), 0);
	for (int round = 0; round < GROUPS; round++) {
		struct group *g = calloc(1, sizeof *g);
		mn_thread_t workers[THREADS];
		mn_thread_t waiter = 0;

		CHECK(g != NULL);
		CHECK_EQ(mn_waitgroup_add(&g->wg, THREADS), 0);
		for (int i = 0; i < THREADS; i++)
			workers[i] = test_spawn(work, g);
		if (round % 2)
			waiter = test_spawn(await, g);
		mn_waitgroup_wait(&g->wg);
		CHECK_EQ(atomic_load(&g->done), THREADS);
		if (waiter)
			test_join(waiter);
		memset(g, 0xff, sizeof *g);
		free(g);
		for (int i = 0; i < THREADS; i++)
			test_join(workers[i]);
	}
}

static struct mn_spin spin = MN_SPIN_INIT;
static int shared;

static void *spinner(void *arg)
{
	for (int i = 0; i < 200; i++) {
		int mine;

		if (i % 2)
			mn_spin_lock(&spin);
		else
			while (mn_spin_trylock(&spin))
				mn_thread_yield();
		mine = shared;
		if (i % 10 == 0)
			mn_thread_yield(); /* the others have to wait for one who waits too */
		shared = mine + 1;
		mn_spin_unlock(&spin);
	}
	return arg;
}

static void spins(void)
{
	mn_thread_t t[THREADS];

	mn_spin_init(&spin);
	shared = 0;
	for (int i = 0; i < THREADS; i++)
		t[i] = test_spawn(spinner, NULL);
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	CHECK_EQ(shared, 200 * THREADS);
	mn_spin_lock(&spin);
	CHECK_EQ(mn_spin_trylock(&spin), -EBUSY);
	CHECK_EQ(mn_spin_destroy(&spin), -EBUSY);
	mn_spin_unlock(&spin);
	CHECK_EQ(mn_spin_destroy(&spin), 0);
}

int main(void)
{
	busy_while_one_waits();
	test_start();
	barriers();
	waitgroups();
	spins();
	test_stop();
	return 0;
}
