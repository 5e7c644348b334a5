/*
 * Proves: a thread that its joiner runs in place, on the joiner's stack, is a
 * thread all the same: it can block and be woken, yield, sleep on a mutex that
 * its own joiner's frames do not hold, and be joined deep inside others, while
 * the joiner below it waits. On one worker threads joined at once are really
 * run in place when the policy can.
 */
#include "check.h"

static struct mn_sem ping;
static struct mn_sem pong;
static struct mn_mutex lock;
static int shared;

static void *nothing(void *arg)
{
	return arg;
}

/* Something that answers, so that a blocked thread is woken. */
static void *answer(void *arg)
{
	for (uintptr_t i = 0; i < (uintptr_t)arg; i++) {
		mn_sem_wait(&ping);
		mn_mutex_lock(&lock);
		shared++;
		mn_thread_yield();
		mn_mutex_unlock(&lock);
		mn_sem_post(&pong);
	}
	return NULL;
}

static void *ask(void *arg)
{
	mn_thread_t self = mn_thread_self();

	for (uintptr_t i = 0; i < (uintptr_t)arg; i++) {
		mn_sem_post(&ping);
		mn_mutex_lock(&lock);
		shared++;
		mn_mutex_unlock(&lock);
		mn_sem_wait(&pong);
		mn_thread_yield();
		CHECK_EQ(mn_thread_self(), self);
	}
	return arg;
}

static void blocks(void)
{
	for (uintptr_t i = 0; i < 50; i++) {
		mn_thread_t answerer = test_spawn(answer, (void *)i);
		mn_thread_t asker = test_spawn(ask, (void *)i);

		CHECK_EQ(test_join(asker), i);
		test_join(answerer);
	}
	CHECK_EQ(shared, 49 * 50);
}

static void *nest(void *arg)
{
	uintptr_t depth = (uintptr_t)arg;
	mn_thread_t self = mn_thread_self();
	volatile uint64_t frame[16];
	uintptr_t sum = 1;

	for (int i = 0; i < 16; i++)
		frame[i] = depth * 100 + (uint64_t)i;
	if (depth) {
		mn_thread_t t = test_spawn(nest, (void *)(depth - 1));

		if (depth % 3 == 0)
			mn_thread_yield();
		sum += (uintptr_t)test_join(t);
	}
	for (int i = 0; i < 16; i++)
		CHECK_EQ(frame[i], depth * 100 + (uint64_t)i);
	CHECK_EQ(mn_thread_self(), self);
	return (void *)sum;
}

static uint64_t inline_runs(void)
{
	struct mn_stats s;

	mn_stats_read(&s);
	return s.inline_runs;
}

/* Also when the joiner's own stack has no room left: then on another. */
static void *little_room(void *arg)
{
	uint64_t before = inline_runs();
	volatile char *space = __builtin_alloca(2 * 65536 - 40000);

	space[0] = 1;
	for (int i = 0; i < 10; i++)
		CHECK_EQ(test_join(test_spawn(nothing, (void *)5)), 5);
	if (test_in_order())
		CHECK_EQ(inline_runs(), before);
	return arg;
}

int main(void)
{
	uint64_t before;

	CHECK_EQ(mn_sem_init(&ping, 0), 0);
	CHECK_EQ(mn_sem_init(&pong, 0), 0);
	test_start();
	before = inline_runs();
	for (int i = 0; i < 1000; i++)
		CHECK_EQ(test_join(test_spawn(nothing, (void *)9)), 9);
	if (test_in_order() && test_help_first() && !strcmp(mn_policy(), "steal"))
		CHECK_EQ(inline_runs() - before, 1000);
	blocks();
	CHECK_EQ(test_join(test_spawn(nest, (void *)200)), 201);
	for (int i = 0; i < 5; i++) {
		mn_thread_t t = test_spawn(little_room, NULL);

		mn_thread_yield(); /* it starts on a stack of its own */
		test_join(t);
	}
	test_stop();
	return 0;
}
