/*
 * Proves: when the kernel has no more guard pages, as kernels before 6.13 have
 * no more after some 32000 stacks, a thread with a stack of its own size is
 * refused with -EAGAIN; when it is a reserved stack that cannot be guarded, the
 * process ends with a line that says so, and never runs a thread on an
 * unguarded stack. Where guards are made by mprotect() instead, all works.
 */
#define _GNU_SOURCE
#include "fault/faults.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "check.h"

#define THREADS 300

static struct mn_sem gate;

static void *wait_at_gate(void *arg)
{
	mn_sem_wait(&gate);
	return arg;
}

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

static void many(const struct mn_thread_attr *attr)
{
	static mn_thread_t t[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(mn_thread_create(&t[i], attr, wait_at_gate, (void *)i), 0);
	mn_thread_yield();
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(mn_sem_post(&gate), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(test_join(t[i]), i);
}

static void own_size(void)
{
	static const struct mn_thread_attr large = {.stack_size = 200000};
	struct faults_held before;

	test_start();
	many(&large);
	before = faults_held();
	for (int i = 0; i < 10; i++) {
		mn_thread_t t;

		faults_arm(FAULT_GUARD, 1);
		CHECK_EQ(mn_thread_create(&t, &large, wait_at_gate, NULL), -EAGAIN);
		CHECK(faults_hit());
		CHECK_EQ(faults_held().maps, before.maps);
	}
	many(&large);
	test_stop();
}

/* Runs fn in a process of its own; its wait status and what it wrote to stderr. */
static int run(void (*fn)(void), char *text, size_t bytes)
{
	int ends[2];
	int status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	CHECK_EQ(pipe(ends), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		struct rlimit no_core = {0, 0};

		setrlimit(RLIMIT_CORE, &no_core);
		close(ends[0]);
		dup2(ends[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], text + n, bytes - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = 0;
	close(ends[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static long failing_call;

static void reserved(void)
{
	test_start();
	faults_arm(FAULT_GUARD, failing_call);
	many(NULL);
	CHECK(!faults_hit()); /* no thread has run without a guard */
	test_stop();
}

static void by_mprotect(void)
{
	atomic_store(&faults.no_guard_install, true);
	test_start();
	many(NULL);
	test_stop();
	own_size();
	test_start();
	test_spawn(overrun, NULL);
	for (;;)
		mn_thread_yield();
}

int main(void)
{
	char text[1000];
	int status;

	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	own_size();
	for (failing_call = 1; failing_call < 40; failing_call += 6) {
		status = run(reserved, text, sizeof text);
		if (status && (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT ||
			       !strstr(text, "guard page")))
			FAIL("wait status 0x%x: %s", status, text);
	}
	status = run(by_mprotect, text, sizeof text);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		FAIL("wait status 0x%x: %s", status, text);
	return 0;
}
