/*
 * Proves: under policy uts, a thread that gave up its CPU goes before one that
 * used up its quantum; among equals the oldest goes first, and nobody waits for
 * ever; a yield waits in the timed-wait queue for the next pass.
 */
#include <stdatomic.h>

#include "check.h"

TEST_ONCE;

#define ROUNDS 40

#if defined(__SANITIZE_THREAD__)
#define TEST_TICKS false
#else
#define TEST_TICKS true
#endif

static struct mn_sem gates[2];
static int order[2];
static int arrived;
static _Atomic bool leave;

static struct mn_stats stats(void)
{
	struct mn_stats s;

	mn_stats_read(&s);
	return s;
}

/* Computes until it has been preempted that often. */
static void use_up(uint64_t quanta)
{
	uint64_t begin = stats().demotions;

	while (stats().demotions < begin + quanta)
		for (volatile int i = 0; i < 1000; i++)
			;
}

static void *used_up_its_quantum(void *arg)
{
	use_up(2); /* from level 2 to 0 */
	mn_sem_wait(&gates[0]);
	order[arrived++] = 0;
	return arg;
}

static void *gave_up_its_cpu(void *arg)
{
	mn_sem_wait(&gates[1]);
	order[arrived++] = 1;
	return arg;
}

/* Lets the ticks of the others' quanta strike: it is always runnable. */
static void *crowd(void *arg)
{
	while (!atomic_load(&leave))
		mn_thread_yield();
	return arg;
}

/* Which of the two goes first when both can; the hog became runnable first. */
static int who_goes_first(void)
{
	mn_thread_t t[3];

	atomic_store(&leave, false);
	arrived = 0;
	t[0] = test_spawn(used_up_its_quantum, NULL);
	t[1] = test_spawn(gave_up_its_cpu, NULL);
	t[2] = test_spawn(crowd, NULL);
	while (mn_sem_value(&gates[0]) || arrived || stats().demotions < 2)
		mn_thread_yield();
	for (int i = 0; i < 20; i++)
		mn_thread_yield(); /* both have got to their gates */
	atomic_store(&leave, true);
	test_join(t[2]);
	mn_preempt_disable();
	CHECK_EQ(mn_sem_post(&gates[0]), 0);
	CHECK_EQ(mn_sem_post(&gates[1]), 0);
	test_join(t[1]);
	test_join(t[0]);
	mn_preempt_enable();
	CHECK_EQ(arrived, 2);
	return order[0];
}

static void by_use_of_the_quantum(void)
{
	const struct mn_config config = {.policy = "uts", .workers = 1, .quantum_us = 500};
	int first = 0;

	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(mn_init(&config), 0);
		CHECK_EQ(mn_sem_init(&gates[0], 0), 0);
		CHECK_EQ(mn_sem_init(&gates[1], 0), 0);
		first += who_goes_first();
		CHECK_REL(stats().promotions, >=, 1);
		test_stop();
	}
	/* Not always: now and then a pass takes the oldest, so that nobody starves. */
	CHECK_REL(first, >, ROUNDS * 3 / 4);
	CHECK_REL(first, <=, ROUNDS);
}

static int passes;
static int ran_after;

static void *ran(void *arg)
{
	ran_after = passes;
	return arg;
}

/* Two of these are of the highest priority, and always one of them is runnable. */
static void *take_turns(void *arg)
{
	int me = (int)(uintptr_t)arg;
	mn_thread_t t = 0;

	while (!ran_after && passes < 1000) {
		if (++passes == 50)
			t = test_spawn(ran, NULL);
		CHECK_EQ(mn_sem_post(&gates[!me]), 0);
		mn_sem_wait(&gates[me]);
	}
	CHECK_EQ(mn_sem_post(&gates[!me]), 0);
	if (t)
		test_join(t);
	return NULL;
}

/* A new thread is of a lower priority than those two, and its turn comes all the same. */
static void nobody_starves(void)
{
	const struct mn_config config = {.policy = "uts", .workers = 1, .preempt = MN_OFF};
	mn_thread_t t[2];

	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(mn_sem_init(&gates[0], 0), 0);
	CHECK_EQ(mn_sem_init(&gates[1], 0), 0);
	for (uintptr_t i = 0; i < 2; i++)
		t[i] = test_spawn(take_turns, (void *)i);
	for (int i = 0; i < 2; i++)
		test_join(t[i]);
	CHECK_REL(ran_after, >, 51); /* it has to wait */
	CHECK_REL(ran_after, <, 100);
	test_stop();
}

static char log_[64];
static size_t length;

static void *yield_twice(void *name)
{
	for (int i = 0; i < 3; i++) {
		log_[length++] = *(char *)name;
		mn_thread_yield();
	}
	return NULL;
}

static void yields_wait_in_turn(void)
{
	const struct mn_config config = {.policy = "uts", .workers = 1, .preempt = MN_OFF};
	mn_thread_t t[3];

	CHECK_EQ(mn_init(&config), 0);
	mn_thread_yield(); /* to nobody: no wait */
	CHECK_EQ(stats().timed_waits, 0);
	for (size_t i = 0; i < 3; i++)
		t[i] = test_spawn(yield_twice, (void *)&"abc"[i]);
	for (size_t i = 0; i < 3; i++)
		test_join(t[i]);
	if (strcmp(log_, "abcabcabc"))
		FAIL("the order is %s", log_);
	/* The last round has fewer to go first, as threads end. */
	CHECK_REL(stats().timed_waits, >=, 6);
	CHECK_EQ(stats().promotions, 3);
	test_stop();
}

int main(void)
{
	yields_wait_in_turn();
	nobody_starves();
	if (TEST_TICKS) /* TSan holds signals back */
		by_use_of_the_quantum();
	return 0;
}
