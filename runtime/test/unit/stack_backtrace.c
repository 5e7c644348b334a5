/*
 * Proves: unwinding a thread's stack ends where the thread began: a crash
 * handler, a profiler or a debugger sees the thread's own frames and no
 * rubbish behind them; in a thread that its joiner runs in place it goes on
 * through the joiner.
 */
#include <execinfo.h>

#include "check.h"

#define MOST 100

__attribute__((noipa)) static int depth(void)
{
	void *frames[MOST];
	int n = backtrace(frames, MOST);

	for (int i = 0; i < n; i++)
		CHECK(frames[i] != NULL);
	return n;
}

__attribute__((noipa)) static int nested(int levels)
{
	int n = levels ? nested(levels - 1) : depth();

	__asm__ volatile("" ::: "memory"); /* no tail call */
	return n;
}

static void *look(void *arg)
{
	int levels = (int)(uintptr_t)arg;
	int shallow = depth();
	int deep = nested(levels);

	/* One call more each level, and one for nested(0). */
	CHECK_EQ(deep, shallow + levels + 1);
	CHECK_REL(shallow, <, 20);
	mn_thread_yield();
	CHECK_EQ(depth(), shallow);
	return (void *)(uintptr_t)shallow;
}

int main(void)
{
	mn_thread_t t;

	depth(); /* loads the unwinder */
	test_start();
	for (uintptr_t levels = 0; levels < 30; levels += 7) {
		t = test_spawn(look, (void *)levels);
		for (int i = 0; i < 3; i++)
			mn_thread_yield();
		CHECK_REL((uintptr_t)test_join(t), >=, 2);
		t = test_spawn(look, (void *)levels);
		CHECK_REL((uintptr_t)test_join(t), >=, 2);
	}
	test_stop();
	return 0;
}
