/* Sockets: what read() and write() cannot do. */
#include "io/call.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/time.h>
#include <sys/un.h>

int mn_socket(int domain, int type, int protocol)
{
	int fd = (int)mni_result(socket(domain, type, protocol));
	bool tcp = (domain == AF_INET || domain == AF_INET6) &&
		   (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM &&
		   (!protocol || protocol == IPPROTO_TCP);

	if (fd >= 0)
		mni_fd_made(fd, type & SOCK_NONBLOCK, tcp ? MNI_FD_TCP : MNI_FD_SOCKET);
	return fd;
}

int mn_socketpair(int domain, int type, int protocol, int fds[2])
{
	int error = (int)mni_result(socketpair(domain, type, protocol, fds));

	for (int i = 0; !error && i < 2; i++)
		mni_fd_made(fds[i], type & SOCK_NONBLOCK, MNI_FD_SOCKET);
	return error;
}

int mn_setsockopt(int fd, int level, int option, const void *value, socklen_t n)
{
	int error = (int)mni_result(setsockopt(fd, level, option, value, n));
	const struct timeval *t = value;
	const struct linger *l = value;
	struct mni_fd *e;

	if (!error && level == SOL_SOCKET && option == SO_LINGER && (e = mni_fd_entry(fd)))
		mni_store(&e->lingers, l->l_onoff && l->l_linger, relaxed);
	if (!error && level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO) &&
	    (e = mni_fd_entry(fd)))
		mni_store(&e->limit_ns[option == SO_RCVTIMEO ? MNI_IN : MNI_OUT],
			  (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_usec * 1000, relaxed);
	return error;
}

/* --- messages --- */

struct message {
	int fd;
	enum mni_dir dir;
	int flags;
	union {
		struct msghdr *in;
		const struct msghdr *out;
	} m;
};

/* Not inlined: errno is where it is when no switch is in between. */
static __attribute__((noinline)) ssize_t move(struct message *m, int flags)
{
	flags |= m->flags;
	return mni_result(m->dir == MNI_IN ? recvmsg(m->fd, m->m.in, flags)
					   : sendmsg(m->fd, m->m.out, flags));
}

static ssize_t move_or_wait(struct mni_fd *e, struct message *m)
{
	for (;;) {
		uint32_t seq = mni_fd_seq(e, m->dir);
		ssize_t r = move(m, MSG_DONTWAIT);

		if (r == -EAGAIN)
			r = mni_call_wait(e, m->fd, m->dir, seq, m->flags & MSG_DONTWAIT);
		else
			return r;
		if (r)
			return r;
	}
}

static ssize_t message(struct message m)
{
	struct mni_fd *e;
	int error;

	if (!mni_self())
		return move(&m, 0);
	if (!(e = mni_call_begin(m.fd, &error)))
		return error;
	mni_fd_kind(e, m.fd); /* finds out about its time limits */
	return mni_call_end(move_or_wait(e, &m));
}

/* Whether the call is to move all of it, and may have to be repeated for that. */
static bool wants_all(int fd, const struct message *m)
{
	int type;
	socklen_t n = sizeof type;

	if (m->flags & MSG_DONTWAIT)
		return false;
	if (m->dir == MNI_IN && (m->flags & (MSG_WAITALL | MSG_PEEK)) != MSG_WAITALL)
		return false;
	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) && type == SOCK_STREAM &&
	       !mni_fd_is_nonblock(mni_fd_entry(fd), fd);
}

/* One buffer; goes on after a part where the kernel would. */
static ssize_t buffer(int fd, enum mni_dir dir, void *p, size_t n, int flags)
{
	struct iovec part = {p, n};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};
	struct message m = {fd, dir, flags, {&h}};
	size_t done = 0;
	ssize_t r;

	for (;;) {
		r = message(m);
		if (r > 0)
			done += (size_t)r;
		if (r <= 0 || done >= n || !wants_all(fd, &m))
			break;
		part = (struct iovec){(char *)p + done, n - done};
	}
	return done ? (ssize_t)done : r;
}

ssize_t mn_recv(int fd, void *p, size_t n, int flags)
{
	return flags ? buffer(fd, MNI_IN, p, n, flags) : mn_read(fd, p, n);
}

ssize_t mn_send(int fd, const void *p, size_t n, int flags)
{
	return buffer(fd, MNI_OUT, (void *)p, n, flags);
}

ssize_t mn_recvmsg(int fd, struct msghdr *h, int flags)
{
	return message((struct message){fd, MNI_IN, flags, {h}});
}

/* What is left of a stream's message: the parts, moved along; the control data went with the first. */
static ssize_t send_rest(struct message m, const struct msghdr *h, size_t done)
{
	size_t sent = done;

	for (size_t i = 0; i < h->msg_iovlen; i++) {
		struct iovec part = h->msg_iov[i];
		ssize_t r;

		if (done >= part.iov_len) {
			done -= part.iov_len;
			continue;
		}
		r = buffer(m.fd, MNI_OUT, (char *)part.iov_base + done, part.iov_len - done,
			   m.flags);
		if (r < 0)
			break;
		sent += (size_t)r;
		if ((size_t)r < part.iov_len - done)
			break;
		done = 0;
	}
	return (ssize_t)sent;
}

ssize_t mn_sendmsg(int fd, const struct msghdr *h, int flags)
{
	struct message m = {.fd = fd, .dir = MNI_OUT, .flags = flags, .m.out = h};
	ssize_t r = message(m);
	size_t n = 0;

	for (size_t i = 0; r > 0 && i < h->msg_iovlen; i++)
		n += h->msg_iov[i].iov_len;
	return r > 0 && (size_t)r < n && mni_self() && wants_all(fd, &m)
		       ? send_rest(m, h, (size_t)r)
		       : r;
}

ssize_t mn_recvfrom(int fd, void *p, size_t n, int flags, struct sockaddr *from, socklen_t *size)
{
	struct iovec part = {p, n};
	struct msghdr h = {.msg_name = from, .msg_iov = &part, .msg_iovlen = 1};
	ssize_t r;

	if (!from)
		return mn_recv(fd, p, n, flags);
	h.msg_namelen = *size;
	r = mn_recvmsg(fd, &h, flags);
	if (r >= 0)
		*size = h.msg_namelen;
	return r;
}

ssize_t mn_sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to,
		  socklen_t size)
{
	struct iovec part = {(void *)p, n};
	struct msghdr h = {
		.msg_name = (void *)to, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1};

	return to ? mn_sendmsg(fd, &h, flags) : mn_send(fd, p, n, flags);
}

/* --- connections --- */

/* There is no accepting without waiting but by O_NONBLOCK. */
static __attribute__((noinline)) bool force_nonblock(struct mni_fd *e, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return false;
	mni_store(&e->forced, true, relaxed);
	return true;
}

static __attribute__((noinline)) int try_accept(int fd, struct sockaddr *from, socklen_t *n,
						int flags)
{
	return (int)mni_result(accept4(fd, from, n, flags));
}

static void accepted(int fd, struct mni_fd *listener, int flags)
{
	struct mni_fd *e = mni_fd_entry(fd);

	mni_fd_made(fd, flags & SOCK_NONBLOCK, mni_load(&listener->kind, relaxed));
	for (enum mni_dir d = MNI_IN; e && d <= MNI_OUT; d++)
		mni_store(&e->limit_ns[d], mni_load(&listener->limit_ns[d], relaxed), relaxed);
}

int mn_accept4(int fd, struct sockaddr *from, socklen_t *n, int flags)
{
	struct mni_fd *e;
	int r;

	if (!mni_self())
		return try_accept(fd, from, n, flags);
	if (!(e = mni_call_begin(fd, &r)))
		return r;
	mni_fd_kind(e, fd);
	if (!mni_load(&e->forced, relaxed) && !mni_fd_is_nonblock(e, fd) && !force_nonblock(e, fd))
		return try_accept(fd, from, n, flags); /* it says what is wrong */
	for (;;) {
		uint32_t seq = mni_fd_seq(e, MNI_IN);

		r = -EAGAIN;
		if (mni_load(&e->dry[MNI_IN], relaxed) != seq)
			r = try_accept(fd, from, n, flags);
		if (r >= 0)
			accepted(r, e, flags);
		if (r != -EAGAIN)
			return r;
		mni_fd_set_dry(e, MNI_IN, seq);
		r = mni_call_wait(e, fd, MNI_IN, seq, false);
		if (r)
			return (int)mni_call_end(r);
	}
}

int mn_accept(int fd, struct sockaddr *from, socklen_t *n)
{
	return mn_accept4(fd, from, n, 0);
}

static __attribute__((noinline)) int connect_once(int fd, const struct sockaddr *to, socklen_t n)
{
	return (int)mni_result(connect(fd, to, n));
}

struct connecting {
	int fd;
	const struct sockaddr *to;
	socklen_t n;
};

static ssize_t connect_plainly(void *arg)
{
	struct connecting *c = arg;

	return connect(c->fd, c->to, c->n);
}

/* 0: connected; -EINPROGRESS: not yet; or why not. */
static __attribute__((noinline)) int connect_result(int fd)
{
	struct pollfd p = {fd, POLLOUT, 0};
	int error;
	socklen_t n = sizeof error;

	if (mni_ready_now(&p, 1) <= 0)
		return -EINPROGRESS;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) ? -errno : -error;
}

static int await_connection(struct mni_fd *e, int fd)
{
	struct mni_until limit;
	struct mni_until *until = mni_limit(&limit, mni_load(&e->limit_ns[MNI_OUT], relaxed));

	for (;;) {
		uint32_t seq = mni_fd_seq(e, MNI_OUT);
		int r = connect_result(fd);

		if (r != -EINPROGRESS)
			return r;
		r = mni_fd_wait(e, fd, MNI_OUT, seq, until);
		if (r)
			return r == -ETIMEDOUT ? -EINPROGRESS : r;
	}
}

int mn_connect(int fd, const struct sockaddr *to, socklen_t n)
{
	struct connecting c = {fd, to, n};
	struct mni_fd *e;
	int flags;
	int r;

	if (!mni_self())
		return connect_once(fd, to, n);
	if (!(e = mni_call_begin(fd, &r)))
		return r;
	mni_fd_kind(e, fd);
	if (mni_fd_is_nonblock(e, fd))
		return connect_once(fd, to, n);
	flags = fcntl(fd, F_GETFL);
	if (flags >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	r = connect_once(fd, to, n);
	if (flags >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags);
	if (r == -EINPROGRESS)
		r = await_connection(e, fd);
	else if (r == -EAGAIN &&
		 to->sa_family == AF_UNIX) /* its queue is full: nothing is reported */
		r = (int)mni_call_offload(connect_plainly, &c);
	return (int)mni_call_end(r);
}

/* --- names --- */

struct lookup {
	const char *node, *service;
	const struct addrinfo *hints;
	struct addrinfo **result;
	int error;
};

static void *look_up(void *arg)
{
	struct lookup *l = arg;

	l->error = getaddrinfo(l->node, l->service, l->hints, l->result);
	return NULL;
}

int mn_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		   struct addrinfo **result)
{
	struct lookup l = {node, service, hints, result, 0};

	mn_blocking(look_up, &l);
	return l.error;
}
