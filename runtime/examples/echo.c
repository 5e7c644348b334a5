/*
 * An echo server: a green thread per connection, blocking calls, and no callbacks.
 *
 *   echo PORT    serves until it is killed; 0: any port that is free
 *   echo         serves 100 clients of its own and ends
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mn.h"
#include "mn_io.h"

#define CLIENTS 100

static int fail(const char *what, int error)
{
	fprintf(stderr, "echo: %s: %s\n", what, strerror(-error));
	return 1;
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char text[4096];
	ssize_t n;

	while ((n = mn_read(fd, text, sizeof text)) > 0)
		if (mn_write(fd, text, (size_t)n) != n)
			break;
	mn_close(fd);
	return NULL;
}

/* Whether to go on after accept() has failed. */
static bool go_on(int error)
{
	switch (-error) {
	case ECONNABORTED: /* the client has left before it was accepted */
	case EPROTO:
	case EPERM: /* a firewall */
		return true;
	case EMFILE: /* it waits until some connection ends */
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		mn_sleep_ns(10000000);
		return true;
	}
	return false; /* closed */
}

static void *accept_all(void *arg)
{
	const struct mn_thread_attr detached = {.detached = 1};
	int listener = (int)(intptr_t)arg;
	int on = 1;

	for (;;) {
		int fd = mn_accept(listener, NULL, NULL);

		if (fd < 0 && !go_on(fd))
			return NULL;
		if (fd < 0)
			continue;
		mn_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		if (mn_thread_create(NULL, &detached, serve, (void *)(intptr_t)fd))
			mn_close(fd); /* no memory for one more */
	}
}

static void *be_client(void *arg)
{
	const struct sockaddr_in *at = arg;
	int fd = mn_socket(AF_INET, SOCK_STREAM, 0);
	char text[] = "hello";
	intptr_t right = 0;

	if (!mn_connect(fd, (const struct sockaddr *)at, sizeof *at))
		for (int i = 0; i < 10; i++)
			right += mn_write(fd, text, 5) == 5 &&
				 mn_recv(fd, text, 5, MSG_WAITALL) == 5 &&
				 !memcmp(text, "hello", 5);
	mn_close(fd);
	return (void *)right;
}

static int be_clients(struct sockaddr_in *at)
{
	mn_thread_t t[CLIENTS];
	intptr_t right = 0;
	void *result;

	for (int i = 0; i < CLIENTS; i++)
		if (mn_thread_create(&t[i], NULL, be_client, at))
			return 1;
	for (int i = 0; i < CLIENTS; i++) {
		mn_thread_join(t[i], &result);
		right += (intptr_t)result;
	}
	printf("%d clients got %d answers\n", CLIENTS, (int)right);
	return right != 10 * CLIENTS;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	mn_thread_t acceptor;
	int listener;
	int on = 1;
	int error;

	signal(SIGPIPE, SIG_IGN); /* a client that has left is an error of the write, and no more */
	at.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0));
	if ((error = mn_init(NULL)))
		return fail("mn_init", error);
	listener = mn_socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0)
		return fail("socket", listener);
	mn_setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 4096) ||
	    getsockname(listener, (struct sockaddr *)&at, &size))
		return fail("cannot listen", -errno);
	if ((error = mn_thread_create(&acceptor, NULL, accept_all, (void *)(intptr_t)listener)))
		return fail("thread", error);
	if (argc > 1) {
		printf("echo on 127.0.0.1:%d\n", ntohs(at.sin_port));
		fflush(stdout);
	} else {
		error = be_clients(&at);
		mn_close(listener); /* ends accept_all() */
	}
	mn_thread_join(acceptor, NULL);
	mn_shutdown();
	return error;
}
