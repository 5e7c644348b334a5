/* Mutexes, and threads that hand over to each other. */
#include "bench.h"

static struct measured mutex(uint64_t n)
{
	static struct mn_mutex lock;
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		mn_mutex_lock(&lock);
		mn_mutex_unlock(&lock);
	}
	return (struct measured){bench_now() - start, n};
}

static struct measured rwlock(uint64_t n)
{
	static struct mn_rwlock lock;
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		mn_rwlock_rdlock(&lock);
		mn_rwlock_unlock(&lock);
	}
	return (struct measured){bench_now() - start, n};
}

static struct mn_sem ping;
static struct mn_sem pong;

static void *answer(void *arg)
{
	for (uintptr_t n = (uintptr_t)arg; n; n--) {
		mn_sem_wait(&ping);
		mn_sem_post(&pong);
	}
	return NULL;
}

static struct measured by_semaphore(uint64_t n)
{
	mn_thread_t t;
	uint64_t start = bench_now();

	n = n / 2 + 1;
	MUST(!mn_sem_init(&ping, 0));
	MUST(!mn_sem_init(&pong, 0));
	MUST(!mn_thread_create(&t, NULL, answer, (void *)(uintptr_t)n));
	for (uint64_t i = 0; i < n; i++) {
		mn_sem_post(&ping);
		mn_sem_wait(&pong);
	}
	MUST(!mn_thread_join(t, NULL));
	return (struct measured){bench_now() - start, 2 * n};
}

/* As workload pingpong: one mutex, one condition variable, a counter whose parity is the turn. */
static struct mn_mutex lock;
static struct mn_cond changed;
static uint64_t counter;

static void take_turns(uint64_t parity, uint64_t n)
{
	for (; n; n--) {
		mn_mutex_lock(&lock);
		while (counter % 2 != parity)
			mn_cond_wait(&changed, &lock);
		counter++;
		mn_cond_signal(&changed);
		mn_mutex_unlock(&lock);
	}
}

static void *odd_turns(void *arg)
{
	take_turns(1, (uintptr_t)arg);
	return NULL;
}

static struct measured by_condition(uint64_t n)
{
	mn_thread_t t;
	uint64_t start = bench_now();

	n = n / 2 + 1;
	MUST(!mn_thread_create(&t, NULL, odd_turns, (void *)(uintptr_t)n));
	take_turns(0, n);
	MUST(!mn_thread_join(t, NULL));
	return (struct measured){bench_now() - start, 2 * n};
}

const struct bench bench_sync[] = {
	{"mutex lock + unlock", mutex, 0},
	{"read lock + unlock", rwlock, 0},
	{"hand-over, mutex + condition variable", by_condition, 0},
	{"hand-over, semaphores", by_semaphore, 0},
	{NULL, NULL, 0},
};
