/*
 * POSIX's names of input and output on green threads; part of mn_pthread.h,
 * which see. The functions are those of mn_io.h, with POSIX's error convention.
 *
 * In C the names are mapped from here on, those of structure members too: they
 * are the same in all that is compiled with this header. In C++, where standard
 * classes have members of these names, they are not mapped: use mn_io.h.
 */
#ifndef MN_POSIX_IO_H
#define MN_POSIX_IO_H

#include <fcntl.h>
#include <netdb.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "mn_io.h"

struct addrinfo; /* strict C hides it */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

ssize_t mn_posix_read(int fd, void *buffer, size_t n);
ssize_t mn_posix_write(int fd, const void *buffer, size_t n);
ssize_t mn_posix_readv(int fd, const struct iovec *parts, int n);
ssize_t mn_posix_writev(int fd, const struct iovec *parts, int n);
ssize_t mn_posix_pread(int fd, void *buffer, size_t n, off_t at);
ssize_t mn_posix_pwrite(int fd, const void *buffer, size_t n, off_t at);
int mn_posix_fsync(int fd);
int mn_posix_fdatasync(int fd);
int mn_posix_open(const char *path, int flags, ...);
int mn_posix_openat(int folder, const char *path, int flags, ...);
int mn_posix_creat(const char *path, mode_t mode);
int mn_posix_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int mn_posix_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		   const sigset_t *mask);
int mn_posix_select(int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout);
int mn_posix_pselect(int n, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
		     const sigset_t *mask);
int mn_posix_epoll_wait(int ep, struct epoll_event *events, int most, int timeout_ms);

int mn_posix_socket(int domain, int type, int protocol);
int mn_posix_socketpair(int domain, int type, int protocol, int fds[2]);
int mn_posix_setsockopt(int fd, int level, int option, const void *value, socklen_t n);
int mn_posix_connect(int fd, const struct sockaddr *to, socklen_t n);
int mn_posix_accept(int fd, struct sockaddr *from, socklen_t *n);
int mn_posix_accept4(int fd, struct sockaddr *from, socklen_t *n, int flags);
ssize_t mn_posix_recv(int fd, void *buffer, size_t n, int flags);
ssize_t mn_posix_recvfrom(int fd, void *buffer, size_t n, int flags, struct sockaddr *from,
			  socklen_t *size);
ssize_t mn_posix_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t mn_posix_send(int fd, const void *buffer, size_t n, int flags);
ssize_t mn_posix_sendto(int fd, const void *buffer, size_t n, int flags, const struct sockaddr *to,
			socklen_t size);
ssize_t mn_posix_sendmsg(int fd, const struct msghdr *message, int flags);
int mn_posix_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			 struct addrinfo **result);

int mn_posix_pipe(int fds[2]);
int mn_posix_pipe2(int fds[2], int flags);
int mn_posix_eventfd(unsigned value, int flags);
int mn_posix_timerfd_create(clockid_t clock, int flags);
int mn_posix_dup(int fd);
int mn_posix_dup2(int fd, int to);
int mn_posix_dup3(int fd, int to, int flags);
int mn_posix_fcntl(int fd, int command, ...);
int mn_posix_ioctl(int fd, unsigned long request, ...);
int mn_posix_close(int fd);
/* FILE's other name: with <stdio.h> come members of the names that are mapped below. */
struct _IO_FILE *mn_posix_fdopen(int fd, const char *mode);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#if !defined(MN_PTHREAD_NO_NAMES) && !defined(__cplusplus)
#define read mn_posix_read
#define write mn_posix_write
#define readv mn_posix_readv
#define writev mn_posix_writev
#define pread mn_posix_pread
#define pwrite mn_posix_pwrite
#define fsync mn_posix_fsync
#define fdatasync mn_posix_fdatasync
#define open mn_posix_open
#define openat mn_posix_openat
#define creat mn_posix_creat
#define poll mn_posix_poll
#define ppoll mn_posix_ppoll
#define select mn_posix_select
#define pselect mn_posix_pselect
#define epoll_wait mn_posix_epoll_wait

#define socket mn_posix_socket
#define socketpair mn_posix_socketpair
#define setsockopt mn_posix_setsockopt
#define connect mn_posix_connect
#define accept mn_posix_accept
#define accept4 mn_posix_accept4
#define recv mn_posix_recv
#define recvfrom mn_posix_recvfrom
#define recvmsg mn_posix_recvmsg
#define send mn_posix_send
#define sendto mn_posix_sendto
#define sendmsg mn_posix_sendmsg
#define getaddrinfo mn_posix_getaddrinfo

#define pipe mn_posix_pipe
#define pipe2 mn_posix_pipe2
#define eventfd mn_posix_eventfd
#define timerfd_create mn_posix_timerfd_create
#define dup mn_posix_dup
#define dup2 mn_posix_dup2
#define dup3 mn_posix_dup3
#define fcntl mn_posix_fcntl
#define ioctl mn_posix_ioctl
#define close mn_posix_close
#define fdopen mn_posix_fdopen
#endif

#endif
