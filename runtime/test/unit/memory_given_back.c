/*
 * Proves: a parked thread takes one page of stack and its descriptor, a thread that
 * has not been started its descriptor; when threads have been joined their memory is
 * given back, whether all of them have ended or some
 * live on here and there; the next threads get what they need, on guarded stacks; a
 * handle of a thread that is gone is found to be old, whatever has become of the
 * memory of its descriptor.
 *
 * From the environment: MN_TEST_THREADS, how many; a million are as good.
 */
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "memory_test.h"

TEST_ONCE;

/* A sanitizer's threads are larger, and TSan's are few. */
#define THREADS (TEST_SLOWDOWN > 4 ? 600 : TEST_SLOWDOWN > 1 ? 6000 : 24000)
#define MEASURED (TEST_SLOWDOWN == 1 && !test_emulated()) /* the emulator's own memory counts, too */
#define CYCLES 3
#define PER_PARKED 4400
#define PER_UNSTARTED 256
/* Kept for the next threads; pages of which something is in use, and what the test itself notes. */
#define KEPT ((28 << 20) + threads * 96)

static int threads; /* how many */
static mn_thread_t *t;
static mn_thread_t *old[CYCLES];
static struct mn_mutex lock;
static struct mn_cond changed;
static _Atomic int parked;
static int let_go; /* threads whose number is not divisible by this may end; 0: none, 1: all */

static bool may_end(uintptr_t i)
{
	return let_go == 1 || (let_go && i % (uintptr_t)let_go);
}

static void *park(void *arg)
{
	volatile uintptr_t mine = (uintptr_t)arg;

	mn_mutex_lock(&lock);
	atomic_fetch_add(&parked, 1);
	while (!may_end((uintptr_t)arg))
		mn_cond_wait(&changed, &lock);
	mn_mutex_unlock(&lock);
	return (void *)mine;
}

static void start_from(int first, int n)
{
	for (int i = first; i < n; i++)
		t[i] = test_spawn(park, (void *)(uintptr_t)i);
	while (atomic_load(&parked) < n - first)
		test_pause();
	atomic_store(&parked, 0);
}

static void end(int which)
{
	mn_mutex_lock(&lock);
	let_go = which;
	mn_cond_broadcast(&changed);
	mn_mutex_unlock(&lock);
	for (uintptr_t i = 0; i < (uintptr_t)threads; i++)
		if (t[i] && may_end(i)) {
			CHECK_EQ(test_join(t[i]), i);
			t[i] = 0;
		}
}

static void cycle(int c)
{
	static long at_first;
	long before = test_resident();
	long half;

	if (!c)
		at_first = before;
	let_go = 0;
	start_from(0, threads / 2);
	half = test_resident();
	start_from(threads / 2, threads);
	if (MEASURED)
		CHECK_REL((test_resident() - half) / (threads - threads / 2), <=, PER_PARKED);
	memcpy(old[c], t, (size_t)threads * sizeof *t);
	end(100);
	if (MEASURED)
		CHECK_REL(test_resident() - at_first, <,
			  KEPT + threads * 256 + threads / 100 * 4400);
	end(1);
	if (MEASURED)
		CHECK_REL(test_resident() - at_first, <, KEPT);
	for (int i = 0; i <= c; i++)
		for (int k = 0; k < threads; k++)
			CHECK_EQ(mn_thread_detach(old[i][k]), -ESRCH);
}

static void unstarted(void)
{
	long before;
	long half = 0;

	test_start_one_cooperative_worker();
	let_go = 1;
	before = test_resident();
	for (int i = 0; i < threads; i++) {
		if (i == threads / 2)
			half = test_resident();
		t[i] = test_spawn(park, (void *)(uintptr_t)i);
	}
	if (MEASURED)
		CHECK_REL((test_resident() - half) / (threads - threads / 2), <=, PER_UNSTARTED);
	for (uintptr_t i = 0; i < (uintptr_t)threads; i++)
		CHECK_EQ(test_join(t[i]), i);
	if (MEASURED)
		CHECK_REL(test_resident() - before, <, KEPT);
	memset(t, 0, (size_t)threads * sizeof *t);
	atomic_store(&parked, 0);
	test_stop();
}

__attribute__((noipa)) static uintptr_t endless(uintptr_t depth)
{
	volatile char frame[512];

	frame[0] = (char)depth;
	return depth == UINTPTR_MAX ? 0 : endless(depth + 1) + (uintptr_t)frame[0];
}

static void *overrun(void *arg)
{
	mn_thread_yield();
	return (void *)endless((uintptr_t)arg);
}

/* On each of many stacks, in turn, that had been given back. */
static void guards_stay(void)
{
	for (int i = 0; i < threads; i += threads / 4) {
		struct rlimit no_core = {0, 0};
		int status;
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid) {
			setrlimit(RLIMIT_CORE, &no_core);
			test_start();
			start_from(0, threads);
			end(1);
			let_go = 0;
			start_from(0, i);
			CHECK(freopen("/dev/null", "w", stderr)); /* it will be reported */
			test_spawn(overrun, NULL);
			for (;;)
				test_pause(); /* not on this stack */
		}
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	}
}

int main(void)
{
	threads = (int)test_setting("MN_TEST_THREADS", THREADS);
	t = calloc((size_t)threads, sizeof *t);
	CHECK(t != NULL);
	for (int c = 0; c < CYCLES; c++)
		CHECK((old[c] = calloc((size_t)threads, sizeof **old)) != NULL);
	unstarted();
	guards_stay();
	test_start();
	for (int c = 0; c < CYCLES; c++)
		cycle(c);
	test_stop();
	return 0;
}
