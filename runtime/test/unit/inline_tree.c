/*
 * Proves: a tree whose nodes join their children in the order of creation is
 * walked in depth. On one worker each thread that nobody has started is run by
 * its joiner, also when younger ones wait in front of it, so that the tree needs
 * the stack of its root alone; and the order of the others stays as it was.
 */
#include "check.h"

TEST_ONCE;

#define DEPTH 4
#define CHILDREN 10
#define NODES 11110 /* below the root */

static unsigned order[CHILDREN];
static unsigned ran;

static void *node(void *arg)
{
	uintptr_t depth = (uintptr_t)arg;
	mn_thread_t t[CHILDREN];

	for (int i = 0; depth && i < CHILDREN; i++)
		t[i] = test_spawn(node, (void *)(depth - 1));
	for (int i = 0; depth && i < CHILDREN; i++)
		test_join(t[i]);
	return NULL;
}

static void *leaf(void *arg)
{
	order[ran++] = (unsigned)(uintptr_t)arg;
	return NULL;
}

/* Joins one in the middle first, and lets the others run. */
static void *middle(void *arg)
{
	static const unsigned want[CHILDREN] = {5, 0, 1, 2, 3, 4, 6, 7, 8, 9};
	mn_thread_t t[CHILDREN];

	for (uintptr_t i = 0; i < CHILDREN; i++)
		t[i] = test_spawn(leaf, (void *)i);
	test_join(t[5]);
	CHECK_EQ(ran, 1);
	mn_thread_yield();
	for (int i = 0; i < CHILDREN; i++)
		if (i != 5)
			test_join(t[i]);
	for (int i = 0; i < CHILDREN; i++)
		CHECK_EQ(order[i], want[i]);
	return arg;
}

int main(void)
{
	const struct mn_config config = {.policy = "steal", .workers = 1, .preempt = MN_OFF};
	struct mn_stats s;

	CHECK_EQ(mn_init(&config), 0);
	test_join(test_spawn(node, (void *)DEPTH));
	mn_stats_read(&s);
	CHECK_EQ(s.spawns, NODES + 1);
	CHECK_EQ(s.inline_runs, NODES + 1);
	CHECK_EQ(s.stacks, 0);
	test_join(test_spawn(middle, NULL));
	test_stop();
	return 0;
}
