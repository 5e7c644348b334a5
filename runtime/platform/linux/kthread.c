/* Kernel threads, waiting and time on Linux. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "diag/kthreads.h"
#include "outside.h"
#include "platform/platform.h"

__thread struct mni_worker *mn_plat_self_word __attribute__((tls_model("initial-exec")));
__thread struct mni_carrier *mn_plat_carrier_word __attribute__((tls_model("initial-exec")));
__thread volatile unsigned mn_plat_outside;

#define NS_PER_S 1000000000u

static _Atomic unsigned kthreads;

struct start {
	void (*fn)(void *);
	void *arg;
};

static void *run(void *p)
{
	struct start s = *(struct start *)p;

	free(p);
	s.fn(s.arg);
	atomic_fetch_sub_explicit(&kthreads, 1, memory_order_relaxed);
	return NULL;
}

int mn_plat_kthread_start(mn_plat_kthread *out, void (*fn)(void *), void *arg)
{
	struct start *s = OUTSIDE(malloc(sizeof *s));
	pthread_t t;
	int error;

	if (!s)
		return -ENOMEM;
	*s = (struct start){fn, arg};
	atomic_fetch_add_explicit(&kthreads, 1, memory_order_relaxed);
	error = OUTSIDE(pthread_create(&t, NULL, run, s));
	if (error) {
		atomic_fetch_sub_explicit(&kthreads, 1, memory_order_relaxed);
		OUTSIDE_VOID(free(s));
		return -error;
	}
	out->handle = (uintptr_t)t;
	return 0;
}

void mn_plat_kthread_join(mn_plat_kthread t)
{
	OUTSIDE(pthread_join((pthread_t)t.handle, NULL));
}

unsigned mni_kthreads(void)
{
	return atomic_load_explicit(&kthreads, memory_order_relaxed);
}

void mni_kthreads_forget(void)
{
	atomic_store_explicit(&kthreads, 0, memory_order_relaxed);
}

unsigned mn_plat_cpus(void)
{
	cpu_set_t set;

	if (!sched_getaffinity(0, sizeof set, &set))
		return (unsigned)CPU_COUNT(&set);
	/* More CPUs than the set holds. */
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned)n : 1;
}

void mn_plat_on_fork(void (*child)(void))
{
	static _Atomic int done;

	if (!atomic_exchange_explicit(&done, 1, memory_order_relaxed))
		pthread_atfork(NULL, NULL, child);
}

void mn_plat_relinquish(void)
{
	OUTSIDE(sched_yield());
}

int *mn_plat_errno(void)
{
	return &errno;
}

/* The C++ library's, if the program has one. */
extern struct mn_plat_exceptions *__cxa_get_globals(void) __attribute__((weak));

struct mn_plat_exceptions *mn_plat_exceptions(void)
{
	return __cxa_get_globals ? __cxa_get_globals() : NULL;
}

int mn_plat_stack_bounds(char **lo, char **hi)
{
	pthread_attr_t attr;
	void *base;
	size_t size;
	int error = pthread_getattr_np(pthread_self(), &attr);

	if (error)
		return -error;
	error = pthread_attr_getstack(&attr, &base, &size);
	pthread_attr_destroy(&attr);
	if (error)
		return -error;
	*lo = base;
	*hi = *lo + size;
	return 0;
}

void mn_plat_wait(_Atomic uint32_t *word, uint32_t expect, uint64_t timeout_ns)
{
	struct timespec t = {(time_t)(timeout_ns / NS_PER_S), (long)(timeout_ns % NS_PER_S)};

	OUTSIDE(syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expect,
			timeout_ns == MN_PLAT_FOREVER ? NULL : &t, NULL, 0));
}

void mn_plat_wake(_Atomic uint32_t *word)
{
	OUTSIDE(syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
}

bool mn_plat_barrier_init(void)
{
	return !syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

void mn_plat_barrier(void)
{
	OUTSIDE(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t;

	OUTSIDE(clock_gettime(clock, &t));
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t mn_plat_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint32_t mn_plat_coarse_ms(void)
{
	return (uint32_t)(read_clock(CLOCK_MONOTONIC_COARSE) / 1000000);
}

uint64_t mn_plat_real_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t mn_plat_random(void)
{
	uint64_t x;

	if (getrandom(&x, sizeof x, GRND_NONBLOCK) != sizeof x)
		x = mn_plat_now_ns();
	return x ? x : 1;
}
