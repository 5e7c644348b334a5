/*
 * Proves: each thread has its own value under each of MN_KEYS_MAX keys; a new
 * key, and a new thread, finds NULL; destructors are called for values that are
 * left, also for what destructors set, but not for ever; deleted keys lose
 * their values; every error number.
 */
#include <stdatomic.h>

#include "check.h"

static mn_key_t key[MN_KEYS_MAX];
static _Atomic int destroyed;

static void count(void *value)
{
	CHECK(value != NULL);
	atomic_fetch_add(&destroyed, 1);
	mn_thread_yield(); /* a destructor may do as it likes */
}

static void *use_all(void *arg)
{
	uintptr_t me = (uintptr_t)arg;

	for (uintptr_t i = 0; i < MN_KEYS_MAX; i++)
		CHECK(!mn_key_get(key[i]));
	for (uintptr_t i = 0; i < MN_KEYS_MAX; i++) {
		CHECK_EQ(mn_key_set(key[i], (void *)(me * MN_KEYS_MAX + i + 1)), 0);
		if (i % 100 == 0)
			mn_thread_yield();
	}
	for (uintptr_t i = 0; i < MN_KEYS_MAX; i++)
		CHECK_EQ((uintptr_t)mn_key_get(key[i]), me * MN_KEYS_MAX + i + 1);
	for (uintptr_t i = 0; i < MN_KEYS_MAX; i += 2)
		CHECK_EQ(mn_key_set(key[i], NULL), 0);
	if (me % 2)
		mn_thread_exit(NULL);
	return NULL;
}

static void all(void)
{
	mn_thread_t t[10];
	mn_key_t more;

	for (int i = 0; i < MN_KEYS_MAX; i++)
		CHECK_EQ(mn_key_create(&key[i], count), 0);
	CHECK_EQ(mn_key_create(&more, NULL), -EAGAIN);
	atomic_store(&destroyed, 0);
	for (uintptr_t i = 0; i < 10; i++)
		t[i] = test_spawn(use_all, (void *)i);
	for (int i = 0; i < 10; i++)
		test_join(t[i]);
	CHECK_EQ(atomic_load(&destroyed), 10 * MN_KEYS_MAX / 2);
	for (int i = 0; i < MN_KEYS_MAX; i++)
		CHECK_EQ(mn_key_delete(key[i]), 0);
}

static void errors(void)
{
	mn_key_t k;

	CHECK_EQ(mn_key_delete(MN_KEYS_MAX), -EINVAL);
	CHECK_EQ(mn_key_delete(7), -EINVAL);
	CHECK_EQ(mn_key_set(MN_KEYS_MAX, &k), -EINVAL);
	CHECK_EQ(mn_key_set(7, &k), -EINVAL);
	CHECK(!mn_key_get(MN_KEYS_MAX));
	CHECK_EQ(mn_key_create(&k, NULL), 0);
	CHECK_EQ(mn_key_set(k, &k), 0);
	CHECK_EQ(mn_key_delete(k), 0);
	CHECK_EQ(mn_key_delete(k), -EINVAL);
	CHECK(!mn_key_get(k));
}

static mn_key_t stubborn;
static mn_key_t other;
static int rounds;

static void set_again(void *value)
{
	rounds++;
	CHECK(!mn_key_get(stubborn)); /* set to NULL before */
	CHECK_EQ(mn_key_set(stubborn, value), 0);
	if (rounds == 1)
		CHECK_EQ(mn_key_set(other, value), 0);
}

static void *set_stubborn(void *arg)
{
	CHECK_EQ(mn_key_set(stubborn, &rounds), 0);
	if (arg)
		CHECK_EQ(mn_key_delete(stubborn), 0);
	return NULL;
}

static void *finds_nothing(void *arg)
{
	CHECK(!mn_key_get(stubborn));
	CHECK(!mn_key_get(other));
	return arg;
}

static void destructors(void)
{
	atomic_store(&destroyed, 0);
	CHECK_EQ(mn_key_create(&other, count), 0);
	CHECK_EQ(mn_key_create(&stubborn, set_again), 0);
	CHECK_REL(other, <, stubborn); /* a second round is needed for it */
	test_join(test_spawn(set_stubborn, NULL));
	CHECK_EQ(rounds, MN_DESTRUCTOR_ITERATIONS);
	CHECK_EQ(atomic_load(&destroyed), 1);
	for (int i = 0; i < 100; i++)
		test_join(test_spawn(finds_nothing, NULL));
	test_join(test_spawn(set_stubborn, &rounds));
	CHECK_EQ(rounds, MN_DESTRUCTOR_ITERATIONS);
	CHECK_EQ(mn_key_delete(other), 0);
}

int main(void)
{
	CHECK(!mn_key_get(0));
	for (int i = 0; i < 3; i++) {
		rounds = 0;
		test_start();
		all();
		errors();
		destructors();
		test_stop();
	}
	return 0;
}
