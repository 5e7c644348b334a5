/* TCP over the loopback: a client and a server thread per connection, one message on its way. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "busy.h"
#include "clock.h"
#include "crew.h"
#include "full.h"
#include "workload.h"

struct echo {
	uint64_t connections;
	uint64_t size; /* bytes of a message */
	uint64_t words;
	uint64_t rounds;
	struct gate gate;
	struct side *sides; /* the servers, then the clients */
	pthread_t *ids;
	uint64_t *messages; /* a buffer for each side */
	uint64_t *took;     /* ns, by connection and round */
	int timed;
};

/* One end of a connection, and the thread that has it. */
struct side {
	struct echo *all;
	uint64_t i; /* of the connection */
	int fd;     /* -1: not open */
	int client;
	uint64_t *message;
	uint64_t sum; /* of what a client received */
};

static void serve(struct side *me)
{
	uint64_t size = me->all->size;

	while (read_full(me->fd, me->message, size))
		write_full(me->fd, me->message, size);
}

static uint64_t total(const uint64_t *message, uint64_t words)
{
	uint64_t sum = 0;

	for (uint64_t k = 0; k < words; k++)
		sum += message[k];
	return sum;
}

static void ask(struct side *me)
{
	struct echo *s = me->all;
	uint64_t *took = s->took + me->i * s->rounds;
	uint64_t start = clock_now(), sum = 0;

	for (uint64_t round = 0; round < s->rounds; round++) {
		write_full(me->fd, me->message, s->size);
		if (!read_full(me->fd, me->message, s->size))
			must_fail(ECONNRESET, "read");
		uint64_t end = clock_now();
		took[round] = end - start;
		start = end;
		sum += total(me->message, s->words);
		me->message[0] = busy(1, me->message[0]);
	}
	me->sum = sum;
}

static void *side(void *arg)
{
	struct side *me = arg;

	if (!gate_pass(&me->all->gate))
		return NULL;
	if (me->client)
		ask(me);
	else
		serve(me);
	close(me->fd);
	me->fd = -1;
	return NULL;
}

static void run(void *state, struct result *result)
{
	struct echo *s = state;
	uint64_t sides = 2 * s->connections;
	uint64_t created = crew_create(result, s->ids, sides, side, s->sides, sizeof *s->sides);

	s->timed = created == sides;
	gate_decide(&s->gate, created == sides);
	crew_join(s->ids, created);
}

static void serial(void *state)
{
	struct echo *s = state;

	for (uint64_t i = 0; i < s->connections; i++) {
		struct side *client = &s->sides[s->connections + i];

		for (uint64_t round = 0; round < s->rounds; round++) {
			client->sum += total(client->message, s->words);
			client->message[0] = busy(1, client->message[0]);
		}
	}
}

static void no_delay(int fd)
{
	int on = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
		must_fail(errno, "setsockopt(TCP_NODELAY)");
}

/* Returns the call that failed, NULL if none. */
static const char *connect_one(int listener, const struct sockaddr_in *at, int *client, int *server)
{
	*client = socket(AF_INET, SOCK_STREAM, 0);
	if (*client < 0)
		return "socket";
	if (connect(*client, (const struct sockaddr *)at, sizeof *at) != 0)
		return "connect";
	*server = accept(listener, NULL, NULL);
	if (*server < 0)
		return "accept";
	no_delay(*client);
	no_delay(*server);
	return NULL;
}

static void acquire(void *state, struct result *result)
{
	struct echo *s = state;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (listener < 0) {
		stopped(result, "socket", errno, 0);
		return;
	}
	if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 16) != 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &length) != 0)
		must_fail(errno, "listening on 127.0.0.1");
	for (uint64_t i = 0; i < s->connections; i++) {
		const char *failed = connect_one(listener, &at, &s->sides[s->connections + i].fd,
						 &s->sides[i].fd);

		if (failed) {
			stopped(result, failed, errno, i);
			break;
		}
	}
	close(listener);
}

static void release(struct echo *s)
{
	free(s->took);
	free(s->messages);
	free(s->ids);
	free(s->sides);
	free(s);
}

static void finish(void *state, struct result *result)
{
	struct echo *s = state;

	result->units = s->connections * s->rounds;
	for (uint64_t i = 0; i < 2 * s->connections; i++) {
		result->answer += s->sides[i].sum;
		if (s->sides[i].fd >= 0)
			close(s->sides[i].fd);
	}
	if (s->timed)
		for (uint64_t i = 0; i < s->connections * s->rounds; i++)
			observed("latency", "ns", s->took[i]);
	gate_destroy(&s->gate);
	release(s);
}

static void *setup(const struct args *args)
{
	struct echo *s = calloc(1, sizeof *s);
	uint64_t n;

	if (!s)
		return NULL;
	n = s->connections = param(args, "connections");
	s->words = param(args, "words");
	s->rounds = param(args, "rounds");
	s->size = s->words * sizeof *s->messages;
	s->sides = calloc(n, 2 * sizeof *s->sides);
	s->ids = calloc(n, 2 * sizeof *s->ids);
	s->messages = calloc(n, 2 * s->size);
	s->took = calloc(n, s->rounds * sizeof *s->took);
	if (!s->sides || !s->ids || !s->messages || !s->took) {
		release(s);
		return NULL;
	}
	for (uint64_t i = 0; i < 2 * n; i++)
		s->sides[i] = (struct side){.all = s,
					    .i = i % n,
					    .fd = -1,
					    .client = i >= n,
					    .message = s->messages + i * s->words};
	for (uint64_t i = 0; i < n; i++)
		for (uint64_t k = 0, x = i; k < s->words; k++)
			s->sides[n + i].message[k] = x = busy(1, x);
	gate_init(&s->gate);
	return s;
}

WORKLOAD(echo) = {
	.id = "echo",
	.params = {{"connections", 1}, {"words", 1}, {"rounds", 1}},
	.setup = setup,
	.acquire = acquire,
	.run = run,
	.serial = serial,
	.finish = finish,
};
