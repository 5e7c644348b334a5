/*
 * From the moment at which somebody outside wakes it until the sleeper runs: a
 * green thread whose worker sleeps, and beside it a kernel thread that sleeps on
 * a futex, woken in the same way, in turn.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define REST_US 60 /* until the worker sleeps again; it searches for 20 */

static uint64_t woken_at;
static _Atomic uint32_t bell;  /* rung for the bare sleeper */
static _Atomic uint32_t reply; /* rung by the sleeper for the waker */

static void ring(_Atomic uint32_t *word)
{
	atomic_fetch_add(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void sleep_on(_Atomic uint32_t *word, uint32_t seen)
{
	while (atomic_load(word) == seen)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

struct waker {
	uint64_t n;
	void (*wake)(void);
	struct measured m;
};

/* The kernel thread that wakes; not a worker, so nothing else is done for it. */
static void *wake_again_and_again(void *arg)
{
	struct waker *w = arg;

	for (uint64_t i = 0; i < w->n; i++) {
		uint32_t seen = atomic_load(&reply);
		uint64_t start;

		usleep(REST_US);
		start = bench_now();
		w->wake();
		sleep_on(&reply, seen);
		w->m.ns += woken_at - start;
		w->m.times++;
	}
	return NULL;
}

/* --- bare --- */

static void ring_bell(void)
{
	ring(&bell);
}

static struct measured bare(uint64_t n)
{
	struct waker w = {.n = n, .wake = ring_bell};
	uint32_t seen = atomic_load(&bell);
	pthread_t k;

	MUST(!pthread_create(&k, NULL, wake_again_and_again, &w));
	for (uint64_t i = 0; i < n; i++) {
		sleep_on(&bell, seen++);
		woken_at = bench_now();
		ring(&reply);
	}
	MUST(!pthread_join(k, NULL));
	return w.m;
}

/* --- a worker --- */

static struct mn_sem green_bell;

static void ring_green_bell(void)
{
	mn_sem_post(&green_bell);
}

static struct measured worker(uint64_t n)
{
	struct waker w = {.n = n, .wake = ring_green_bell};
	pthread_t k;

	MUST(!mn_sem_init(&green_bell, 0));
	MUST(!pthread_create(&k, NULL, wake_again_and_again, &w));
	for (uint64_t i = 0; i < n; i++) {
		mn_sem_wait(&green_bell);
		woken_at = bench_now();
		ring(&reply);
	}
	MUST(!pthread_join(k, NULL));
	return w.m;
}

const struct bench bench_wake[] = {
	{"wake of a kernel thread by futex", bare, 100},
	{"wake of an idle worker", worker, 100},
	{NULL, NULL, 0},
};
