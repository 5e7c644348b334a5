/*
 * Proves, through mn_pthread.h: cancellation acts in join, in waits for
 * condition variables and semaphores, timed or not, in sleeps and in
 * pthread_testcancel(); cleanup handlers run, by exit, too, and in main; the
 * state and the type are kept and checked; asynchronous cancellation ends a
 * thread in a loop when threads are preempted; every entry of ERRORS.
 */
#include "mn_pthread.h"

#include <stdatomic.h>

#include "check.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static pthread_t other;
static _Atomic int begun;
static char trace[32];
static int traced;

static void note(void *c)
{
	trace[traced++] = *(char *)c;
	trace[traced] = 0;
}

static void unlock(void *m)
{
	CHECK_EQ(pthread_mutex_unlock(m), 0);
	note("u");
}

enum point { JOIN, COND, COND_TIMED, SEM, SEM_TIMED, SLEEP, NANOSLEEP, CLOCK, USLEEP, TEST, POINTS };

static void *in_point(void *arg)
{
	struct timespec late = {(time_t)1 << 33, 0};

	pthread_cleanup_push(note, "1");
	pthread_cleanup_push(note, "2");
	atomic_store(&begun, 1);
	switch ((enum point)(intptr_t)arg) {
	case JOIN:
		pthread_join(other, NULL);
		break;
	case COND:
	case COND_TIMED:
		CHECK_EQ(pthread_mutex_lock(&lock), 0);
		pthread_cleanup_push(unlock, &lock);
		for (;;)
			if ((intptr_t)arg == COND)
				pthread_cond_wait(&cond, &lock);
			else
				pthread_cond_timedwait(&cond, &lock, &late);
		pthread_cleanup_pop(1);
		break;
	case SEM:
		sem_wait(&sem);
		break;
	case SEM_TIMED:
		sem_timedwait(&sem, &late);
		break;
	case SLEEP:
		sleep(1000000);
		break;
	case NANOSLEEP:
		nanosleep(&late, NULL);
		break;
	case CLOCK:
		clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &(struct timespec){INT64_MAX, 0}, NULL);
		break;
	case USLEEP:
		usleep(4000000000u);
		break;
	default:
		for (;;) {
			pthread_testcancel();
			sched_yield();
		}
	}
	FAIL("point %d is none", (int)(intptr_t)arg);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *forever(void *arg)
{
	sem_wait(&sem);
	return arg;
}

static void points(int patience)
{
	for (intptr_t p = 0; p < POINTS; p++) {
		pthread_t t;
		void *result;

		if (p == JOIN) {
			CHECK_EQ(pthread_create(&other, NULL, forever, &sem), 0);
			sched_yield(); /* so that it has been started */
		}
		traced = 0;
		atomic_store(&begun, 0);
		CHECK_EQ(pthread_create(&t, NULL, in_point, (void *)p), 0);
		while (patience && !atomic_load(&begun))
			sched_yield();
		for (int i = 1; i < patience; i++)
			sched_yield();
		CHECK_EQ(pthread_cancel(t), 0);
		CHECK_EQ(pthread_join(t, &result), 0);
		CHECK(result == PTHREAD_CANCELED);
		CHECK(!strcmp(trace, p == COND || p == COND_TIMED ? "u21" : "21"));
		CHECK_EQ(pthread_cancel(t), ESRCH);
		if (p == JOIN) {
			CHECK_EQ(pthread_tryjoin_np(other, NULL), EBUSY);
			CHECK_EQ(sem_post(&sem), 0);
			CHECK_EQ(pthread_join(other, &result), 0);
			CHECK(result == &sem);
		}
	}
	CHECK_EQ(pthread_mutex_destroy(&lock), 0);
	CHECK_EQ(pthread_mutex_init(&lock, NULL), 0);
	CHECK_EQ(pthread_cond_destroy(&cond), 0);
	CHECK_EQ(pthread_cond_init(&cond, NULL), 0);
	CHECK_EQ(sem_destroy(&sem), 0);
	CHECK_EQ(sem_init(&sem, 0, 0), 0);
}

static void *states(void *arg)
{
	int old;

	CHECK_EQ(pthread_setcancelstate(77, &old), EINVAL);
	CHECK_EQ(pthread_setcanceltype(77, &old), EINVAL);
	CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old), 0);
	CHECK_EQ(old, PTHREAD_CANCEL_ENABLE);
	CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old), 0);
	CHECK_EQ(old, PTHREAD_CANCEL_DISABLE);
	CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old), 0);
	CHECK_EQ(old, PTHREAD_CANCEL_DEFERRED);
	CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &old), 0);
	CHECK_EQ(old, PTHREAD_CANCEL_ASYNCHRONOUS);
	CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL), 0);
	CHECK_EQ(pthread_cancel(pthread_self()), 0);
	pthread_testcancel();
	usleep(10);
	CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL), 0); /* is no point itself */
	traced = 0;
	pthread_cleanup_push(note, "x");
	pthread_cleanup_push(note, "y");
	pthread_cleanup_pop(1);
	if (arg)
		pthread_exit(arg);
	pthread_testcancel();
	pthread_cleanup_pop(0);
	return NULL;
}

static void *(*volatile deeper)(void *);

static void *exit_deep(void *arg)
{
	pthread_cleanup_push_defer_np(note, "d");
	if (arg)
		deeper((char *)arg - 1);
	else
		pthread_exit(&traced);
	pthread_cleanup_pop_restore_np(0);
	return NULL;
}

static void *at_once(void *arg)
{
	CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL), 0);
	CHECK_EQ(pthread_cancel(pthread_self()), 0);
	FAIL("not cancelled");
	return arg;
}

static void *loop(void *arg)
{
	volatile unsigned n = 0;

	pthread_cleanup_push(note, "a");
	CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL), 0);
	atomic_store(&begun, 1);
	for (;;)
		n++;
	pthread_cleanup_pop(0);
	return arg;
}

static void others(void)
{
	pthread_t t;
	void *result;

	CHECK_EQ(pthread_create(&t, NULL, states, NULL), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
	CHECK(!strcmp(trace, "yx"));
	CHECK_EQ(pthread_create(&t, NULL, states, &sem), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK(result == &sem);
	CHECK(!strcmp(trace, "yx"));
	traced = 0;
	deeper = exit_deep;
	CHECK_EQ(pthread_create(&t, NULL, exit_deep, (void *)4), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK(result == &traced);
	CHECK(!strcmp(trace, "ddddd"));
	CHECK_EQ(pthread_create(&t, NULL, at_once, NULL), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
	for (int i = 0; test_preempts() && i < 20; i++) {
		traced = 0;
		atomic_store(&begun, 0);
		CHECK_EQ(pthread_create(&t, NULL, loop, NULL), 0);
		while (i % 2 && !atomic_load(&begun))
			sched_yield();
		CHECK_EQ(pthread_cancel(t), 0);
		CHECK_EQ(pthread_join(t, &result), 0);
		CHECK(result == PTHREAD_CANCELED);
		CHECK(!strcmp(trace, "a"));
	}
}

static void in_main(void *arg)
{
	CHECK_EQ((intptr_t)arg, 5);
	_exit(0);
}

int main(void)
{
	CHECK_EQ(sem_init(&sem, 0, 0), 0);
	pthread_cleanup_push(in_main, (void *)5); /* before it is a green thread */
	for (int i = 0; i < 24; i++)
		points(i % 4);
	others();
	pthread_exit(NULL);
	pthread_cleanup_pop(0);
}
