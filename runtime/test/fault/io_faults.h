/*
 * Makes calls of the library that have to do with I/O fail, one at a time.
 *
 * The linker sends the library's calls here, and the test's own (--wrap, see
 * rules.mk). A test includes this once:
 *
 *   io_fault_arm(IO_RECV, 3, ENOMEM)   the third call of that kind from now on fails; -1: all do
 *   io_fault_disarm(IO_RECV)           whether it has been reached
 *
 * A close() that fails has closed the fd all the same, as Linux does it.
 */
#ifndef MN_TEST_IO_FAULTS_H
#define MN_TEST_IO_FAULTS_H

#include "io_test.h"

#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum io_fault {
	IO_RING_SETUP,    /* io_uring_setup */
	IO_RING_REGISTER, /* io_uring_register */
	IO_RING_ENTER,    /* io_uring_enter */
	IO_RING_MAP,      /* mmap of a ring */
	IO_WAIT2,         /* epoll_pwait2 */
	IO_EPOLL_CREATE,
	IO_EPOLL_CTL,
	IO_EPOLL_WAIT,
	IO_EVENTFD,
	IO_SOCKET,
	IO_SOCKETPAIR,
	IO_CONNECT,
	IO_ACCEPT,
	IO_RECV,
	IO_SEND,
	IO_RECVMSG,
	IO_SENDMSG,
	IO_GETSOCKOPT,
	IO_SETSOCKOPT,
	IO_PREADV2,
	IO_PWRITEV2,
	IO_READV,
	IO_WRITEV,
	IO_PREADV,
	IO_PWRITEV,
	IO_FSTAT,
	IO_OPEN, /* of a pipe's twin */
	IO_OPENAT,
	IO_FSYNC,
	IO_PIPE,
	IO_TIMERFD,
	IO_DUP,
	IO_POLL,
	IO_CLOSE,
	IO_FAULTS,
};

static struct {
	_Atomic long until; /* so many calls until one fails; 0: none; -1: all */
	_Atomic int error;
	_Atomic bool hit;
} io_faults[IO_FAULTS];

__attribute__((unused)) static void io_fault_arm(enum io_fault f, long call, int error)
{
	atomic_store(&io_faults[f].hit, false);
	atomic_store(&io_faults[f].error, error);
	atomic_store(&io_faults[f].until, call);
}

__attribute__((unused)) static bool io_fault_disarm(enum io_fault f)
{
	atomic_store(&io_faults[f].until, 0);
	return atomic_load(&io_faults[f].hit);
}

/* Whether this call is the one; errno is set then. */
static bool io_fault_strikes(enum io_fault f)
{
	long left = atomic_load(&io_faults[f].until);

	while (left > 0 && !atomic_compare_exchange_weak(&io_faults[f].until, &left, left - 1))
		;
	if (left != -1 && left != 1)
		return false;
	atomic_store(&io_faults[f].hit, true);
	errno = atomic_load(&io_faults[f].error);
	return true;
}

long __real_syscall(long n, ...);
long __wrap_syscall(long n, long a, long b, long c, long d, long e, long f);

/* What a test may do besides, where a ring is set up and entered, or a file is read. */
static struct {
	void (*before_preadv)(void);
	void (*before_setup)(unsigned *entries, void *params);
	void (*after_setup)(int ring, const void *params);
	void (*before_enter)(int ring, unsigned to_submit, unsigned flags);
	void (*after_enter)(int ring);
} io_hooks;

static long io_set_up(long n, unsigned entries, void *params)
{
	long ring;

	if (io_hooks.before_setup)
		io_hooks.before_setup(&entries, params);
	ring = __real_syscall(n, entries, params);
	if (ring >= 0 && io_hooks.after_setup)
		io_hooks.after_setup((int)ring, params);
	return ring;
}

long __wrap_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	long r;

	if ((n == SYS_io_uring_setup && io_fault_strikes(IO_RING_SETUP)) ||
	    (n == SYS_io_uring_register && io_fault_strikes(IO_RING_REGISTER)) ||
	    (n == SYS_io_uring_enter && io_fault_strikes(IO_RING_ENTER)) ||
	    (n == SYS_epoll_pwait2 && io_fault_strikes(IO_WAIT2)) ||
	    (n == SYS_preadv2 && io_fault_strikes(IO_PREADV2)) ||
	    (n == SYS_pwritev2 && io_fault_strikes(IO_PWRITEV2)))
		return -1;
	if (n == SYS_io_uring_setup)
		return io_set_up(n, (unsigned)a, (void *)b);
	if (n == SYS_io_uring_enter && io_hooks.before_enter)
		io_hooks.before_enter((int)a, (unsigned)b, (unsigned)d);
	r = __real_syscall(n, a, b, c, d, e, f);
	if (n == SYS_io_uring_enter && io_hooks.after_enter) {
		int error = errno;

		io_hooks.after_enter((int)a);
		errno = error;
	}
	return r;
}

void *__real_mmap(void *p, size_t n, int prot, int flags, int fd, off_t at);
void *__wrap_mmap(void *p, size_t n, int prot, int flags, int fd, off_t at);
void *__wrap_mmap(void *p, size_t n, int prot, int flags, int fd, off_t at)
{
	return fd >= 0 && io_fault_strikes(IO_RING_MAP) ? MAP_FAILED
							: __real_mmap(p, n, prot, flags, fd, at);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	int r = __real_close(fd);

	return !r && io_fault_strikes(IO_CLOSE) ? -1 : r;
}

#define IO_WRAP(type, fault, name, params, args)                                                   \
	type __real_##name params;                                                                 \
	type __wrap_##name params;                                                                 \
	type __wrap_##name params                                                                  \
	{                                                                                          \
		return io_fault_strikes(fault) ? -1 : __real_##name args;                          \
	}

IO_WRAP(int, IO_EPOLL_CREATE, epoll_create1, (int flags), (flags))
IO_WRAP(int, IO_EPOLL_CTL, epoll_ctl, (int ep, int how, int fd, struct epoll_event *e),
	(ep, how, fd, e))
IO_WRAP(int, IO_EPOLL_WAIT, epoll_wait, (int ep, struct epoll_event *e, int n, int ms),
	(ep, e, n, ms))
IO_WRAP(int, IO_EVENTFD, eventfd, (unsigned value, int flags), (value, flags))
IO_WRAP(int, IO_SOCKET, socket, (int a, int b, int c), (a, b, c))
IO_WRAP(int, IO_SOCKETPAIR, socketpair, (int a, int b, int c, int *fds), (a, b, c, fds))
IO_WRAP(int, IO_CONNECT, connect, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
IO_WRAP(int, IO_ACCEPT, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags),
	(fd, a, n, flags))
IO_WRAP(ssize_t, IO_RECV, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags))
IO_WRAP(ssize_t, IO_SEND, send, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags))
IO_WRAP(ssize_t, IO_RECVMSG, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags))
IO_WRAP(ssize_t, IO_SENDMSG, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags))
IO_WRAP(int, IO_GETSOCKOPT, getsockopt, (int fd, int level, int option, void *p, socklen_t *n),
	(fd, level, option, p, n))
IO_WRAP(int, IO_SETSOCKOPT, setsockopt, (int fd, int level, int option, const void *p, socklen_t n),
	(fd, level, option, p, n))
IO_WRAP(ssize_t, IO_READV, readv, (int fd, const struct iovec *v, int n), (fd, v, n))
IO_WRAP(ssize_t, IO_WRITEV, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
ssize_t __real_preadv(int fd, const struct iovec *v, int n, off_t at);
ssize_t __wrap_preadv(int fd, const struct iovec *v, int n, off_t at);
ssize_t __wrap_preadv(int fd, const struct iovec *v, int n, off_t at)
{
	if (io_hooks.before_preadv)
		io_hooks.before_preadv();
	return io_fault_strikes(IO_PREADV) ? -1 : __real_preadv(fd, v, n, at);
}

IO_WRAP(ssize_t, IO_PWRITEV, pwritev, (int fd, const struct iovec *v, int n, off_t at),
	(fd, v, n, at))
IO_WRAP(int, IO_FSTAT, fstat, (int fd, struct stat *s), (fd, s))
IO_WRAP(int, IO_OPEN, open, (const char *path, int flags, mode_t mode), (path, flags, mode))
IO_WRAP(int, IO_OPENAT, openat, (int folder, const char *path, int flags, mode_t mode),
	(folder, path, flags, mode))
IO_WRAP(int, IO_FSYNC, fsync, (int fd), (fd))
IO_WRAP(int, IO_PIPE, pipe2, (int *fds, int flags), (fds, flags))
IO_WRAP(int, IO_TIMERFD, timerfd_create, (int clock, int flags), (clock, flags))
IO_WRAP(int, IO_DUP, dup, (int fd), (fd))
IO_WRAP(int, IO_POLL, poll, (struct pollfd * p, nfds_t n, int ms), (p, n, ms))

#endif
