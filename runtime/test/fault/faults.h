/*
 * Makes calls of the library into the system fail, one at a time, and keeps
 * count of what it has taken and not given back.
 *
 * The linker sends the library's calls here (--wrap, see rules.mk); calls that
 * libc makes for itself are not touched. A test includes this once:
 *
 *   faults_arm(FAULT_MAP, 3)   the third call of that kind from now on fails
 *   faults_deny(FAULT_MAP)     all calls of that kind fail from now on
 *   faults_hit()               whether it has been reached; disarms
 *   faults_slow_threads(1000)  kernel threads have run so many us before their start returns
 *   faults_held()              what the library holds now
 */
#ifndef MN_TEST_FAULTS_H
#define MN_TEST_FAULTS_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum fault {
	FAULT_MAP,    /* mmap: ENOMEM */
	FAULT_UNMAP,  /* munmap: ENOMEM, as when it would split a mapping */
	FAULT_MALLOC, /* malloc and its kin: ENOMEM */
	FAULT_THREAD, /* pthread_create: EAGAIN */
	FAULT_STACK,  /* pthread_getattr_np: ENOMEM */
	FAULT_TIMER,  /* timer_create: EAGAIN */
	FAULT_GUARD,  /* madvise that installs a guard, for one range of many; mprotect: ENOMEM */
	FAULT_ADVICE, /* other madvise: EINVAL; nobody need notice */
	FAULT_KINDS,
};

struct faults_held {
	long maps, bytes, blocks, threads, timers;
};

static struct {
	_Atomic long until[FAULT_KINDS]; /* so many calls until one fails; 0: none; -1: all */
	_Atomic bool hit;
	_Atomic bool no_guard_install; /* as on kernels before 6.13 */
	_Atomic long maps, bytes, blocks, threads, timers;
	_Atomic unsigned slow_us;
} faults;

static inline void faults_arm(enum fault kind, long call)
{
	atomic_store(&faults.hit, false);
	atomic_store(&faults.until[kind], call);
}

static inline void faults_deny(enum fault kind)
{
	atomic_store(&faults.until[kind], -1);
}

static inline void faults_slow_threads(unsigned us)
{
	atomic_store(&faults.slow_us, us);
}

static inline bool faults_hit(void)
{
	for (int i = 0; i < FAULT_KINDS; i++)
		atomic_store(&faults.until[i], 0);
	return atomic_exchange(&faults.hit, false);
}

/* Before what counts as held while the runtime runs: spare kernel threads have memory, and come when they like. */
static inline void faults_without_watch(void)
{
	setenv("MN_BLOCKING_WATCH", "off", 1);
}

static inline struct faults_held faults_held(void)
{
	return (struct faults_held){atomic_load(&faults.maps), atomic_load(&faults.bytes),
				    atomic_load(&faults.blocks), atomic_load(&faults.threads),
				    atomic_load(&faults.timers)};
}

/* Whether this call is the one. */
static bool faults_strike(enum fault kind)
{
	long left = atomic_load(&faults.until[kind]);

	if (left < 0)
		atomic_store(&faults.hit, true);
	if (left < 0)
		return true;
	while (left > 0)
		if (atomic_compare_exchange_weak(&faults.until[kind], &left, left - 1)) {
			if (left == 1)
				atomic_store(&faults.hit, true);
			return left == 1;
		}
	return false;
}

#define MADV_GUARD_INSTALL_ 102

void *__real_mmap(void *p, size_t n, int prot, int flags, int fd, off_t at);
int __real_munmap(void *p, size_t n);
int __real_madvise(void *p, size_t n, int advice);
long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
int __real_mprotect(void *p, size_t n, int prot);
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
int __real_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int __real_pthread_join(pthread_t t, void **result);
int __real_pthread_getattr_np(pthread_t t, pthread_attr_t *attr);
int __real_timer_create(clockid_t clock, struct sigevent *e, timer_t *t);
int __real_timer_delete(timer_t t);

void *__wrap_mmap(void *p, size_t n, int prot, int flags, int fd, off_t at);
int __wrap_munmap(void *p, size_t n);
int __wrap_madvise(void *p, size_t n, int advice);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
int __wrap_mprotect(void *p, size_t n, int prot);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int __wrap_pthread_join(pthread_t t, void **result);
int __wrap_pthread_getattr_np(pthread_t t, pthread_attr_t *attr);
int __wrap_timer_create(clockid_t clock, struct sigevent *e, timer_t *t);
int __wrap_timer_delete(timer_t t);

void *__wrap_mmap(void *p, size_t n, int prot, int flags, int fd, off_t at)
{
	if (faults_strike(FAULT_MAP)) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	p = __real_mmap(p, n, prot, flags, fd, at);
	if (p != MAP_FAILED) {
		atomic_fetch_add(&faults.maps, 1);
		atomic_fetch_add(&faults.bytes, (long)n);
	}
	return p;
}

int __wrap_munmap(void *p, size_t n)
{
	if (faults_strike(FAULT_UNMAP)) {
		errno = ENOMEM;
		return -1;
	}
	atomic_fetch_sub(&faults.maps, 1);
	atomic_fetch_sub(&faults.bytes, (long)n);
	return __real_munmap(p, n);
}

int __wrap_madvise(void *p, size_t n, int advice)
{
	bool guard = advice == MADV_GUARD_INSTALL_;

	if (guard && atomic_load(&faults.no_guard_install)) {
		errno = EINVAL;
		return -1;
	}
	if (faults_strike(guard ? FAULT_GUARD : FAULT_ADVICE)) {
		errno = guard ? ENOMEM : EINVAL;
		return -1;
	}
	return __real_madvise(p, n, advice);
}

/* Of process_madvise() the ranges before the one that fails are done, as the kernel does it. */
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (number == SYS_process_madvise) {
		bool guard = d == MADV_GUARD_INSTALL_;
		long n = c;

		if (guard && atomic_load(&faults.no_guard_install)) {
			errno = EINVAL;
			return -1;
		}
		for (long i = 0; i < n; i++)
			if (faults_strike(guard ? FAULT_GUARD : FAULT_ADVICE)) {
				if (i)
					return __real_syscall(number, a, b, i, d, e, f);
				errno = guard ? ENOMEM : EINVAL;
				return -1;
			}
	}
	return __real_syscall(number, a, b, c, d, e, f);
}

int __wrap_mprotect(void *p, size_t n, int prot)
{
	if (faults_strike(FAULT_GUARD)) {
		errno = ENOMEM;
		return -1;
	}
	return __real_mprotect(p, n, prot);
}

static void *faults_block(void *p)
{
	if (p)
		atomic_fetch_add(&faults.blocks, 1);
	return p;
}

void *__wrap_malloc(size_t n)
{
	return faults_strike(FAULT_MALLOC) ? NULL : faults_block(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return faults_strike(FAULT_MALLOC) ? NULL : faults_block(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
	if (faults_strike(FAULT_MALLOC))
		return NULL;
	return p ? __real_realloc(p, n) : faults_block(__real_realloc(p, n));
}

void __wrap_free(void *p)
{
	if (p)
		atomic_fetch_sub(&faults.blocks, 1);
	__real_free(p);
}

int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	int error = faults_strike(FAULT_THREAD) ? EAGAIN : __real_pthread_create(t, attr, fn, arg);

	if (!error) {
		atomic_fetch_add(&faults.threads, 1);
		usleep(atomic_load(&faults.slow_us));
	}
	return error;
}

int __wrap_pthread_join(pthread_t t, void **result)
{
	int error = __real_pthread_join(t, result);

	if (!error)
		atomic_fetch_sub(&faults.threads, 1);
	return error;
}

int __wrap_pthread_getattr_np(pthread_t t, pthread_attr_t *attr)
{
	return faults_strike(FAULT_STACK) ? ENOMEM : __real_pthread_getattr_np(t, attr);
}

int __wrap_timer_create(clockid_t clock, struct sigevent *e, timer_t *t)
{
	int error;

	if (faults_strike(FAULT_TIMER)) {
		errno = EAGAIN;
		return -1;
	}
	error = __real_timer_create(clock, e, t);
	if (!error)
		atomic_fetch_add(&faults.timers, 1);
	return error;
}

int __wrap_timer_delete(timer_t t)
{
	atomic_fetch_sub(&faults.timers, 1);
	return __real_timer_delete(t);
}

#endif
