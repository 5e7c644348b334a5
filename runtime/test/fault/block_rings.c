/*
 * Proves: when a worker is taken over, the threads that wait in its ring, which is the
 * former kernel thread's, try again; and when the new ring is refused, at whichever of the
 * calls that make it, each of them gets that error, or waits in the ring that the next one
 * made. Nobody is forgotten, the next attempt works, and nothing is left open. The same
 * when the worker goes back.
 */
#include "io_faults.h"

#define WAITERS 6

static struct {
	int fds[WAITERS][2];
	mn_thread_t t[WAITERS];
	int pipe[2]; /* for the call that blocks */
	int want;    /* the error that is felt */
	_Atomic int errors;
	_Atomic bool blocks, again;
} s;

static ssize_t await(int fd, bool poll_first)
{
	struct pollfd p = {fd, POLLIN, 0};
	char c;
	int r = poll_first ? mn_poll(&p, 1, -1) : 1;

	return r == 1 ? mn_read(fd, &c, 1) : r;
}

static void *waits(void *arg)
{
	uintptr_t i = (uintptr_t)arg;

	for (;;) {
		ssize_t r = await(s.fds[i][0], i % 2);

		if (r == 1)
			return NULL;
		CHECK_EQ(r, -s.want);
		s.errors++;
		while (!s.again)
			test_pause();
	}
}

/* Undeclared: the watch takes the worker over. */
static void *blocks(void *arg)
{
	char c;

	s.blocks = true;
	CHECK_EQ(__real_syscall(SYS_read, s.pipe[0], &c, 1), 1);
	mn_thread_yield(); /* the worker back */
	return arg;
}

static void all_wait(void)
{
	for (uintptr_t i = 0; i < WAITERS; i++)
		s.t[i] = test_spawn(waits, (void *)i);
	test_until_io_waits(WAITERS);
}

static void all_get_theirs(void)
{
	for (int i = 0; i < WAITERS; i++)
		CHECK_EQ(send(s.fds[i][1], "x", 1, 0), 1);
	for (int i = 0; i < WAITERS; i++)
		test_join(s.t[i]);
}

/* The worker has moved. Where it is the only one: exactly so many must feel it, then the others wait. */
static void feel_it(enum io_fault f, int errors)
{
	while (mn_workers() == 1 && s.errors < errors)
		test_pause();
	if (mn_workers() == 1) {
		test_until_io_waits((uint64_t)(WAITERS - errors));
		CHECK_EQ(s.errors, errors);
	}
	CHECK(!errors || io_fault_disarm(f) || mn_workers() > 1);
	s.again = true;
	test_until_io_waits(WAITERS);
	all_get_theirs();
	s.errors = 0;
	s.again = false;
}

/* call: which of them fails; -1: all. error: what the kernel says; 0: nothing fails. */
static void move(enum io_fault f, long call, int error)
{
	int errors = !error ? 0 : call < 0 ? WAITERS : 1;
	struct mn_stats stats;
	uint64_t before;
	mn_thread_t t;

	s.want = error == EPERM ? ENOSYS : error;
	all_wait();
	mn_stats_read(&stats);
	before = stats.takeovers;
	if (error)
		io_fault_arm(f, call, error);
	s.blocks = false;
	t = test_spawn(blocks, NULL);
	do {
		test_pause();
		mn_stats_read(&stats);
	} while (!s.blocks || stats.takeovers == before);
	feel_it(f, errors);

	all_wait();
	if (error)
		io_fault_arm(f, call, error);
	CHECK_EQ(write(s.pipe[1], "x", 1), 1);
	test_join(t);
	feel_it(f, errors);
}

static void each_call(void)
{
	static const struct {
		enum io_fault call;
		int times;
		int error;
	} makings[] = {
		{IO_RING_SETUP, 1, ENOMEM},    {IO_RING_SETUP, 1, EPERM},
		{IO_RING_SETUP, 1, EMFILE},    {IO_RING_MAP, 2, ENOMEM},
		{IO_RING_REGISTER, 1, ENOMEM},
	};

	for (size_t m = 0; m < sizeof makings / sizeof *makings; m++) {
		for (int call = 1; mn_workers() == 1 && call <= makings[m].times; call++)
			move(makings[m].call, call, makings[m].error);
		move(makings[m].call, -1, makings[m].error);
	}
}

int main(void)
{
	struct mn_config config = {.io = MN_IO_URING, .preempt = MN_OFF, .blocking_watch = MN_ON};

	if (test_emulated() || mn_init(&config))
		return 0; /* nobody is taken over, or there are no rings */
	test_stop();
	for (unsigned workers = 1; workers <= 2; workers++) {
		int before = test_open_fds();

		config.workers = workers;
		CHECK_EQ(mn_init(&config), 0);
		CHECK_EQ(pipe(s.pipe), 0);
		for (int i = 0; i < WAITERS; i++)
			CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, s.fds[i]), 0);
		move(IO_RING_SETUP, 0, 0);
		each_call();
		for (int i = 0; i < WAITERS; i++)
			for (int k = 0; k < 2; k++)
				CHECK_EQ(mn_close(s.fds[i][k]), 0);
		for (int k = 0; k < 2; k++)
			CHECK_EQ(close(s.pipe[k]), 0);
		test_stop();
		CHECK_EQ(test_open_fds(), before);
	}
	return 0;
}
