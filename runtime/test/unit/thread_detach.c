/*
 * Proves: what a detached thread used is given back when it ends: any number
 * of them, one after the other, needs no more stacks than a few. The same for
 * threads that are joined after their end.
 */
#include "check.h"

#define THREADS 20000
#define AT_A_TIME 50
#define ENOUGH 600 /* stacks in the workers' magazines included */

static struct mn_sem ended;

static void *post(void *arg)
{
	mn_thread_yield();
	mn_sem_post(&ended);
	return arg;
}

static void detached(void)
{
	static const struct mn_thread_attr attr = {.detached = 1};

	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(mn_thread_create(NULL, &attr, post, NULL), 0);
		if (i >= AT_A_TIME)
			mn_sem_wait(&ended);
	}
	for (int i = 0; i < AT_A_TIME; i++)
		mn_sem_wait(&ended);
}

static void joined(void)
{
	static mn_thread_t t[AT_A_TIME];

	for (int i = 0; i < THREADS; i++) {
		if (i >= AT_A_TIME) {
			mn_sem_wait(&ended);
			test_join(t[i % AT_A_TIME]);
		}
		t[i % AT_A_TIME] = test_spawn(post, NULL);
	}
	for (int i = 0; i < AT_A_TIME; i++) {
		mn_sem_wait(&ended);
		test_join(t[i]);
	}
}

int main(void)
{
	struct mn_stats s;

	CHECK_EQ(mn_sem_init(&ended, 0), 0);
	test_start();
	detached();
	joined();
	mn_stats_read(&s);
	CHECK_EQ(s.spawns, 2 * THREADS);
	CHECK_REL(s.stacks, >, 0);
	CHECK_REL(s.stacks, <=, ENOUGH);
	test_stop();
	return 0;
}
