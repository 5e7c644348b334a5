/*
 * Proves: mn_thread_self() is the handle that create gave out, at any depth,
 * after yields and moves, in threads that their joiner runs in place too; no
 * two living threads share it; it is 0 on a kernel thread that is no worker.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

#define THREADS 100

static mn_thread_t given[THREADS];
static _Atomic int go;

static void *check_self(void *arg)
{
	mn_thread_t *mine = arg;
	mn_thread_t self = mn_thread_self();

	while (!atomic_load(&go))
		test_pause();
	CHECK(self != 0);
	CHECK_EQ(self, *mine);
	for (int i = 0; i < 20; i++) {
		mn_thread_yield();
		CHECK_EQ(mn_thread_self(), self);
	}
	return (void *)(uintptr_t)self;
}

static void *tell_self(void *arg)
{
	(void)arg;
	return (void *)(uintptr_t)mn_thread_self();
}

static void *nested(void *arg)
{
	mn_thread_t self = mn_thread_self();
	mn_thread_t t = test_spawn(tell_self, NULL);

	(void)arg;
	CHECK_EQ(test_join(t), t);
	CHECK_EQ(mn_thread_self(), self);
	return (void *)(uintptr_t)self;
}

static void *kernel_thread(void *arg)
{
	(void)arg;
	CHECK_EQ(mn_thread_self(), 0);
	return NULL;
}

int main(void)
{
	pthread_t k;
	mn_thread_t self;

	CHECK_EQ(mn_thread_self(), 0);
	test_start();
	self = mn_thread_self();
	CHECK(self != 0);
	for (int i = 0; i < THREADS; i++)
		given[i] = test_spawn(check_self, &given[i]);
	atomic_store(&go, 1);
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(test_join(given[i]), given[i]);
		CHECK_EQ(mn_thread_self(), self);
	}
	for (int i = 0; i < THREADS; i++) {
		mn_thread_t t = test_spawn(nested, NULL);

		CHECK_EQ(test_join(t), t);
		CHECK_EQ(mn_thread_self(), self);
	}
	CHECK_EQ(pthread_create(&k, NULL, kernel_thread, NULL), 0);
	CHECK_EQ(pthread_join(k, NULL), 0);
	test_stop();
	CHECK_EQ(mn_thread_self(), 0);
	return 0;
}
