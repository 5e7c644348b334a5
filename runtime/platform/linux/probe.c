/*
 * Looking at another kernel thread, by /proc and by its CPU-time clock.
 *
 * /proc/self/task/TID/syscall says "running" of a thread that runs or could run, and
 * else in which system call it sleeps, and with which stack pointer; -1: in
 * none, a page fault, say. The kernel makes sure that the thread stays asleep
 * while it looks. A thread that has slept, run and sleeps again has been switched
 * once more, and that is counted in /proc/self/task/TID/status.
 *
 * Who looks opens these files in a table of its own, from mn_plat_probe_apart() on.
 *
 * Where there is no /proc, or the process may not read it (it has changed its
 * user, and is not "dumpable"), nothing is known, and no thread ever rests.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "outside.h"
#include "platform/platform.h"

#define NS_PER_S 1000000000u

void mn_plat_probe_open(mn_plat_probe *out)
{
	clockid_t clock;

	out->task = (uintptr_t)gettid();
	out->clock = pthread_getcpuclockid(pthread_self(), &clock) ? (uintptr_t)CLOCK_MONOTONIC
								   : (uintptr_t)clock;
	out->self = &mn_plat_self_word;
	out->outside = &mn_plat_outside;
}

uint64_t mn_plat_probe_cpu_ns(const mn_plat_probe *p)
{
	struct timespec t = {0, 0};

	OUTSIDE(clock_gettime((clockid_t)p->clock, &t));
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t mn_plat_probe_sleeps(void)
{
	struct rusage usage = {0};

	OUTSIDE(getrusage(RUSAGE_THREAD, &usage));
	return (uint64_t)usage.ru_nvcsw;
}

void mn_plat_probe_apart(void)
{
#if defined(SYS_close_range) && defined(CLOSE_RANGE_UNSHARE) /* Linux 5.9 */
	syscall(SYS_close_range, 0, ~0u, CLOSE_RANGE_UNSHARE);
#endif
}

/* The text of one of its files, or false. */
static bool read_file(const mn_plat_probe *p, const char *name, char *text, size_t bytes)
{
	char path[64];
	long n;
	int fd;

	snprintf(path, sizeof path, "/proc/self/task/%u/%s", (unsigned)p->task, name);
	/* Not by their names: sanitizers take every thread's fd 0 for the same file. */
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = syscall(SYS_read, fd, text, bytes - 1);
	syscall(SYS_close, fd);
	if (n <= 0)
		return false;
	text[n] = 0;
	return true;
}

/* The number after this label, or false. */
static bool find(const char *text, const char *label, uint64_t *out)
{
	const char *at = strstr(text, label);

	if (at)
		*out = strtoull(at + strlen(label), NULL, 10);
	return at;
}

static bool call_of(const mn_plat_probe *p, uintptr_t *sp)
{
	char text[256];
	char *at;

	/* "NUMBER ARGUMENT... SP PC" */
	if (!read_file(p, "syscall", text, sizeof text) || text[0] < '0' || text[0] > '9')
		return false;
	at = strrchr(text, ' ');
	if (!at)
		return false;
	*at = 0;
	at = strrchr(text, ' ');
	if (!at)
		return false;
	*sp = (uintptr_t)strtoull(at + 1, NULL, 16);
	return true;
}

bool mn_plat_probe_rests(const mn_plat_probe *p, struct mn_plat_rest *out)
{
	char text[4096];
	uint64_t wanted;
	uint64_t unwanted;

	if (!call_of(p, &out->sp) || *p->outside)
		return false;
	if (!read_file(p, "status", text, sizeof text) ||
	    !find(text, "\nvoluntary_ctxt_switches:", &wanted) ||
	    !find(text, "\nnonvoluntary_ctxt_switches:", &unwanted))
		return false;
	out->switches = wanted + unwanted;
	return true;
}

void mn_plat_probe_set_self(const mn_plat_probe *p, struct mni_worker *w)
{
	__atomic_store_n(p->self, w, __ATOMIC_RELAXED);
}
