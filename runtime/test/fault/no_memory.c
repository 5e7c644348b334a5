/*
 * Proves: when there is no memory at all for a while, not only for one call,
 * threads that exist go on: they yield, block, wake each other, end and are
 * joined, and their memory serves new threads; only what needs more is refused.
 */
#define _GNU_SOURCE
#include "fault/faults.h"

#include "check.h"

#define THREADS 400

static struct mn_sem gate;

static void *live(void *arg)
{
	for (int i = 0; i < 5; i++) {
		mn_thread_yield();
		mn_sem_wait(&gate);
		mn_thread_yield();
		CHECK_EQ(mn_sem_post(&gate), 0);
	}
	return arg;
}

static void try(const struct mn_config *config)
{
	static mn_thread_t t[THREADS * 8];
	int made = 0;
	int error;

	CHECK_EQ(mn_init(config), 0);
	CHECK_EQ(mn_sem_init(&gate, 3), 0);
	for (int i = 0; i < THREADS; i++)
		t[made++] = test_spawn(live, NULL);
	faults_deny(FAULT_MAP);
	for (;;) {
		error = mn_thread_create(&t[made], NULL, live, NULL);
		if (error)
			break;
		CHECK_REL(++made, <, THREADS * 8);
	}
	CHECK_EQ(error, -EAGAIN);
	for (int i = 0; i < made; i++)
		test_join(t[i]);
	/* As many again out of what these have left. */
	for (int i = 0; i < made / 2; i++)
		t[i] = test_spawn(live, NULL);
	for (int i = 0; i < made / 2; i++)
		test_join(t[i]);
	CHECK(faults_hit());
	test_stop();
	CHECK_EQ(faults_held().maps, 0);
}

int main(void)
{
	for (unsigned p = 0; mn_policy_name(p); p++)
		for (unsigned workers = 1; workers <= 2; workers++) {
			struct mn_config config = {.policy = mn_policy_name(p), .workers = workers};

			try(&config);
		}
	return 0;
}
