/*
 * Proves: when the kernel refuses io_uring, at once or halfway, mn_init() says so where
 * rings are asked for, and nobody else is disturbed; when any one of the calls
 * fails by which threads wait for I/O, the call that had to wait returns that
 * error or tries again, the others go on, and the next attempt works; errors of
 * sockets and pipes come through; nothing is left open in the end.
 */
#include "io_faults.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

/* --- something that has to wait in every way --- */

struct talk {
	int fd;
	int errors; /* calls that failed, and were made again */
};

static void once(struct talk *t, ssize_t r, ssize_t want)
{
	if (r == want)
		return;
	CHECK(r == -ENOMEM || r == -EMFILE || r == -ENOBUFS);
	t->errors++;
}

static void *answer(void *arg)
{
	struct talk *t = arg;
	char c;

	for (int i = 0; i < 20;) {
		ssize_t r = mn_read(t->fd, &c, 1);

		once(t, r, 1);
		if (r != 1)
			continue;
		i++;
		while ((r = mn_write(t->fd, &c, 1)) != 1)
			once(t, r, 1);
	}
	return NULL;
}

static int talk_by(int fds[2])
{
	struct talk a = {fds[0], 0};
	struct talk b = {fds[1], 0};
	mn_thread_t t = test_spawn(answer, &b);
	char c;

	for (int i = 0; i < 20; i++) {
		struct pollfd p = {fds[0], POLLIN, 0};
		ssize_t r;

		while ((r = mn_write(a.fd, "x", 1)) != 1)
			once(&a, r, 1);
		while (i % 3 == 0 && (r = mn_poll(&p, 1, 1000000)) != 1)
			once(&a, r, 1);
		while ((r = mn_read(a.fd, &c, 1)) != 1)
			once(&a, r, 1);
		CHECK_EQ(c, 'x');
		mn_sleep_ns(1000);
	}
	test_join(t);
	CHECK_EQ(mn_close(fds[0]), 0);
	CHECK_EQ(mn_close(fds[1]), 0);
	return a.errors + b.errors;
}

/* How many calls failed. */
static int talk(void)
{
	int errors = 0;
	int fds[2];

	CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	errors += talk_by(fds);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	errors += talk_by(fds);
	return errors;
}

static struct mn_config config;

/* Fails each such call, until there are no more; at most so many failures are felt for each. */
static int each_call(enum io_fault f, int error, int felt, int most)
{
	int calls = 0;
	bool hit = true;

	while (hit && calls < most) {
		int before = test_open_fds();

		CHECK_EQ(mn_init(&config), 0);
		io_fault_arm(f, ++calls, error);
		CHECK_REL(talk(), <=, felt);
		hit = io_fault_disarm(f);
		CHECK_EQ(talk(), 0);
		test_stop();
		CHECK_EQ(test_open_fds(), before);
	}
	return calls - !hit;
}

/* What a ring is made by, and how often for one. */
static const struct {
	enum io_fault call;
	int times;
} makings[] = {{IO_RING_SETUP, 1}, {IO_RING_MAP, 2}, {IO_EVENTFD, 1}};

#define RINGS 2 /* one for each worker */

static void refused(void)
{
	static const int errors[] = {ENOSYS, EPERM, EINVAL, ENOMEM, EMFILE};
	struct mn_config ring = {.io = MN_IO_URING, .workers = RINGS};

	for (size_t m = 0; m < sizeof makings / sizeof *makings; m++)
		for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
			for (int call = 1; call <= RINGS * makings[m].times; call++) {
				int before = test_open_fds();

				io_fault_arm(makings[m].call, call, errors[i]);
				CHECK_EQ(mn_init(&ring), makings[m].call == IO_RING_MAP ? -ENOMEM
							 : i < 3                        ? -ENOSYS
								 : -errors[i]);
				CHECK(io_fault_disarm(makings[m].call));
				CHECK_EQ(mn_workers(), 0);
				CHECK_EQ(test_open_fds(), before);
			}
	/* Whoever has not asked for them does not need them. */
	config.io = MN_IO_AUTO;
	io_fault_arm(IO_RING_SETUP, -1, EPERM);
	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(talk(), 0);
	test_stop();
	CHECK(!io_fault_disarm(IO_RING_SETUP));
}

/* Whoever has to wait is told. */
static void nothing_to_wait_by(void)
{
	int fds[2];
	char c;

	config.io = MN_IO_AUTO;
	CHECK_EQ(mn_init(&config), 0);
	io_fault_arm(IO_EPOLL_CREATE, -1, EMFILE);
	CHECK_EQ(mn_pipe2(fds, 0), 0);
	CHECK_EQ(mn_read(fds[0], &c, 1), -EMFILE);
	CHECK_EQ(mn_write(fds[1], "a", 1), 1);
	CHECK_EQ(mn_read(fds[0], &c, 1), 1); /* this one need not wait */
	io_fault_disarm(IO_EPOLL_CREATE);
	CHECK_EQ(mn_close(fds[0]), 0);
	CHECK_EQ(mn_close(fds[1]), 0);
	CHECK_EQ(talk(), 0);
	test_stop();
}

/* As a container does it: by seccomp, from here on. */
static void refused_by_sandbox(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof rules / sizeof *rules, rules};
	struct mn_config ring = {.io = MN_IO_URING};

	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
	config.io = MN_IO_AUTO;
	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(talk(), 0);
	test_stop();
	CHECK_EQ(mn_init(&ring), -ENOSYS);
}

int main(void)
{
	struct mn_config ring = {.io = MN_IO_URING};
	bool rings = !mn_init(&ring) && !mn_shutdown();

	for (unsigned workers = 1; workers <= 2; workers++)
		for (unsigned p = 0; mn_policy_name(p); p++) {
			config = (struct mn_config){
				.policy = mn_policy_name(p), .workers = workers, .io = MN_IO_EPOLL};
			CHECK_REL(each_call(IO_EPOLL_CREATE, EMFILE, 1, 10), ==, 1);
			CHECK_REL(each_call(IO_EVENTFD, ENOMEM, 1, 10), ==, 1);
			CHECK_REL(each_call(IO_EPOLL_CTL, ENOMEM, 1, 6), >=, 3);
			CHECK_REL(each_call(IO_EPOLL_WAIT, EINTR, 0, 6), >=, 0);
			CHECK_REL(each_call(IO_WAIT2, ENOSYS, 0, 6), >=, 0);
			CHECK_REL(each_call(IO_RECV, ENOMEM, 1, 6), ==, 6);
			config.io = MN_IO_URING;
			if (!rings)
				continue;
			CHECK_REL(each_call(IO_RING_ENTER, EAGAIN, 0, 6), ==, 6);
			CHECK_REL(each_call(IO_RING_ENTER, EINTR, 0, 6), ==, 6);
			CHECK_REL(each_call(IO_RING_ENTER, EBUSY, 0, 6), ==, 6);
			CHECK_REL(each_call(IO_RING_ENTER, ENOMEM, 0, 6), ==, 6);
			CHECK_REL(each_call(IO_RING_REGISTER, ENOMEM, 1, 5), >=, 1);
		}
	if (rings)
		refused();
	nothing_to_wait_by();
	if (rings)
		refused_by_sandbox();
	return 0;
}
