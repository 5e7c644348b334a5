/* Condition variables by POSIX's names. */
#include "posix/posix.h"

_Static_assert(sizeof(pthread_cond_t) >= sizeof(struct mn_cond), "fits");
_Static_assert(CLOCK_REALTIME == (int)MN_CLOCK_REALTIME && CLOCK_MONOTONIC == (int)MN_CLOCK_MONOTONIC,
	       "clocks are the system's, and the static initialiser's is CLOCK_REALTIME");

static struct mn_cond *cond(pthread_cond_t *c)
{
	return (struct mn_cond *)c;
}

int mn_posix_cond_init(pthread_cond_t *c, const pthread_condattr_t *attr)
{
	clockid_t clock = CLOCK_REALTIME;
	int shared = PTHREAD_PROCESS_PRIVATE;

	if (attr && (pthread_condattr_getclock(attr, &clock) ||
		     pthread_condattr_getpshared(attr, &shared)))
		return EINVAL;
	if (shared != PTHREAD_PROCESS_PRIVATE ||
	    (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC))
		return ENOTSUP;
	mn_cond_init(cond(c));
	cond(c)->clock = (uint32_t)clock;
	return 0;
}

int mn_posix_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	return -mn_cond_wait(cond(c), (struct mn_mutex *)m);
}

int mn_posix_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m, clockid_t clock,
			    const struct timespec *until)
{
	enum mn_clock by;
	uint64_t ns;

	if (!posix_until(clock, until, &by, &ns))
		return EINVAL;
	return -mn_cond_wait_until(cond(c), (struct mn_mutex *)m, by, ns);
}

int mn_posix_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
	return mn_posix_cond_clockwait(c, m, (clockid_t)cond(c)->clock, until);
}

int mn_posix_cond_signal(pthread_cond_t *c)
{
	mn_cond_signal(cond(c));
	return 0;
}

int mn_posix_cond_broadcast(pthread_cond_t *c)
{
	mn_cond_broadcast(cond(c));
	return 0;
}

int mn_posix_cond_destroy(pthread_cond_t *c)
{
	return -mn_cond_destroy(cond(c));
}
