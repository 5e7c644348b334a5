/*
 * Proves, in the build in which TSan watches: two threads that touch the same
 * variable without anything between them that orders them are reported, even when
 * one worker runs them one after the other; and what mn.h says orders threads does:
 * creating, joining, and the objects. Elsewhere only that all of it works.
 */
#include <stdatomic.h>
#include <sys/wait.h>

#include "check.h"

TEST_ONCE;

static int shared;
static _Atomic int step;
static _Atomic int done; /* relaxed: it orders nothing */
static struct mn_sem sem;

static void *keep_busy(void *arg)
{
	atomic_store(&step, 1);
	while (atomic_load(&step) == 1)
		sched_yield();
	return arg;
}

static void *touch(void *arg)
{
	shared++;
	atomic_fetch_add_explicit(&done, 1, memory_order_relaxed);
	return arg;
}

/* Two threads on main's worker, the second begun when the first has ended. */
static void one_after_the_other(void)
{
	mn_thread_t first = test_spawn(touch, NULL);
	mn_thread_t second = test_spawn(touch, NULL);

	while (atomic_load_explicit(&done, memory_order_relaxed) < 2)
		mn_thread_yield();
	test_join(first);
	test_join(second);
}

static void *touch_and_post(void *arg)
{
	shared++;
	CHECK_EQ(mn_sem_post(&sem), 0);
	return arg;
}

static void *wait_and_touch(void *arg)
{
	mn_sem_wait(&sem);
	shared++;
	return arg;
}

static void by_a_semaphore(void)
{
	mn_thread_t second = test_spawn(wait_and_touch, NULL);
	mn_thread_t first;

	mn_thread_yield();
	first = test_spawn(touch_and_post, NULL);
	for (int i = 0; i < 4; i++)
		mn_thread_yield();
	test_join(first);
	test_join(second);
}

static void by_join(void)
{
	shared = 1;
	test_join(test_spawn(touch, NULL));
	test_join(test_spawn(touch, NULL));
	CHECK_EQ(shared, 3);
}

/* Runs it in a process of its own, on two workers, of which one is taken. Returns the wait status. */
static int in_child(void (*fn)(void))
{
	static const struct mn_config config = {.workers = 2, .preempt = MN_OFF};
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		mn_thread_t busy;

		CHECK_EQ(mn_init(&config), 0);
		CHECK_EQ(mn_sem_init(&sem, 0), 0);
		busy = test_spawn(keep_busy, NULL);
		while (!atomic_load(&step))
			sched_yield();
		fn();
		atomic_store(&step, 2);
		test_join(busy);
		test_stop();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

int main(void)
{
	CHECK_EQ(in_child(by_a_semaphore), 0);
	CHECK_EQ(in_child(by_join), 0);
#if defined(MNI_SAN_STRICT)
	if (!freopen("/dev/null", "w", stderr)) /* what TSan has to say is expected */
		return 1;
	CHECK_EQ(WEXITSTATUS(in_child(one_after_the_other)), TEST_RACE);
#else
	CHECK_EQ(in_child(one_after_the_other), 0);
#endif
	return 0;
}
