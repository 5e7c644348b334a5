/* Mutexes by POSIX's names. */
#include "posix/posix.h"

_Static_assert(sizeof(pthread_mutex_t) >= sizeof(struct mn_mutex), "fits");
_Static_assert((int)MN_MUTEX_NORMAL == PTHREAD_MUTEX_NORMAL &&
		       (int)MN_MUTEX_RECURSIVE == PTHREAD_MUTEX_RECURSIVE &&
		       (int)MN_MUTEX_ERRORCHECK == PTHREAD_MUTEX_ERRORCHECK &&
		       (int)MN_MUTEX_ADAPTIVE == PTHREAD_MUTEX_ADAPTIVE_NP &&
		       PTHREAD_MUTEX_DEFAULT == PTHREAD_MUTEX_NORMAL,
	       "types are the system's");

static struct mn_mutex *mutex(pthread_mutex_t *m)
{
	return (struct mn_mutex *)m;
}

int mn_posix_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attr)
{
	int type = MN_MUTEX_NORMAL;
	int protocol = PTHREAD_PRIO_NONE;
	int robust = PTHREAD_MUTEX_STALLED;
	int shared = PTHREAD_PROCESS_PRIVATE;

	if (attr && (pthread_mutexattr_gettype(attr, &type) ||
		     pthread_mutexattr_getprotocol(attr, &protocol) ||
		     pthread_mutexattr_getrobust(attr, &robust) ||
		     pthread_mutexattr_getpshared(attr, &shared)))
		return EINVAL;
	if (protocol != PTHREAD_PRIO_NONE || robust != PTHREAD_MUTEX_STALLED ||
	    shared != PTHREAD_PROCESS_PRIVATE)
		return ENOTSUP;
	return -mn_mutex_init_type(mutex(m), (enum mn_mutex_type)type);
}

int mn_posix_mutex_lock(pthread_mutex_t *m)
{
	return -mn_mutex_lock(mutex(m));
}

int mn_posix_mutex_trylock(pthread_mutex_t *m)
{
	return -mn_mutex_trylock(mutex(m));
}

int mn_posix_mutex_clocklock(pthread_mutex_t *m, clockid_t clock, const struct timespec *until)
{
	enum mn_clock c;
	uint64_t ns;
	int error;

	if (posix_until(clock, until, &c, &ns))
		return -mn_mutex_lock_until(mutex(m), c, ns);
	/* The time must be valid only if it is needed. */
	error = -mn_mutex_trylock(mutex(m));
	return error == EBUSY ? EINVAL : error;
}

int mn_posix_mutex_timedlock(pthread_mutex_t *m, const struct timespec *until)
{
	return mn_posix_mutex_clocklock(m, CLOCK_REALTIME, until);
}

int mn_posix_mutex_unlock(pthread_mutex_t *m)
{
	return -mn_mutex_unlock(mutex(m));
}

int mn_posix_mutex_destroy(pthread_mutex_t *m)
{
	return -mn_mutex_destroy(mutex(m));
}

/* No mutex is robust or has a priority ceiling. */

int mn_posix_mutex_consistent(pthread_mutex_t *m)
{
	(void)m;
	return EINVAL;
}

int mn_posix_mutex_getprioceiling(const pthread_mutex_t *m, int *ceiling)
{
	(void)m;
	(void)ceiling;
	return EINVAL;
}

int mn_posix_mutex_setprioceiling(pthread_mutex_t *m, int ceiling, int *old)
{
	(void)m;
	(void)ceiling;
	(void)old;
	return EINVAL;
}
