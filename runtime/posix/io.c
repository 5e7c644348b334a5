/* Input and output by POSIX's names. */
#include "posix/posix.h"

#include <stdarg.h>
#include <stdio.h>

/* Not inlined: the address of errno is looked up where the caller runs then. */
static __attribute__((noinline, cold)) ssize_t fail(ssize_t result)
{
	errno = (int)-result;
	return -1;
}

static inline ssize_t by_errno(ssize_t result)
{
	return result >= 0 ? result : fail(result);
}

ssize_t mn_posix_read(int fd, void *buffer, size_t n)
{
	return by_errno(mn_read(fd, buffer, n));
}

ssize_t mn_posix_write(int fd, const void *buffer, size_t n)
{
	return by_errno(mn_write(fd, buffer, n));
}

ssize_t mn_posix_readv(int fd, const struct iovec *parts, int n)
{
	return by_errno(mn_readv(fd, parts, n));
}

ssize_t mn_posix_writev(int fd, const struct iovec *parts, int n)
{
	return by_errno(mn_writev(fd, parts, n));
}

ssize_t mn_posix_pread(int fd, void *buffer, size_t n, off_t at)
{
	return by_errno(mn_pread(fd, buffer, n, at));
}

ssize_t mn_posix_pwrite(int fd, const void *buffer, size_t n, off_t at)
{
	return by_errno(mn_pwrite(fd, buffer, n, at));
}

int mn_posix_fsync(int fd)
{
	return (int)by_errno(mn_fsync(fd));
}

int mn_posix_fdatasync(int fd)
{
	return (int)by_errno(mn_fdatasync(fd));
}

/* The mode, where these flags have one. */
static mode_t mode_of(int flags, va_list args)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
}

int mn_posix_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return (int)by_errno(mn_open(path, flags, mode));
}

int mn_posix_openat(int folder, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return (int)by_errno(mn_openat(folder, path, flags, mode));
}

int mn_posix_creat(const char *path, mode_t mode)
{
	return (int)by_errno(mn_open(path, O_CREAT | O_WRONLY | O_TRUNC, mode));
}

int mn_posix_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	return (int)by_errno(mn_poll(fds, n, timeout_ms));
}

int mn_posix_select(int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
	return (int)by_errno(mn_select(n, in, out, except, timeout));
}

int mn_posix_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		   const sigset_t *mask)
{
	return (int)by_errno(mn_ppoll(fds, n, timeout, mask));
}

int mn_posix_pselect(int n, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
		     const sigset_t *mask)
{
	return (int)by_errno(mn_pselect(n, in, out, except, timeout, mask));
}

int mn_posix_epoll_wait(int ep, struct epoll_event *events, int most, int timeout_ms)
{
	return (int)by_errno(mn_epoll_wait(ep, events, most, timeout_ms));
}

/* --- sockets --- */

int mn_posix_socket(int domain, int type, int protocol)
{
	return (int)by_errno(mn_socket(domain, type, protocol));
}

int mn_posix_socketpair(int domain, int type, int protocol, int fds[2])
{
	return (int)by_errno(mn_socketpair(domain, type, protocol, fds));
}

int mn_posix_setsockopt(int fd, int level, int option, const void *value, socklen_t n)
{
	return (int)by_errno(mn_setsockopt(fd, level, option, value, n));
}

int mn_posix_connect(int fd, const struct sockaddr *to, socklen_t n)
{
	return (int)by_errno(mn_connect(fd, to, n));
}

int mn_posix_accept(int fd, struct sockaddr *from, socklen_t *n)
{
	return (int)by_errno(mn_accept4(fd, from, n, 0));
}

int mn_posix_accept4(int fd, struct sockaddr *from, socklen_t *n, int flags)
{
	return (int)by_errno(mn_accept4(fd, from, n, flags));
}

ssize_t mn_posix_recv(int fd, void *buffer, size_t n, int flags)
{
	return by_errno(mn_recv(fd, buffer, n, flags));
}

ssize_t mn_posix_recvfrom(int fd, void *buffer, size_t n, int flags, struct sockaddr *from,
			  socklen_t *size)
{
	return by_errno(mn_recvfrom(fd, buffer, n, flags, from, size));
}

ssize_t mn_posix_recvmsg(int fd, struct msghdr *message, int flags)
{
	return by_errno(mn_recvmsg(fd, message, flags));
}

ssize_t mn_posix_send(int fd, const void *buffer, size_t n, int flags)
{
	return by_errno(mn_send(fd, buffer, n, flags));
}

ssize_t mn_posix_sendto(int fd, const void *buffer, size_t n, int flags, const struct sockaddr *to,
			socklen_t size)
{
	return by_errno(mn_sendto(fd, buffer, n, flags, to, size));
}

ssize_t mn_posix_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return by_errno(mn_sendmsg(fd, message, flags));
}

int mn_posix_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			 struct addrinfo **result)
{
	return mn_getaddrinfo(node, service, hints, result);
}

/* --- fds --- */

int mn_posix_pipe(int fds[2])
{
	return (int)by_errno(mn_pipe2(fds, 0));
}

int mn_posix_pipe2(int fds[2], int flags)
{
	return (int)by_errno(mn_pipe2(fds, flags));
}

int mn_posix_eventfd(unsigned value, int flags)
{
	return (int)by_errno(mn_eventfd(value, flags));
}

int mn_posix_timerfd_create(clockid_t clock, int flags)
{
	return (int)by_errno(mn_timerfd_create(clock, flags));
}

int mn_posix_dup(int fd)
{
	return (int)by_errno(mn_dup(fd));
}

int mn_posix_dup2(int fd, int to)
{
	if (fd == to)
		return fcntl(fd, F_GETFD) < 0 ? -1 : to;
	return (int)by_errno(mn_dup3(fd, to, 0));
}

int mn_posix_dup3(int fd, int to, int flags)
{
	return (int)by_errno(mn_dup3(fd, to, flags));
}

int mn_posix_fcntl(int fd, int command, ...)
{
	va_list args;
	long argument;

	va_start(args, command);
	argument = va_arg(args, long); /* rubbish where the command takes none */
	va_end(args);
	return (int)by_errno(mn_fcntl(fd, command, argument));
}

int mn_posix_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *argument;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	return (int)by_errno(mn_ioctl(fd, request, argument));
}

int mn_posix_close(int fd)
{
	return (int)by_errno(mn_close(fd));
}

/* From now on fclose() may close it. */
FILE *mn_posix_fdopen(int fd, const char *mode)
{
	mn_fd_release(fd);
	return fdopen(fd, mode);
}
