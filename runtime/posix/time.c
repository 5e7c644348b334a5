/*
 * Sleeping by POSIX's names. What is no green thread (yet) sleeps as before,
 * and signals interrupt it.
 */
#include "posix/posix.h"

static bool is_time(const struct timespec *t)
{
	return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < NS_PER_S;
}

int mn_posix_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
			     struct timespec *left)
{
	enum mn_clock c;
	uint64_t ns;

	if (!mn_thread_self() || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC))
		return clock_nanosleep(clock, flags, time, left);
	if (!is_time(time) || !posix_until(clock, time, &c, &ns))
		return EINVAL;
	/* A length of time is the same by both; setting the clock does not change it. */
	if (flags & TIMER_ABSTIME)
		mn_sleep_until(c, ns);
	else
		mn_sleep_ns(ns);
	return 0;
}

int mn_posix_nanosleep(const struct timespec *time, struct timespec *left)
{
	return mn_posix_by_errno(-mn_posix_clock_nanosleep(CLOCK_MONOTONIC, 0, time, left));
}

int mn_posix_usleep(useconds_t us)
{
	struct timespec t = {us / 1000000, us % 1000000 * 1000};

	return mn_posix_nanosleep(&t, NULL);
}

unsigned mn_posix_sleep(unsigned seconds)
{
	if (!mn_thread_self())
		return sleep(seconds);
	mn_sleep_ns((uint64_t)seconds * NS_PER_S);
	return 0;
}
