/*
 * Proves: rings of 4 entries do all that large ones do. Whoever waits is woken when
 * the submission queue is full again and again, when the kernel has more results
 * than the completion queue holds, when more requests are to be taken back than
 * the list for that has room for, also by two workers from each other; and when
 * any one request is refused.
 */
#include "io_faults.h"

#include <linux/io_uring.h>
#include <sys/resource.h>

#define TINY 4
#define FDS 256    /* a ring's fd is less */
#define CROWD 60   /* threads that wait; many times a ring */
#define TAKEN 600  /* fds that each of two threads closes: more than are taken back at a time */
#define REFUSED 12 /* requests, in turn */

/* This test's own view of a ring, by its fd. */
static struct view {
	struct io_uring_params p;
	char *ring;
	struct io_uring_sqe *sqes;
} views[FDS];

static _Atomic long for_room; /* submissions for nothing else */
static _Atomic long full, overflows;
static _Atomic long refuse; /* so many requests until one is; 0: none */
static _Atomic int refusal; /* an opcode that there is not, or an fd that there is not */

static void shrink(unsigned *entries, void *params)
{
	struct io_uring_params *p = params;

	*entries = TINY;
	p->cq_entries = TINY;
}

static void *map(int ring, size_t bytes, off_t what)
{
	void *p = __real_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring, what);

	CHECK(p != MAP_FAILED);
	return p;
}

#define VIEW_BYTES 4096 /* of so small a ring, each part */

static void view(int ring, const void *params)
{
	struct view *v = &views[ring];

	CHECK(ring < FDS);
	if (v->ring)
		munmap(v->ring, VIEW_BYTES);
	if (v->sqes)
		munmap(v->sqes, VIEW_BYTES);
	memcpy(&v->p, params, sizeof v->p);
	CHECK_EQ(v->p.sq_entries, TINY);
	CHECK_EQ(v->p.cq_entries, TINY);
	v->ring = map(ring, VIEW_BYTES, IORING_OFF_SQ_RING);
	v->sqes = map(ring, VIEW_BYTES, IORING_OFF_SQES);
}

static uint32_t word(struct view *v, uint32_t at)
{
	return atomic_load((_Atomic uint32_t *)(v->ring + at));
}

static void refuse_one(struct view *v, unsigned to_submit)
{
	uint32_t head = word(v, v->p.sq_off.head);

	for (uint32_t i = head; i != head + to_submit; i++) {
		struct io_uring_sqe *s = &v->sqes[i & (TINY - 1)];
		long left = refuse;

		if (s->opcode != IORING_OP_POLL_ADD || !left)
			continue;
		refuse = left - 1;
		if (left == 1 && refusal == EBADF)
			s->fd = -1;
		else if (left == 1)
			s->opcode = 255;
	}
}

static void before(int ring, unsigned to_submit, unsigned flags)
{
	if (!flags)
		for_room++;
	if (to_submit == TINY)
		full++;
	if (refuse)
		refuse_one(&views[ring], to_submit);
}

static void after(int ring)
{
	struct view *v = &views[ring];

	if (word(v, v->p.sq_off.flags) & IORING_SQ_CQ_OVERFLOW)
		overflows++;
}

/* --- a crowd --- */

static void *read_one(void *arg)
{
	char c = 0;

	CHECK_EQ(mn_read((int)(uintptr_t)arg, &c, 1), 1);
	return (void *)(uintptr_t)c;
}

static void *poll_and_read(void *arg)
{
	struct pollfd p = {(int)(uintptr_t)arg, POLLIN, 0};

	CHECK_EQ(mn_poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLIN);
	return read_one(arg);
}

/* All wait, and all have something at the same moment. */
static void crowd(int threads)
{
	mn_thread_t t[CROWD];
	int fds[CROWD][2];

	for (int i = 0; i < threads; i++) {
		CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, fds[i]), 0);
		t[i] = test_spawn(i % 3 ? read_one : poll_and_read, (void *)(uintptr_t)fds[i][0]);
	}
	test_until_io_waits((uint64_t)threads);
	for (int i = 0; i < threads; i++)
		CHECK_EQ(send(fds[i][1], &(char){(char)i}, 1, 0), 1);
	for (int i = 0; i < threads; i++) {
		CHECK_EQ(test_join(t[i]), i);
		CHECK_EQ(mn_close(fds[i][0]), 0);
		CHECK_EQ(mn_close(fds[i][1]), 0);
	}
}

/* --- taking back --- */

static int taken[2][TAKEN];
static _Atomic int arrived;

static void *read_closed(void *arg)
{
	char c;

	CHECK_EQ(mn_read((int)(uintptr_t)arg, &c, 1), -EBADF);
	return NULL;
}

static void *close_all(void *arg)
{
	int *fds = arg;

	arrived++;
	while (arrived < 2)
		test_pause();
	for (int i = 0; i < TAKEN; i++)
		CHECK_EQ(mn_close(fds[i]), 0);
	return NULL;
}

/* Two threads, on two workers if there are, close what mostly the other's threads wait for. */
static void take_back(void)
{
	static mn_thread_t t[2][TAKEN];
	static int other[2][TAKEN];
	mn_thread_t closer[2];

	for (int i = 0; i < TAKEN; i++)
		for (int k = 0; k < 2; k++) {
			int fds[2];

			CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
			taken[k][i] = fds[0];
			other[k][i] = fds[1];
			t[k][i] = test_spawn(read_closed, (void *)(uintptr_t)fds[0]);
		}
	test_until_io_waits(2 * TAKEN);
	arrived = 0;
	for (int k = 0; k < 2; k++)
		closer[k] = test_spawn(close_all, taken[k]);
	for (int k = 0; k < 2; k++) {
		char c;

		test_join(closer[k]);
		for (int i = 0; i < TAKEN; i++) {
			test_join(t[k][i]);
			CHECK_EQ(mn_read(other[k][i], &c, 1), 0); /* nothing holds the file */
			CHECK_EQ(mn_close(other[k][i]), 0);
		}
	}
}

int main(void)
{
	struct mn_config config = {.io = MN_IO_URING};
	struct rlimit l;
	int before_all;

	if (mn_init(&config))
		return 0; /* without rings there is nothing to be proved */
	test_stop();
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &l), 0);
	l.rlim_cur = l.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &l), 0);
	CHECK_REL(l.rlim_cur, >=, 4 * TAKEN + 100);
	io_hooks.before_setup = shrink;
	io_hooks.after_setup = view;
	io_hooks.before_enter = before;
	io_hooks.after_enter = after;
	before_all = test_open_fds();
	for (unsigned workers = 1; workers <= 2; workers++)
		for (unsigned p = 0; mn_policy_name(p); p++) {
			config.policy = mn_policy_name(p);
			config.workers = workers;
			CHECK_EQ(mn_init(&config), 0);
			for_room = full = overflows = 0;
			for (int i = 0; i < 3; i++)
				crowd(CROWD);
			CHECK_REL(for_room, >, 0);
			CHECK_REL(overflows, >, 0);
			take_back();
			for (int i = 1; i <= REFUSED; i++) {
				refusal = i % 2 ? EBADF : EINVAL;
				refuse = i;
				while (refuse)
					crowd(TINY + 1);
			}
			test_stop();
			CHECK_EQ(test_open_fds(), before_all);
		}
	return 0;
}
