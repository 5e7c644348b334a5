/*
 * Proves: a thread that its joiner runs in place may go on on another worker,
 * and its joiner, whose frames lie below it, then goes on there; identity,
 * errno, results and the joiner's frames are right all the same.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <unistd.h>

#include "check.h"

#define TARGET 20
#define MAX_ROUNDS 20000 /* where threads are known to move */
#define SOME_ROUNDS 200

static _Atomic bool asked;
static _Atomic bool done;
static struct mn_sem answer;

__attribute__((noipa)) static pid_t kernel_thread(void)
{
	return gettid();
}

/* Answers from the worker that it runs on; who is woken there may go on there. */
static void *answerer(void *arg)
{
	while (!atomic_load(&done)) {
		if (atomic_exchange(&asked, false))
			mn_sem_post(&answer);
		mn_thread_yield();
	}
	return arg;
}

struct visit {
	uintptr_t frame;
	bool moved;
};

static void *wander(void *arg)
{
	struct visit *v = arg;
	pid_t start = kernel_thread();
	mn_thread_t self = mn_thread_self();

	v->frame = (uintptr_t)__builtin_frame_address(0);
	test_set_errno(1234);
	for (int i = 0; i < 20 && !v->moved; i++) {
		atomic_store(&asked, true);
		mn_sem_wait(&answer);
		v->moved = kernel_thread() != start;
	}
	CHECK_EQ(mn_thread_self(), self);
	CHECK_EQ(test_errno(), 1234);
	return v;
}

/* Whether the thread ran on this frame's stack and moved away. */
static bool visit(void)
{
	volatile uint64_t frame[32];
	struct visit v = {0};
	mn_thread_t self = mn_thread_self();
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	mn_thread_t t;

	for (uint64_t i = 0; i < 32; i++)
		frame[i] = i * i;
	test_set_errno(77);
	t = test_spawn(wander, &v);
	CHECK_EQ(test_join(t), &v);
	CHECK_EQ(test_errno(), 77);
	CHECK_EQ(mn_thread_self(), self);
	for (uint64_t i = 0; i < 32; i++)
		CHECK_EQ(frame[i], i * i);
	return v.moved && v.frame < here && here - v.frame < 16384;
}

static bool must_move(void)
{
	return mn_workers() > 1 && test_help_first() && !strcmp(mn_policy(), "steal");
}

static void *many_visits(void *arg)
{
	int rounds = must_move() ? MAX_ROUNDS : SOME_ROUNDS;
	int moved = 0;

	while (moved < TARGET && rounds--)
		moved += visit();
	return (void *)(intptr_t)(moved + (intptr_t)arg);
}

int main(void)
{
	mn_thread_t helper;
	mn_thread_t t;
	intptr_t moved;

	CHECK_EQ(mn_sem_init(&answer, 0), 0);
	test_start();
	helper = test_spawn(answerer, NULL);
	moved = (intptr_t)many_visits(NULL); /* on the main thread's stack */
	t = test_spawn(many_visits, NULL);
	mn_thread_yield();
	moved += (intptr_t)test_join(t);
	atomic_store(&done, true);
	test_join(helper);
	if (must_move())
		CHECK_REL(moved, >, 0);
	test_stop();
	return 0;
}
