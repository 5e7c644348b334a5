/*
 * Proves, through mn_pthread.h: the sleeping functions sleep for as long as they
 * are told, by a thread and by a main that is no green thread yet, and refuse what
 * is no time.
 */
#include "mn_pthread.h"

#include "check.h"

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void *sleeps(void *arg)
{
	struct timespec t = {0, 1500000};
	struct timespec left = {7, 7};
	int64_t start = now(CLOCK_MONOTONIC);
	int64_t until;

	CHECK_EQ(nanosleep(&t, &left), 0);
	CHECK_REL(now(CLOCK_MONOTONIC) - start, >=, 1500000);
	start = now(CLOCK_MONOTONIC);
	CHECK_EQ(usleep(1500), 0);
	CHECK_REL(now(CLOCK_MONOTONIC) - start, >=, 1500000);
	CHECK_EQ(usleep(0), 0);
	CHECK_EQ(sleep(0), 0);
	start = now(CLOCK_MONOTONIC);
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, 0, &t, &left), 0);
	CHECK_REL(now(CLOCK_MONOTONIC) - start, >=, 1500000);
	for (int i = 0; i < 2; i++) {
		clockid_t clock = i ? CLOCK_REALTIME : CLOCK_MONOTONIC;

		until = now(clock) + 1500000;
		t = (struct timespec){until / 1000000000, until % 1000000000};
		CHECK_EQ(clock_nanosleep(clock, TIMER_ABSTIME, &t, NULL), 0);
		CHECK_REL(now(clock), >=, until);
		CHECK_EQ(clock_nanosleep(clock, TIMER_ABSTIME, &t, NULL), 0);
	}
	for (int i = 0; i < 3; i++) {
		static const struct timespec wrong[] = {{0, -1}, {0, 1000000000}, {-1, 0}};

		CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &wrong[i], NULL), EINVAL);
		errno = 0;
		CHECK_EQ(nanosleep(&wrong[i], NULL), -1);
		CHECK_EQ(errno, EINVAL);
	}
	t = (struct timespec){0, 1};
	CHECK_EQ(clock_nanosleep(77, 0, &t, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &t, NULL), EINVAL);
	return arg;
}

int main(void)
{
	pthread_t t[5];

	sleeps(NULL);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, sleeps, NULL), 0);
	sleeps(NULL);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	return 0;
}
