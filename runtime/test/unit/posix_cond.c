/*
 * Proves, through mn_pthread.h: condition variables with either clock time out
 * and are signalled; every entry of ERRORS on POSIX's pages of pthread_cond_*;
 * one may be destroyed and freed right after a broadcast, while those who
 * waited by a deadline are still on their way.
 */
#include "mn_pthread.h"

#include <stdatomic.h>

#include "check.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static const struct timespec past = {1, 0};

static struct timespec soon(clockid_t clock, long ns)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += ns;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static bool has_come(clockid_t clock, struct timespec t)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec > t.tv_sec || (now.tv_sec == t.tv_sec && now.tv_nsec >= t.tv_nsec);
}

static void times_out(pthread_cond_t *c, clockid_t clock)
{
	struct timespec t = soon(clock, 1000000);
	int result;

	CHECK_EQ(pthread_mutex_lock(&lock), 0);
	CHECK_EQ(pthread_cond_timedwait(c, &lock, &past), ETIMEDOUT);
	CHECK_EQ(pthread_mutex_trylock(&lock), EBUSY); /* locked again */
	do
		result = pthread_cond_timedwait(c, &lock, &t);
	while (!result);
	CHECK_EQ(result, ETIMEDOUT);
	CHECK(has_come(clock, t));
	CHECK_EQ(pthread_mutex_trylock(&lock), EBUSY);
	for (int i = 0; i < 2; i++) {
		t = (struct timespec){1, i ? -1 : 1000000000};
		CHECK_EQ(pthread_cond_timedwait(c, &lock, &t), EINVAL);
		CHECK_EQ(pthread_cond_clockwait(c, &lock, CLOCK_MONOTONIC, &t), EINVAL);
	}
	CHECK_EQ(pthread_cond_clockwait(c, &lock, CLOCK_THREAD_CPUTIME_ID, &past), EINVAL);
	t = soon(CLOCK_MONOTONIC, 1000000);
	do
		result = pthread_cond_clockwait(c, &lock, CLOCK_MONOTONIC, &t);
	while (!result);
	CHECK_EQ(result, ETIMEDOUT);
	CHECK_EQ(pthread_mutex_unlock(&lock), 0);
}

static int turn;

static void *taker(void *arg)
{
	int taken = 0;

	CHECK_EQ(pthread_mutex_lock(&lock), 0);
	while (turn >= 0) {
		struct timespec t = soon(CLOCK_REALTIME, 50000);

		if (turn > 0) {
			turn--;
			taken++;
		} else {
			int result = pthread_cond_timedwait(&cond, &lock, &t);

			CHECK(result == 0 || result == ETIMEDOUT);
		}
	}
	CHECK_EQ(pthread_mutex_unlock(&lock), 0);
	return arg ? arg : (void *)(intptr_t)taken;
}

static void is_signalled(void)
{
	pthread_t t[4];
	intptr_t sum = 0;
	void *taken;

	turn = 0;
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, taker, NULL), 0);
	for (int i = 0; i < 500; i++) {
		CHECK_EQ(pthread_mutex_lock(&lock), 0);
		turn++;
		CHECK_EQ(pthread_mutex_unlock(&lock), 0);
		CHECK_EQ(pthread_cond_signal(&cond), 0);
		if (i % 10 == 0)
			sched_yield();
	}
	for (bool all = false; !all; sched_yield()) {
		CHECK_EQ(pthread_mutex_lock(&lock), 0);
		all = !turn;
		if (all)
			turn = -1;
		CHECK_EQ(pthread_cond_broadcast(&cond), 0);
		CHECK_EQ(pthread_mutex_unlock(&lock), 0);
	}
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(pthread_join(t[i], &taken), 0);
		sum += (intptr_t)taken;
	}
	CHECK_EQ(sum, 500);
}

static void *not_the_owner(void *m)
{
	CHECK_EQ(pthread_cond_wait(&cond, m), EPERM);
	CHECK_EQ(pthread_cond_timedwait(&cond, m, &past), EPERM);
	return NULL;
}

static void mutex_types(void)
{
	static pthread_mutex_t types[] = {PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
					  PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP};
	pthread_t t;

	for (int i = 0; i < 2; i++) {
		pthread_mutex_t *m = &types[i];

		CHECK_EQ(pthread_cond_wait(&cond, m), EPERM);
		CHECK_EQ(pthread_mutex_lock(m), 0);
		CHECK_EQ(pthread_create(&t, NULL, not_the_owner, m), 0);
		CHECK_EQ(pthread_join(t, NULL), 0);
		CHECK_EQ(pthread_cond_timedwait(&cond, m, &past), ETIMEDOUT);
		CHECK_EQ(pthread_mutex_unlock(m), 0); /* still the owner */
		CHECK_EQ(pthread_mutex_unlock(m), EPERM);
	}
}

static void attributes(void)
{
	pthread_condattr_t attr;
	pthread_cond_t c;

	CHECK_EQ(pthread_condattr_init(&attr), 0);
	CHECK_EQ(pthread_cond_init(&c, &attr), 0);
	times_out(&c, CLOCK_REALTIME);
	CHECK_EQ(pthread_cond_destroy(&c), 0);
	CHECK_EQ(pthread_condattr_setclock(&attr, CLOCK_PROCESS_CPUTIME_ID), EINVAL);
	CHECK_EQ(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC), 0);
	CHECK_EQ(pthread_cond_init(&c, &attr), 0);
	times_out(&c, CLOCK_MONOTONIC);
	CHECK_EQ(pthread_cond_destroy(&c), 0);
	CHECK_EQ(pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_cond_init(&c, &attr), ENOTSUP);
	CHECK_EQ(pthread_condattr_destroy(&attr), 0);
}

static _Atomic int waiting;
static int go;

static void *wait_for_go(void *arg)
{
	CHECK_EQ(pthread_mutex_lock(&lock), 0);
	atomic_fetch_add(&waiting, 1);
	while (!go)
		CHECK_EQ(pthread_cond_wait(&cond, &lock), 0);
	CHECK_EQ(pthread_mutex_unlock(&lock), 0);
	return arg;
}

static void busy(void)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, wait_for_go, NULL), 0);
	while (!atomic_load(&waiting))
		sched_yield();
	CHECK_EQ(pthread_mutex_lock(&lock), 0); /* it waits now */
	CHECK_EQ(pthread_cond_destroy(&cond), EBUSY);
	go = 1;
	CHECK_EQ(pthread_cond_signal(&cond), 0);
	CHECK_EQ(pthread_mutex_unlock(&lock), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(pthread_cond_destroy(&cond), 0);
}

static pthread_cond_t *shared; /* under the lock; freed by the broadcaster */

static void *wait_shared(void *arg)
{
	struct timespec t = soon(CLOCK_MONOTONIC, (intptr_t)arg);

	CHECK_EQ(pthread_mutex_lock(&lock), 0);
	atomic_fetch_add(&waiting, 1);
	if (shared)
		pthread_cond_clockwait(shared, &lock, CLOCK_MONOTONIC, &t);
	CHECK_EQ(pthread_mutex_unlock(&lock), 0);
	return NULL;
}

static void freed_after_broadcast(void)
{
	for (int round = 0; round < 300; round++) {
		pthread_t t[4];
		pthread_cond_t *c = malloc(sizeof *c);

		CHECK(c != NULL);
		CHECK_EQ(pthread_cond_init(c, NULL), 0);
		shared = c;
		atomic_store(&waiting, 0);
		for (intptr_t i = 0; i < 4; i++)
			CHECK_EQ(pthread_create(&t[i], NULL, wait_shared,
						(void *)(20000 * i + 1000 * (round % 20))),
				 0);
		while (atomic_load(&waiting) < 2)
			sched_yield();
		CHECK_EQ(pthread_mutex_lock(&lock), 0);
		shared = NULL;
		CHECK_EQ(pthread_cond_broadcast(c), 0);
		CHECK_EQ(pthread_mutex_unlock(&lock), 0);
		if (round % 2)
			CHECK_EQ(pthread_cond_destroy(c), 0);
		memset(c, 0xff, sizeof *c);
		free(c);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_join(t[i], NULL), 0);
	}
}

int main(void)
{
	times_out(&cond, CLOCK_REALTIME); /* main is no green thread before */
	is_signalled();
	mutex_types();
	attributes();
	busy();
	freed_after_broadcast();
	return 0;
}
