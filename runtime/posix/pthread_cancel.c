/* Cancellation by POSIX's names. */
#include "posix/posix.h"

#include "core/internal.h"
#include "sync/wait.h"

_Static_assert(MN_CANCELED == PTHREAD_CANCELED, "one value");

int mn_posix_cancel(pthread_t t)
{
	int error = -mn_thread_cancel(t);

	if (!error && t == mn_thread_self())
		mni_cancel_async_point();
	return error;
}

void mn_posix_testcancel(void)
{
	mn_thread_test_cancel();
}

int mn_posix_setcancelstate(int state, int *old)
{
	int before;

	if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)
		return EINVAL;
	mni_worker_to_wait(); /* main's state may be the first thing that is set */
	before = mn_thread_set_cancel(state == PTHREAD_CANCEL_ENABLE);
	if (old)
		*old = before ? PTHREAD_CANCEL_ENABLE : PTHREAD_CANCEL_DISABLE;
	mni_cancel_async_point();
	return 0;
}

int mn_posix_setcanceltype(int type, int *old)
{
	struct mn_thread *t;

	if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)
		return EINVAL;
	t = mni_worker_to_wait()->current;
	if (old)
		*old = t->cancel_async ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
	t->cancel_async = type == PTHREAD_CANCEL_ASYNCHRONOUS;
	mni_cancel_async_point();
	return 0;
}

void mn_posix_cleanup_push(struct mn_cleanup *c, void (*fn)(void *), void *arg)
{
	mn_cleanup_push(c, fn, arg);
}

static struct mn_cleanup *newest(void)
{
	return mni_worker_to_wait()->current->cleanup;
}

void mn_posix_cleanup_pop(int call)
{
	mn_cleanup_pop(newest(), call);
}

void mn_posix_cleanup_push_defer_np(struct mn_cleanup *c, void (*fn)(void *), void *arg)
{
	int type;

	mn_posix_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
	mn_cleanup_push(c, fn, arg);
	c->reserved = (uintptr_t)type;
}

void mn_posix_cleanup_pop_restore_np(int call)
{
	int type = (int)newest()->reserved;

	mn_cleanup_pop(newest(), call);
	mn_posix_setcanceltype(type, NULL);
}
