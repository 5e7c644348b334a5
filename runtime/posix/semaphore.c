/* Semaphores by POSIX's names. */
#include "posix/posix.h"

#include <limits.h>

_Static_assert(sizeof(sem_t) >= sizeof(struct mn_sem), "fits");
_Static_assert(SEM_VALUE_MAX == MN_SEM_MAX, "one limit");

static struct mn_sem *sem(sem_t *s)
{
	return (struct mn_sem *)s;
}

int mn_posix_sem_init(sem_t *s, int shared, unsigned value)
{
	return mn_posix_by_errno(shared ? -ENOSYS : mn_sem_init(sem(s), value));
}

int mn_posix_sem_wait(sem_t *s)
{
	mn_sem_wait(sem(s));
	return 0;
}

int mn_posix_sem_trywait(sem_t *s)
{
	return mn_posix_by_errno(mn_sem_trywait(sem(s)));
}

int mn_posix_sem_clockwait(sem_t *s, clockid_t clock, const struct timespec *until)
{
	enum mn_clock c;
	uint64_t ns;
	int error;

	if (posix_until(clock, until, &c, &ns))
		return mn_posix_by_errno(mn_sem_wait_until(sem(s), c, ns));
	/* The time must be valid only if it is needed. */
	error = mn_sem_trywait(sem(s));
	return mn_posix_by_errno(error == -EAGAIN ? -EINVAL : error);
}

int mn_posix_sem_timedwait(sem_t *s, const struct timespec *until)
{
	return mn_posix_sem_clockwait(s, CLOCK_REALTIME, until);
}

int mn_posix_sem_post(sem_t *s)
{
	return mn_posix_by_errno(mn_posix_in_handler() ? posix_post_from_handler(sem(s))
						       : mn_sem_post(sem(s)));
}

int mn_posix_sem_getvalue(sem_t *s, int *value)
{
	*value = (int)mn_sem_value(sem(s));
	return 0;
}

int mn_posix_sem_destroy(sem_t *s)
{
	return mn_posix_by_errno(mn_sem_destroy(sem(s)));
}

/* Named ones are shared between processes. */

sem_t *mn_posix_sem_open(const char *name, int flags, ...)
{
	(void)name;
	(void)flags;
	mn_posix_by_errno(-ENOSYS);
	return SEM_FAILED;
}

int mn_posix_sem_close(sem_t *s)
{
	(void)s;
	return mn_posix_by_errno(-EINVAL);
}

int mn_posix_sem_unlink(const char *name)
{
	(void)name;
	return mn_posix_by_errno(-ENOENT);
}
