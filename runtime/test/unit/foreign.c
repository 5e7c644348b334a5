/*
 * Proves: a kernel thread that is no worker can create threads, detach them,
 * post to them, yield and ask for the state of the runtime, as mn.h says; join
 * refuses it (EPERM), since there is no green thread to block.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

#define KERNEL_THREADS 4
#define THREADS 200

static struct mn_sem gate;
static struct mn_sem ended;
static _Atomic int ran;

static void *count(void *arg)
{
	CHECK(mn_thread_self() != 0);
	mn_sem_wait(&gate);
	mn_thread_yield();
	atomic_fetch_add(&ran, 1);
	mn_sem_post(&ended);
	return arg;
}

static void *kernel_thread(void *arg)
{
	static const struct mn_thread_attr detached = {.detached = 1};
	struct mn_stats s;

	CHECK_EQ(mn_thread_self(), 0);
	CHECK_EQ(mn_thread_join(0, NULL) == 0, 0);
	for (int i = 0; i < THREADS; i++) {
		mn_thread_t t = 0;

		if (i % 2) {
			CHECK_EQ(mn_thread_create(i % 4 == 1 ? &t : NULL, &detached, count, NULL), 0);
		} else {
			CHECK_EQ(mn_thread_create(&t, NULL, count, NULL), 0);
			CHECK(t != 0);
			CHECK_EQ(mn_thread_join(t, NULL), -EPERM);
			CHECK_EQ(mn_thread_detach(t), 0);
		}
		CHECK_EQ(mn_sem_post(&gate), 0);
		mn_thread_yield();
	}
	mn_stats_read(&s);
	CHECK_REL(s.spawns, >=, THREADS);
	CHECK(mn_workers() != 0);
	return arg;
}

int main(void)
{
	pthread_t k[KERNEL_THREADS];
	struct mn_stats s;

	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	CHECK_EQ(mn_sem_init(&ended, 0), 0);
	test_start();
	for (int i = 0; i < KERNEL_THREADS; i++)
		CHECK_EQ(pthread_create(&k[i], NULL, kernel_thread, NULL), 0);
	for (int i = 0; i < KERNEL_THREADS * THREADS; i++)
		mn_sem_wait(&ended);
	for (int i = 0; i < KERNEL_THREADS; i++)
		CHECK_EQ(pthread_join(k[i], NULL), 0);
	CHECK_EQ(atomic_load(&ran), KERNEL_THREADS * THREADS);
	mn_stats_read(&s);
	CHECK_EQ(s.spawns, KERNEL_THREADS * THREADS);
	test_stop();
	return 0;
}
