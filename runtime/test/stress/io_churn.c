/*
 * Proves: a server outlives thousands of connections that end in every way there
 * is: closed in order, half-closed first, reset while data is on its way, shut down
 * under the threads that wait for it, cancelled. All that was promised arrives,
 * and in the end no fd and no thread is left.
 */
#include "io_test.h"

#include <signal.h>

#define AT_A_TIME 40
#define MOST_BYTES 20000

static struct sockaddr_in server_at;

static void close_it(void *fd)
{
	CHECK_EQ(mn_close((int)(uintptr_t)fd), 0);
}

/* Sends back what it gets, by one of several calls. */
static void *serve(void *arg)
{
	int fd = (int)(uintptr_t)arg;
	struct mn_cleanup c;
	char bytes[1000];
	ssize_t n;

	mn_cleanup_push(&c, close_it, arg);
	for (unsigned i = 0;; i++) {
		struct pollfd p = {fd, POLLIN, 0};
		struct iovec parts[2] = {{bytes, 300}, {bytes + 300, 700}};

		if (i % 4 == 1)
			CHECK_EQ(mn_poll(&p, 1, -1), 1);
		n = i % 3 ? mn_read(fd, bytes, sizeof bytes) : mn_readv(fd, parts, 2);
		if (n <= 0)
			break;
		n = i % 3 ? mn_send(fd, bytes, (size_t)n, MSG_NOSIGNAL)
			  : mn_write(fd, bytes, (size_t)n);
		if (n <= 0)
			break;
	}
	CHECK(n == 0 || n == -ECONNRESET || n == -EPIPE);
	mn_cleanup_pop(&c, 1);
	return NULL;
}

struct sender {
	int fd;
	size_t bytes;
	uint64_t seed;
	bool surely;
};

static void *send_all(void *arg)
{
	struct sender *s = arg;
	char bytes[1500];
	size_t sent = 0;

	while (sent < s->bytes) {
		size_t n = test_below(&s->seed, sizeof bytes) + 1;
		ssize_t r;

		n = n < s->bytes - sent ? n : s->bytes - sent;
		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)((sent + i) * 7);
		r = mn_send(s->fd, bytes, n, MSG_NOSIGNAL);
		if (r < 0 && !s->surely)
			break;
		CHECK_EQ(r, n);
		sent += n;
	}
	return NULL;
}

/* Reads and checks so many bytes; false: the connection has ended before. */
static bool receive(int fd, size_t bytes)
{
	char in[1500];
	size_t got = 0;

	while (got < bytes) {
		ssize_t n = mn_read(fd, in, sizeof in);

		if (n <= 0)
			return false;
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ(in[i], (char)((got + (size_t)i) * 7));
		got += (size_t)n;
	}
	return true;
}

static void *receive_some(void *arg)
{
	receive((int)(uintptr_t)arg, SIZE_MAX);
	return NULL;
}

enum ending { IN_ORDER, HALF_CLOSED, RESET, SHUT_DOWN, CANCELLED, ENDINGS };

static void *be_client(void *arg)
{
	uint64_t state = (uint64_t)(uintptr_t)arg;
	enum ending ending = (enum ending)test_below(&state, ENDINGS);
	struct linger at_once = {1, 0};
	struct sender s = {test_connect(&server_at), test_below(&state, MOST_BYTES),
			   test_random(&state), ending <= HALF_CLOSED};
	mn_thread_t sender = test_spawn(send_all, &s);
	mn_thread_t reader;
	char c;

	switch (ending) {
	case IN_ORDER:
		CHECK(receive(s.fd, s.bytes));
		test_join(sender);
		break;
	case HALF_CLOSED:
		test_join(sender);
		CHECK_EQ(shutdown(s.fd, SHUT_WR), 0);
		CHECK(receive(s.fd, s.bytes));
		CHECK_EQ(mn_read(s.fd, &c, 1), 0);
		break;
	case RESET:
		receive(s.fd, s.bytes / 2);
		test_join(sender);
		CHECK_EQ(setsockopt(s.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
		break;
	default:
		reader = test_spawn(receive_some, (void *)(uintptr_t)s.fd);
		for (uint64_t i = test_below(&state, 5); i; i--)
			test_pause();
		if (ending == CANCELLED) {
			CHECK_EQ(mn_thread_cancel(reader), 0);
			CHECK_EQ(mn_thread_cancel(sender), 0);
		} else {
			CHECK(!shutdown(s.fd, SHUT_RDWR) || errno == ENOTCONN);
		}
		test_join(reader);
		test_join(sender);
	}
	CHECK_EQ(mn_close(s.fd), 0);
	return NULL;
}

int main(void)
{
	uint64_t state = test_seed();
	uint64_t rounds = test_times(8);
	mn_thread_t t[AT_A_TIME];
	mn_thread_t acceptor;
	int before;
	int listener;

	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	before = test_open_fds();
	test_start();
	listener = test_listen(&server_at);
	acceptor = test_spawn(test_accept_all, &(struct test_server){listener, serve});
	for (uint64_t round = 0; round < rounds; round++) {
		for (int i = 0; i < AT_A_TIME; i++)
			t[i] = test_spawn(be_client, (void *)(uintptr_t)test_random(&state));
		for (int i = 0; i < AT_A_TIME; i++)
			test_join(t[i]);
	}
	CHECK_EQ(mn_close(listener), 0);
	test_join(acceptor);
	test_stop();
	CHECK_EQ(test_open_fds(), before);
	return 0;
}
