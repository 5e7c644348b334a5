/*
 * Proves: under policy steal, a thread that its worker does not get to is
 * stolen, with every choice of victim and every back-off; with stealing off
 * nobody even tries, and each thread runs where it was created.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "check.h"

TEST_ONCE;

#define WORKERS 4
#define THREADS 12

static _Atomic int here;
static _Atomic bool leave;

/* Keeps its worker until as many threads as there are workers run at once. */
static void *hold(void *arg)
{
	atomic_fetch_add(&here, 1);
	while (!atomic_load(&leave))
		sched_yield();
	return arg;
}

static void all_workers_get_some(const struct mn_config *config)
{
	mn_thread_t t[THREADS];
	struct mn_stats s;

	CHECK_EQ(mn_init(config), 0);
	atomic_store(&here, 0);
	atomic_store(&leave, false);
	for (int i = 0; i < THREADS; i++)
		t[i] = test_spawn(hold, NULL);
	/* Main does not give up its worker, so all of these have been stolen. */
	while (atomic_load(&here) < WORKERS - 1)
		sched_yield();
	mn_stats_read(&s);
	CHECK_REL(s.steal_hits, >=, WORKERS - 1);
	CHECK_REL(s.steal_attempts, >=, s.steal_hits);
	atomic_store(&leave, true);
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	test_stop();
}

__attribute__((noipa)) static pid_t kernel_thread(void)
{
	return gettid();
}

static void *stay(void *creator)
{
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(kernel_thread(), (pid_t)(uintptr_t)creator);
		mn_thread_yield();
	}
	return NULL;
}

static _Atomic int foreign;

static void *count(void *arg)
{
	atomic_fetch_add(&foreign, 1);
	return arg;
}

static void *other_kernel_thread(void *arg)
{
	static const struct mn_thread_attr detached = {.detached = 1};

	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(mn_thread_create(NULL, &detached, count, NULL), 0);
	return arg;
}

static void off(void)
{
	const struct mn_config config = {.policy = "steal", .workers = WORKERS, .steal = MN_OFF};
	mn_thread_t t[THREADS];
	struct mn_stats s;
	pthread_t k;

	CHECK_EQ(mn_init(&config), 0);
	for (int i = 0; i < THREADS; i++)
		t[i] = test_spawn(stay, (void *)(uintptr_t)kernel_thread());
	for (int i = 0; i < 20000; i++)
		sched_yield(); /* time enough for a thief */
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	mn_stats_read(&s);
	CHECK_EQ(s.steal_attempts, 0);
	/* What belongs to no worker is still for all, and wakes them while main computes. */
	CHECK_EQ(pthread_create(&k, NULL, other_kernel_thread, NULL), 0);
	while (atomic_load(&foreign) < THREADS)
		sched_yield();
	CHECK_EQ(pthread_join(k, NULL), 0);
	test_stop();
}

int main(void)
{
	for (int victim = MN_VICTIM_RANDOM; victim <= MN_VICTIM_LAST; victim++)
		for (int backoff = MN_BACKOFF_EXPONENTIAL; backoff <= MN_BACKOFF_NONE; backoff++)
			all_workers_get_some(&(struct mn_config){.policy = "steal",
								 .workers = WORKERS,
								 .preempt = MN_OFF,
								 .victim = victim,
								 .backoff = backoff});
	off();
	return 0;
}
