/*
 * Proves: calls on sockets, pipes and event counters block the green thread alone
 * and not its worker: threads hand bytes to and fro by each kind of fd, with any
 * number of workers. Blocking writes write all, by one part and by many; fds that
 * the program has made O_NONBLOCK give -EAGAIN; time limits of sockets hold; the
 * two directions of a socket wait apart; messages keep their bounds and senders.
 */
#include "io_test.h"

#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#define ROUNDS 100

struct ends {
	int in, out;
};

static void *echo(void *arg)
{
	struct ends *e = arg;
	char c;

	while (mn_read(e->in, &c, 1) == 1)
		CHECK_EQ(mn_write(e->out, &c, 1), 1);
	CHECK_EQ(mn_close(e->out), 0);
	return NULL;
}

/* What is written to mine.out comes back from mine.in, until that is closed. */
static void to_and_fro(struct ends mine, struct ends other)
{
	mn_thread_t t = test_spawn(echo, &other);
	char c;

	for (int i = 0; i < ROUNDS; i++) {
		c = (char)i;
		CHECK_EQ(mn_write(mine.out, &c, 1), 1);
		CHECK_EQ(mn_read(mine.in, &c, 1), 1);
		CHECK_EQ(c, (char)i);
	}
	if (mine.in == mine.out)
		CHECK_EQ(shutdown(mine.out, SHUT_WR), 0);
	else
		CHECK_EQ(mn_close(mine.out), 0);
	CHECK_EQ(mn_read(mine.in, &c, 1), 0);
	CHECK_EQ(mn_close(mine.in), 0);
	test_join(t);
	if (other.in != other.out)
		CHECK_EQ(mn_close(other.in), 0);
}

static void by_each_kind(void)
{
	int a[2];
	int b[2];

	CHECK_EQ(mn_pipe2(a, 0), 0);
	CHECK_EQ(mn_pipe2(b, 0), 0);
	to_and_fro((struct ends){a[0], b[1]}, (struct ends){b[0], a[1]});
	CHECK_EQ(pipe2(a, 0), 0); /* which the runtime has not seen made */
	CHECK_EQ(pipe2(b, 0), 0);
	to_and_fro((struct ends){a[0], b[1]}, (struct ends){b[0], a[1]});
	CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	to_and_fro((struct ends){a[0], a[0]}, (struct ends){a[1], a[1]});
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	to_and_fro((struct ends){a[0], a[0]}, (struct ends){a[1], a[1]});
	test_tcp_pair(a);
	to_and_fro((struct ends){a[0], a[0]}, (struct ends){a[1], a[1]});
}

/* --- all of a large write, and a reader that takes its time --- */

#define LARGE (1 << 20)

static char *out_bytes;
static char *in_bytes;

static void *drain(void *arg)
{
	int fd = (int)(uintptr_t)arg;
	size_t got = 0;

	while (got < LARGE) {
		ssize_t n = mn_read(fd, in_bytes + got, LARGE - got < 7001 ? LARGE - got : 7001);

		CHECK_REL(n, >, 0);
		got += (size_t)n;
	}
	return NULL;
}

static void *drain_at_once(void *arg)
{
	CHECK_EQ(mn_recv((int)(uintptr_t)arg, in_bytes, LARGE, MSG_WAITALL), LARGE);
	return NULL;
}

enum how { BY_WRITE, BY_WRITEV, BY_SEND, BY_SENDMSG, HOWS };

static ssize_t write_large(int fd, enum how how)
{
	static struct iovec parts[200];
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = 200};
	size_t at = 0;

	for (int i = 0; i < 200; i++) {
		size_t n = i < 199 ? (size_t)i * 40 : LARGE - at;

		parts[i] = (struct iovec){out_bytes + at, n};
		at += n;
	}
	switch (how) {
	case BY_WRITE:
		return mn_write(fd, out_bytes, LARGE);
	case BY_WRITEV:
		return mn_writev(fd, parts, 200);
	case BY_SEND:
		return mn_send(fd, out_bytes, LARGE, MSG_NOSIGNAL);
	default:
		return mn_sendmsg(fd, &m, 0);
	}
}

static void all_of_it(void)
{
	uint64_t state = 1;
	int fds[2];

	out_bytes = malloc(LARGE);
	in_bytes = malloc(LARGE);
	for (int i = 0; i < LARGE; i++)
		out_bytes[i] = (char)test_random(&state);
	for (enum how how = BY_WRITE; how < HOWS; how++)
		for (int kind = 0; kind < 3; kind++) {
			mn_thread_t t;

			if (kind == 0 && how >= BY_SEND)
				continue;
			if (kind == 0)
				CHECK_EQ(mn_pipe2(fds, 0), 0);
			else if (kind == 1)
				CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
			else
				test_tcp_pair(fds);
			memset(in_bytes, 0, LARGE);
			t = test_spawn(kind && how % 2 ? drain_at_once : drain,
				       (void *)(uintptr_t)fds[0]);
			CHECK_EQ(write_large(fds[1], how), LARGE);
			test_join(t);
			CHECK(!memcmp(in_bytes, out_bytes, LARGE));
			CHECK_EQ(mn_close(fds[0]), 0);
			CHECK_EQ(mn_close(fds[1]), 0);
		}
	free(out_bytes);
	free(in_bytes);
}

/* --- both directions at a time --- */

static void *read_one(void *arg)
{
	char c = 0;

	CHECK_EQ(mn_read((int)(uintptr_t)arg, &c, 1), 1);
	return (void *)(uintptr_t)c;
}

static void *fill(void *arg)
{
	static char bytes[LARGE];

	return (void *)mn_write((int)(uintptr_t)arg, bytes, LARGE);
}

static void both_directions(void)
{
	static char bytes[LARGE];
	mn_thread_t reader;
	mn_thread_t writer;
	size_t got = 0;
	int small = 65536;
	int fds[2];

	for (int tcp = 0; tcp < 2; tcp++) {
		if (tcp)
			test_tcp_pair(fds);
		else
			CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		/* What is on the way must not hold all of it. */
		CHECK_EQ(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
		CHECK_EQ(setsockopt(fds[1], SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
		reader = test_spawn(read_one, (void *)(uintptr_t)fds[0]);
		writer = test_spawn(fill, (void *)(uintptr_t)fds[0]);
		test_until_io_waits(2);
		CHECK_EQ(mn_write(fds[1], "x", 1), 1);
		CHECK_EQ(test_join(reader), 'x');
		for (got = 0; got < LARGE;) {
			ssize_t n = mn_read(fds[1], bytes, sizeof bytes);

			CHECK_REL(n, >, 0);
			got += (size_t)n;
		}
		CHECK_EQ(test_join(writer), LARGE);
		CHECK_EQ(mn_close(fds[0]), 0);
		CHECK_EQ(mn_close(fds[1]), 0);
	}
}

/* --- O_NONBLOCK is the program's --- */

static void expect_again(int fd)
{
	char c;

	CHECK_EQ(mn_read(fd, &c, 1), -EAGAIN);
	CHECK_EQ(mn_read(fd, &c, 1), -EAGAIN);
}

static void nonblocking(void)
{
	int on = 1;
	int fds[2];
	char c;

	CHECK_EQ(mn_pipe2(fds, O_NONBLOCK), 0);
	expect_again(fds[0]);
	CHECK_EQ(mn_fcntl(fds[0], F_SETFL, 0), 0);
	CHECK_EQ(mn_write(fds[1], "a", 1), 1);
	CHECK_EQ(mn_read(fds[0], &c, 1), 1);
	mn_close(fds[0]);
	mn_close(fds[1]);
	for (int seen = 0; seen < 2; seen++) {
		CHECK_EQ(seen ? mn_socketpair(AF_UNIX, SOCK_STREAM, 0, fds)
			      : socketpair(AF_UNIX, SOCK_STREAM, 0, fds),
			 0);
		CHECK_EQ(mn_recv(fds[0], &c, 1, MSG_DONTWAIT), -EAGAIN);
		CHECK_EQ(seen ? mn_fcntl(fds[0], F_SETFL, O_NONBLOCK)
			      : fcntl(fds[0], F_SETFL, O_NONBLOCK),
			 0);
		expect_again(fds[0]);
		CHECK_EQ(mn_recv(fds[0], &c, 1, MSG_PEEK), -EAGAIN);
		CHECK_EQ(mn_ioctl(fds[1], FIONBIO, &on), 0);
		expect_again(fds[1]);
		while (mn_write(fds[1], out_bytes = (char[4096]){0}, 4096) == 4096)
			;
		CHECK_EQ(mn_write(fds[1], out_bytes, 4096), -EAGAIN);
		mn_close(fds[0]);
		mn_close(fds[1]);
	}
}

/* A copy of an fd shares O_NONBLOCK with it. */
static void copies(void)
{
	int fds[2];
	int copy;
	mn_thread_t t;

	CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	copy = mn_dup(fds[0]);
	CHECK(copy >= 0);
	CHECK_EQ(mn_fcntl(copy, F_SETFL, O_NONBLOCK), 0);
	expect_again(fds[0]);
	CHECK_EQ(mn_fcntl(fds[0], F_SETFL, 0), 0);
	t = test_spawn(read_one, (void *)(uintptr_t)copy);
	test_until_io_waits(1);
	CHECK_EQ(mn_close(fds[0]), 0); /* the copy keeps the file */
	CHECK_EQ(mn_write(fds[1], "c", 1), 1);
	CHECK_EQ(test_join(t), 'c');
	CHECK_EQ(mn_dup3(fds[1], copy, 0), copy);
	CHECK_EQ(mn_close(copy), 0);
	CHECK_EQ(mn_close(fds[1]), 0);
}

/* --- the rest --- */

static void limits(void)
{
	struct timeval t = {0, 5000};
	uint64_t start;
	int fds[2];
	char c;

	for (int seen = 0; seen < 2; seen++) {
		CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		if (seen)
			CHECK_EQ(mn_setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t), 0);
		else
			CHECK_EQ(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t), 0);
		start = mn_now_ns(MN_CLOCK_MONOTONIC);
		CHECK_EQ(mn_read(fds[0], &c, 1), -EAGAIN);
		CHECK_REL(mn_now_ns(MN_CLOCK_MONOTONIC) - start, >=, 5000000);
		mn_close(fds[0]);
		mn_close(fds[1]);
	}
}

static void *count(void *arg)
{
	uint64_t one = 1;

	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(mn_write((int)(uintptr_t)arg, &one, sizeof one), sizeof one);
		mn_thread_yield();
	}
	return NULL;
}

static void counters(void)
{
	struct itimerspec soon = {.it_value = {0, 2000000}};
	uint64_t sum = 0;
	uint64_t n;
	int fd = mn_eventfd(0, 0);
	mn_thread_t t;

	CHECK(fd >= 0);
	t = test_spawn(count, (void *)(uintptr_t)fd);
	while (sum < ROUNDS) {
		CHECK_EQ(mn_read(fd, &n, sizeof n), sizeof n);
		sum += n;
	}
	CHECK_EQ(sum, ROUNDS);
	test_join(t);
	mn_close(fd);
	fd = mn_timerfd_create(CLOCK_MONOTONIC, 0);
	CHECK(fd >= 0);
	CHECK_EQ(timerfd_settime(fd, 0, &soon, NULL), 0);
	CHECK_EQ(mn_read(fd, &n, sizeof n), sizeof n);
	CHECK_EQ(n, 1);
	mn_close(fd);
}

static void *answer(void *arg)
{
	int fd = (int)(uintptr_t)arg;
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	char text[100];
	ssize_t n;

	while ((n = mn_recvfrom(fd, text, sizeof text, 0, (struct sockaddr *)&from, &size)) > 0) {
		CHECK_EQ(size, sizeof from);
		CHECK_EQ(mn_sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&from, size), n);
	}
	CHECK_EQ(n, 0);
	return NULL;
}

static void messages(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int server = mn_socket(AF_INET, SOCK_DGRAM, 0);
	int client = mn_socket(AF_INET, SOCK_DGRAM, 0);
	mn_thread_t t;
	char text[100];

	CHECK_EQ(bind(server, (struct sockaddr *)&at, sizeof at), 0);
	CHECK_EQ(getsockname(server, (struct sockaddr *)&at, &size), 0);
	t = test_spawn(answer, (void *)(uintptr_t)server);
	for (size_t i = 1; i < ROUNDS; i++) {
		CHECK_EQ(mn_sendto(client, text, i, 0, (struct sockaddr *)&at, sizeof at), i);
		CHECK_EQ(mn_recv(client, text, sizeof text, 0), i);
	}
	CHECK_EQ(mn_sendto(client, text, 0, 0, (struct sockaddr *)&at, sizeof at), 0);
	test_join(t);
	mn_close(server);
	mn_close(client);
}

static void mistakes(void)
{
	int fds[2];
	char c;

	CHECK_EQ(mn_read(-1, &c, 1), -EBADF);
	CHECK_EQ(mn_write(100000, &c, 1), -EBADF);
	CHECK_EQ(mn_close(-1), -EBADF);
	CHECK_EQ(mn_accept(-1, NULL, NULL), -EBADF);
	CHECK_EQ(mn_pipe2(fds, 0), 0);
	CHECK_EQ(mn_read(fds[1], &c, 1), -EBADF);
	CHECK_EQ(mn_recv(fds[0], &c, 1, MSG_PEEK), -ENOTSOCK);
	CHECK_EQ(mn_accept(fds[0], NULL, NULL), -ENOTSOCK);
	CHECK_EQ(mn_pread(fds[0], &c, 1, 0), -ESPIPE);
	CHECK_EQ(mn_readv(fds[0], NULL, -1), -EINVAL);
	mn_close(fds[0]);
	mn_close(fds[1]);
	CHECK_EQ(mn_read(fds[0], &c, 1), -EBADF);
}

int main(void)
{
	test_start();
	by_each_kind();
	all_of_it();
	both_directions();
	nonblocking();
	copies();
	limits();
	counters();
	messages();
	mistakes();
	test_stop();
	return 0;
}
