/*
 * Proves: a pipe whose ends have been used so much that the runtime has opened them
 * once more is no other pipe to anybody: it ends for both sides when an end is
 * closed, by the runtime, after it, or with a forked child that lives on; it blocks
 * those who do not know of green threads and gives -EAGAIN to those who want that;
 * it can be copied, released and its numbers used again; no fd is left, and no more
 * than a share of all fds is taken.
 */
#include "io_test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define OFTEN 600

static bool twins; /* whether there are any */

static void *echo(void *arg)
{
	int *fds = arg;
	char c;

	while (mn_read(fds[0], &c, 1) == 1)
		CHECK_EQ(mn_write(fds[1], &c, 1), 1);
	return NULL;
}

static void use(int fds[2], int times)
{
	char c;

	for (int i = 0; i < times; i++) {
		CHECK_EQ(mn_write(fds[1], &(char){(char)i}, 1), 1);
		CHECK_EQ(mn_read(fds[0], &c, 1), 1);
		CHECK_EQ(c, (char)i);
	}
}

/* A pipe with twins. */
static void make(int fds[2])
{
	int before;

	CHECK_EQ(mn_pipe2(fds, O_CLOEXEC), 0);
	before = test_open_pipes();
	use(fds, OFTEN);
	CHECK_EQ(test_open_pipes(), before + (twins ? 2 : 0));
}

static void finish(int fds[2])
{
	CHECK_EQ(mn_close(fds[0]), 0);
	CHECK_EQ(mn_close(fds[1]), 0);
}

static void *read_end(void *arg)
{
	char c;

	return (void *)(uintptr_t)mn_read((int)(uintptr_t)arg, &c, 1);
}

static void ends(void)
{
	mn_thread_t t;
	int fds[2];
	char c;

	make(fds);
	t = test_spawn(read_end, (void *)(uintptr_t)fds[0]);
	test_until_io_waits(1);
	CHECK_EQ(mn_close(fds[1]), 0);
	CHECK_EQ(test_join(t), 0);
	CHECK_EQ(mn_close(fds[0]), 0);
	make(fds);
	CHECK_EQ(mn_close(fds[0]), 0);
	CHECK_EQ(mn_write(fds[1], "x", 1), -EPIPE);
	CHECK_EQ(mn_close(fds[1]), 0);
	make(fds);
	t = test_spawn(read_end, (void *)(uintptr_t)fds[0]);
	test_until_io_waits(1);
	CHECK_EQ(mn_close(fds[0]), 0);
	CHECK_EQ(test_join(t), -EBADF);
	CHECK_EQ(mn_read(fds[0], &c, 1), -EBADF);
	CHECK_EQ(mn_close(fds[1]), 0);
}

/* Others see a blocking pipe; the program's own flags count. */
static void flags(void)
{
	static char bytes[4 * PIPE_BUF];
	int fds[2];
	int copy;
	char c;

	make(fds);
	CHECK_EQ(fcntl(fds[0], F_GETFL), O_RDONLY);
	CHECK_EQ(fcntl(fds[1], F_GETFL), O_WRONLY);
	CHECK_EQ(mn_fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(mn_read(fds[0], &c, 1), -EAGAIN);
	CHECK_EQ(mn_fcntl(fds[0], F_SETFL, 0), 0);
	use(fds, OFTEN);
	CHECK_EQ(mn_fcntl(fds[1], F_SETFL, O_DIRECT | O_NONBLOCK), 0); /* packets */
	CHECK_EQ(mn_write(fds[1], "ab", 2), 2);
	CHECK_EQ(mn_write(fds[1], "cd", 2), 2);
	CHECK_EQ(mn_read(fds[0], bytes, 4), 2);
	CHECK_EQ(mn_read(fds[0], bytes, 4), 2);
	while (mn_write(fds[1], bytes, sizeof bytes) > 0)
		;
	CHECK_EQ(mn_write(fds[1], bytes, 1), -EAGAIN);
	finish(fds);
	make(fds);
	copy = mn_dup(fds[1]);
	CHECK_EQ(mn_close(fds[1]), 0);
	CHECK_EQ(mn_write(copy, "x", 1), 1);
	CHECK_EQ(mn_read(fds[0], &c, 1), 1);
	CHECK_EQ(mn_close(copy), 0);
	CHECK_EQ(mn_read(fds[0], &c, 1), 0);
	CHECK_EQ(mn_close(fds[0]), 0);
	make(fds);
	mn_fd_release(fds[1]);
	CHECK_EQ(close(fds[1]), 0);
	CHECK_EQ(mn_read(fds[0], &c, 1), 0);
	CHECK_EQ(mn_close(fds[0]), 0);
}

/* Many threads at both ends, while the twins come into being; and by parts. */
static void crowd(void)
{
	mn_thread_t t[8];
	int there[2];
	int back[2];
	int ends[2];
	char c;

	CHECK_EQ(mn_pipe2(there, 0), 0);
	CHECK_EQ(mn_pipe2(back, 0), 0);
	ends[0] = there[0];
	ends[1] = back[1];
	for (int i = 0; i < 8; i++)
		t[i] = test_spawn(echo, ends);
	for (int i = 0; i < OFTEN; i++) {
		struct iovec parts[2] = {{"ab", 2}, {"c", 1}};

		CHECK_EQ(mn_writev(there[1], parts, 2), 3);
		for (int k = 0; k < 3; k++)
			CHECK_EQ(mn_read(back[0], &c, 1), 1);
	}
	CHECK_EQ(mn_close(there[1]), 0);
	for (int i = 0; i < 8; i++)
		test_join(t[i]);
	CHECK_EQ(mn_close(there[0]), 0);
	finish(back);
}

/* --- a thread that writes wakes the one that waits at the other end, if it is still the same pipe --- */

static void wakes_other_end(void)
{
	mn_thread_t t;
	int there[2];
	int back[2];
	int ends[2];
	char c = 0;

	CHECK_EQ(mn_pipe2(there, 0), 0);
	CHECK_EQ(mn_pipe2(back, 0), 0);
	ends[0] = there[0];
	ends[1] = back[1];
	t = test_spawn(echo, ends);
	for (int i = 0; i < OFTEN; i++) {
		CHECK_EQ(mn_write(there[1], &(char){(char)i}, 1), 1);
		if (i % 5 == 0)
			mn_thread_yield();
		CHECK_EQ(mn_read(back[0], &c, 1), 1);
		CHECK_EQ(c, (char)i);
	}
	CHECK_EQ(mn_close(there[1]), 0);
	test_join(t);
	CHECK_EQ(mn_close(there[0]), 0);
	finish(back);
}

static void another_file_by_its_number(void)
{
	mn_thread_t t;
	int old[2];
	int new[2];
	int copy;
	char c;

	CHECK_EQ(mn_pipe2(old, 0), 0);
	CHECK_EQ(mn_pipe2(new, 0), 0);
	copy = mn_dup(old[0]);
	CHECK_EQ(mn_dup3(new[0], old[0], 0), old[0]);
	CHECK_EQ(mn_close(new[0]), 0);
	t = test_spawn(read_end, (void *)(uintptr_t)old[0]);
	test_until_io_waits(1);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(mn_write(old[1], "x", 1), 1);
		mn_thread_yield();
		CHECK_EQ(mn_read(copy, &c, 1), 1);
	}
	test_until_io_waits(1);
	CHECK_EQ(mn_write(new[1], "y", 1), 1);
	CHECK_EQ(test_join(t), (void *)1);
	CHECK_EQ(mn_close(copy), 0);
	CHECK_EQ(mn_write(old[1], "x", 1), -EPIPE);
	finish(old);
	CHECK_EQ(mn_close(new[1]), 0);
}

static void share(void)
{
	enum { PIPES = 20 };
	struct rlimit all;
	struct rlimit few;
	int fds[PIPES][2];
	int before = test_open_pipes();

	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &all), 0);
	few = (struct rlimit){128, all.rlim_max};
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (int i = 0; i < PIPES; i++) {
		CHECK_EQ(mn_pipe2(fds[i], 0), 0);
		use(fds[i], OFTEN);
	}
	CHECK_EQ(test_open_pipes(), before + 2 * PIPES + (twins ? 128 / 8 : 0));
	for (int i = 0; i < PIPES; i++)
		finish(fds[i]);
	CHECK_EQ(test_open_pipes(), before);
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &all), 0);
}

#if !defined(__SANITIZE_THREAD__) /* it does not follow the child of a process with threads */
static void children(void)
{
	mn_thread_t t;
	int status;
	int fds[2];
	int gate[2];
	pid_t pid;
	char c;

	CHECK_EQ(pipe2(gate, 0), 0);
	make(fds);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		CHECK_EQ(close(fds[1]), 0);
		CHECK_EQ(close(fds[0]), 0);
		CHECK_EQ(close(gate[1]), 0);
		CHECK_EQ(read(gate[0], &c, 1), 0); /* lives on until told */
		_exit(0);
	}
	t = test_spawn(read_end, (void *)(uintptr_t)fds[0]);
	use((int[]){fds[0], fds[1]}, 0);
	CHECK_EQ(mn_close(fds[1]), 0);
	CHECK_EQ(test_join(t), 0);
	CHECK_EQ(close(gate[1]), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(close(gate[0]), 0);
	CHECK_EQ(mn_close(fds[0]), 0);
}
#endif

int main(void)
{
	int before = test_open_fds();
	int fds[2];
	char c;

	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
#if !defined(__SANITIZE_THREAD__)
	twins = !test_emulated(); /* there a pipe is tried by poll(), and not opened once more */
#endif
	test_start();
	ends();
	flags();
	crowd();
	wakes_other_end();
	another_file_by_its_number();
	share();
#if !defined(__SANITIZE_THREAD__)
	if (!test_emulated())
		children();
#endif
	make(fds);
	test_stop();
	CHECK_EQ(close(fds[1]), 0);
	CHECK_EQ(read(fds[0], &c, 1), 0);
	CHECK_EQ(close(fds[0]), 0);
	CHECK_EQ(test_open_fds(), before);
	return 0;
}
