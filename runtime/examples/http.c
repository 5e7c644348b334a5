/*
 * A small HTTP/1.1 server: keep-alive, pipelining, a green thread per connection.
 * It answers GET and HEAD, with one page; what it does not know it refuses.
 *
 *   http PORT    serves until it is killed
 *   http         asks itself for a few pages and ends
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mn.h"
#include "mn_io.h"

#define HEAD_MOST 8192 /* bytes of a request's head */

/* --- one request --- */

struct answer {
	const char *status, *body;
	bool head_only, close;
};

/* Whether a line "name: ... word ..." is among the lines. */
static bool has_header(const char *lines, const char *name, const char *word)
{
	size_t n = strlen(name);

	for (const char *l = strstr(lines, "\r\n"); l; l = strstr(l + 2, "\r\n")) {
		const char *value = l + 2 + n;
		const char *end;

		if (strncasecmp(l + 2, name, n) || *value != ':')
			continue;
		end = strstr(value, "\r\n");
		for (const char *p = value; end && p + strlen(word) <= end; p++)
			if (!strncasecmp(p, word, strlen(word)))
				return true;
	}
	return false;
}

/* head: a request's first line and headers, with a 0 behind. */
static struct answer answer_to(const char *head)
{
	struct answer a = {"200 OK", "Hello from a green thread.\n", false, false};
	const char *version = strstr(head, " HTTP/1.");

	a.head_only = !strncmp(head, "HEAD /", 6);
	if (!version || version > strstr(head, "\r\n"))
		return (struct answer){"400 Bad Request", "That is no HTTP/1.\n", false, true};
	if (strncmp(head, "GET /", 5) && !a.head_only)
		return (struct answer){"501 Not Implemented", "GET and HEAD only.\n", false, true};
	/* A body would be taken for the next request. */
	if (has_header(head, "content-length", "") || has_header(head, "transfer-encoding", ""))
		return (struct answer){"413 Content Too Large", "No bodies, please.\n", false,
				       true};
	a.close = has_header(head, "connection", "close") ||
		  (version[8] == '0' && !has_header(head, "connection", "keep-alive"));
	return a;
}

static int write_answer(char *to, size_t room, struct answer a)
{
	return snprintf(to, room,
			"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
			"Connection: %s\r\n\r\n%s",
			a.status, strlen(a.body), a.close ? "close" : "keep-alive",
			a.head_only ? "" : a.body);
}

/* --- one connection --- */

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char text[HEAD_MOST + 1];
	size_t have = 0;
	bool open = true;

	while (open) {
		char out[512];
		char *end;
		ssize_t n = mn_read(fd, text + have, HEAD_MOST - have);

		if (n <= 0)
			break; /* the client has left, or sends a head without end */
		have += (size_t)n;
		text[have] = 0;
		while (open && (end = strstr(text, "\r\n\r\n"))) {
			struct answer a;
			int bytes;

			end[2] = 0;
			a = answer_to(text);
			bytes = write_answer(out, sizeof out, a);
			open = mn_write(fd, out, (size_t)bytes) == bytes && !a.close;
			have -= (size_t)(end + 4 - text);
			memmove(text, end + 4, have + 1);
		}
	}
	mn_close(fd);
	return NULL;
}

static void *accept_all(void *arg)
{
	const struct mn_thread_attr detached = {.detached = 1};
	int listener = (int)(intptr_t)arg;
	int on = 1;
	int fd;

	while ((fd = mn_accept(listener, NULL, NULL)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		if (mn_thread_create(NULL, &detached, serve, (void *)(intptr_t)fd))
			mn_close(fd); /* no memory for one more */
	}
	return NULL;
}

/* --- a few requests of its own --- */

static int ask(const struct sockaddr_in *at)
{
	static const char requests[] = "GET / HTTP/1.1\r\nHost: here\r\n\r\n"
				       "HEAD / HTTP/1.1\r\nHost: here\r\n\r\n"
				       "GET /last HTTP/1.1\r\nConnection: close\r\n\r\n";
	char text[2048];
	size_t have = 0;
	ssize_t n;
	int fd = mn_socket(AF_INET, SOCK_STREAM, 0);
	int answers = 0;

	if (mn_connect(fd, (const struct sockaddr *)at, sizeof *at) ||
	    mn_write(fd, requests, sizeof requests - 1) != sizeof requests - 1)
		return 1;
	while ((n = mn_read(fd, text + have, sizeof text - 1 - have)) > 0)
		have += (size_t)n;
	mn_close(fd);
	text[have] = 0;
	for (char *p = text; (p = strstr(p, "HTTP/1.1 200 OK")); p++)
		answers++;
	printf("%d answers to 3 requests\n", answers);
	return answers != 3;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	mn_thread_t acceptor;
	int listener;
	int on = 1;
	int error = mn_init(NULL);

	if (error) {
		fprintf(stderr, "http: mn_init: %s\n", strerror(-error));
		return 1;
	}
	signal(SIGPIPE, SIG_IGN); /* a client that has left is an error of the write, and no more */
	at.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0));
	listener = mn_socket(AF_INET, SOCK_STREAM, 0);
	mn_setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 1024) ||
	    getsockname(listener, (struct sockaddr *)&at, &size) ||
	    mn_thread_create(&acceptor, NULL, accept_all, (void *)(intptr_t)listener)) {
		perror("http: cannot serve");
		return 1;
	}
	if (argc <= 1) {
		error = ask(&at);
		mn_close(listener); /* ends accept_all() */
	}
	mn_thread_join(acceptor, NULL);
	mn_shutdown();
	return error;
}
