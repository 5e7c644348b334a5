/*
 * Proves: in 500 generations, threads that are cancelled wherever they happen to be
 * in their input and output, while what they use comes and goes (connections that
 * are made, accepted, half-closed, reset and closed under them), end all of
 * them, each handler run once; what they had is closed, the kernel writes into no
 * buffer of a thread that is gone, and no fd, kernel thread or wait is left.
 */
#include "io_test.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

TEST_ONCE; /* all settings in turn, in here */

#define GENERATIONS 21 /* by each of 12 settings; twice as many in test-deep */
#define THREADS 16
#define SHARED 6
#define POISON 0x5a

static struct sockaddr_in server_at;
static int listener;
static _Atomic int shared[SHARED]; /* sockets that anybody uses and anybody may replace */
static int file;
static _Atomic uint64_t handled;

/* What a thread owns, for its handler. */
struct own {
	int fds[2];
	unsigned char *buffer; /* given back poisoned, looked at when the generation is over */
	uint64_t state;
};

static void close_own(void *arg)
{
	struct own *o = arg;

	for (int i = 0; i < 2; i++)
		if (o->fds[i] >= 0)
			CHECK_EQ(mn_close(o->fds[i]), 0);
	memset(o->buffer, POISON, 4096);
	atomic_fetch_add(&handled, 1);
}

static void reset(int fd)
{
	static const struct linger at_once = {1, 0};

	/* Another may be replacing the fd at this moment. */
	CHECK(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) || errno == EBADF ||
	      errno == ENOTSOCK);
}

/*
 * One of the shared sockets is replaced by another, with its number: whoever is
 * about to use it uses either.
 */
static void replace(struct own *o)
{
	int fd = shared[test_below(&o->state, SHARED)];

	CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, o->fds), 0);
	CHECK_EQ(mn_dup3(o->fds[0], fd, 0), fd);
}

static void drop(struct own *o)
{
	for (int i = 0; i < 2; i++) {
		int fd = o->fds[i];

		o->fds[i] = -1;
		if (fd >= 0)
			CHECK_EQ(mn_close(fd), 0);
	}
}

static void use_shared(struct own *o)
{
	int fd = shared[test_below(&o->state, SHARED)];
	struct pollfd p[SHARED];

	switch (test_below(&o->state, 5)) {
	case 0:
		mn_read(fd, o->buffer, 4096);
		break;
	case 1:
		mn_send(fd, o->buffer, 4096, MSG_NOSIGNAL);
		break;
	case 2:
		mn_recv(fd, o->buffer, 100, MSG_WAITALL);
		break;
	case 3:
		for (int i = 0; i < SHARED; i++)
			p[i] = (struct pollfd){shared[i], POLLIN, 0};
		mn_poll(p, SHARED, (int)test_below(&o->state, 3) - 1);
		break;
	default:
		if (!test_below(&o->state, 4))
			shutdown(fd, SHUT_RDWR);
	}
}

static void connect_and_talk(struct own *o)
{
	o->fds[0] = mn_socket(AF_INET, SOCK_STREAM, 0);
	CHECK_REL(o->fds[0], >=, 0);
	CHECK_EQ(mn_connect(o->fds[0], (struct sockaddr *)&server_at, sizeof server_at), 0);
	mn_send(o->fds[0], o->buffer, test_below(&o->state, 4096), MSG_NOSIGNAL);
	if (test_below(&o->state, 2))
		shutdown(o->fds[0], SHUT_WR);
	if (test_below(&o->state, 2))
		mn_read(o->fds[0], o->buffer, 4096);
	if (test_below(&o->state, 2))
		reset(o->fds[0]);
	drop(o);
}

static void accept_and_talk(struct own *o)
{
	o->fds[0] = mn_accept(listener, NULL, NULL);
	CHECK_REL(o->fds[0], >=, 0);
	while (mn_read(o->fds[0], o->buffer, 4096) > 0 && test_below(&o->state, 4))
		mn_send(o->fds[0], o->buffer, 100, MSG_NOSIGNAL);
	drop(o);
}

static void *churn(void *arg)
{
	struct own *o = arg;
	struct mn_cleanup c;

	mn_cleanup_push(&c, close_own, o);
	for (;;)
		switch (test_below(&o->state, 8)) {
		case 0:
			replace(o);
			drop(o);
			break;
		case 1:
			connect_and_talk(o);
			break;
		case 2:
			accept_and_talk(o);
			break;
		case 3:
			CHECK_EQ(mn_pread(file, o->buffer, 4096, 0), 4096);
			break;
		case 4:
			mn_sleep_ns(test_below(&o->state, 50000));
			break;
		default:
			use_shared(o);
		}
}

static void generation(struct own *own, uint64_t *state)
{
	mn_thread_t t[THREADS];
	uint64_t before = handled;

	for (int i = 0; i < THREADS; i++) {
		own[i].fds[0] = own[i].fds[1] = -1;
		own[i].state = test_random(state);
		t[i] = test_spawn(churn, &own[i]);
	}
	for (uint64_t i = test_below(state, 40); i; i--)
		mn_thread_yield();
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(mn_thread_cancel(t[i]), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(test_join(t[i]), MN_CANCELED);
	CHECK_EQ(handled - before, THREADS);
}

/* Nothing is left in the kernel that would write there; what is sent now goes to who reads now. */
static void nobody_writes(struct own *own)
{
	for (int i = 0; i < SHARED; i++) {
		int fds[2];
		char c;

		CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		CHECK_EQ(mn_dup3(fds[0], shared[i], 0), shared[i]);
		CHECK_EQ(mn_close(fds[0]), 0);
		CHECK_EQ(mn_write(fds[1], "x", 1), 1);
		CHECK_EQ(mn_read(shared[i], &c, 1), 1);
		CHECK_EQ(c, 'x');
		CHECK_EQ(mn_close(fds[1]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		for (int k = 0; k < 4096; k++)
			CHECK_EQ(own[i].buffer[k], POISON);
}

static void generations(const struct mn_config *config, struct own *own, uint64_t *state)
{
	int before = test_open_fds();
	struct mn_stats s;

	CHECK_EQ(mn_init(config), 0);
	listener = test_listen(&server_at);
	file = mn_open("/proc/self/exe", O_RDONLY, 0);
	CHECK_REL(file, >=, 0);
	for (int i = 0; i < SHARED; i++)
		CHECK_REL(shared[i] = mn_eventfd(0, 0), >=, 0); /* until it is replaced */
	for (uint64_t g = test_times(GENERATIONS); g; g--) {
		generation(own, state);
		nobody_writes(own);
	}
	mn_stats_read(&s);
	CHECK_EQ(s.io_waits, s.io_wakes);
	CHECK_EQ(s.spawns, s.ends);
	for (int i = 0; i < SHARED; i++)
		CHECK_EQ(mn_close(shared[i]), 0);
	CHECK_EQ(mn_close(listener), 0);
	CHECK_EQ(mn_close(file), 0);
	test_stop();
	CHECK_EQ(test_open_fds(), before);
}

int main(void)
{
	static struct own own[THREADS];
	static const struct mn_config uring = {.io = MN_IO_URING};
	uint64_t state = test_seed();
	bool rings = !mn_init(&uring) && !mn_shutdown();

	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	for (int i = 0; i < THREADS; i++)
		CHECK((own[i].buffer = calloc(1, 4096)) != NULL);
	for (unsigned p = 0; mn_policy_name(p); p++)
		for (unsigned workers = 1; workers <= 4; workers *= 2) {
			struct mn_config config = {.policy = mn_policy_name(p), .workers = workers};

			/* Ticks everywhere, with every other setting; TSan holds signals back. */
			if (TEST_SLOWDOWN < 20 && (p + workers) % 2)
				config.quantum_us = 50;
			config.io = MN_IO_EPOLL;
			generations(&config, own, &state);
			config.io = MN_IO_URING;
			if (rings)
				generations(&config, own, &state);
		}
	return 0;
}
