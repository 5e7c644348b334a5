/*
 * Proves: the quantum can be changed while threads run, under every policy,
 * from a worker and from elsewhere; with the one that was set at the start the
 * test would take minutes. Bad values and a runtime without preemption are errors.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

TEST_ONCE;

#define LONG 10000000
#define SHORT 200
#define TURNS 40

#if defined(__SANITIZE_THREAD__)
#define TEST_TICKS false
#else
#define TEST_TICKS true
#endif

static _Atomic int turn;

/* Gets on when the other thread has had its turn, for which it must be preempted. */
static void *take_turns(void *arg)
{
	int me = (int)(uintptr_t)arg;

	for (int i = 0; i < TURNS; i++) {
		while (atomic_load(&turn) % 2 != me)
			;
		atomic_fetch_add(&turn, 1);
	}
	return NULL;
}

static void *shorten(void *arg)
{
	CHECK_EQ(mn_quantum_set(SHORT), 0);
	return arg;
}

static void change(const char *policy, bool from_elsewhere)
{
	const struct mn_config config = {.policy = policy, .workers = 1, .quantum_us = LONG};
	struct mn_stats s;
	mn_thread_t t[2];
	pthread_t k;
	char text[32];

	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(mn_quantum(), LONG);
	CHECK_EQ(mn_quantum_set(19), -EINVAL);
	CHECK_EQ(mn_quantum_set(LONG + 1), -EINVAL);
	CHECK_EQ(mn_quantum(), LONG);
	atomic_store(&turn, 0);
	for (uintptr_t i = 0; i < 2; i++)
		t[i] = test_spawn(take_turns, (void *)i); /* arms the tick */
	if (from_elsewhere) {
		CHECK_EQ(pthread_create(&k, NULL, shorten, NULL), 0);
		CHECK_EQ(pthread_join(k, NULL), 0);
	} else {
		shorten(NULL);
	}
	CHECK_EQ(mn_quantum(), SHORT);
	for (unsigned i = 0; mn_setting_name(i); i++) {
		if (strcmp(mn_setting_name(i), "MN_QUANTUM_US"))
			continue;
		CHECK_EQ(mn_setting_text(i, text, sizeof text), 0);
		CHECK_EQ(atoi(text), SHORT);
	}
	for (int i = 0; i < 2; i++)
		test_join(t[i]);
	mn_stats_read(&s);
	CHECK_REL(s.preempts, >=, TURNS);
	test_stop();
}

int main(void)
{
	const struct mn_config off = {.preempt = MN_OFF};

	CHECK_EQ(mn_quantum(), 0);
	CHECK_EQ(mn_quantum_set(SHORT), -EPERM);
	CHECK_EQ(mn_init(&off), 0);
	CHECK_EQ(mn_quantum(), 0);
	CHECK_EQ(mn_quantum_set(SHORT), -EPERM);
	test_stop();
	/* TSan holds signals back. */
	for (unsigned i = 0; TEST_TICKS && mn_policy_name(i); i++) {
		change(mn_policy_name(i), false);
		change(mn_policy_name(i), true);
	}
	return 0;
}
