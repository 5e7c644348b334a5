/*
 * Proves: poll(), select() and epoll_wait() return what is ready at once, wait for any of many fds
 * in any direction, by a time limit too, and say of closed and hung-up fds what the
 * kernel says; several threads may poll the same fds; files are always ready.
 */
#include "io_test.h"

#define PIPES 50

static int in[PIPES], out[PIPES];

static void *poll_all(void *arg)
{
	struct pollfd p[PIPES];
	uintptr_t found = PIPES;

	(void)arg;
	for (int i = 0; i < PIPES; i++)
		p[i] = (struct pollfd){in[i], POLLIN, 0};
	CHECK_EQ(mn_poll(p, PIPES, -1), 1);
	for (uintptr_t i = 0; i < PIPES; i++)
		if (p[i].revents) {
			CHECK_EQ(p[i].revents, POLLIN);
			found = i;
		}
	return (void *)found;
}

static void *select_all(void *arg)
{
	struct timeval limit = {1000, 0};
	fd_set set;
	uintptr_t found = PIPES;
	int most = 0;

	(void)arg;
	FD_ZERO(&set);
	for (int i = 0; i < PIPES; i++) {
		FD_SET(in[i], &set);
		most = in[i] > most ? in[i] : most;
	}
	CHECK_EQ(mn_select(most + 1, &set, NULL, NULL, &limit), 1);
	for (uintptr_t i = 0; i < PIPES; i++)
		if (FD_ISSET(in[i], &set))
			found = i;
	return (void *)found;
}

static void any_of_many(void)
{
	char c;

	for (int i = 0; i < PIPES; i++) {
		int fds[2];

		if (i % 2)
			CHECK_EQ(mn_pipe2(fds, 0), 0);
		else
			CHECK_EQ(pipe2(fds, 0), 0);
		in[i] = fds[0];
		out[i] = fds[1];
	}
	for (int i = 0; i < PIPES; i++) {
		mn_thread_t a = test_spawn(poll_all, NULL);
		mn_thread_t b = test_spawn(i % 3 ? poll_all : select_all, NULL);

		if (i % 5)
			test_until_io_waits(2);
		CHECK_EQ(mn_write(out[i], "x", 1), 1);
		CHECK_EQ(test_join(a), i);
		CHECK_EQ(test_join(b), i);
		CHECK_EQ(mn_read(in[i], &c, 1), 1);
	}
	for (int i = 0; i < PIPES; i++) {
		CHECK_EQ(mn_close(in[i]), 0);
		CHECK_EQ(mn_close(out[i]), 0);
	}
}

static void limits(void)
{
	struct pollfd p;
	struct timeval t = {0, 3000};
	uint64_t start;
	fd_set set;
	int fds[2];

	CHECK_EQ(mn_pipe2(fds, 0), 0);
	p = (struct pollfd){fds[0], POLLIN, 0};
	CHECK_EQ(mn_poll(&p, 1, 0), 0);
	start = mn_now_ns(MN_CLOCK_MONOTONIC);
	CHECK_EQ(mn_poll(&p, 1, 3), 0);
	CHECK_REL(mn_now_ns(MN_CLOCK_MONOTONIC) - start, >=, 3000000);
	CHECK_EQ(mn_poll(NULL, 0, 1), 0);
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	start = mn_now_ns(MN_CLOCK_MONOTONIC);
	CHECK_EQ(mn_select(fds[0] + 1, &set, NULL, NULL, &t), 0);
	CHECK_EQ(t.tv_sec, 0); /* what is left of the limit, as Linux has it */
	CHECK_EQ(t.tv_usec, 0);
	CHECK_REL(mn_now_ns(MN_CLOCK_MONOTONIC) - start, >=, 3000000);
	CHECK(!FD_ISSET(fds[0], &set));
	CHECK_EQ(mn_write(fds[1], "x", 1), 1);
	CHECK_EQ(mn_poll(&p, 1, -1), 1);
	mn_close(fds[1]);
	CHECK_EQ(mn_poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLIN | POLLHUP);
	mn_close(fds[0]);
	CHECK_EQ(mn_poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLNVAL);
	FD_SET(fds[0], &set);
	CHECK_EQ(mn_select(fds[0] + 1, &set, NULL, NULL, NULL), -EBADF);
	CHECK_EQ(mn_select(-1, &set, NULL, NULL, NULL), -EINVAL);
}

static void finer_limits(void)
{
	struct timespec t = {0, 1500000};
	struct timespec wrong = {0, 1000000000};
	struct pollfd p;
	uint64_t start;
	sigset_t mask;
	fd_set set;
	int fds[2];

	CHECK_EQ(sigemptyset(&mask), 0);
	CHECK_EQ(mn_pipe2(fds, 0), 0);
	p = (struct pollfd){fds[0], POLLIN, 0};
	start = mn_now_ns(MN_CLOCK_MONOTONIC);
	CHECK_EQ(mn_ppoll(&p, 1, &t, NULL), 0);
	CHECK_REL(mn_now_ns(MN_CLOCK_MONOTONIC) - start, >=, 1500000);
	CHECK_EQ(mn_ppoll(&p, 1, &wrong, NULL), -EINVAL);
	CHECK_EQ(mn_ppoll(&p, 1, &t, &mask), -ENOTSUP);
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	start = mn_now_ns(MN_CLOCK_MONOTONIC);
	CHECK_EQ(mn_pselect(fds[0] + 1, &set, NULL, NULL, &t, NULL), 0);
	CHECK_REL(mn_now_ns(MN_CLOCK_MONOTONIC) - start, >=, 1500000);
	CHECK(!FD_ISSET(fds[0], &set));
	CHECK_EQ(mn_pselect(0, NULL, NULL, NULL, &wrong, NULL), -EINVAL);
	CHECK_EQ(mn_pselect(0, NULL, NULL, NULL, &t, &mask), -ENOTSUP);
	CHECK_EQ(mn_write(fds[1], "x", 1), 1);
	CHECK_EQ(mn_ppoll(&p, 1, NULL, NULL), 1);
	FD_SET(fds[0], &set);
	CHECK_EQ(mn_pselect(fds[0] + 1, &set, NULL, NULL, NULL, NULL), 1);
	mn_close(fds[0]);
	mn_close(fds[1]);
}

/* --- the program's own epoll --- */

static void *wait_for_events(void *arg)
{
	struct epoll_event e;

	CHECK_EQ(mn_epoll_wait((int)(uintptr_t)arg, &e, 1, -1), 1);
	return (void *)(uintptr_t)e.data.u64;
}

static void own_epoll(void)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLONESHOT};
	int ep = epoll_create1(EPOLL_CLOEXEC);
	mn_thread_t t[2];
	uint64_t start;
	int fds[2][2];

	CHECK_REL(ep, >=, 0);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(mn_pipe2(fds[i], 0), 0);
		e.data.u64 = (uint64_t)i + 1;
		CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fds[i][0], &e), 0);
	}
	CHECK_EQ(mn_epoll_wait(ep, &e, 1, 0), 0);
	start = mn_now_ns(MN_CLOCK_MONOTONIC);
	CHECK_EQ(mn_epoll_wait(ep, &e, 1, 2), 0);
	CHECK_REL(mn_now_ns(MN_CLOCK_MONOTONIC) - start, >=, 2000000);
	for (int i = 0; i < 2; i++)
		t[i] = test_spawn(wait_for_events, (void *)(uintptr_t)ep);
	test_until_io_waits(2);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(mn_write(fds[i][1], "x", 1), 1);
	CHECK_EQ((uintptr_t)test_join(t[0]) + (uintptr_t)test_join(t[1]), 3);
	CHECK_EQ(mn_epoll_wait(-1, &e, 1, -1), -EBADF);
	CHECK_EQ(mn_epoll_wait(fds[0][0], &e, 1, -1), -EINVAL);
	for (int i = 0; i < 2; i++) {
		mn_close(fds[i][0]);
		mn_close(fds[i][1]);
	}
	mn_close(ep);
}

static void *hang_up(void *arg)
{
	CHECK_EQ(mn_close((int)(uintptr_t)arg), 0);
	return NULL;
}

/* Neither direction is asked for, and the end of it is reported all the same. */
static void hang_ups(void)
{
	struct pollfd p;
	mn_thread_t t;
	int fds[2];

	CHECK_EQ(mn_pipe2(fds, 0), 0);
	p = (struct pollfd){fds[0], 0, 0};
	t = test_spawn(hang_up, (void *)(uintptr_t)fds[1]);
	CHECK_EQ(mn_poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLHUP);
	test_join(t);
	mn_close(fds[0]);
}

static void *drain(void *arg)
{
	static char bytes[65536];
	size_t left = 1 << 20;

	while (left) {
		ssize_t n = mn_read((int)(uintptr_t)arg, bytes, sizeof bytes);

		CHECK_REL(n, >, 0);
		left -= (size_t)n;
	}
	return NULL;
}

static void room_to_write(void)
{
	static char bytes[4096];
	size_t left = 1 << 20;
	mn_thread_t t;
	int fds[2];

	CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	t = test_spawn(drain, (void *)(uintptr_t)fds[0]);
	while (left) {
		struct pollfd p[2] = {{fds[1], POLLOUT, 0}, {fds[1], POLLIN, 0}};
		ssize_t n;

		CHECK_EQ(mn_poll(p, 2, -1), 1);
		CHECK_EQ(p[0].revents, POLLOUT);
		n = mn_send(fds[1], bytes, sizeof bytes, MSG_DONTWAIT);
		CHECK(n > 0 || n == -EAGAIN);
		left -= n > 0 ? (size_t)n : 0;
	}
	test_join(t);
	mn_close(fds[0]);
	mn_close(fds[1]);
}

static void files(void)
{
	struct pollfd p = {open("/proc/self/exe", O_RDONLY), POLLIN, 0};

	CHECK_EQ(mn_poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLIN);
	mn_close(p.fd);
	p.fd = open("/dev/zero", O_RDONLY);
	CHECK_EQ(mn_poll(&p, 1, -1), 1);
	mn_close(p.fd);
}

int main(void)
{
	test_start();
	any_of_many();
	limits();
	finer_limits();
	own_epoll();
	hang_ups();
	room_to_write();
	files();
	test_stop();
	return 0;
}
