/* read() and write(), and their variants on parts and at offsets. */
#include "io/call.h"

#include <limits.h>
#include <sys/syscall.h>

int mni_call_wait(struct mni_fd *e, int fd, enum mni_dir dir, uint32_t seq, bool dontwait)
{
	struct mni_until limit;
	int error;

	if (dontwait || mni_fd_is_nonblock(e, fd))
		return -EAGAIN;
	error = mni_fd_wait(e, fd, dir, seq,
			    mni_limit(&limit, mni_load(&e->limit_ns[dir], relaxed)));
	return error == -ETIMEDOUT ? -EAGAIN : error;
}

/* --- on a spare kernel thread --- */

struct offloaded {
	ssize_t (*fn)(void *arg);
	void *arg;
	ssize_t result;
};

static void call(void *arg)
{
	struct offloaded *o = arg;

	o->result = mni_result(o->fn(o->arg));
}

ssize_t mni_call_offload(ssize_t (*fn)(void *arg), void *arg)
{
	struct offloaded o = {fn, arg, 0};

	mni_offload(call, &o);
	return o.result;
}

/* --- one read or write, whatever it is --- */

struct transfer {
	int fd;
	enum mni_dir dir;
	const struct iovec *parts;
	int n;
	off_t at;       /* -1: where the file is, and on; else a file's offset */
	uint32_t tried; /* the seq at which it has been tried, and was to wait */
};

static ssize_t plainly(void *arg)
{
	struct transfer *t = arg;

	if (t->at >= 0)
		return t->dir == MNI_IN ? preadv(t->fd, t->parts, t->n, t->at)
					: pwritev(t->fd, t->parts, t->n, t->at);
	return t->dir == MNI_IN ? readv(t->fd, t->parts, t->n) : writev(t->fd, t->parts, t->n);
}

static ssize_t by_socket_call(struct transfer *t)
{
	struct msghdr m = {.msg_iov = (struct iovec *)t->parts, .msg_iovlen = (size_t)t->n};

	if (t->n == 1 && t->dir == MNI_IN)
		return recv(t->fd, t->parts->iov_base, t->parts->iov_len, MSG_DONTWAIT);
	if (t->n == 1)
		return send(t->fd, t->parts->iov_base, t->parts->iov_len, MSG_DONTWAIT);
	return t->dir == MNI_IN ? recvmsg(t->fd, &m, MSG_DONTWAIT)
				: sendmsg(t->fd, &m, MSG_DONTWAIT);
}

/* By system calls, and so are the next: libc makes ready for being cancelled, which costs a twentieth of the call. */
static ssize_t by_nowait(struct transfer *t)
{
	return syscall(t->dir == MNI_IN ? SYS_preadv2 : SYS_pwritev2, t->fd, t->parts, t->n, t->at,
		       0L, RWF_NOWAIT);
}

/*
 * Files of which the last HOT reads at offsets found all in the page cache are read by a plain
 * pread(), which costs the kernel a tenth less; each SAMPLE-th read still asks. So what is not
 * there any more blocks the worker a few times, which the watch (core/handoff.c) sees to, before
 * it is left to spare kernel threads again. What is no file has no offsets, and does not block.
 */
#define HOT 64
#define SAMPLE 16

static bool is_hot(struct mni_fd *e, struct transfer *t)
{
	uint8_t tries = mni_load(&e->tries, relaxed);

	if (tries < HOT || t->dir == MNI_OUT || t->at < 0 || t->n != 1)
		return false;
	mni_store(&e->tries, tries + 1 < HOT + SAMPLE ? tries + 1 : HOT, relaxed);
	return tries > HOT;
}

/* A file has been tried by RWF_NOWAIT. */
static void count_hit(struct mni_fd *e, struct transfer *t, ssize_t r)
{
	uint8_t tries = mni_load(&e->tries, relaxed);

	if (t->dir == MNI_OUT || t->at < 0 || t->n != 1)
		return;
	if (r < 0 || (size_t)r < t->parts->iov_len)
		mni_store(&e->tries, 0, relaxed);
	else if (tries < HOT)
		mni_store(&e->tries, tries + 1, relaxed);
}

/* No more than there is certainly room for in a pipe that has some. */
static ssize_t a_little(struct transfer *t)
{
	struct transfer little = *t;
	struct iovec part;
	size_t bytes = 0;
	int i;

	for (i = 0; i < t->n; i++)
		bytes += t->parts[i].iov_len;
	if (t->dir == MNI_IN || bytes <= PIPE_BUF)
		return plainly(t);
	for (i = 0; !t->parts[i].iov_len; i++)
		;
	part = t->parts[i];
	if (part.iov_len > PIPE_BUF)
		part.iov_len = PIPE_BUF;
	little.parts = &part;
	little.n = 1;
	return plainly(&little);
}

/*
 * Of a kind that cannot be tried without blocking. Another thread or process may be
 * quicker between the two calls; then this one blocks its worker.
 */
static ssize_t by_asking(struct transfer *t)
{
	struct pollfd p = {t->fd, t->dir == MNI_IN ? POLLIN : POLLOUT, 0};
	int flags;

	if (t->at >= 0 || mni_ready_now(&p, 1) > 0) /* what has offsets does not make wait */
		return a_little(t);
	/* What is not open for this is never ready. */
	flags = fcntl(t->fd, F_GETFL);
	if (flags >= 0)
		errno = (flags & O_ACCMODE) == (t->dir == MNI_IN ? O_WRONLY : O_RDONLY) ? EBADF
											: EAGAIN;
	return -1;
}

static __attribute__((noinline)) ssize_t use_twin(int twin, enum mni_dir dir, void *p, size_t n)
{
	return mni_result(syscall(dir == MNI_IN ? SYS_read : SYS_write, twin, p, n));
}

static ssize_t by_twin(struct transfer *t, int twin)
{
	if (t->n == 1)
		return use_twin(twin, t->dir, t->parts->iov_base, t->parts->iov_len);
	return mni_result(t->dir == MNI_IN ? readv(twin, t->parts, t->n)
					   : writev(twin, t->parts, t->n));
}

/* Without blocking. Not inlined: errno is where it is when no switch is in between. */
static __attribute__((noinline)) ssize_t try(struct mni_fd *e, struct transfer *t, uint32_t seq)
{
	enum mni_fd_kind kind = mni_fd_kind(e, t->fd);
	int twin = mni_load(&e->twin, relaxed);
	ssize_t r;

	if (twin && t->at < 0 && (r = by_twin(t, twin - 1)) != -EBADF)
		return r; /* else: closed this moment, or it is the end's other direction */
	if (kind == MNI_FD_TCP || kind == MNI_FD_SOCKET) {
		r = mni_result(by_socket_call(t));
		if (r != -ENOTSOCK)
			return r;
		kind = mni_fd_find_kind(e, t->fd); /* the number means another file now */
	}
	if (mni_load(&e->nonblock, relaxed) && mni_load(&e->owned, relaxed))
		return mni_result(plainly(t)); /* the cheapest way, where the program has set it */
	if (kind == MNI_FD_FILE && is_hot(e, t))
		return mni_result(
			syscall(SYS_pread64, t->fd, t->parts->iov_base, t->parts->iov_len, t->at));
	if (kind != MNI_FD_OTHER) {
		r = mni_result(by_nowait(t));
		if (kind == MNI_FD_FILE)
			count_hit(e, t, r);
		if (r > 0 && kind == MNI_FD_STREAM)
			mni_twin_count(e, t->fd, t->dir, seq);
		if (r != -EOPNOTSUPP && r != -ENOSYS)
			return r;
		if (kind == MNI_FD_FILE)
			return -EAGAIN;
		mni_store(&e->kind, MNI_FD_OTHER, relaxed);
	}
	return mni_result(by_asking(t));
}

/* Until something has been transferred, or nothing ever will. */
static ssize_t transfer(struct mni_fd *e, struct transfer *t, size_t bytes)
{
	for (;;) {
		uint32_t seq = mni_fd_seq(e, t->dir);
		ssize_t r = -EAGAIN;
		int error;

		if (mni_load(&e->dry[t->dir], relaxed) != seq && t->tried != seq)
			r = try(e, t, seq);
		if (r > 0 && t->dir == MNI_OUT)
			mni_pipe_wrote(e);
		if (r >= 0 && (size_t)r < bytes && mni_load(&e->kind, relaxed) == MNI_FD_TCP &&
		    t->dir == MNI_IN && r)
			mni_fd_set_dry(e, MNI_IN,
				       seq); /* all there was: the rest will be reported */
		if (r != -EAGAIN)
			return r;
		if (mni_load(&e->kind, relaxed) == MNI_FD_FILE)
			return mni_call_offload(plainly, t);
		error = mni_call_wait(e, t->fd, t->dir, seq, false);
		if (error == -EPERM) /* not a thing to wait for */
			return mni_call_offload(plainly, t);
		if (error)
			return error;
	}
}

/* Makes *t what is left of it after `done` more bytes; parts: room for what that takes. */
static void advance(struct transfer *t, struct iovec *parts, size_t done)
{
	if (t->at >= 0)
		t->at += (off_t)done;
	while (t->n && done >= t->parts->iov_len) {
		done -= t->parts->iov_len;
		t->parts++;
		t->n--;
	}
	if (!done)
		return;
	__builtin_memmove(parts, t->parts, (size_t)t->n * sizeof *parts);
	parts->iov_base = (char *)parts->iov_base + done;
	parts->iov_len -= done;
	t->parts = parts;
}

/*
 * Whether a call that has transferred a part goes on: a blocking write does, and
 * a file's read, which may have met what is not in the page cache.
 */
static bool goes_on(struct mni_fd *e, struct transfer *t)
{
	return mni_load(&e->kind, relaxed) == MNI_FD_FILE ||
	       (t->dir == MNI_OUT && !mni_fd_is_nonblock(e, t->fd));
}

/* room: for as many parts as there are. */
static ssize_t transfer_all(struct transfer t, size_t bytes, struct iovec *room)
{
	struct mni_fd *e;
	size_t done = 0;
	ssize_t r;
	int error;

	if (!mni_self() || t.n < 1)
		return mni_result(plainly(&t));
	if (!(e = mni_call_begin(t.fd, &error)))
		return error;
	for (;;) {
		r = transfer(e, &t, bytes - done);
		if (r > 0)
			done += (size_t)r;
		if (r <= 0 || done >= bytes || !goes_on(e, &t))
			break;
		advance(&t, room, (size_t)r);
	}
	return done ? (ssize_t)done : mni_call_end(r);
}

/*
 * A pipe's end with a twin, as long as there is nothing to wait for: the shortest way.
 * Negative: the long one is to be gone; *tried is the seq at which it would have had to wait.
 */
static inline ssize_t by_shortcut(int fd, enum mni_dir dir, void *p, size_t n, uint32_t *tried)
{
	struct mni_fd *e = fd >= 0 ? mni_fd_known(fd) : NULL;
	int twin = e ? mni_load(&e->twin, relaxed) : 0;
	struct mni_worker *w = twin ? mni_self() : NULL;
	uint32_t seq;
	ssize_t r;

	if (!w)
		return -1;
	if (mni_cancel_due(w->current))
		mn_thread_exit(MN_CANCELED);
	seq = mni_fd_seq(e, dir);
	r = use_twin(twin - 1, dir, p, n);
	if (r == -EAGAIN)
		*tried = seq;
	if (r > 0 && dir == MNI_OUT)
		mni_pipe_wrote(e);
	return r;
}

ssize_t mn_read(int fd, void *buffer, size_t n)
{
	uint32_t tried = 0;
	ssize_t r = by_shortcut(fd, MNI_IN, buffer, n, &tried);
	struct iovec part = {buffer, n};

	return r >= 0 ? r
		      : transfer_all((struct transfer){fd, MNI_IN, &part, 1, -1, tried}, n, &part);
}

ssize_t mn_pread(int fd, void *buffer, size_t n, off_t at)
{
	struct iovec part = {buffer, n};

	return at < 0 ? -EINVAL
		      : transfer_all((struct transfer){fd, MNI_IN, &part, 1, at, 0}, n, &part);
}

ssize_t mn_write(int fd, const void *buffer, size_t n)
{
	uint32_t tried = 0;
	/* Up to PIPE_BUF bytes are written all or none. */
	ssize_t r = n <= PIPE_BUF ? by_shortcut(fd, MNI_OUT, (void *)buffer, n, &tried) : -1;
	struct iovec part = {(void *)buffer, n};

	return r >= 0 ? r
		      : transfer_all((struct transfer){fd, MNI_OUT, &part, 1, -1, tried}, n, &part);
}

ssize_t mn_pwrite(int fd, const void *buffer, size_t n, off_t at)
{
	struct iovec part = {(void *)buffer, n};

	return at < 0 ? -EINVAL
		      : transfer_all((struct transfer){fd, MNI_OUT, &part, 1, at, 0}, n, &part);
}

/* The sum of the lengths, or -EINVAL as the kernel says it. */
static ssize_t length(const struct iovec *parts, int n)
{
	size_t bytes = 0;

	if (n < 0 || n > IOV_MAX)
		return -EINVAL;
	for (int i = 0; i < n; i++) {
		if (parts[i].iov_len > SSIZE_MAX - bytes)
			return -EINVAL;
		bytes += parts[i].iov_len;
	}
	return (ssize_t)bytes;
}

/* Parts beyond this are transferred by a call of their own: a stack is small. */
#define PARTS 64

static ssize_t transfer_parts(int fd, enum mni_dir dir, const struct iovec *parts, int n)
{
	struct iovec room[PARTS];
	ssize_t bytes = length(parts, n);
	ssize_t done = 0;

	if (bytes < 0)
		return bytes;
	do {
		int now = n < PARTS ? n : PARTS;
		size_t want = (size_t)length(parts, now);
		ssize_t r = transfer_all((struct transfer){fd, dir, parts, now, -1, 0}, want, room);

		if (r < 0)
			return done ? done : r;
		done += r;
		if ((size_t)r < want || dir == MNI_IN)
			break;
		parts += now;
		n -= now;
	} while (n);
	return done;
}

ssize_t mn_readv(int fd, const struct iovec *parts, int n)
{
	return transfer_parts(fd, MNI_IN, parts, n);
}

ssize_t mn_writev(int fd, const struct iovec *parts, int n)
{
	return transfer_parts(fd, MNI_OUT, parts, n);
}
