/* Read-write locks by POSIX's names. */
#include "posix/posix.h"

_Static_assert(sizeof(pthread_rwlock_t) >= sizeof(struct mn_rwlock), "fits");

static struct mn_rwlock *rwlock(pthread_rwlock_t *l)
{
	return (struct mn_rwlock *)l;
}

int mn_posix_rwlock_init(pthread_rwlock_t *l, const pthread_rwlockattr_t *attr)
{
	int shared = PTHREAD_PROCESS_PRIVATE;

	if (attr && pthread_rwlockattr_getpshared(attr, &shared))
		return EINVAL;
	if (shared != PTHREAD_PROCESS_PRIVATE)
		return ENOTSUP;
	mn_rwlock_init(rwlock(l));
	return 0;
}

int mn_posix_rwlock_rdlock(pthread_rwlock_t *l)
{
	return -mn_rwlock_rdlock(rwlock(l));
}

int mn_posix_rwlock_tryrdlock(pthread_rwlock_t *l)
{
	return -mn_rwlock_tryrdlock(rwlock(l));
}

int mn_posix_rwlock_clockrdlock(pthread_rwlock_t *l, clockid_t clock, const struct timespec *until)
{
	enum mn_clock c;
	uint64_t ns;
	int error;

	if (posix_until(clock, until, &c, &ns))
		return -mn_rwlock_rdlock_until(rwlock(l), c, ns);
	/* The time must be valid only if it is needed. */
	error = -mn_rwlock_tryrdlock(rwlock(l));
	return error == EBUSY ? EINVAL : error;
}

int mn_posix_rwlock_timedrdlock(pthread_rwlock_t *l, const struct timespec *until)
{
	return mn_posix_rwlock_clockrdlock(l, CLOCK_REALTIME, until);
}

int mn_posix_rwlock_wrlock(pthread_rwlock_t *l)
{
	return -mn_rwlock_wrlock(rwlock(l));
}

int mn_posix_rwlock_trywrlock(pthread_rwlock_t *l)
{
	return -mn_rwlock_trywrlock(rwlock(l));
}

int mn_posix_rwlock_clockwrlock(pthread_rwlock_t *l, clockid_t clock, const struct timespec *until)
{
	enum mn_clock c;
	uint64_t ns;
	int error;

	if (posix_until(clock, until, &c, &ns))
		return -mn_rwlock_wrlock_until(rwlock(l), c, ns);
	error = -mn_rwlock_trywrlock(rwlock(l));
	return error == EBUSY ? EINVAL : error;
}

int mn_posix_rwlock_timedwrlock(pthread_rwlock_t *l, const struct timespec *until)
{
	return mn_posix_rwlock_clockwrlock(l, CLOCK_REALTIME, until);
}

int mn_posix_rwlock_unlock(pthread_rwlock_t *l)
{
	return -mn_rwlock_unlock(rwlock(l));
}

int mn_posix_rwlock_destroy(pthread_rwlock_t *l)
{
	return -mn_rwlock_destroy(rwlock(l));
}
