/*
 * Proves: a thread that overruns its stack ends the process by SIGSEGV; it does
 * not write into the stack of another. On a stack of the default size, on one
 * of its own size, and run in place by its joiner.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "check.h"

__attribute__((noipa)) static uintptr_t endless(uintptr_t depth)
{
	volatile char frame[512];

	frame[0] = (char)depth;
	if (depth == UINTPTR_MAX)
		return 0;
	return endless(depth + 1) + (uintptr_t)frame[0];
}

static void *overrun(void *arg)
{
	return (void *)endless((uintptr_t)arg);
}

static void *join_overrun(void *arg)
{
	return test_join(test_spawn(overrun, arg));
}

static void *bystander(void *arg)
{
	for (;;)
		mn_thread_yield();
	return arg;
}

/* In a process of its own: threads on the stacks around, then the one that overruns. */
static void child(void *(*fn)(void *), const struct mn_thread_attr *attr)
{
	struct rlimit no_core = {0, 0};
	mn_thread_t t;

	setrlimit(RLIMIT_CORE, &no_core);
	test_start();
	for (int i = 0; i < 8; i++)
		test_spawn(bystander, NULL);
	mn_thread_yield();
	CHECK_EQ(mn_thread_create(&t, attr, fn, NULL), 0);
	for (int i = 0; i < 8; i++)
		test_spawn(bystander, NULL);
	mn_thread_yield();
	mn_thread_join(t, NULL);
	_exit(0);
}

static void try(void *(*fn)(void *), const struct mn_thread_attr *attr)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid)
		child(fn, attr);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		FAIL("the overrun was not noticed: exit status %d", WEXITSTATUS(status));
	CHECK_EQ(WTERMSIG(status), SIGSEGV);
}

int main(void)
{
	static const struct mn_thread_attr large = {.stack_size = 1000000};

	try(overrun, NULL);
	try(overrun, &large);
	try(join_overrun, NULL);
	try(join_overrun, &large);
	return 0;
}
