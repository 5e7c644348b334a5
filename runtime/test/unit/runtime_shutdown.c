/*
 * Proves: mn_shutdown() waits until all threads have ended: detached ones,
 * those that nobody joins, those that are created while it waits, those created
 * by kernel threads, from whatever worker it is called.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

#define CHAIN 30
#define THREADS 20

static _Atomic int ended;
static struct mn_sem gate;

/* Each creates the next and then ends. */
static void *chain_link(void *arg)
{
	static const struct mn_thread_attr detached = {.detached = 1};
	uintptr_t left = (uintptr_t)arg;

	for (int i = 0; i < 5; i++)
		mn_thread_yield();
	if (left)
		CHECK_EQ(mn_thread_create(NULL, left % 2 ? &detached : NULL, chain_link, (void *)(left - 1)), 0);
	atomic_fetch_add(&ended, 1);
	return NULL;
}

static void *wait_at_gate(void *arg)
{
	mn_sem_wait(&gate);
	mn_thread_yield();
	atomic_fetch_add(&ended, 1);
	return arg;
}

static void *open_gate(void *arg)
{
	for (int i = 0; i < 100; i++)
		mn_thread_yield();
	for (int i = 0; i < THREADS; i++)
		mn_sem_post(&gate);
	atomic_fetch_add(&ended, 1);
	return arg;
}

static void *from_kernel_thread(void *arg)
{
	CHECK_EQ(mn_thread_create(NULL, NULL, chain_link, (void *)3), 0);
	return arg;
}

int main(void)
{
	for (int round = 0; round < 20; round += TEST_SLOWDOWN > 10 ? 4 : 1) {
		pthread_t k;
		int expect = THREADS * (CHAIN + 1) + THREADS + 1 + 4;

		atomic_store(&ended, 0);
		CHECK_EQ(mn_sem_init(&gate, 0), 0);
		test_start();
		for (int i = 0; i < THREADS; i++)
			test_spawn(chain_link, (void *)CHAIN);
		for (int i = 0; i < THREADS; i++)
			test_spawn(wait_at_gate, NULL);
		test_spawn(open_gate, NULL);
		CHECK_EQ(pthread_create(&k, NULL, from_kernel_thread, NULL), 0);
		CHECK_EQ(pthread_join(k, NULL), 0);
		for (int i = 0; i < round; i++)
			mn_thread_yield(); /* perhaps to another worker */
		test_stop();
		CHECK_EQ(atomic_load(&ended), expect);
	}
	return 0;
}
