/*
 * Proves: a thread that wakes up while the watch is about to take its worker over, at
 * whichever of the watch's steps, goes on as if nothing had been: it calls the runtime at
 * once, and over and over, while its worker's word is taken away and put back.
 *
 * The linker sends the library's close() here. The watch closes a file after each look at
 * a kernel thread: two at every step of core/handoff.c that asks whether it rests.
 */
#include <stdatomic.h>

#include "check.h"

#define ROUNDS 60
#define FILES 6 /* looks before step 1, in it, and in step 3; two files each */
#define YIELDS 20000

int __real_close(int fd);
int __wrap_close(int fd);

static int fds[2];
static _Atomic int until; /* so many files are closed before the thread is woken; 0: it is not */
static _Atomic unsigned woken;
static _Atomic bool done;

/* Nobody but the watch closes files here, with its lock held mostly. */
int __wrap_close(int fd)
{
	int left = atomic_load(&until);

	if (left) {
		atomic_store(&until, left - 1);
		if (left == 1) {
			unsigned before = atomic_load(&woken);

			CHECK_EQ(write(fds[1], "x", 1), 1);
			while (atomic_load(&woken) == before)
				sched_yield();
		}
	}
	return __real_close(fd);
}

static void *blocks(void *arg)
{
	uint64_t state = test_seed();
	char c;

	for (int i = 0; i < ROUNDS; i++) {
		atomic_store(&until, (int)test_below(&state, FILES) + 1);
		CHECK_EQ(read(fds[0], &c, 1), 1);
		atomic_fetch_add(&woken, 1);
		for (int k = 0; k < YIELDS; k++)
			mn_thread_yield();
	}
	atomic_store(&done, true);
	return arg;
}

static void *goes_on(void *arg)
{
	while (!atomic_load(&done)) {
		if (atomic_exchange(&until,
				    0)) /* this runs while that is set: the worker was taken over */
			CHECK_EQ(write(fds[1], "x", 1), 1);
		mn_thread_yield();
	}
	return arg;
}

int main(void)
{
	static const struct mn_config config = {
		.workers = 1, .preempt = MN_OFF, .blocking_watch = MN_ON};
	mn_thread_t t[2];

	if (test_emulated()) /* there nobody is taken over */
		return 0;
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(mn_init(&config), 0);
	t[0] = test_spawn(goes_on, NULL);
	t[1] = test_spawn(blocks, NULL);
	test_join(t[0]);
	test_join(t[1]);
	test_stop();
	return 0;
}
