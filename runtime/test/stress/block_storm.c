/*
 * Proves: while workers are taken over and given back all the time, nothing is lost: threads
 * that block their kernel threads for some milliseconds, compute until they are
 * preempted, pass tokens through pipes, sleep, lock, yield and join each other all come
 * to their end, with their sums, errno and keys right, and all kernel threads are back.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "io_test.h"

#define THREADS 16
#define ROUNDS 24
#define TOKENS 4

static int ring[2];
static pthread_mutex_t kernel_lock = PTHREAD_MUTEX_INITIALIZER;
static struct mn_mutex lock;
static uint64_t locked_sum;
static _Atomic uint64_t children, computed;
static mn_key_t key;
static uint64_t rounds;

static void *child(void *arg)
{
	mn_thread_yield();
	atomic_fetch_add(&children, 1);
	return arg;
}

static void compute(uint64_t n)
{
	for (volatile uint64_t i = 0; i < n; i++)
		;
	atomic_fetch_add(&computed, 1);
}

static void pass_token(void)
{
	char c = 0;

	CHECK_EQ(mn_read(ring[0], &c, 1), 1);
	CHECK_EQ(c, 't');
	CHECK_EQ(mn_write(ring[1], &c, 1), 1);
}

/* For a time, so that it ends without any green thread. */
static void block(uint64_t us)
{
	struct timespec t = {0, (long)us * 1000};

	pthread_mutex_lock(&kernel_lock);
	pthread_mutex_unlock(&kernel_lock);
	while (nanosleep(&t, &t))
		CHECK_EQ(errno, EINTR);
}

static void *storm(void *arg)
{
	uint64_t state = (uintptr_t)arg;
	uint64_t locks = 0;

	CHECK_EQ(mn_key_set(key, arg), 0);
	for (uint64_t i = 0; i < rounds; i++) {
		mn_thread_t t;

		switch (test_below(&state, 10)) {
		case 0:
		case 1:
			block(test_below(&state, 16000));
			test_set_errno((int)i);
			CHECK(mn_key_get(key) == arg); /* for which it comes back to its worker */
			CHECK_EQ(test_errno(), (int)i);
			break;
		case 2:
			compute(test_below(&state, 100000));
			break;
		case 3:
		case 4:
			pass_token();
			break;
		case 5:
			mn_sleep_ns(test_below(&state, 2000000));
			break;
		case 6:
			t = test_spawn(child, NULL);
			mn_thread_yield();
			test_join(t);
			break;
		default:
			mn_mutex_lock(&lock);
			locked_sum++;
			mn_thread_yield();
			mn_mutex_unlock(&lock);
			locks++;
		}
		CHECK(mn_key_get(key) == arg);
	}
	return (void *)(uintptr_t)locks;
}

/* Holds the lock of kernel threads now and then. */
static _Atomic bool over;

static void *kernel_thread(void *arg)
{
	while (!atomic_load(&over)) {
		pthread_mutex_lock(&kernel_lock);
		usleep(12000);
		pthread_mutex_unlock(&kernel_lock);
		usleep(20000);
	}
	return arg;
}

int main(void)
{
	uint64_t seed = test_seed();
	mn_thread_t t[THREADS];
	struct mn_stats s;
	uint64_t locks = 0;
	pthread_t k;

	rounds = test_times(ROUNDS);
	test_start();
	CHECK_EQ(mn_pipe2(ring, 0), 0);
	CHECK_EQ(mn_key_create(&key, NULL), 0);
	for (int i = 0; i < TOKENS; i++)
		CHECK_EQ(mn_write(ring[1], "t", 1), 1);
	CHECK_EQ(pthread_create(&k, NULL, kernel_thread, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		t[i] = test_spawn(storm, (void *)(uintptr_t)(test_random(&seed) | 1));
	for (int i = 0; i < THREADS; i++)
		locks += (uintptr_t)test_join(t[i]);
	atomic_store(&over, true);
	pthread_join(k, NULL);
	CHECK_EQ(locked_sum, locks);
	do {
		test_pause();
		mn_stats_read(&s);
	} while (s.takebacks < s.takeovers);
	CHECK_EQ(s.takebacks, s.takeovers);
	mn_close(ring[0]);
	mn_close(ring[1]);
	test_stop();
	return 0;
}
