/*
 * Proves: under policy global, threads run in the order in which they became
 * runnable, whatever made them so; and a thread that one worker queues is run
 * by another while the first computes.
 */
#include <stdatomic.h>

#include "check.h"

TEST_ONCE;

static char order[64];
static size_t length;
static struct mn_sem gate;

static void note(char c)
{
	order[length++] = c;
}

static void *waits(void *arg)
{
	mn_sem_wait(&gate);
	note('w');
	return arg;
}

static void *yields(void *arg)
{
	note('a');
	mn_thread_yield();
	note('A');
	return arg;
}

static void *is_new(void *arg)
{
	note('n');
	return arg;
}

static void one_order(void)
{
	const struct mn_config config = {.policy = "global", .workers = 1, .preempt = MN_OFF};
	mn_thread_t t[4];

	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	t[0] = test_spawn(waits, NULL);
	mn_thread_yield();
	t[1] = test_spawn(yields, NULL);
	mn_sem_post(&gate);
	t[2] = test_spawn(is_new, NULL);
	mn_thread_yield();
	t[3] = test_spawn(is_new, NULL);
	mn_thread_yield();
	for (int i = 0; i < 4; i++)
		test_join(t[i]);
	test_stop();
	/* created, woken, created; then main, who creates another behind the one that yielded */
	if (strcmp(order, "awnAn"))
		FAIL("the order is %s", order);
}

static _Atomic bool seen;

static void *see(void *arg)
{
	atomic_store(&seen, true);
	return arg;
}

static void others_find_it(void)
{
	const struct mn_config config = {.policy = "global", .workers = 2, .preempt = MN_OFF};

	CHECK_EQ(mn_init(&config), 0);
	for (int i = 0; i < 200; i++) {
		mn_thread_t t;

		atomic_store(&seen, false);
		t = test_spawn(see, NULL);
		while (!atomic_load(&seen))
			sched_yield();
		test_join(t);
	}
	test_stop();
}

int main(void)
{
	one_order();
	others_find_it();
	return 0;
}
