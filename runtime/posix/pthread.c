/* POSIX's names, types and error conventions over mn.h. See mn_pthread.h. */
#define MN_PTHREAD_NO_NAMES
#include "mn_pthread.h"

#include <errno.h>
#include <stdlib.h>

#include "mn.h"

_Static_assert(sizeof(pthread_t) == sizeof(mn_thread_t), "a handle is a pthread_t");
_Static_assert(sizeof(pthread_mutex_t) >= sizeof(struct mn_mutex), "fits");
_Static_assert(sizeof(pthread_cond_t) >= sizeof(struct mn_cond), "fits");
_Static_assert(sizeof(sem_t) >= sizeof(struct mn_sem), "fits");

static struct mn_mutex *mutex(pthread_mutex_t *m)
{
	return (struct mn_mutex *)m;
}

static struct mn_cond *cond(pthread_cond_t *c)
{
	return (struct mn_cond *)c;
}

static struct mn_sem *sem(sem_t *s)
{
	return (struct mn_sem *)s;
}

/* sem_* return -1 and set errno. */
static int by_errno(int result)
{
	if (!result)
		return 0;
	errno = -result;
	return -1;
}

static int create_with(pthread_t *t, const pthread_attr_t *given, void *(*fn)(void *), void *arg)
{
	struct mn_thread_attr attr = {0};
	int state;
	size_t size;
	pthread_attr_t defaults;
	size_t default_size;

	if (pthread_attr_getdetachstate(given, &state) || pthread_attr_getstacksize(given, &size) ||
	    pthread_attr_init(&defaults))
		return EINVAL;
	/* A program that leaves the size alone gets the runtime's default. */
	if (!pthread_attr_getstacksize(&defaults, &default_size) && size != default_size)
		attr.stack_size = size;
	pthread_attr_destroy(&defaults);
	attr.detached = state == PTHREAD_CREATE_DETACHED;
	return -mn_thread_create(t, &attr, fn, arg);
}

int mn_posix_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	return attr ? create_with(t, attr, fn, arg) : -mn_thread_create(t, NULL, fn, arg);
}

int mn_posix_join(pthread_t t, void **result)
{
	return -mn_thread_join(t, result);
}

int mn_posix_detach(pthread_t t)
{
	return -mn_thread_detach(t);
}

void mn_posix_exit(void *result)
{
	if (!mn_workers())
		exit(0); /* main, and it never made a thread */
	mn_thread_exit(result);
}

pthread_t mn_posix_self(void)
{
	pthread_t t = mn_thread_self();

	/* Before the first pthread_create(): main starts the runtime to get its name. */
	if (!t && !mn_workers() && !mn_init(NULL))
		t = mn_thread_self();
	return t;
}

int mn_posix_equal(pthread_t a, pthread_t b)
{
	return a == b;
}

int mn_posix_yield(void)
{
	mn_thread_yield();
	return 0;
}

int mn_posix_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attr)
{
	if (attr)
		return ENOTSUP;
	mn_mutex_init(mutex(m));
	return 0;
}

int mn_posix_mutex_lock(pthread_mutex_t *m)
{
	mn_mutex_lock(mutex(m));
	return 0;
}

int mn_posix_mutex_trylock(pthread_mutex_t *m)
{
	return -mn_mutex_trylock(mutex(m));
}

int mn_posix_mutex_unlock(pthread_mutex_t *m)
{
	mn_mutex_unlock(mutex(m));
	return 0;
}

int mn_posix_mutex_destroy(pthread_mutex_t *m)
{
	return -mn_mutex_destroy(mutex(m));
}

int mn_posix_cond_init(pthread_cond_t *c, const pthread_condattr_t *attr)
{
	if (attr)
		return ENOTSUP;
	mn_cond_init(cond(c));
	return 0;
}

int mn_posix_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	mn_cond_wait(cond(c), mutex(m));
	return 0;
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

int mn_posix_sem_init(sem_t *s, int shared, unsigned value)
{
	return by_errno(shared ? -ENOSYS : mn_sem_init(sem(s), value));
}

int mn_posix_sem_wait(sem_t *s)
{
	mn_sem_wait(sem(s));
	return 0;
}

int mn_posix_sem_trywait(sem_t *s)
{
	return by_errno(mn_sem_trywait(sem(s)));
}

int mn_posix_sem_post(sem_t *s)
{
	return by_errno(mn_sem_post(sem(s)));
}

int mn_posix_sem_getvalue(sem_t *s, int *value)
{
	*value = (int)mn_sem_value(sem(s));
	return 0;
}

int mn_posix_sem_destroy(sem_t *s)
{
	return by_errno(mn_sem_destroy(sem(s)));
}
