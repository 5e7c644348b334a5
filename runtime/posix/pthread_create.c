/* Threads and their attributes, by POSIX's names. */
#include "posix/posix.h"

#include <stdlib.h>

#include "core/internal.h"

_Static_assert(sizeof(pthread_t) == sizeof(mn_thread_t), "a handle is a pthread_t");

/* Not inlined: the address of errno is looked up where the caller runs then. */
__attribute__((noinline)) int mn_posix_by_errno(int result)
{
	if (!result)
		return 0;
	errno = -result;
	return -1;
}

__attribute__((noinline)) int *mn_posix_errno(void)
{
	return &errno;
}

static int schedulable(const pthread_attr_t *given)
{
	struct sched_param param;
	int inherit;
	int policy;

	if (pthread_attr_getinheritsched(given, &inherit) ||
	    pthread_attr_getschedpolicy(given, &policy) ||
	    pthread_attr_getschedparam(given, &param))
		return EINVAL;
	if (inherit == PTHREAD_EXPLICIT_SCHED && (policy != SCHED_OTHER || param.sched_priority))
		return ENOTSUP;
	return 0;
}

static int create_with(pthread_t *t, const pthread_attr_t *given, void *(*fn)(void *), void *arg)
{
	struct mn_thread_attr attr = {0};
	int error = schedulable(given);
	int state;

	if (error)
		return error;
	if (pthread_attr_getdetachstate(given, &state) ||
	    pthread_attr_getstack(given, &attr.stack, &attr.stack_size) ||
	    pthread_attr_getguardsize(given, &attr.guard_size))
		return EINVAL;
	/* A size of 0: none has been set, and it is the runtime's to choose. */
	if ((uintptr_t)attr.stack + attr.stack_size == 0)
		attr.stack = NULL; /* the end of no stack, less the size */
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

int mn_posix_tryjoin_np(pthread_t t, void **result)
{
	return -mn_thread_tryjoin(t, result);
}

int mn_posix_clockjoin_np(pthread_t t, void **result, clockid_t clock,
			  const struct timespec *until)
{
	enum mn_clock c;
	uint64_t ns;
	int error;

	if (!until)
		return -mn_thread_join(t, result);
	if (posix_until(clock, until, &c, &ns))
		return -mn_thread_join_until(t, result, c, ns);
	error = -mn_thread_tryjoin(t, result);
	return error == EBUSY ? EINVAL : error;
}

int mn_posix_timedjoin_np(pthread_t t, void **result, const struct timespec *until)
{
	return mn_posix_clockjoin_np(t, result, CLOCK_REALTIME, until);
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
	if (!t && !mni_start_if_need_be())
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

int mn_posix_getattr_np(pthread_t handle, pthread_attr_t *attr)
{
	struct mn_thread *t = mni_thread_lookup(handle);
	struct mni_stack *s;
	int error;

	if (!t)
		return ESRCH;
	error = pthread_attr_init(attr);
	if (error)
		return error;
	pthread_attr_setdetachstate(attr, mni_load(&t->join, relaxed) == MNI_JOIN_DETACHED
						  ? PTHREAD_CREATE_DETACHED
						  : PTHREAD_CREATE_JOINABLE);
	s = t->stack;
	if (s) {
		pthread_attr_setguardsize(attr, (size_t)(s->lo - s->map));
		return pthread_attr_setstack(attr, s->lo, (size_t)(s->map + s->bytes - s->lo));
	}
	return pthread_attr_setstacksize(attr, t->stack_size);
}

int mn_posix_setname_np(pthread_t t, const char *name)
{
	return -mn_thread_set_name(t, name);
}

int mn_posix_getname_np(pthread_t t, char *name, size_t size)
{
	return -mn_thread_get_name(t, name, size);
}
