/* See pool.h. Results come back through memory that parent and children share. */
#include "pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_RUNNING 64

static struct {
	pid_t pid;
	size_t job;
	void *result;
} running[MAX_RUNNING];

static _Noreturn void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static void start(unsigned place, size_t i, void (*job)(size_t, void *))
{
	memset(running[place].result, 0, POOL_RESULT);
	running[place].job = i;
	fflush(stdout);
	running[place].pid = fork();
	if (running[place].pid < 0)
		give_up("fork");
	if (!running[place].pid) {
		job(i, running[place].result);
		_exit(0);
	}
}

/* Waits for one to end. Returns its place. */
static unsigned finish(void (*done)(size_t, const void *, int))
{
	int status;
	pid_t pid = wait(&status);
	unsigned place = 0;

	if (pid < 0)
		give_up("wait");
	while (running[place].pid != pid)
		place++;
	running[place].pid = 0;
	done(running[place].job, running[place].result, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return place;
}

void pool_run(size_t n, void (*job)(size_t, void *), void (*done)(size_t, const void *, int))
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned places = cpus < 1 ? 1 : cpus > MAX_RUNNING ? MAX_RUNNING : (unsigned)cpus;
	unsigned count = 0;

	for (unsigned i = 0; i < places; i++) {
		running[i].result = mmap(NULL, POOL_RESULT, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (running[i].result == MAP_FAILED)
			give_up("mmap");
	}
	for (size_t i = 0; i < n; i++)
		start(count < places ? count++ : finish(done), i, job);
	while (count--)
		finish(done);
	for (unsigned i = 0; i < places; i++)
		munmap(running[i].result, POOL_RESULT);
}
