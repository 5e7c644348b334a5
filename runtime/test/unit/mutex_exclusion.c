/*
 * Proves: one thread at a time has a mutex, got by lock or by trylock, with and
 * without yields while it is held; what its owner wrote the next owner sees;
 * nobody waits for ever.
 */
#include "check.h"

#define THREADS 24
#define ROUNDS 150

static struct mn_mutex lock; /* all-zero is a valid state */

/* Plain, guarded by lock. */
static mn_thread_t owner;
static uint64_t count;
static uint64_t copies[8];

static void use(uint64_t *random)
{
	mn_thread_t self = mn_thread_self();
	uint64_t before = count;

	CHECK_EQ(owner, 0);
	owner = self;
	for (int i = 0; i < 8; i++)
		CHECK_EQ(copies[i], before);
	for (uint64_t n = test_below(random, 4); n; n--)
		mn_thread_yield();
	CHECK_EQ(owner, self);
	CHECK_EQ(count, before);
	count++;
	for (int i = 0; i < 8; i++)
		copies[i]++;
	owner = 0;
}

static void *contend(void *arg)
{
	uint64_t random = (uintptr_t)arg;

	for (int i = 0; i < ROUNDS; i++) {
		if (test_below(&random, 4)) {
			mn_mutex_lock(&lock);
		} else {
			int error;

			while ((error = mn_mutex_trylock(&lock))) {
				CHECK_EQ(error, -EBUSY);
				test_pause();
			}
		}
		use(&random);
		mn_mutex_unlock(&lock);
		if (!test_below(&random, 3))
			mn_thread_yield();
	}
	return NULL;
}

int main(void)
{
	mn_thread_t t[THREADS];

	test_start();
	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(contend, (void *)i);
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	CHECK_EQ(count, THREADS * ROUNDS);
	CHECK_EQ(mn_mutex_destroy(&lock), 0);
	test_stop();
	return 0;
}
