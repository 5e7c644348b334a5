/*
 * mn: input and output that blocks the calling green thread and not its worker.
 *
 * Each function does what the POSIX function does whose name it has after mn_,
 * on fds as they are: sockets, pipes, terminals, files. There is nothing to
 * register. It returns what that one returns, or -errno, and -ECANCELED never: those that
 * say so are cancellation points. mn_pthread.h gives them POSIX's names and
 * error convention.
 *
 *   - An fd in blocking mode blocks the green thread; one that the program has set
 *     O_NONBLOCK on gives -EAGAIN, as always.
 *   - Several threads may use one fd, in both directions at a time. mn_close()
 *     makes all who wait for it return -EBADF.
 *   - SO_RCVTIMEO and SO_SNDTIMEO hold, if they are set by mn_setsockopt() or before the
 *     runtime first sees the socket.
 *   - Files, which are always "ready", may take the disk's time: what is not in
 *     the page cache is done on a spare kernel thread.
 *   - A listening socket is made O_NONBLOCK by the first mn_accept4(); programs that
 *     share it should know. mn_fcntl() does not show it.
 *   - The ends of a pipe that are used much are opened once more, for this runtime alone: it takes
 *     up to an eighth of the fds that the process may have. Others see nothing of it.
 *   - shutdown(), bind(), listen() and the like block nobody: they are called as they are.
 *   - On a kernel thread that is no worker, and before the runtime runs, they are the plain
 *     system calls.
 *
 * An fd got from one of these functions should be closed by mn_close(), or handed over by
 * mn_fd_release(): a number that is closed and made anew by others out of sight is
 * mistaken for what it was.
 */
#ifndef MN_IO_H
#define MN_IO_H

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* --- any fd; cancellation points --- */
ssize_t mn_read(int fd, void *buffer, size_t n);
ssize_t mn_write(int fd, const void *buffer, size_t n);
ssize_t mn_readv(int fd, const struct iovec *parts, int n);
ssize_t mn_writev(int fd, const struct iovec *parts, int n);
ssize_t mn_pread(int fd, void *buffer, size_t n, off_t at);
ssize_t mn_pwrite(int fd, const void *buffer, size_t n, off_t at);
int mn_fsync(int fd);
int mn_fdatasync(int fd);
int mn_open(const char *path, int flags, mode_t mode);
int mn_openat(int folder, const char *path, int flags, mode_t mode);

/*
 * timeout_ms -1, timeout NULL: for ever. mn_select() leaves in *timeout what is left of it, as
 * Linux does. mask must be NULL (-ENOTSUP): a green thread has no mask of signals of its own.
 */
int mn_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int mn_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask);
int mn_select(int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout);
int mn_pselect(int n, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
	       const sigset_t *mask);
int mn_epoll_wait(int ep, struct epoll_event *events, int most, int timeout_ms);

/* --- sockets; cancellation points, but for the first three --- */
int mn_socket(int domain, int type, int protocol);
int mn_socketpair(int domain, int type, int protocol, int fds[2]);
int mn_setsockopt(int fd, int level, int option, const void *value, socklen_t n);
int mn_connect(int fd, const struct sockaddr *to, socklen_t n);
int mn_accept(int fd, struct sockaddr *from, socklen_t *n);
int mn_accept4(int fd, struct sockaddr *from, socklen_t *n, int flags);
ssize_t mn_recv(int fd, void *buffer, size_t n, int flags);
ssize_t mn_recvfrom(int fd, void *buffer, size_t n, int flags, struct sockaddr *from,
		    socklen_t *size);
ssize_t mn_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t mn_send(int fd, const void *buffer, size_t n, int flags);
ssize_t mn_sendto(int fd, const void *buffer, size_t n, int flags, const struct sockaddr *to,
		  socklen_t size);
ssize_t mn_sendmsg(int fd, const struct msghdr *message, int flags);

/* 0, or an error of getaddrinfo(). Asks on a spare kernel thread; not a cancellation point. */
struct addrinfo;
int mn_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		   struct addrinfo **result);

/* --- making, copying and closing fds: no cancellation points --- */
/* Nothing here blocks, but for mn_close() of a socket that lingers: SO_LINGER by mn_setsockopt(). */
int mn_pipe2(int fds[2], int flags);
int mn_eventfd(unsigned value, int flags);
int mn_timerfd_create(clockid_t clock, int flags);
int mn_dup(int fd);
int mn_dup3(int fd, int to, int flags);
/* As fcntl(); argument: an int or a pointer. F_SETLKW and its like block the green thread. */
int mn_fcntl(int fd, int command, long argument);
int mn_ioctl(int fd, unsigned long request, void *argument);
int mn_close(int fd);
/* Who else may close it, such as a library, or fclose() after fdopen(): nothing is assumed of it. */
void mn_fd_release(int fd);

/* --- any call that blocks the kernel thread --- */

/*
 * Calls fn(arg) on a spare kernel thread and gives its result and errno; blocks.
 * There are 64 at most; further calls wait for one. They are reused, and end after 5
 * seconds without work. In there the caller is no
 * green thread: no locks, waits and keys of this runtime. Not a cancellation point.
 */
void *mn_blocking(void *(*fn)(void *arg), void *arg);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
