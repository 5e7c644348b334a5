/*
 * Proves: 10,000 connections, thousands of them at a time, that end in random ways
 * by either side: closed in order, half-closed, reset (SO_LINGER 0) while the other
 * waits or sends, shut down, dropped at once. All that was promised arrives, and
 * nothing is left: no fd, no kernel thread, no green thread, no wait, and no
 * memory that the first wave had not taken. By both backends.
 */
#include "io_test.h"
#include "memory_test.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

TEST_ONCE; /* both backends, in here */

#define WAVES 4
#define CONNECTIONS 5000 /* of all waves; twice as many in test-deep */
#define SPARE_FDS 200    /* for all but connections */
#define SLACK (12 << 10) /* for each connection: how many have two threads at a time differs */
#define BYTES 3000

static struct sockaddr_in server_at;
static struct mn_sem served; /* posted for each */
static struct mn_barrier all_connected;
static _Atomic uint64_t server_resets;

static void reset(int fd)
{
	static const struct linger at_once = {1, 0};

	CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
}

static bool is_ended(ssize_t r)
{
	return r == 0 || r == -ECONNRESET || r == -EPIPE;
}

/* Echoes until the connection ends; ends some by itself, where the client has agreed (first byte). */
static void *serve(void *arg)
{
	int fd = (int)(uintptr_t)arg;
	char bytes[1000];
	ssize_t n;
	bool may_reset = false;
	bool first = true;

	while ((n = mn_read(fd, bytes, sizeof bytes)) > 0) {
		may_reset |= first && bytes[0] == 'R';
		first = false;
		if (may_reset && bytes[n - 1] % 2) {
			reset(fd);
			atomic_fetch_add(&server_resets, 1);
			break;
		}
		n = mn_send(fd, bytes, (size_t)n, MSG_NOSIGNAL);
		if (n < 0)
			break;
	}
	CHECK(n > 0 || is_ended(n));
	CHECK_EQ(mn_close(fd), 0);
	mn_sem_post(&served);
	return NULL;
}

enum ending { IN_ORDER, HALF_CLOSED, RESET, RESET_UNREAD, BY_SERVER, SHUT_DOWN, AT_ONCE, ENDINGS };

/* Sends so many bytes. False: the connection has ended, which it may unless it must not. */
static bool send_bytes(int fd, const char *bytes, size_t n, bool surely)
{
	ssize_t r = mn_send(fd, bytes, n, MSG_NOSIGNAL);

	CHECK(r == (ssize_t)n || (!surely && (r > 0 || is_ended(r))));
	return r == (ssize_t)n;
}

static size_t receive(int fd, char first, size_t n, bool surely)
{
	char bytes[1000];
	size_t got = 0;
	ssize_t r = 1;

	while (got < n &&
	       (r = mn_read(fd, bytes, n - got < sizeof bytes ? n - got : sizeof bytes)) > 0)
		for (ssize_t i = 0; i < r; i++, got++)
			CHECK_EQ(bytes[i], got ? (char)got : first);
	CHECK(got == n || (!surely && is_ended(r)));
	return got;
}

static void *be_client(void *arg)
{
	uint64_t state = (uint64_t)(uintptr_t)arg;
	enum ending ending = (enum ending)test_below(&state, ENDINGS);
	bool surely = ending <= HALF_CLOSED;
	size_t n = test_below(&state, BYTES) + 1;
	int fd = test_connect(&server_at);
	char bytes[BYTES];
	char c;
	int r;

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)i;
	bytes[0] = ending == BY_SERVER ? 'R' : 'E';
	r = mn_barrier_wait(&all_connected); /* with all of the wave */
	CHECK(r == 0 || r == MN_BARRIER_SERIAL);
	if (ending == AT_ONCE) {
		CHECK_EQ(mn_close(fd), 0);
		return NULL;
	}
	if (send_bytes(fd, bytes, n, surely) && ending == HALF_CLOSED)
		CHECK_EQ(shutdown(fd, SHUT_WR), 0);
	if (ending != RESET_UNREAD)
		receive(fd, bytes[0], ending == RESET ? n / 2 : n, surely);
	if (ending == HALF_CLOSED)
		CHECK_EQ(mn_read(fd, &c, 1), 0);
	if (ending == SHUT_DOWN)
		CHECK(!shutdown(fd, SHUT_RDWR) || errno == ENOTCONN);
	if (ending == RESET || ending == RESET_UNREAD)
		reset(fd);
	CHECK_EQ(mn_close(fd), 0);
	return NULL;
}

/* --- what is left --- */

struct held {
	int fds, kernel_threads;
	long resident;
};

static struct held held(void)
{
	return (struct held){test_open_fds(), test_entries("/proc/self/task"), test_resident()};
}

static void nothing_left(struct held now, struct held then, unsigned n)
{
	struct mn_stats s;

	(void)n;
	CHECK_EQ(now.fds, then.fds);
	CHECK_EQ(now.kernel_threads, then.kernel_threads);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* these keep what is freed */
	if (!test_emulated()) /* that, too */
		CHECK_REL(now.resident, <=, then.resident + SLACK * n);
#endif
	do { /* the acceptor alone waits, and lives, soon */
		test_pause();
		mn_stats_read(&s);
	} while (s.io_waits - s.io_wakes != 1 || s.spawns - s.ends != 1);
}

static void wave(mn_thread_t *t, unsigned n, uint64_t *state)
{
	CHECK_EQ(mn_barrier_init(&all_connected, n), 0);
	for (unsigned i = 0; i < n; i++)
		t[i] = test_spawn(be_client, (void *)(uintptr_t)test_random(state));
	for (unsigned i = 0; i < n; i++)
		test_join(t[i]);
	for (unsigned i = 0; i < n; i++)
		mn_sem_wait(&served);
	CHECK_EQ(mn_barrier_destroy(&all_connected), 0);
}

static unsigned at_a_time(void)
{
	struct rlimit l;
	uint64_t most = test_times(CONNECTIONS) / WAVES;

	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &l), 0);
	l.rlim_cur = l.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &l), 0);
	CHECK_REL(l.rlim_cur, >, 2 * SPARE_FDS);
	if (most > (l.rlim_cur - SPARE_FDS) / 2)
		most = (l.rlim_cur - SPARE_FDS) / 2;
	return most > 20 ? (unsigned)most : 20;
}

static void by(int io, uint64_t *state)
{
	/* Spare kernel threads would be counted, too: a look at /proc may take long enough for one. */
	struct mn_config config = {.io = io, .workers = 2, .blocking_watch = MN_OFF};
	uint64_t total = test_times(CONNECTIONS);
	unsigned n = at_a_time();
	mn_thread_t *t = malloc(n * sizeof *t);
	struct held start = held();
	struct held first = {0};
	mn_thread_t acceptor;
	int listener;

	CHECK_EQ(mn_init(&config), 0);
	server_resets = 0;
	CHECK_EQ(mn_sem_init(&served, 0), 0);
	listener = test_listen(&server_at);
	acceptor = test_spawn(test_accept_all, &(struct test_server){listener, serve});
	for (uint64_t done = 0; done < total; done += n) {
		wave(t, n, state);
		if (!done)
			first = held();
		nothing_left(held(), first, n);
	}
	CHECK(total < 200 || server_resets);
	CHECK_EQ(mn_close(listener), 0);
	test_join(acceptor);
	test_stop();
	CHECK_EQ(held().fds, start.fds);
	CHECK_EQ(held().kernel_threads, start.kernel_threads);
	free(t);
}

int main(void)
{
	static const struct mn_config uring = {.io = MN_IO_URING};
	uint64_t state = test_seed();

	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	test_start(); /* what comes into being once, such as a sanitizer's kernel thread */
	test_stop();
	by(MN_IO_EPOLL, &state);
	if (!mn_init(&uring) && !mn_shutdown())
		by(MN_IO_URING, &state);
	return 0;
}
