/*
 * Proves: generations of threads that wait for the same few fds, in every way, and
 * are cancelled, timed out or served at random moments, lose no byte to a thread
 * that is gone: what is written is read by somebody, once, and each thread ends.
 */
#include "io_test.h"

#include <stdatomic.h>

#define PIPES 4
#define READERS 12

static int in[PIPES], out[PIPES];
static _Atomic uint64_t written, taken;

static void *read_until_cancelled(void *arg)
{
	uint64_t state = (uintptr_t)arg;

	for (;;) {
		int fd = in[test_below(&state, PIPES)];
		struct pollfd p[PIPES];
		char c;
		int ready;

		if (test_below(&state, 2)) {
			mn_read(fd, &c, 1);
			atomic_fetch_add(&taken, 1);
			continue;
		}
		for (int i = 0; i < PIPES; i++)
			p[i] = (struct pollfd){in[i], POLLIN, 0};
		ready = mn_poll(p, PIPES, (int)test_below(&state, 3) - 1);
		CHECK(ready >= 0 && ready <= PIPES);
	}
	return NULL;
}

int main(void)
{
	uint64_t state = test_seed();
	uint64_t generations = test_times(60);
	mn_thread_t t[READERS];
	struct pollfd p[PIPES];
	char c;

	test_start();
	for (int i = 0; i < PIPES; i++) {
		int fds[2];

		if (i % 2)
			CHECK_EQ(mn_socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		else
			CHECK_EQ(mn_pipe2(fds, 0), 0);
		in[i] = fds[0];
		out[i] = fds[1];
	}
	for (uint64_t g = 0; g < generations; g++) {
		for (int i = 0; i < READERS; i++)
			t[i] = test_spawn(read_until_cancelled,
					  (void *)(uintptr_t)test_random(&state));
		for (uint64_t i = test_below(&state, 30); i; i--) {
			CHECK_EQ(mn_write(out[test_below(&state, PIPES)], "x", 1), 1);
			written++;
			if (test_below(&state, 3))
				mn_thread_yield();
		}
		for (int i = 0; i < READERS; i++)
			CHECK_EQ(mn_thread_cancel(t[i]), 0);
		for (int i = 0; i < READERS; i++)
			CHECK_EQ(test_join(t[i]), MN_CANCELED);
	}
	/* What nobody has taken is still there. */
	for (int i = 0; i < PIPES; i++)
		p[i] = (struct pollfd){in[i], POLLIN, 0};
	while (mn_poll(p, PIPES, 0) > 0)
		for (int i = 0; i < PIPES; i++)
			if (p[i].revents) {
				CHECK_EQ(mn_read(in[i], &c, 1), 1);
				taken++;
			}
	CHECK_EQ(taken, written);
	for (int i = 0; i < PIPES; i++) {
		mn_close(in[i]);
		mn_close(out[i]);
	}
	test_stop();
	return 0;
}
