/*
 * Proves: mn_once() calls its function once; who comes meanwhile waits for it,
 * also when the function blocks; when its thread is cancelled or exits in it,
 * another one calls it; objects that share a row of the table do not mix up.
 */
#include <stdatomic.h>

#include "check.h"

#define OBJECTS 200
#define THREADS 8

static struct mn_once once[OBJECTS];
static _Atomic int calls[OBJECTS];
static mn_key_t which;

static void fn(void)
{
	int i = *(int *)mn_key_get(which);

	mn_thread_yield();
	if (i % 3 == 0)
		mn_sleep_ns(1000);
	atomic_fetch_add(&calls[i], 1);
}

static void *call_all(void *arg)
{
	uint64_t state = (uintptr_t)arg;

	for (int n = 0; n < 3 * OBJECTS; n++) {
		int i = (int)test_below(&state, OBJECTS);

		CHECK_EQ(mn_key_set(which, &i), 0);
		mn_once(&once[i], fn);
		CHECK_EQ(atomic_load(&calls[i]), 1);
		mn_once(&once[i], fn);
	}
	return NULL;
}

static void once_only(void)
{
	mn_thread_t t[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(call_all, (void *)(i + 1));
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	for (int i = 0; i < OBJECTS; i++)
		CHECK_REL(atomic_load(&calls[i]), <=, 1);
}

static struct mn_once fails;
static struct mn_sem forever;
static _Atomic int tries;

static void fail_at_first(void)
{
	switch (atomic_fetch_add(&tries, 1)) {
	case 0:
		mn_sem_wait(&forever); /* cancelled here */
		break;
	case 1:
		mn_thread_yield();
		mn_thread_exit(NULL);
	}
}

static void *try_it(void *arg)
{
	mn_once(&fails, fail_at_first);
	return arg;
}

static void begins_again(void)
{
	mn_thread_t t[THREADS];
	int done = 0;

	fails = (struct mn_once)MN_ONCE_INIT;
	atomic_store(&tries, 0);
	t[0] = test_spawn(try_it, &tries);
	while (!atomic_load(&tries))
		mn_thread_yield();
	for (int i = 1; i < THREADS; i++)
		t[i] = test_spawn(try_it, &tries);
	for (int i = 0; i < 5; i++)
		mn_thread_yield();
	CHECK_EQ(atomic_load(&tries), 1);
	CHECK_EQ(mn_thread_cancel(t[0]), 0);
	CHECK(test_join(t[0]) == MN_CANCELED);
	for (int i = 1; i < THREADS; i++)
		done += test_join(t[i]) == &tries;
	CHECK_EQ(done, THREADS - 2);
	CHECK_EQ(atomic_load(&tries), 3);
}

int main(void)
{
	test_start();
	CHECK_EQ(mn_key_create(&which, NULL), 0);
	once_only();
	for (int i = 0; i < 50; i++)
		begins_again();
	test_stop();
	return 0;
}
