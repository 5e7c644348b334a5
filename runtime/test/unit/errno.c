/*
 * Proves: errno belongs to the green thread: it survives yields, blocking,
 * moves to other workers and joins of threads that change theirs, also of those
 * run in place; and it begins as 0.
 */
#include "check.h"

#define THREADS 40
#define ROUNDS 200

static struct mn_mutex lock;
static struct mn_sem tokens;

static void *sets_another(void *arg)
{
	CHECK_EQ(test_errno(), 0);
	test_set_errno(9999);
	if (arg)
		mn_thread_yield();
	CHECK_EQ(test_errno(), 9999);
	return NULL;
}

static void *keeps(void *arg)
{
	int mine = (int)(uintptr_t)arg;

	CHECK_EQ(test_errno(), 0);
	for (int i = 0; i < ROUNDS; i++) {
		test_set_errno(mine + i);
		mn_thread_yield();
		CHECK_EQ(test_errno(), mine + i);
		mn_mutex_lock(&lock);
		mn_thread_yield();
		mn_mutex_unlock(&lock);
		CHECK_EQ(test_errno(), mine + i);
		mn_sem_wait(&tokens);
		CHECK_EQ(test_errno(), mine + i);
		mn_sem_post(&tokens);
		if (i % 8 == 0)
			test_join(test_spawn(sets_another, (void *)(uintptr_t)(i % 16)));
		CHECK_EQ(test_errno(), mine + i);
	}
	return NULL;
}

int main(void)
{
	mn_thread_t t[THREADS];

	CHECK_EQ(mn_sem_init(&tokens, 2), 0);
	test_start();
	test_set_errno(55);
	for (int i = 0; i < THREADS; i++)
		t[i] = test_spawn(keeps, (void *)(uintptr_t)(1000 * (i + 1)));
	for (int i = 0; i < THREADS; i++) {
		test_join(t[i]);
		CHECK_EQ(test_errno(), 55);
	}
	test_stop();
	CHECK_EQ(test_errno(), 55);
	return 0;
}
