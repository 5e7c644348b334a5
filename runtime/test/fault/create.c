/*
 * Proves: when memory runs out while many threads are made and wait, of
 * default and of larger stacks, queued by the hundred and blocked by the
 * hundred, mn_thread_create() returns -EAGAIN for as long as it lasts; the threads
 * that were made run and are joined, new ones can be made as soon as there is
 * memory, and in the end all has been given back.
 */
#define _GNU_SOURCE
#include "fault/faults.h"

#include "check.h"

#define THREADS 700

static struct mn_sem gate;

static void *wait_at_gate(void *arg)
{
	mn_sem_wait(&gate);
	mn_thread_yield();
	return arg;
}

/* Makes threads that all live at the same time; how many could not be made. */
static int many(unsigned large_every)
{
	static mn_thread_t t[THREADS];
	int refused = 0;
	int made = 0;

	for (unsigned i = 0; i < THREADS; i++) {
		struct mn_thread_attr attr = {.stack_size = i % large_every ? 0 : 300000};
		int error = mn_thread_create(&t[made], &attr, wait_at_gate, (void *)(uintptr_t)made);

		if (error)
			CHECK_EQ(error, -EAGAIN);
		if (error)
			refused++;
		else
			made++;
		if (i % 150 == 149)
			mn_thread_yield(); /* some are queued, some wait at the gate */
	}
	for (int i = 0; i < made; i++)
		CHECK_EQ(mn_sem_post(&gate), 0);
	for (int i = 0; i < made; i++)
		CHECK_EQ(test_join(t[i]), i);
	return refused;
}

static void try_all(const struct mn_config *config, unsigned large_every)
{
	bool hit = true;

	for (long call = 1; hit; call++) {
		struct faults_held before = faults_held();
		int refused;

		CHECK_EQ(mn_init(config), 0);
		faults_arm(FAULT_MAP, call);
		refused = many(large_every);
		hit = faults_hit();
		/* One failure is at most one refusal; growing a queue has a way around it. */
		CHECK_REL(refused, <=, hit);
		CHECK_EQ(many(large_every), 0);
		test_stop();
		CHECK_EQ(faults_held().maps, before.maps);
		CHECK_EQ(faults_held().bytes, before.bytes);
		CHECK_EQ(faults_held().blocks, before.blocks);
	}
}

int main(void)
{
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	for (unsigned p = 0; mn_policy_name(p); p++)
		for (unsigned workers = 1; workers <= 2; workers++) {
			struct mn_config config = {.policy = mn_policy_name(p), .workers = workers};

			try_all(&config, 1u << 30);
			try_all(&config, 50);
		}
	return 0;
}
