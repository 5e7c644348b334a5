/*
 * Proves: whatever call on a socket, pipe, file or counter fails inside, with whatever
 * the kernel may say, the caller gets that error, once, or is spared it; made
 * again, the call works, and so do all others; and no fd is left. Where a pipe cannot
 * be tried without blocking (an old kernel) it is asked first. A file that takes the disk's
 * time does not block the only worker, and whoever is cancelled meanwhile gets all of it first.
 * By both backends.
 */
#include "io_faults.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

static _Atomic int error; /* that is made to happen */
static _Atomic int felt;

/* Whether this is a result, and not the error that is made to happen. */
static bool done(ssize_t result)
{
	if (result >= 0)
		return true;
	CHECK_EQ(result, -error);
	felt++;
	return false;
}

/* The call's result, once it has not failed by the error that is made to happen. */
#define AGAIN(call)                                                                                \
	({                                                                                         \
		ssize_t result_;                                                                   \
                                                                                                   \
		do                                                                                 \
			result_ = (call);                                                          \
		while (!done(result_));                                                            \
		result_;                                                                           \
	})

static void close_it(int fd)
{
	int r = mn_close(fd);

	if (r) {
		CHECK_EQ(r, -error);
		felt++;
	}
	CHECK_EQ(fcntl(fd, F_GETFD), -1); /* it is closed all the same */
}

/* --- sockets --- */

/* Answers by the call that is the other's counterpart. */
static void *serve(void *arg)
{
	int fd = (int)AGAIN(mn_accept4((int)(uintptr_t)arg, NULL, NULL, SOCK_CLOEXEC));
	char c = 0;
	struct iovec part = {&c, 1};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	CHECK_EQ(AGAIN(mn_read(fd, &c, 1)), 1);
	CHECK_EQ(c, 'a');
	CHECK_EQ(AGAIN(mn_write(fd, "b", 1)), 1);
	CHECK_EQ(AGAIN(mn_recvmsg(fd, &m, 0)), 1);
	CHECK_EQ(c, 'c');
	c = 'd';
	CHECK_EQ(AGAIN(mn_sendmsg(fd, &m, 0)), 1);
	CHECK_EQ(AGAIN(mn_read(fd, &c, 1)), 0);
	close_it(fd);
	return NULL;
}

static void talk_by_tcp(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	int on = 1;
	int listener = (int)AGAIN(mn_socket(AF_INET, SOCK_STREAM, 0));
	struct pollfd p = {.events = POLLIN};
	mn_thread_t t;
	char c = 0;
	int fd;
	int r;

	AGAIN(mn_setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
	CHECK_EQ(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	CHECK_EQ(listen(listener, 10), 0);
	CHECK_EQ(getsockname(listener, (struct sockaddr *)&at, &n), 0);
	t = test_spawn(serve, (void *)(uintptr_t)listener);
	test_until_io_waits(1);
	p.fd = fd = (int)AGAIN(mn_socket(AF_INET, SOCK_STREAM, 0));
	/* What had begun before the failure may have come about when it is tried again. */
	while ((r = mn_connect(fd, (struct sockaddr *)&at, sizeof at)) && r != -EISCONN) {
		CHECK_EQ(r, -error);
		felt++;
	}
	CHECK_EQ(AGAIN(mn_send(fd, "a", 1, MSG_NOSIGNAL)), 1);
	CHECK_EQ(AGAIN(mn_poll(&p, 1, -1)), 1);
	CHECK_EQ(AGAIN(mn_recv(fd, &c, 1, 0)), 1);
	CHECK_EQ(c, 'b');
	CHECK_EQ(AGAIN(mn_sendto(fd, "c", 1, 0, NULL, 0)), 1);
	CHECK_EQ(AGAIN(mn_recv(fd, &c, 1, MSG_WAITALL)), 1);
	CHECK_EQ(c, 'd');
	CHECK_EQ(shutdown(fd, SHUT_WR), 0);
	test_join(t);
	close_it(fd);
	close_it(listener);
}

/* --- what has no sockets in it --- */

static void *answer(void *arg)
{
	int *fds = arg;
	struct iovec parts[2];
	char bytes[2];

	for (int i = 0; i < 3; i++) {
		parts[0] = (struct iovec){bytes, 1};
		parts[1] = (struct iovec){bytes + 1, 1};
		CHECK_EQ(AGAIN(mn_readv(fds[0], parts, 1)), 1);
		parts[1] = parts[0];
		CHECK_EQ(AGAIN(mn_writev(fds[1], parts, 2)), 2);
	}
	return NULL;
}

static void talk_by_pipes(void)
{
	int there[2];
	int back[2];
	int ends[2];
	mn_thread_t t;
	char c[2];
	int copy;

	AGAIN(mn_pipe2(there, 0));
	AGAIN(mn_pipe2(back, O_CLOEXEC));
	ends[0] = there[0];
	ends[1] = back[1];
	t = test_spawn(answer, ends);
	for (int i = 0; i < 3; i++) {
		char byte = (char)i;

		CHECK_EQ(AGAIN(mn_write(there[1], &byte, 1)), 1);
		CHECK_EQ(AGAIN(mn_read(back[0], c, 1)), 1);
		CHECK_EQ(AGAIN(mn_read(back[0], c + 1, 1)), 1);
		CHECK(c[0] == byte && c[1] == byte);
	}
	test_join(t);
	copy = (int)AGAIN(mn_dup(there[1]));
	close_it(there[1]);
	CHECK_EQ(AGAIN(mn_write(copy, "x", 1)), 1);
	CHECK_EQ(AGAIN(mn_read(there[0], c, 1)), 1);
	close_it(copy);
	close_it(there[0]);
	close_it(back[0]);
	close_it(back[1]);
}

static void count(void)
{
	struct itimerspec soon = {.it_value = {0, 100000}};
	int fd = (int)AGAIN(mn_eventfd(3, 0));
	uint64_t n = 0;

	CHECK_EQ(AGAIN(mn_read(fd, &n, sizeof n)), sizeof n);
	CHECK_EQ(n, 3);
	close_it(fd);
	fd = (int)AGAIN(mn_timerfd_create(CLOCK_MONOTONIC, 0));
	CHECK_EQ(timerfd_settime(fd, 0, &soon, NULL), 0);
	CHECK_EQ(AGAIN(mn_read(fd, &n, sizeof n)), sizeof n);
	CHECK_EQ(n, 1);
	close_it(fd);
}

static char path[100];

static void use_file(void)
{
	int fd = (int)AGAIN(mn_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600));
	char bytes[5] = {0};

	CHECK_EQ(AGAIN(mn_write(fd, "hello", 5)), 5);
	CHECK_EQ(AGAIN(mn_pwrite(fd, "J", 1, 0)), 1);
	AGAIN(mn_fsync(fd));
	CHECK_EQ(AGAIN(mn_pread(fd, bytes, 5, 0)), 5);
	CHECK(!memcmp(bytes, "Jello", 5));
	CHECK_EQ(lseek(fd, 1, SEEK_SET), 1);
	CHECK_EQ(AGAIN(mn_read(fd, bytes, 4)), 4);
	CHECK(!memcmp(bytes, "ello", 4));
	close_it(fd);
}

static void *use_all(void *unused)
{
	(void)unused;
	talk_by_tcp();
	talk_by_pipes();
	count();
	use_file();
	return NULL;
}

static const struct {
	enum io_fault call;
	int felt; /* at most, for one failure */
	int errors[8];
} failures[] = {
	{IO_SOCKET, 1, {EMFILE, ENFILE, ENOBUFS, ENOMEM}},
	{IO_CONNECT, 1, {ECONNREFUSED, EADDRNOTAVAIL, ENETUNREACH, ENOBUFS, EINTR}},
	{IO_ACCEPT, 1, {ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM, EINTR}},
	{IO_RECV, 1, {ECONNRESET, ENOMEM, EINTR}},
	{IO_SEND, 1, {EPIPE, ECONNRESET, ENOBUFS, EINTR}},
	{IO_RECVMSG, 1, {ECONNRESET, ENOMEM, EINTR}},
	{IO_SENDMSG, 1, {EPIPE, ECONNRESET, ENOBUFS, EMSGSIZE, EINTR}},
	{IO_GETSOCKOPT, 1, {ENOBUFS, ENOMEM}},
	{IO_SETSOCKOPT, 1, {ENOBUFS, ENOMEM}},
	{IO_PREADV2, 1, {EIO, ENOMEM, EINTR, EOPNOTSUPP, ENOSYS}},
	{IO_PWRITEV2, 1, {EIO, ENOSPC, EPIPE, EINTR, EOPNOTSUPP, ENOSYS}},
	{IO_FSTAT, 0, {ENOMEM}},
	{IO_OPENAT, 1, {EMFILE, ENFILE, ENOMEM, ENOSPC, EINTR}},
	{IO_FSYNC, 1, {EIO, ENOSPC}},
	{IO_PIPE, 1, {EMFILE, ENFILE}},
	{IO_EVENTFD, 1, {EMFILE, ENFILE, ENOMEM}},
	{IO_TIMERFD, 1, {EMFILE, ENFILE, ENOMEM}},
	{IO_DUP, 1, {EMFILE}},
	{IO_POLL, 0, {EINTR}},
	{IO_CLOSE, 1, {EINTR, EIO}},
	{IO_EPOLL_CTL, 1, {ENOMEM, ENOSPC}},
	{IO_EPOLL_WAIT, 0, {EINTR}},
	{IO_WAIT2, 0, {EINTR, ENOSYS}},
	{IO_RING_ENTER, 0, {EINTR, EAGAIN, EBUSY, ENOMEM}},
	{IO_RING_REGISTER, 1, {ENOMEM, EINTR}},
};

/* Fails each call of the kind in turn. Returns how many there were. */
static int fail_each(size_t i, int with, const struct mn_config *config, int most)
{
	int calls = 0;
	bool hit = true;

	for (; hit && calls < most; calls += hit) {
		int before = test_open_fds();

		CHECK_EQ(mn_init(config), 0);
		felt = 0;
		error = with;
		io_fault_arm(failures[i].call, calls + 1, with);
		test_join(test_spawn(use_all, NULL));
		hit = io_fault_disarm(failures[i].call);
		CHECK_REL(felt, <=, hit ? failures[i].felt : 0);
		test_stop();
		CHECK_EQ(test_open_fds(), before);
	}
	return calls;
}

static void each(const struct mn_config *config)
{
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		for (int k = 0; failures[i].errors[k]; k++) {
			/* All calls with the first error; the others have the same way. */
			int calls = fail_each(i, failures[i].errors[k], config, k ? 2 : 50);

			switch (failures[i].call) {
			case IO_EPOLL_CTL:
				CHECK_EQ(calls > 0, config->io == MN_IO_EPOLL);
				break;
			case IO_RING_ENTER:
			case IO_RING_REGISTER:
				CHECK_EQ(calls > 0, config->io == MN_IO_URING);
				break;
			case IO_EPOLL_WAIT: /* depends on who is idle when */
			case IO_WAIT2:
			case IO_POLL:
				break;
			default:
				CHECK_REL(calls, >, 0);
			}
		}
}

/* Kernels that know of no RWF_NOWAIT, for anything or for what is no file. */
static void without_nowait(const struct mn_config *config)
{
	static const int errors[] = {ENOSYS, EOPNOTSUPP};

	for (int i = 0; i < 2; i++) {
		CHECK_EQ(mn_init(config), 0);
		felt = 0;
		io_fault_arm(IO_PREADV2, -1, errors[i]);
		io_fault_arm(IO_PWRITEV2, -1, errors[i]);
		test_join(test_spawn(use_all, NULL));
		CHECK(io_fault_disarm(IO_PREADV2));
		CHECK(io_fault_disarm(IO_PWRITEV2));
		CHECK_EQ(felt, 0);
		test_stop();
	}
}

/* --- pipes that cannot be opened once more --- */

static void without_twins(const struct mn_config *config)
{
	static const int errors[] = {ENOENT, EMFILE, EACCES};
	int fds[2];
	char c;

	for (int i = 0; i < 3; i++) {
		int before;

		CHECK_EQ(mn_init(config), 0);
		CHECK_EQ(mn_pipe2(fds, 0), 0);
		before = test_open_pipes();
		io_fault_arm(IO_OPEN, -1, errors[i]);
		for (int k = 0; k < 600; k++) {
			CHECK_EQ(mn_write(fds[1], &(char){(char)k}, 1), 1);
			CHECK_EQ(mn_read(fds[0], &c, 1), 1);
			CHECK_EQ(c, (char)k);
		}
		CHECK_EQ(test_open_pipes(), before);
#if !defined(__SANITIZE_THREAD__) /* there, no twins at all; nor under emulation */
		CHECK(io_fault_disarm(IO_OPEN) || test_emulated());
#endif
		CHECK_EQ(mn_close(fds[0]), 0);
		CHECK_EQ(mn_close(fds[1]), 0);
		test_stop();
	}
}

/* --- files do not block the worker --- */

static _Atomic bool reading;
static _Atomic bool go_on;

/* The disk takes as long as it takes others to run. */
static void be_slow(void)
{
	reading = true;
	while (!go_on)
		sched_yield();
}

static void *read_file(void *fd)
{
	char bytes[5];

	CHECK_EQ(mn_pread((int)(uintptr_t)fd, bytes, 5, 0), 5);
	CHECK(!memcmp(bytes, "Jello", 5));
	return NULL;
}

/* On one worker: what is not in the page cache is read while other threads run. */
static void slow_file(struct mn_config config)
{
	mn_thread_t t;
	int fd;

	config.workers = 1;
	config.preempt = MN_OFF;
	CHECK_EQ(mn_init(&config), 0);
	fd = mn_open(path, O_RDONLY, 0);
	CHECK_REL(fd, >=, 0);
	reading = go_on = false;
	io_hooks.before_preadv = be_slow;
	io_fault_arm(IO_PREADV2, 1, EAGAIN);
	t = test_spawn(read_file, (void *)(uintptr_t)fd);
	while (!reading)
		test_pause();
	for (int i = 0; i < 100; i++)
		mn_thread_yield();
	CHECK_EQ(mn_thread_cancel(t), 0); /* it is not to be had before the kernel has done */
	go_on = true;
	test_join(t);
	io_hooks.before_preadv = NULL;
	CHECK(io_fault_disarm(IO_PREADV2));
	CHECK_EQ(mn_close(fd), 0);
	test_stop();
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	struct mn_config config = {.workers = 2, .io = MN_IO_URING};
	bool rings = !mn_init(&config) && !mn_shutdown();
	int fd;

	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	snprintf(path, sizeof path, "%.60s/mn-io-XXXXXX", tmp ? tmp : "/tmp");
	fd = mkstemp(path);
	CHECK(fd >= 0);
	CHECK_EQ(close(fd), 0);
	for (unsigned workers = 1; workers <= 2; workers++)
		for (config.io = rings ? MN_IO_URING : MN_IO_EPOLL; config.io;
		     config.io = config.io == MN_IO_URING ? MN_IO_EPOLL : 0) {
			config.workers = workers;
			each(&config);
			without_nowait(&config);
			without_twins(&config);
			slow_file(config);
		}
	CHECK_EQ(unlink(path), 0);
	return 0;
}
