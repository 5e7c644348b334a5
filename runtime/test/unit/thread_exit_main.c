/*
 * Proves: when the thread that started the runtime calls mn_thread_exit(), all
 * others, those that they create and detached ones too, still run to their
 * end, and only then the process ends, with status 0 and its exit handlers run.
 */
#include <stdatomic.h>
#include <sys/wait.h>

#include "check.h"

#define THREADS 20

static int out;

static void tell(char what)
{
	CHECK_EQ(write(out, &what, 1), 1);
}

static void *grandchild(void *arg)
{
	(void)arg;
	for (int i = 0; i < 50; i++)
		mn_thread_yield();
	tell('g');
	return NULL;
}

static void *child(void *arg)
{
	static const struct mn_thread_attr detached = {.detached = 1};

	for (uintptr_t i = 0; i < (uintptr_t)arg; i++)
		mn_thread_yield();
	CHECK_EQ(mn_thread_create(NULL, &detached, grandchild, NULL), 0);
	tell('c');
	return NULL;
}

static void at_exit(void)
{
	tell('x');
}

static void run(bool deep)
{
	atexit(at_exit);
	test_start();
	for (uintptr_t i = 0; i < THREADS; i++)
		test_spawn(child, (void *)i);
	if (deep)
		mn_thread_yield();
	mn_thread_exit((void *)3);
}

static void try(bool deep)
{
	int ends[2];
	char text[1024];
	size_t n = 0;
	ssize_t got;
	int status;
	int count[256] = {0};
	pid_t pid;

	CHECK_EQ(pipe(ends), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		close(ends[0]);
		out = ends[1];
		run(deep);
	}
	close(ends[1]);
	while ((got = read(ends[0], text + n, sizeof text - n)) > 0)
		n += (size_t)got;
	close(ends[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
	for (size_t i = 0; i < n; i++)
		count[(unsigned char)text[i]]++;
	CHECK_EQ(count['c'], THREADS);
	CHECK_EQ(count['g'], THREADS);
	CHECK_EQ(count['x'], 1);
	CHECK_EQ(text[n - 1], 'x');
}

int main(void)
{
	try(false);
	try(true);
	return 0;
}
