/*
 * Proves: a green thread that blocks its kernel thread by a call that nobody has
 * declared holds up nobody else. While all workers are blocked like that, others
 * run, wake each other, sleep, wait for I/O and are joined, and what ends the blocking may come from
 * them; the call itself is not interrupted where there are no ticks; afterwards every kernel
 * thread is at work again, errno and all, also when each blocks many times, and many at once.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "io_test.h"

#define MANY 64

static void make_pipe(int fds[2])
{
	CHECK_EQ(pipe(fds), 0);
}

/*
 * Who is preempted in the midst of its own code goes on on that kernel thread only, and
 * would wait for the call that it is to end. So those who end one are not preempted.
 */
static void stay_mobile(void)
{
	mn_preempt_disable();
}

/* Until all kernel threads that were away have come back. */
static void wait_for_takebacks(void)
{
	struct mn_stats s;

	do {
		test_pause();
		mn_stats_read(&s);
	} while (s.takebacks < s.takeovers);
	CHECK_EQ(s.takebacks, s.takeovers);
}

/* --- a raw system call --- */

struct line {
	int fds[2];
	_Atomic bool blocks;
	uint64_t calls;
};

static ssize_t read_raw(int fd, void *c)
{
	ssize_t n;

	do
		n = syscall(SYS_read, fd, c, 1);
	while (n < 0 && errno == EINTR);
	return n;
}

static void *reads(void *arg)
{
	struct line *l = arg;
	char c = 0;

	test_set_errno(77);
	atomic_store(&l->blocks, true);
	CHECK_EQ(read_raw(l->fds[0], &c), 1);
	CHECK_EQ(c, 'x');
	CHECK_EQ(test_errno(), 77);
	CHECK(mn_thread_self() != 0);
	mn_thread_yield();
	CHECK_EQ(test_errno(), 77);
	return arg;
}

static void *writes(void *arg)
{
	struct line *l = arg;

	stay_mobile();
	while (!atomic_load(&l->blocks))
		mn_thread_yield();
	CHECK_EQ(write(l->fds[1], "x", 1), 1);
	return arg;
}

static void read_what_another_writes(void)
{
	struct line l = {.blocks = false};
	mn_thread_t r;
	mn_thread_t w;

	make_pipe(l.fds);
	r = test_spawn(reads, &l);
	w = test_spawn(writes, &l);
	CHECK_EQ(test_join(w), &l);
	CHECK_EQ(test_join(r), &l);
	close(l.fds[0]);
	close(l.fds[1]);
}

/* As many as there are workers, and more: the writer runs on what has been taken over. */
static void many_at_once(unsigned n)
{
	static struct line l[MANY];
	static mn_thread_t t[MANY];

	for (unsigned i = 0; i < n; i++) {
		l[i].blocks = false;
		make_pipe(l[i].fds);
		t[i] = test_spawn(reads, &l[i]);
	}
	/* Who runs here runs on a worker that the last of them has blocked. */
	for (unsigned i = 0; i < n; i++)
		while (!atomic_load(&l[i].blocks))
			mn_thread_yield();
	for (unsigned i = n; i--;)
		CHECK_EQ(write(l[i].fds[1], "x", 1), 1);
	for (unsigned i = 0; i < n; i++) {
		CHECK_EQ(test_join(t[i]), &l[i]);
		close(l[i].fds[0]);
		close(l[i].fds[1]);
	}
	wait_for_takebacks();
}

/* --- another library's lock --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool locked, let_go;

static void *kernel_thread(void *arg)
{
	pthread_mutex_lock(&lock);
	atomic_store(&locked, true);
	while (!atomic_load(&let_go))
		sched_yield();
	pthread_mutex_unlock(&lock);
	return arg;
}

static void *wants_lock(void *arg)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	return arg;
}

static void *lets_go(void *arg)
{
	stay_mobile();
	atomic_store(&let_go, true);
	return arg;
}

static void lock_of_a_kernel_thread(void)
{
	unsigned n = mn_workers();
	mn_thread_t t[n + 1];
	pthread_t k;

	atomic_store(&locked, false);
	atomic_store(&let_go, false);
	CHECK_EQ(pthread_create(&k, NULL, kernel_thread, NULL), 0);
	while (!atomic_load(&locked))
		sched_yield();
	for (unsigned i = 0; i < n; i++)
		t[i] = test_spawn(wants_lock, NULL);
	t[n] = test_spawn(lets_go, NULL);
	for (unsigned i = 0; i <= n; i++)
		test_join(t[i]);
	pthread_join(k, NULL);
}

/* --- libc's usleep(), which nobody has mapped --- */

static _Atomic bool awake;

static void *sleeps(void *arg)
{
	for (int i = 0; i < 50 && !atomic_load(&awake); i++)
		usleep(200000);
	CHECK(atomic_load(&awake));
	return arg;
}

static void *wakes(void *arg)
{
	stay_mobile();
	atomic_store(&awake, true);
	return arg;
}

static void sleep_of_libc(void)
{
	unsigned n = mn_workers();
	mn_thread_t t[n + 1];

	atomic_store(&awake, false);
	for (unsigned i = 0; i < n; i++)
		t[i] = test_spawn(sleeps, NULL);
	t[n] = test_spawn(wakes, NULL);
	for (unsigned i = 0; i <= n; i++)
		test_join(t[i]);
}

/* --- what the blocked workers would have seen to --- */

static int io[2];
static struct line blocked[MANY];
static mn_thread_t blockers[MANY];

static void *sleeps_then_writes(void *arg)
{
	stay_mobile();
	mn_sleep_ns(3000000);
	CHECK_EQ(mn_write(io[1], "y", 1), 1);
	return arg;
}

/* Reads by the runtime, so its wait is in the ring of a worker that is then blocked. */
static void *reads_then_unblocks(void *arg)
{
	char c = 0;

	stay_mobile();
	CHECK_EQ(mn_read(io[0], &c, 1), 1);
	CHECK_EQ(c, 'y');
	for (unsigned i = 0; i < mn_workers(); i++)
		CHECK_EQ(write(blocked[i].fds[1], "x", 1), 1);
	return arg;
}

static void *timed_out(void *arg)
{
	struct mn_sem never;

	CHECK_EQ(mn_sem_init(&never, 0), 0);

	CHECK_EQ(mn_sem_wait_until(&never, MN_CLOCK_MONOTONIC,
				   mn_now_ns(MN_CLOCK_MONOTONIC) + 2000000),
		 -ETIMEDOUT);
	return arg;
}

static void timers_and_io(void)
{
	mn_thread_t reader;
	mn_thread_t writer;
	mn_thread_t timed;

	CHECK_EQ(mn_pipe2(io, 0), 0);
	for (unsigned i = 0; i < mn_workers(); i++) {
		atomic_store(&blocked[i].blocks, false);
		make_pipe(blocked[i].fds);
	}
	reader = test_spawn(reads_then_unblocks, NULL);
	timed = test_spawn(timed_out, NULL);
	for (int i = 0; i < 3; i++)
		mn_thread_yield();
	for (unsigned i = 0; i < mn_workers(); i++)
		blockers[i] = test_spawn(reads, &blocked[i]);
	writer = test_spawn(sleeps_then_writes, NULL);
	test_join(writer);
	test_join(reader);
	test_join(timed);
	for (unsigned i = 0; i < mn_workers(); i++) {
		test_join(blockers[i]);
		close(blocked[i].fds[0]);
		close(blocked[i].fds[1]);
	}
	mn_close(io[0]);
	mn_close(io[1]);
	wait_for_takebacks();
}

/* --- preempted threads stay with their kernel thread --- */

static _Atomic bool stop_hogs;

static void *hogs(void *arg)
{
	while (!atomic_load(&stop_hogs))
		;
	return arg;
}

static void beside_hogs(void)
{
	unsigned n = mn_workers();
	mn_thread_t t[2 * n];
	struct line l = {.blocks = false};
	mn_thread_t r;

	if (!test_preempts())
		return;
	make_pipe(l.fds);
	atomic_store(&stop_hogs, false);
	for (unsigned i = 0; i < 2 * n; i++)
		t[i] = test_spawn(hogs, NULL);
	mn_thread_yield();
	r = test_spawn(reads, &l);
	while (!atomic_load(&l.blocks))
		mn_thread_yield();
	CHECK_EQ(write(l.fds[1], "x", 1), 1);
	test_join(r);
	atomic_store(&stop_hogs, true);
	for (unsigned i = 0; i < 2 * n; i++)
		test_join(t[i]);
	close(l.fds[0]);
	close(l.fds[1]);
}

int main(void)
{
	struct mn_stats s;
	unsigned quantum;

	if (test_emulated()) /* there nobody can tell whether a thread is in its own code */
		return 0;
	test_start();
	quantum = mn_quantum();
	if (quantum) /* so that nobody is preempted before stay_mobile() */
		CHECK_EQ(mn_quantum_set(200000), 0);
	stay_mobile();
	read_what_another_writes();
	many_at_once(mn_workers());
	many_at_once(mn_workers() + 3);
	lock_of_a_kernel_thread();
	sleep_of_libc();
	timers_and_io();
	if (quantum)
		CHECK_EQ(mn_quantum_set(quantum), 0);
	beside_hogs();
	wait_for_takebacks();
	mn_stats_read(&s);
	CHECK_REL(s.takeovers, >, mn_workers());
	test_stop();
	return 0;
}
