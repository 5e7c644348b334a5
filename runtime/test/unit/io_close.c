/*
 * Proves: whoever waits for an fd that is closed, in either direction, by poll(), to
 * accept or to be connected, gets -EBADF and does not hang, and the number's next
 * file is not mistaken for the old one; a close that lingers blocks its green thread
 * alone; a thread that waits for I/O can be cancelled, its handlers run, and the fd
 * is as good as before; what has been written when the cancellation comes is said to
 * have been written; cancellation acts in calls that need not wait.
 */
#include "io_test.h"

static char bytes[1 << 20];

static void *read_closed(void *arg)
{
	char c;

	CHECK_EQ(mn_read((int)(uintptr_t)arg, &c, 1), -EBADF);
	return NULL;
}

static void *write_closed(void *arg)
{
	ssize_t n = mn_write((int)(uintptr_t)arg, bytes, sizeof bytes);

	CHECK(n == -EBADF || (n > 0 && n < (ssize_t)sizeof bytes));
	return NULL;
}

static void *poll_closed(void *arg)
{
	struct pollfd p[2] = {{(int)(uintptr_t)arg, POLLIN, 0}, {-1, POLLIN, 0}};

	CHECK_EQ(mn_poll(p, 2, -1), 1);
	CHECK_EQ(p[0].revents, POLLNVAL);
	CHECK_EQ(p[1].revents, 0);
	return NULL;
}

static void *accept_closed(void *arg)
{
	CHECK_EQ(mn_accept((int)(uintptr_t)arg, NULL, NULL), -EBADF);
	return NULL;
}

static void make_pair(int fds[2], int kind)
{
	int small = 65536;

	switch (kind) {
	case 0:
		CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		return;
	case 1:
		CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0); /* unseen */
		return;
	default:
		test_tcp_pair(fds);
		CHECK_EQ(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
		CHECK_EQ(setsockopt(fds[1], SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
	}
}

static void closing(int kind)
{
	mn_thread_t t[4];
	int fds[2];
	char c;

	make_pair(fds, kind);
	t[0] = test_spawn(read_closed, (void *)(uintptr_t)fds[0]);
	t[1] = test_spawn(read_closed, (void *)(uintptr_t)fds[0]);
	t[2] = test_spawn(write_closed, (void *)(uintptr_t)fds[0]);
	t[3] = test_spawn(poll_closed, (void *)(uintptr_t)fds[0]);
	test_until_io_waits(4);
	CHECK_EQ(mn_close(fds[0]), 0);
	for (int i = 0; i < 4; i++)
		test_join(t[i]);
	do { /* the other end sees it */
		ssize_t n = mn_read(fds[1], bytes, sizeof bytes);

		CHECK(n >= 0 || n == -ECONNRESET);
		if (n <= 0)
			break;
	} while (1);
	CHECK_EQ(mn_close(fds[1]), 0);
	make_pair(fds, kind); /* of the same numbers, most likely */
	t[0] = test_spawn(read_closed, (void *)(uintptr_t)fds[0]);
	test_until_io_waits(1);
	CHECK_EQ(mn_write(fds[0], "a", 1), 1);
	CHECK_EQ(mn_read(fds[1], &c, 1), 1);
	CHECK_EQ(mn_close(fds[0]), 0);
	test_join(t[0]);
	CHECK_EQ(mn_close(fds[1]), 0);
}

/* Who polls it is told that it is closed, also when the number means a ready file by then. */
static void reused(void)
{
	mn_thread_t t;
	int fds[2];
	int other[2];

	make_pair(fds, 0);
	make_pair(other, 0);
	CHECK_EQ(mn_write(other[0], "a", 1), 1);
	t = test_spawn(poll_closed, (void *)(uintptr_t)fds[0]);
	test_until_io_waits(1);
	CHECK_EQ(mn_dup3(other[1], fds[0], 0), fds[0]);
	test_join(t);
	CHECK_EQ(mn_close(fds[0]), 0);
	CHECK_EQ(mn_close(fds[1]), 0);
	CHECK_EQ(mn_close(other[0]), 0);
	CHECK_EQ(mn_close(other[1]), 0);
}

static void closing_a_listener(void)
{
	struct sockaddr_in at;
	int fd = test_listen(&at);
	mn_thread_t a = test_spawn(accept_closed, (void *)(uintptr_t)fd);
	mn_thread_t b = test_spawn(accept_closed, (void *)(uintptr_t)fd);

	test_until_io_waits(2);
	CHECK_EQ(mn_close(fd), 0);
	test_join(a);
	test_join(b);
}

/* --- cancellation --- */

static _Atomic int handled;

static void handler(void *arg)
{
	(void)arg;
	handled++;
}

static void *read_cancelled(void *arg)
{
	struct mn_cleanup c;
	char byte;

	mn_cleanup_push(&c, handler, NULL);
	mn_read((int)(uintptr_t)arg, &byte, 1);
	FAIL("not cancelled");
}

static void *poll_cancelled(void *arg)
{
	struct pollfd p[20];
	struct mn_cleanup c;

	for (int i = 0; i < 20; i++)
		p[i] = (struct pollfd){(int)(uintptr_t)arg, i % 2 ? POLLIN : POLLPRI, 0};
	mn_cleanup_push(&c, handler, NULL);
	mn_poll(p, 20, -1);
	FAIL("not cancelled");
}

static void *select_cancelled(void *arg)
{
	struct mn_cleanup c;
	fd_set set;

	FD_ZERO(&set);
	FD_SET((int)(uintptr_t)arg, &set);
	mn_cleanup_push(&c, handler, NULL);
	mn_select((int)(uintptr_t)arg + 1, &set, NULL, NULL, NULL);
	FAIL("not cancelled");
}

static void *write_cancelled(void *arg)
{
	return (void *)mn_write((int)(uintptr_t)arg, bytes, sizeof bytes);
}

static void *already_cancelled(void *arg)
{
	struct mn_cleanup c;

	mn_cleanup_push(&c, handler, NULL);
	CHECK_EQ(mn_thread_cancel(mn_thread_self()), 0);
	mn_write((int)(uintptr_t)arg, "b", 1);
	FAIL("not cancelled");
}

static void cancelling(int kind)
{
	static void *(*const fn[])(void *) = {read_cancelled, poll_cancelled, select_cancelled};
	mn_thread_t t;
	int fds[2];
	char c;
	ssize_t written;

	make_pair(fds, kind);
	for (int i = 0; i < 3; i++) {
		handled = 0;
		t = test_spawn(fn[i], (void *)(uintptr_t)fds[0]);
		test_until_io_waits(1);
		CHECK_EQ(mn_thread_cancel(t), 0);
		CHECK_EQ(test_join(t), MN_CANCELED);
		CHECK_EQ(handled, 1);
		CHECK_EQ(mn_write(fds[1], "a", 1), 1);
		CHECK_EQ(mn_read(fds[0], &c, 1), 1);
	}
	handled = 0;
	CHECK_EQ(test_join(test_spawn(already_cancelled, (void *)(uintptr_t)fds[1])), MN_CANCELED);
	CHECK_EQ(handled, 1);
	CHECK_EQ(mn_recv(fds[0], &c, 1, MSG_DONTWAIT), -EAGAIN);
	t = test_spawn(write_cancelled, (void *)(uintptr_t)fds[0]);
	test_until_io_waits(1);
	CHECK_EQ(mn_thread_cancel(t), 0);
	written = (ssize_t)test_join(t);
	CHECK(written > 0 && written < (ssize_t)sizeof bytes);
	while (written > 0) {
		ssize_t n = mn_read(fds[1], bytes, sizeof bytes);

		CHECK_REL(n, >, 0);
		written -= n;
	}
	CHECK_EQ(written, 0);
	CHECK_EQ(mn_recv(fds[1], &c, 1, MSG_DONTWAIT), -EAGAIN);
	CHECK_EQ(mn_close(fds[0]), 0);
	CHECK_EQ(mn_close(fds[1]), 0);
}

/* --- a connection that does not come about --- */

static struct sockaddr_in nobody_accepts;

static void *connect_in_vain(void *arg)
{
	return (void *)(uintptr_t)mn_connect(
		(int)(uintptr_t)arg, (struct sockaddr *)&nobody_accepts, sizeof nobody_accepts);
}

/* Fills a listener's queue, so that the next one has to wait. */
static int fill_queue(int listener, int *fds, int most)
{
	socklen_t size = sizeof nobody_accepts;

	nobody_accepts = (struct sockaddr_in){.sin_family = AF_INET,
					      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	CHECK_EQ(bind(listener, (struct sockaddr *)&nobody_accepts, size), 0);
	CHECK_EQ(listen(listener, 0), 0);
	CHECK_EQ(getsockname(listener, (struct sockaddr *)&nobody_accepts, &size), 0);
	for (int i = 0; i < most; i++) {
		struct pollfd p = {socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), POLLOUT, 0};

		fds[i] = p.fd;
		CHECK_EQ(connect(p.fd, (struct sockaddr *)&nobody_accepts, size), -1);
		if (!poll(&p, 1, 0))
			return i + 1;
	}
	FAIL("a queue for none holds %d", most);
}

static void connecting(void)
{
	int fds[10];
	int listener = mn_socket(AF_INET, SOCK_STREAM, 0);
	int n = fill_queue(listener, fds, 10);
	int fd = mn_socket(AF_INET, SOCK_STREAM, 0);
	mn_thread_t t = test_spawn(connect_in_vain, (void *)(uintptr_t)fd);

	test_until_io_waits(1);
	CHECK_EQ(mn_close(fd), 0);
	CHECK_EQ(test_join(t), -EBADF);
	fd = mn_socket(AF_INET, SOCK_STREAM, 0);
	t = test_spawn(connect_in_vain, (void *)(uintptr_t)fd);
	test_until_io_waits(1);
	CHECK_EQ(mn_thread_cancel(t), 0);
	CHECK_EQ(test_join(t), MN_CANCELED);
	CHECK_EQ(mn_close(fd), 0);
	CHECK_EQ(mn_close(listener), 0);
	while (n--)
		CHECK_EQ(close(fds[n]), 0);
}

/* --- a socket that is closed when all has been taken, or after a long time --- */

static _Atomic bool closed;

static void *close_lingering(void *arg)
{
	CHECK_EQ(mn_close((int)(uintptr_t)arg), 0);
	closed = true;
	return NULL;
}

static void lingering(void)
{
	struct linger long_time = {1, 1000};
	size_t sent = 0;
	mn_thread_t t;
	ssize_t n;
	int fds[2];

	make_pair(fds, 2);
	CHECK_EQ(mn_setsockopt(fds[0], SOL_SOCKET, SO_LINGER, &long_time, sizeof long_time), 0);
	while ((n = mn_send(fds[0], bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
		sent += (size_t)n;
	CHECK_EQ(n, -EAGAIN);
	t = test_spawn(close_lingering, (void *)(uintptr_t)fds[0]);
	for (int i = 0; i < 10; i++)
		test_pause();
	CHECK(!closed);
	while (sent) {
		n = mn_read(fds[1], bytes, sizeof bytes);
		CHECK_REL(n, >, 0);
		sent -= (size_t)n;
	}
	CHECK_EQ(mn_read(fds[1], bytes, 1), 0);
	test_join(t);
	CHECK_EQ(mn_close(fds[1]), 0);
}

int main(void)
{
	test_start();
	lingering();
	connecting();
	for (int kind = 0; kind < 3; kind++) {
		closing(kind);
		cancelling(kind);
	}
	reused();
	closing_a_listener();
	test_stop();
	return 0;
}
