/*
 * One call: tried without blocking, waited for, tried again. io.h says how it
 * fits together.
 */
#ifndef MNI_CALL_H
#define MNI_CALL_H

#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "io/io.h"
#include "mn_io.h"

#pragma GCC visibility push(hidden)

/* What a libc function returned, as this runtime returns it. errno is read where it was set. */
static inline ssize_t mni_result(ssize_t r)
{
	return r < 0 ? -(ssize_t)errno : r;
}

/* poll() without waiting: the one call that a tick ends early although it is to be restarted. */
static inline int mni_ready_now(struct pollfd *fds, nfds_t n)
{
	int r;

	do
		r = (int)mni_result(poll(fds, n, 0));
	while (r == -EINTR);
	return r;
}

/*
 * The entry for a call of the running green thread; acts on cancellation first.
 * NULL: *error says why. (A plain call might block the worker for ever.)
 */
static inline struct mni_fd *mni_call_begin(int fd, int *error)
{
	struct mni_fd *e;

	mn_thread_test_cancel();
	e = mni_fd_entry(fd);
	*error = e ? 0 : fd < 0 ? -EBADF : -ENOMEM;
	return e;
}

static inline enum mni_fd_kind mni_fd_kind(struct mni_fd *e, int fd)
{
	enum mni_fd_kind kind = mni_load(&e->kind, relaxed);

	return kind ? kind : mni_fd_find_kind(e, fd);
}

/*
 * After EAGAIN at seq. 0: try again. Otherwise what the call is to return, if it
 * has done nothing yet: -EAGAIN, -EBADF, ...; -ECANCELED: mn_thread_exit().
 */
int mni_call_wait(struct mni_fd *e, int fd, enum mni_dir dir, uint32_t seq, bool dontwait);

/* Ends the thread if the result says that it has been cancelled. */
static inline ssize_t mni_call_end(ssize_t result)
{
	if (result == -ECANCELED)
		mn_thread_exit(MN_CANCELED);
	return result;
}

/* The same call as a plain system call on a spare kernel thread; it cannot be cancelled. */
ssize_t mni_call_offload(ssize_t (*fn)(void *arg), void *arg);

#pragma GCC visibility pop

#endif
