/* What the files of this folder share: POSIX's types and error conventions over mn.h. */
#ifndef MN_POSIX_H
#define MN_POSIX_H

#define MN_PTHREAD_NO_NAMES
#include "mn_pthread.h"

#include <stdbool.h>

#include "mn.h"

#define NS_PER_S 1000000000

/* A point in time as POSIX gives it, on one of mn.h's clocks. False: EINVAL. */
static inline bool posix_until(clockid_t clock, const struct timespec *t, enum mn_clock *out_clock,
			       uint64_t *out_ns)
{
	if ((clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) || t->tv_nsec < 0 ||
	    t->tv_nsec >= NS_PER_S)
		return false;
	*out_clock = clock == CLOCK_REALTIME ? MN_CLOCK_REALTIME : MN_CLOCK_MONOTONIC;
	if (t->tv_sec < 0)
		*out_ns = 0;
	else if ((uint64_t)t->tv_sec >= UINT64_MAX / NS_PER_S - 1)
		*out_ns = UINT64_MAX - 1;
	else
		*out_ns = (uint64_t)t->tv_sec * NS_PER_S + (uint64_t)t->tv_nsec;
	return true;
}

/* Whether the caller is a signal's handler; it may say so when it is not (signal.c). */
bool mn_posix_in_handler(void);
/* mn_sem_post() for one. */
int posix_post_from_handler(struct mn_sem *s);

/* For the functions that return -1 and set errno. result: 0 or -errno. */
int mn_posix_by_errno(int result);

#endif
