/*
 * Proves: when any one of the calls fails by which mn_init() gets memory,
 * kernel threads or timers, it either does without or returns -ENOMEM or
 * -EAGAIN, holds nothing, and works at the next try. For every policy, with one
 * worker and with several, with preemption and without. The same for the first
 * mn_thread_create(), which starts the runtime.
 */
#define _GNU_SOURCE
#include "fault/faults.h"

#include "check.h"

static struct mn_config config;
static bool by_create; /* the runtime is started by mn_thread_create() */

static void *nothing(void *arg)
{
	mn_thread_yield();
	return arg;
}

static void use(void)
{
	mn_thread_t t[20];

	for (int i = 0; i < 20; i++)
		t[i] = test_spawn(nothing, NULL);
	for (int i = 0; i < 20; i++)
		test_join(t[i]);
}

static void same(struct faults_held a, struct faults_held b)
{
	CHECK_EQ(b.maps, a.maps);
	CHECK_EQ(b.bytes, a.bytes);
	CHECK_EQ(b.blocks, a.blocks);
	CHECK_EQ(b.threads, a.threads);
	CHECK_EQ(b.timers, a.timers);
}

static int start(void)
{
	mn_thread_t t;
	int error;

	if (!by_create)
		return mn_init(&config);
	error = mn_thread_create(&t, NULL, nothing, NULL);
	if (!error)
		test_join(t);
	return error;
}

/* Fails the call of this number. False: there are not so many. */
static bool try(enum fault kind, long call)
{
	struct faults_held before = faults_held();
	bool hit;
	int error;

	faults_arm(kind, call);
	error = start();
	hit = faults_hit();
	if (error) {
		if (!hit)
			FAIL("error %d though nothing failed", error);
		if (error != -ENOMEM && error != -EAGAIN)
			FAIL("kind %d, call %ld: error %d", kind, call, error);
		if (mn_workers() && by_create)
			test_stop(); /* it was started, and only the thread not made */
		CHECK_EQ(mn_workers(), 0);
	} else {
		use();
		test_stop();
	}
	same(before, faults_held());
	return hit;
}

static int under_these_settings(void)
{
	int failures = 0;

	/* Once without a failure: what libc gets once and keeps. */
	CHECK_EQ(start(), 0);
	use();
	test_stop();
	for (int kind = 0; kind < FAULT_KINDS; kind++) {
		long call = 1;

		if (kind == FAULT_UNMAP) /* what the kernel does not take back stays: unmap.c */
			continue;
		while (try(kind, call))
			call++;
		failures += (int)call - 1;
	}
	return failures;
}

int main(void)
{
	for (unsigned p = 0; mn_policy_name(p); p++)
		for (unsigned workers = 1; workers <= 3; workers += 2)
			for (int preempt = MN_OFF; preempt <= MN_ON; preempt += MN_ON - MN_OFF) {
				config = (struct mn_config){.policy = mn_policy_name(p),
							    .workers = workers,
							    .preempt = preempt};
				CHECK_REL(under_these_settings(), >, 4);
			}
	by_create = true;
	for (unsigned p = 0; mn_policy_name(p); p++) {
		setenv("MN_POLICY", mn_policy_name(p), 1);
		setenv("MN_WORKERS", "2", 1);
		CHECK_REL(under_these_settings(), >, 4);
	}
	return 0;
}
