/*
 * Proves: what each type of mutex says to its owner and to others; a lock by
 * deadline gives up, and the mutex works on; a thread that keeps losing the
 * mutex to one that locks it again at once gets it nevertheless; a mutex may be
 * freed by whoever has unlocked it last.
 */
#include <stdatomic.h>

#include "check.h"

#define SOON(ns) MN_CLOCK_MONOTONIC, mn_now_ns(MN_CLOCK_MONOTONIC) + (ns)

static struct mn_mutex mutex;

static void *is_anothers(void *arg)
{
	CHECK_EQ(mn_mutex_trylock(&mutex), -EBUSY);
	CHECK_EQ(mn_mutex_lock_until(&mutex, SOON(100000)), -ETIMEDOUT);
	CHECK_EQ(mn_mutex_lock_until(&mutex, MN_CLOCK_REALTIME, 1), -ETIMEDOUT);
	if (arg)
		CHECK_EQ(mn_mutex_unlock(&mutex), -EPERM);
	return NULL;
}

static void *is_free(void *arg)
{
	CHECK_EQ(mn_mutex_lock_until(&mutex, MN_CLOCK_REALTIME, 1), 0); /* time is not looked at */
	CHECK_EQ(mn_mutex_unlock(&mutex), 0);
	return arg;
}

static void types(void)
{
	struct mn_mutex recursive = MN_MUTEX_RECURSIVE_INIT;
	struct mn_mutex errorcheck = MN_MUTEX_ERRORCHECK_INIT;

	CHECK_EQ(mn_mutex_init_type(&mutex, 4), -EINVAL);
	CHECK_EQ(mn_mutex_init_type(&mutex, MN_MUTEX_NORMAL), 0);
	CHECK_EQ(mn_mutex_lock(&mutex), 0);
	CHECK_EQ(mn_mutex_trylock(&mutex), -EBUSY);
	CHECK_EQ(mn_mutex_lock_until(&mutex, SOON(100000)), -ETIMEDOUT);
	test_join(test_spawn(is_anothers, NULL));
	CHECK_EQ(mn_mutex_destroy(&mutex), -EBUSY);
	CHECK_EQ(mn_mutex_unlock(&mutex), 0);
	CHECK_EQ(mn_mutex_unlock(&mutex), 0); /* undefined; does no harm */
	test_join(test_spawn(is_free, NULL));
	CHECK_EQ(mn_mutex_destroy(&mutex), 0);
	mn_mutex_init(&mutex);

	mutex = recursive;
	CHECK_EQ(mn_mutex_unlock(&mutex), -EPERM);
	CHECK_EQ(mn_mutex_lock(&mutex), 0);
	CHECK_EQ(mn_mutex_lock(&mutex), 0);
	CHECK_EQ(mn_mutex_trylock(&mutex), 0);
	CHECK_EQ(mn_mutex_lock_until(&mutex, MN_CLOCK_REALTIME, 1), 0);
	for (int i = 0; i < 4; i++) {
		test_join(test_spawn(is_anothers, &mutex));
		CHECK_EQ(mn_mutex_destroy(&mutex), -EBUSY);
		CHECK_EQ(mn_mutex_unlock(&mutex), 0);
	}
	CHECK_EQ(mn_mutex_unlock(&mutex), -EPERM);
	test_join(test_spawn(is_free, NULL));
	mutex.count = UINT32_MAX; /* as if locked so often */
	mutex.state = 1;
	CHECK_EQ(mn_mutex_trylock(&mutex), -EBUSY);

	mutex = errorcheck;
	CHECK_EQ(mn_mutex_unlock(&mutex), -EPERM);
	CHECK_EQ(mn_mutex_lock(&mutex), 0);
	CHECK_EQ(mn_mutex_lock(&mutex), -EDEADLK);
	CHECK_EQ(mn_mutex_lock_until(&mutex, MN_CLOCK_REALTIME, 1), -EDEADLK);
	CHECK_EQ(mn_mutex_trylock(&mutex), -EBUSY);
	test_join(test_spawn(is_anothers, &mutex));
	CHECK_EQ(mn_mutex_unlock(&mutex), 0);
	CHECK_EQ(mn_mutex_unlock(&mutex), -EPERM);
	test_join(test_spawn(is_free, NULL));
	CHECK_EQ(mn_mutex_destroy(&mutex), 0);
	mn_mutex_init(&mutex);
}

static void too_deep(void)
{
	struct mn_mutex m = MN_MUTEX_RECURSIVE_INIT;

	CHECK_EQ(mn_mutex_lock(&m), 0);
	m.count = UINT32_MAX;
	CHECK_EQ(mn_mutex_lock(&m), -EAGAIN);
	CHECK_EQ(mn_mutex_trylock(&m), -EAGAIN);
}

static _Atomic int got;

static void *get(void *arg)
{
	CHECK_EQ(mn_mutex_lock(&mutex), 0);
	atomic_fetch_add(&got, 1);
	CHECK_EQ(mn_mutex_unlock(&mutex), 0);
	return arg;
}

/* Yields only while it has the mutex, so whoever waits never finds it free. */
static void starving(void)
{
	mn_thread_t t[3];

	atomic_store(&got, 0);
	CHECK_EQ(mn_mutex_lock(&mutex), 0);
	for (int i = 0; i < 3; i++)
		t[i] = test_spawn(get, NULL);
	while (atomic_load(&got) < 3) {
		mn_thread_yield();
		CHECK_EQ(mn_mutex_unlock(&mutex), 0);
		CHECK_EQ(mn_mutex_lock(&mutex), 0);
	}
	CHECK_EQ(mn_mutex_unlock(&mutex), 0);
	for (int i = 0; i < 3; i++)
		test_join(t[i]);
	CHECK_EQ(mn_mutex_destroy(&mutex), 0);
	mn_mutex_init(&mutex);
}

struct shared {
	struct mn_mutex mutex;
	int users;
};

static void *leave(void *arg)
{
	struct shared *s = arg;
	int left;

	for (int i = 0; i < 3; i++) {
		/* Some give up: that leaves the mark of a waiter without one. */
		if (!mn_mutex_lock_until(&s->mutex, SOON(i * 2000)))
			CHECK_EQ(mn_mutex_unlock(&s->mutex), 0);
	}
	CHECK_EQ(mn_mutex_lock(&s->mutex), 0);
	left = --s->users;
	mn_thread_yield();
	CHECK_EQ(mn_mutex_unlock(&s->mutex), 0);
	if (!left) {
		memset(s, 0xff, sizeof *s);
		free(s);
	}
	return NULL;
}

static void freed_at_once(void)
{
	for (int round = 0; round < 300; round++) {
		struct shared *s = calloc(1, sizeof *s);
		mn_thread_t t[4];

		CHECK(s != NULL);
		s->users = 4;
		for (int i = 0; i < 4; i++)
			t[i] = test_spawn(leave, s);
		for (int i = 0; i < 4; i++)
			test_join(t[i]);
	}
}

int main(void)
{
	struct mn_mutex before = MN_MUTEX_ERRORCHECK_INIT;

	/* Locked by main before it is a green thread, it is main's afterwards. */
	CHECK_EQ(mn_mutex_lock(&before), 0);
	test_start();
	CHECK_EQ(mn_mutex_lock(&before), -EDEADLK);
	CHECK_EQ(mn_mutex_unlock(&before), 0);
	types();
	too_deep();
	starving();
	freed_at_once();
	CHECK_EQ(mn_mutex_lock(&before), 0);
	test_stop();
	CHECK_EQ(mn_mutex_unlock(&before), 0);
	return 0;
}
