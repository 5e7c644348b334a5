/*
 * A small HTTP/1.1 server (RFC 9112): a green thread per connection, keep-alive and
 * pipelining. It has one page, for GET and HEAD; what it does not know it refuses.
 *
 *   http PORT    serves until it is killed; 0: any port that is free
 *   http         asks itself for a few pages and ends
 *
 * It waits for ever for a client that says nothing. SO_RCVTIMEO, set by
 * mn_setsockopt(), would end such connections.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>
#include <time.h>

#include "mn.h"
#include "mn_io.h"

#define HEAD_MOST 8192   /* bytes of a request's head */
#define ANSWER_MOST 512  /* bytes of an answer, with its head */
#define BODY_MOST 65536  /* bytes of a request's body, which is skipped */
#define LEAVE_MOST 65536 /* bytes still read from a client that is sent away */

/* --- one request: a head without its empty line --- */

struct request {
	const char *method, *path;
	size_t method_size, path_size;
	int minor;      /* of HTTP/1.minor */
	int hosts;      /* headers "Host" */
	long long body; /* bytes; -1: no length is given */
	bool close, keep, coded;
};

/* What is wrong with a request, as an answer's status; NULL: nothing. */
typedef const char *status;

#define BAD "400 Bad Request"

static bool is_token(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] >= 127 || strchr("\"(),/:;<=>?@[\\]{}", p[i]))
			return false;
	return n > 0;
}

static bool is_name(const char *p, size_t n, const char *name)
{
	return n == strlen(name) && !strncasecmp(p, name, n);
}

/* Whether a comma-separated list has this word. */
static bool has_word(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		const char *stop = comma ? comma : end;

		while (p < stop && (*p == ' ' || *p == '\t'))
			p++;
		while (stop > p && (stop[-1] == ' ' || stop[-1] == '\t'))
			stop--;
		if ((size_t)(stop - p) == n && !strncasecmp(p, word, n))
			return true;
		p = comma ? comma + 1 : end;
	}
	return false;
}

static status read_length(struct request *r, const char *p, const char *end)
{
	long long n = 0;

	if (p == end || r->body >= 0)
		return BAD; /* two lengths are an attack, or a mistake */
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return BAD;
		if (n <= BODY_MOST)
			n = 10 * n + *p - '0';
	}
	r->body = n;
	return NULL;
}

/* One header line: "name: value". */
static status read_header(struct request *r, const char *line, const char *end)
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	const char *value;
	size_t n;

	if (!colon || !is_token(line, n = (size_t)(colon - line)))
		return BAD; /* lines that continue another begin with a space, and are no token */
	for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
		;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (is_name(line, n, "host"))
		r->hosts++;
	else if (is_name(line, n, "content-length"))
		return read_length(r, value, end);
	else if (is_name(line, n, "transfer-encoding"))
		r->coded = true;
	else if (is_name(line, n, "connection")) {
		r->close |= has_word(value, end, "close");
		r->keep |= has_word(value, end, "keep-alive");
	}
	return NULL;
}

/* The first line: "GET /path HTTP/1.1". */
static status read_request_line(struct request *r, const char *line, const char *end)
{
	const char *space = memchr(line, ' ', (size_t)(end - line));
	const char *second = space ? memchr(space + 1, ' ', (size_t)(end - space - 1)) : NULL;

	if (!second || end - second != 9 || strncmp(second, " HTTP/", 6) || second[7] != '.')
		return BAD;
	r->method = line;
	r->method_size = (size_t)(space - line);
	r->path = space + 1;
	r->path_size = (size_t)(second - r->path);
	if (!is_token(r->method, r->method_size) || !r->path_size)
		return BAD;
	if (second[6] != '1' || second[8] < '0' || second[8] > '9')
		return "505 HTTP Version Not Supported";
	r->minor = second[8] - '0';
	return NULL;
}

static status read_request(struct request *r, const char *head, const char *end)
{
	const char *line = head;
	status wrong = NULL;

	*r = (struct request){.body = -1};
	while (!wrong && line < end) {
		const char *stop = memmem(line, (size_t)(end - line), "\r\n", 2);

		if (!stop)
			stop = end;
		wrong = line == head ? read_request_line(r, line, stop)
				     : read_header(r, line, stop);
		line = stop + 2;
	}
	if (wrong)
		return wrong;
	if (!r->method || memchr(head, 0, (size_t)(end - head)) || (r->minor && r->hosts != 1))
		return BAD;
	if (r->coded)
		return "501 Not Implemented";
	return r->body > BODY_MOST ? "413 Content Too Large" : NULL;
}

/* --- one connection --- */

struct connection {
	int fd;
	size_t have, pending; /* bytes in in[] and out[] */
	size_t skip;          /* bytes of a body still to come */
	time_t date_of;
	char date[32];
	char in[HEAD_MOST];
	char out[4096];
};

static bool flush(struct connection *c)
{
	ssize_t n = (ssize_t)c->pending;

	c->pending = 0;
	return !n || mn_write(c->fd, c->out, (size_t)n) == n;
}

static const char *date(struct connection *c)
{
	time_t now = time(NULL);
	struct tm t;

	if (now != c->date_of && gmtime_r(&now, &t)) {
		strftime(c->date, sizeof c->date, "%a, %d %b %Y %H:%M:%S GMT", &t);
		c->date_of = now;
	}
	return c->date;
}

#define CLOSE "Connection: close\r\n"

/* connection: a header that says what becomes of it, or "". False: the client has left. */
static bool answer(struct connection *c, status s, const char *body, bool head_only,
		   const char *connection)
{
	if (c->pending > sizeof c->out - ANSWER_MOST && !flush(c))
		return false;
	c->pending += (size_t)snprintf(c->out + c->pending, ANSWER_MOST,
				       "HTTP/1.1 %s\r\nDate: %s\r\nContent-Type: text/plain\r\n"
				       "Content-Length: %zu\r\n%s%s\r\n%s",
				       s, date(c), strlen(body),
				       !strncmp(s, "405", 3) ? "Allow: GET, HEAD\r\n" : "",
				       connection, head_only ? "" : body);
	return true;
}

/* The last answer: what is wrong. */
static bool refuse(struct connection *c, status s)
{
	answer(c, s, "Sorry.\n", false, CLOSE);
	return false;
}

/* The answer to a head of this size. False: the connection is to be closed. */
static bool serve_request(struct connection *c, size_t size)
{
	struct request r;
	status wrong = read_request(&r, c->in, c->in + size);
	const char *connection;
	bool get, head, open;

	if (wrong)
		return refuse(c, wrong);
	get = r.method_size == 3 && !memcmp(r.method, "GET", 3);
	head = r.method_size == 4 && !memcmp(r.method, "HEAD", 4);
	open = !r.close && (r.minor || r.keep);
	connection = !open ? CLOSE : r.minor ? "" : "Connection: keep-alive\r\n";
	c->skip = r.body > 0 ? (size_t)r.body : 0;
	if (!get && !head)
		return answer(c, "405 Method Not Allowed", "GET and HEAD only.\n", false,
			      connection) &&
		       open;
	if (r.path_size == 1 && *r.path == '/')
		return answer(c, "200 OK", "Hello from a green thread.\n", head, connection) &&
		       open;
	return answer(c, "404 Not Found", "There is nothing here.\n", head, connection) && open;
}

static void drop(struct connection *c, size_t n)
{
	c->have -= n;
	memmove(c->in, c->in + n, c->have);
}

/* All requests that are there as a whole. False: the connection is to be closed. */
static bool serve_requests(struct connection *c)
{
	for (;;) {
		size_t skip = c->skip < c->have ? c->skip : c->have;
		const char *end;

		drop(c, skip);
		c->skip -= skip;
		while (c->have >= 2 && !memcmp(c->in, "\r\n", 2))
			drop(c, 2); /* some clients send one too many */
		end = memmem(c->in, c->have, "\r\n\r\n", 4);
		if (!end) {
			const char *lf = memchr(c->in, '\n', c->have);

			if (lf && (lf == c->in || lf[-1] != '\r'))
				return refuse(c, BAD); /* lines end in CR LF */
			return c->have < sizeof c->in ||
			       refuse(c, "431 Request Header Fields Too Large");
		}
		if (!serve_request(c, (size_t)(end - c->in)))
			return false;
		drop(c, (size_t)(end + 4 - c->in));
	}
}

/* Closing with unread bytes would take the answer away from the client: it reads first. */
static void see_off(struct connection *c)
{
	struct timeval limit = {.tv_sec = 1};
	ssize_t n;

	shutdown(c->fd, SHUT_WR);
	mn_setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	for (size_t left = LEAVE_MOST;
	     (n = mn_read(c->fd, c->in, sizeof c->in)) > 0 && left > (size_t)n;)
		left -= (size_t)n;
}

static void *serve(void *arg)
{
	struct connection c = {.fd = (int)(intptr_t)arg};
	bool open = true;
	bool here = true;

	while (open && here) {
		ssize_t n = mn_read(c.fd, c.in + c.have, sizeof c.in - c.have);

		if (n <= 0)
			break; /* the client has left */
		c.have += (size_t)n;
		open = serve_requests(&c);
		here = flush(&c);
	}
	if (!open && here)
		see_off(&c);
	mn_close(c.fd);
	return NULL;
}

/* --- all of them --- */

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

/* --- a few requests of its own --- */

static int ask(const struct sockaddr_in *at)
{
	static const char requests[] = "GET / HTTP/1.1\r\nHost: here\r\n\r\n"
				       "HEAD / HTTP/1.1\r\nHost: here\r\n\r\n"
				       "GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";
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

static int fail(const char *what, int error)
{
	fprintf(stderr, "http: %s: %s\n", what, strerror(-error));
	return 1;
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
		printf("http://127.0.0.1:%d/\n", ntohs(at.sin_port));
		fflush(stdout);
	} else {
		error = ask(&at);
		mn_close(listener); /* ends accept_all() */
	}
	mn_thread_join(acceptor, NULL);
	mn_shutdown();
	return error;
}
