/*
 * Reading and writing where there is nothing to wait for: beside each the bare
 * call, on a pipe that is used in the same way. One operation is a write and a
 * read of 64 bytes, so the pipe is never full; a pipe's ends get their twins (io/pipe.c)
 * in the first few hundred of them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "mn_io.h"

#define BYTES 64

static char bytes[BYTES];

static struct measured bare(uint64_t n, int in, int out)
{
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		MUST(write(out, bytes, BYTES) == BYTES);
		MUST(read(in, bytes, BYTES) == BYTES);
	}
	return (struct measured){bench_now() - start, n};
}

static struct measured green(uint64_t n, int in, int out)
{
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		MUST(mn_write(out, bytes, BYTES) == BYTES);
		MUST(mn_read(in, bytes, BYTES) == BYTES);
	}
	return (struct measured){bench_now() - start, n};
}

static struct measured on_pipe(struct measured (*run)(uint64_t n, int in, int out), uint64_t n)
{
	struct measured m;
	int fds[2];

	MUST(!mn_pipe2(fds, 0));
	m = run(n, fds[0], fds[1]);
	MUST(!mn_close(fds[0]));
	MUST(!mn_close(fds[1]));
	return m;
}

static struct measured on_sockets(struct measured (*run)(uint64_t n, int in, int out), uint64_t n)
{
	struct measured m;
	int fds[2];

	MUST(!mn_socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	m = run(n, fds[0], fds[1]);
	MUST(!mn_close(fds[0]));
	MUST(!mn_close(fds[1]));
	return m;
}

static struct measured bare_pipe(uint64_t n)
{
	return on_pipe(bare, n);
}

static struct measured green_pipe(uint64_t n)
{
	return on_pipe(green, n);
}

static struct measured bare_sockets(uint64_t n)
{
	return on_sockets(bare, n);
}

static struct measured green_sockets(uint64_t n)
{
	return on_sockets(green, n);
}

const struct bench bench_io[] = {
	{"pipe, write() + read() of 64 bytes", bare_pipe, 0},
	{"pipe, mn_write() + mn_read()", green_pipe, 0},
	{"socket pair, write() + read()", bare_sockets, 0},
	{"socket pair, mn_write() + mn_read()", green_sockets, 0},
	{NULL, NULL, 0},
};
