/* What the tests of input and output share: connected pairs, knowing that a thread waits, and
   what is open. */
#ifndef MN_TEST_IO_H
#define MN_TEST_IO_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "check.h"
#include "mn_io.h"

/* A TCP socket that listens on loopback; *port is where. */
__attribute__((unused)) static int test_listen(struct sockaddr_in *at)
{
	socklen_t n = sizeof *at;
	int fd = mn_socket(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0);
	*at = (struct sockaddr_in){.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	CHECK_EQ(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
	CHECK_EQ(listen(fd, 4096), 0);
	CHECK_EQ(getsockname(fd, (struct sockaddr *)at, &n), 0);
	return fd;
}

__attribute__((unused)) static int test_connect(const struct sockaddr_in *at)
{
	int fd = mn_socket(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0);
	CHECK_EQ(mn_connect(fd, (const struct sockaddr *)at, sizeof *at), 0);
	return fd;
}

/* Two ends of a TCP connection. */
__attribute__((unused)) static void test_tcp_pair(int fds[2])
{
	struct sockaddr_in at;
	int listener = test_listen(&at);

	fds[0] = test_connect(&at);
	fds[1] = mn_accept(listener, NULL, NULL);
	CHECK(fds[1] >= 0);
	CHECK_EQ(mn_close(listener), 0);
}

struct test_server {
	int listener;
	void *(*serve)(void *); /* with the fd of a connection */
};

/* A thread's function: one thread for each connection, until the listener is closed. */
__attribute__((unused)) static void *test_accept_all(void *arg)
{
	const struct test_server *server = arg;
	static const struct mn_thread_attr detached = {.detached = 1};
	int fd;

	while ((fd = mn_accept(server->listener, NULL, NULL)) >= 0)
		CHECK_EQ(mn_thread_create(NULL, &detached, server->serve, (void *)(uintptr_t)fd),
			 0);
	CHECK_EQ(fd, -EBADF);
	return NULL;
}

/* How many entries this folder has, such as /proc/self/fd. */
__attribute__((unused)) static int test_entries(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	CHECK(d != NULL);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* How many fds are open, and a constant. */
__attribute__((unused)) static int test_open_fds(void)
{
	return test_entries("/proc/self/fd");
}

/* How many of them are pipes: workers open others when they need rings. */
__attribute__((unused)) static int test_open_pipes(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;
	int n = 0;

	CHECK(d != NULL);
	while ((entry = readdir(d))) {
		char file[5];

		n += readlinkat(dirfd(d), entry->d_name, file, sizeof file) == sizeof file &&
		     !memcmp(file, "pipe:", sizeof file);
	}
	closedir(d);
	return n;
}

/* Returns when n threads wait for I/O at the same time. */
__attribute__((unused)) static void test_until_io_waits(uint64_t n)
{
	struct mn_stats s;

	do {
		test_pause();
		mn_stats_read(&s);
	} while (s.io_waits - s.io_wakes != n);
}

#endif
