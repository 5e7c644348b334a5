/*
 * Proves: a thread that its joiner runs in place may go on on another worker,
 * and its joiner, whose frames lie below it, then goes on there; identity,
 * errno, results and the joiner's frames are right all the same.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <unistd.h>

#include "check.h"

#define TARGET 200
#define MAX_ROUNDS 200000

static _Atomic bool done;

__attribute__((noipa)) static pid_t kernel_thread(void)
{
	return gettid();
}

/* Keeps the other workers busy, so that whoever yields is taken by them. */
static void *yielder(void *arg)
{
	while (!atomic_load(&done))
		mn_thread_yield();
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
		mn_thread_yield();
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

static void *many_visits(void *arg)
{
	int moved = 0;
	int rounds = 0;

	while (moved < TARGET && rounds++ < MAX_ROUNDS)
		moved += visit();
	return (void *)(intptr_t)(moved + (intptr_t)arg);
}

int main(void)
{
	mn_thread_t other[8];
	mn_thread_t t;
	intptr_t moved;

	test_start();
	for (int i = 0; i < 8; i++)
		other[i] = test_spawn(yielder, NULL);
	moved = (intptr_t)many_visits(NULL); /* on the main thread's stack */
	t = test_spawn(many_visits, NULL);
	mn_thread_yield();
	moved += (intptr_t)test_join(t);
	atomic_store(&done, true);
	for (int i = 0; i < 8; i++)
		test_join(other[i]);
	if (mn_workers() > 1 && !strcmp(mn_policy(), "steal"))
		CHECK_REL(moved, >, 0);
	test_stop();
	return 0;
}
