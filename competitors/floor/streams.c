/*
 * echo and pipes: the system calls that a message takes, made by one thread at both ends, so that
 * nobody waits or is woken. Connections and rings are shared out.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "busy.h"
#include "clock.h"
#include "full.h"
#include "team.h"
#include "workload.h"

/* More may not fit between the ends, and then one thread would wait for itself. */
#define PIECE 16384

/* A connection or a ring. */
struct stream {
	int near, far; /* -1: not open; pipes are written at the near end */
	uint64_t *message;
	uint64_t sum;
	uint64_t *took; /* ns, by round; of echo */
};

struct streams {
	uint64_t count;
	uint64_t messages; /* on each */
	uint64_t words;
	struct stream *streams;
	uint64_t *buffers;
	uint64_t *took; /* of echo, all of them */
};

static void move(int from, int to, void *message, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += PIECE) {
		char *piece = (char *)message + done;
		uint64_t n = size - done < PIECE ? size - done : PIECE;

		write_full(from, piece, n);
		if (!read_full(to, piece, n))
			must_fail(EPIPE, "read");
	}
}

static void add_up(const struct streams *s, struct stream *line)
{
	for (uint64_t k = 0; k < s->words; k++)
		line->sum += line->message[k];
}

static void echo_part(void *arg, uint64_t i)
{
	struct streams *s = arg;
	struct stream *line = &s->streams[i];
	uint64_t size = s->words * sizeof *line->message, start = clock_now();

	for (uint64_t round = 0; round < s->messages; round++) {
		move(line->near, line->far, line->message, size);
		move(line->far, line->near, line->message, size);
		uint64_t end = clock_now();
		line->took[round] = end - start;
		start = end;
		add_up(s, line);
		line->message[0] = busy(1, line->message[0]);
	}
}

static void pipes_part(void *arg, uint64_t i)
{
	struct streams *s = arg;
	struct stream *line = &s->streams[i];

	for (; line->message[0] <= s->messages; line->message[0]++) {
		move(line->near, line->far, line->message, s->words * sizeof *line->message);
		add_up(s, line);
	}
}

static void run_echo(void *state, struct result *result)
{
	struct streams *s = state;

	(void)result;
	team_run(s->count, echo_part, s);
}

static void run_pipes(void *state, struct result *result)
{
	struct streams *s = state;

	(void)result;
	team_run(s->count, pipes_part, s);
}

static void acquire_echo(void *state, struct result *result)
{
	struct streams *s = state;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof at;
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

	if (listener < 0) {
		stopped(result, "socket", errno, 0);
		return;
	}
	if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 16) != 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &length) != 0)
		must_fail(errno, "listening on 127.0.0.1");
	for (uint64_t i = 0; i < s->count && !result->call; i++) {
		struct stream *line = &s->streams[i];

		line->near = socket(AF_INET, SOCK_STREAM, 0);
		if (line->near < 0)
			stopped(result, "socket", errno, i);
		else if (connect(line->near, (struct sockaddr *)&at, sizeof at) != 0)
			stopped(result, "connect", errno, i);
		else if ((line->far = accept(listener, NULL, NULL)) < 0)
			stopped(result, "accept", errno, i);
		else if (setsockopt(line->near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
			 setsockopt(line->far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
			must_fail(errno, "setsockopt(TCP_NODELAY)");
	}
	close(listener);
}

static void acquire_pipes(void *state, struct result *result)
{
	struct streams *s = state;

	for (uint64_t i = 0; i < s->count; i++) {
		int ends[2];

		if (pipe(ends) != 0) {
			stopped(result, "pipe", errno, i);
			return;
		}
		s->streams[i].far = ends[0];
		s->streams[i].near = ends[1];
	}
}

static void release(struct streams *s)
{
	free(s->took);
	free(s->buffers);
	free(s->streams);
	free(s);
}

static void finish(void *state, struct result *result)
{
	struct streams *s = state;

	result->units = s->count * s->messages;
	for (uint64_t i = 0; i < s->count; i++) {
		struct stream *line = &s->streams[i];

		result->answer += line->sum;
		if (line->near >= 0)
			close(line->near);
		if (line->far >= 0)
			close(line->far);
	}
	for (uint64_t i = 0; s->took && i < s->count * s->messages; i++)
		observed("latency", "ns", s->took[i]);
	release(s);
}

static struct streams *make(uint64_t count, uint64_t messages, uint64_t words)
{
	struct streams *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->count = count;
	s->messages = messages;
	s->words = words;
	s->streams = calloc(count, sizeof *s->streams);
	s->buffers = calloc(count, words * sizeof *s->buffers);
	if (!s->streams || !s->buffers) {
		release(s);
		return NULL;
	}
	for (uint64_t i = 0; i < count; i++)
		s->streams[i] =
			(struct stream){.near = -1, .far = -1, .message = s->buffers + i * words};
	return s;
}

static void *setup_echo(const struct args *args)
{
	struct streams *s =
		make(param(args, "connections"), param(args, "rounds"), param(args, "words"));

	if (!s)
		return NULL;
	s->took = calloc(s->count, s->messages * sizeof *s->took);
	if (!s->took) {
		release(s);
		return NULL;
	}
	for (uint64_t i = 0; i < s->count; i++) {
		s->streams[i].took = s->took + i * s->messages;
		for (uint64_t k = 0, x = i; k < s->words; k++)
			s->streams[i].message[k] = x = busy(1, x);
	}
	return s;
}

static void *setup_pipes(const struct args *args)
{
	struct streams *s = make(param(args, "rings"), param(args, "hops"), param(args, "words"));

	(void)param(args, "threads"); /* a hop is a hop, however many there are */
	for (uint64_t i = 0; s && i < s->count; i++) {
		s->streams[i].message[0] = 1;
		for (uint64_t k = 1; k < s->words; k++)
			s->streams[i].message[k] = i + k;
	}
	return s;
}

WORKLOAD(echo) = {
	.id = "echo",
	.params = {{"connections", 1}, {"words", 1}, {"rounds", 1}},
	.setup = setup_echo,
	.acquire = acquire_echo,
	.run = run_echo,
	.finish = finish,
};

WORKLOAD(pipes) = {
	.id = "pipes",
	.params = {{"rings", 1}, {"threads", 1}, {"hops", 1}, {"words", 1}},
	.setup = setup_pipes,
	.acquire = acquire_pipes,
	.run = run_pipes,
	.finish = finish,
};
