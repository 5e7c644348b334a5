/*
 * Proves: a post gives its unit to a thread that waits, the one that has waited
 * longest, and to nobody else: whoever comes in between finds the value 0. As
 * many threads get through as there were posts.
 */
#include <stdatomic.h>

#include "check.h"

#define WAITERS 25

static struct mn_sem s;
static _Atomic int through;
static int order[WAITERS];

static void *wait_once(void *arg)
{
	mn_sem_wait(&s);
	order[atomic_fetch_add(&through, 1)] = (int)(uintptr_t)arg;
	return NULL;
}

/* As many wait as were started: on one worker, which runs them in turn. */
static void hand_over(void)
{
	mn_thread_t t[WAITERS];

	test_start_one_cooperative_worker();
	CHECK_EQ(mn_sem_init(&s, 0), 0);
	for (int i = 0; i < WAITERS; i++) {
		t[i] = test_spawn(wait_once, (void *)(uintptr_t)i);
		mn_thread_yield();
	}
	for (int i = 0; i < WAITERS; i++) {
		CHECK_EQ(mn_sem_post(&s), 0);
		CHECK_EQ(mn_sem_value(&s), 0);
		CHECK_EQ(mn_sem_trywait(&s), -EAGAIN);
		while (atomic_load(&through) <= i)
			mn_thread_yield();
	}
	for (int i = 0; i < WAITERS; i++)
		test_join(t[i]);
	for (int i = 0; i < WAITERS; i++)
		CHECK_EQ(order[i], i);
	CHECK_EQ(mn_sem_destroy(&s), 0);
	test_stop();
}

/* On any number of workers. */
static void as_many_as_posts(void)
{
	mn_thread_t t[WAITERS];

	atomic_store(&through, 0);
	CHECK_EQ(mn_sem_init(&s, 2), 0);
	for (int i = 0; i < WAITERS; i++)
		t[i] = test_spawn(wait_once, (void *)(uintptr_t)i);
	for (int i = 2; i < WAITERS; i++) {
		while (atomic_load(&through) < i)
			test_pause();
		for (int k = 0; k < 5; k++)
			mn_thread_yield();
		CHECK_EQ(atomic_load(&through), i);
		CHECK_EQ(mn_sem_post(&s), 0);
	}
	for (int i = 0; i < WAITERS; i++)
		test_join(t[i]);
	CHECK_EQ(mn_sem_value(&s), 0);
}

int main(void)
{
	hand_over();
	test_start();
	as_many_as_posts();
	test_stop();
	return 0;
}
