/*
 * Proves: a program may have functions of its own under the names of libc's, and
 * no thread is preempted in them when the library calls them: it may hold a lock,
 * or be between two threads. They lie in the program's text like any other code.
 *
 * Those here take longer than a quantum. A thread that was switched out in one of
 * them would be seen by the next one on that kernel thread.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "check.h"

#define THREADS 8
#define SPIN 60000
#define LARGE (1024 * 1024)

static __thread int inside;
static _Atomic bool slow;
static _Atomic unsigned calls;

/* Where the thread-local variable is depends on the kernel thread. */
__attribute__((noipa)) static int now_inside(int change)
{
	return inside += change;
}

/* Where nobody is preempted it is enough that the functions work. */
static uint64_t times(void)
{
	return test_times(test_preempts() ? 20 : 1);
}

/* The sanitizers have taken these functions for themselves. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)

#define CALLS 0

#else

#define CALLS (THREADS * times())

static void linger(void)
{
	if (!atomic_load_explicit(&slow, memory_order_relaxed))
		return;
	atomic_fetch_add(&calls, 1);
	now_inside(1);
	for (volatile int i = 0; i < SPIN; i++)
		;
	now_inside(-1);
}

void *mmap(void *p, size_t n, int prot, int flags, int fd, off_t at)
{
	linger();
	return (void *)syscall(SYS_mmap, p, n, prot, flags, fd, at);
}

int munmap(void *p, size_t n)
{
	linger();
	return (int)syscall(SYS_munmap, p, n);
}

int madvise(void *p, size_t n, int advice)
{
	linger();
	return (int)syscall(SYS_madvise, p, n, advice);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	linger();
	return (int)syscall(SYS_clock_gettime, clock, t);
}

int sched_yield(void)
{
	linger();
	return (int)syscall(SYS_sched_yield);
}

__attribute__((optimize("no-tree-loop-distribute-patterns"))) void *
memcpy(void *restrict to, const void *restrict from, size_t n)
{
	char *a = to;
	const char *b = from;

	if (n >= 32)
		linger();
	while (n--)
		*a++ = *b++;
	return to;
}

#endif

struct item {
	uint64_t word[8];
};

static struct item buffer[THREADS];
static struct mn_chan channel;

static void *nothing(void *arg)
{
	CHECK_EQ(now_inside(0), 0);
	return arg;
}

static void *work(void *arg)
{
	static const struct mn_thread_attr large = {.stack_size = LARGE};
	uint64_t n = times();

	for (uint64_t i = 0; i < n; i++) {
		struct item item = {{i, i, i, i, i, i, i, i}};
		mn_thread_t t;

		CHECK_EQ(mn_thread_create(&t, &large, nothing, arg), 0);
		CHECK_EQ(mn_chan_send(&channel, &item), 0);
		CHECK_EQ(mn_chan_recv(&channel, &item), 0);
		CHECK_EQ(item.word[0], item.word[7]);
		CHECK_EQ(test_join(t), arg);
		mn_sleep_ns(1000);
		CHECK_EQ(now_inside(0), 0);
	}
	return arg;
}

int main(void)
{
	mn_thread_t t[THREADS];

	test_start();
	CHECK_EQ(mn_chan_init(&channel, buffer, sizeof *buffer, THREADS), 0);
	atomic_store(&slow, true);
	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(work, (void *)i);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(test_join(t[i]), i);
	atomic_store(&slow, false);
	CHECK_REL(atomic_load(&calls), >=, CALLS);
	CHECK_EQ(mn_chan_destroy(&channel), 0);
	test_stop();
	return 0;
}
