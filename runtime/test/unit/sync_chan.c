/*
 * Proves: a channel delivers every element once, in the order of each sender,
 * buffered or handed over; select does exactly one operation, and none starves;
 * close ends senders at once and receivers when it is empty; deadlines and
 * cancellation take a waiter out and lose nothing; every error number.
 */
#include <stdatomic.h>

#include "check.h"

#define SOON(ns) MN_CLOCK_MONOTONIC, mn_now_ns(MN_CLOCK_MONOTONIC) + (ns)

static void alone(void)
{
	struct mn_chan c;
	uint32_t buffer[3];
	uint32_t v;

	CHECK_EQ(mn_chan_init(&c, NULL, 4, 3), -EINVAL);
	CHECK_EQ(mn_chan_init(&c, buffer, SIZE_MAX, 3), -EINVAL);
	CHECK_EQ(mn_chan_init(&c, buffer, sizeof *buffer, 3), 0);
	CHECK_EQ(mn_chan_try_recv(&c, &v), -EAGAIN);
	CHECK_EQ(mn_chan_recv_until(&c, &v, SOON(50000)), -ETIMEDOUT);
	for (uint32_t round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < 3; i++) {
			v = round * 3 + i;
			CHECK_EQ(mn_chan_send(&c, &v), 0);
		}
		CHECK_EQ(mn_chan_count(&c), 3);
		CHECK_EQ(mn_chan_try_send(&c, &v), -EAGAIN);
		CHECK_EQ(mn_chan_send_until(&c, &v, MN_CLOCK_REALTIME, 1), -ETIMEDOUT);
		for (uint32_t i = 0; i < 3; i++) {
			CHECK_EQ(mn_chan_recv_until(&c, &v, MN_CLOCK_REALTIME, 1), 0);
			CHECK_EQ(v, round * 3 + i);
		}
		CHECK_EQ(mn_chan_send(&c, &v), 0); /* so that the ring turns */
		CHECK_EQ(mn_chan_recv(&c, NULL), 0);
	}
	v = 7;
	CHECK_EQ(mn_chan_send(&c, &v), 0);
	CHECK_EQ(mn_chan_close(&c), 0);
	CHECK_EQ(mn_chan_close(&c), -EPIPE);
	CHECK_EQ(mn_chan_send(&c, &v), -EPIPE);
	CHECK_EQ(mn_chan_try_send(&c, &v), -EPIPE);
	v = 0;
	CHECK_EQ(mn_chan_recv(&c, &v), 0);
	CHECK_EQ(v, 7);
	CHECK_EQ(mn_chan_recv(&c, &v), -EPIPE);
	CHECK_EQ(mn_chan_try_recv(&c, &v), -EPIPE);
	CHECK_EQ(mn_chan_destroy(&c), 0);
}

#define SENDERS 4
#define RECEIVERS 3
#define EACH 400

static struct mn_chan chan;
static _Atomic int seen[SENDERS][EACH];

static void *sender(void *arg)
{
	for (uint32_t i = 0; i < EACH; i++) {
		uint32_t v = (uint32_t)(uintptr_t)arg * EACH + i;

		while (i % 3 == 0 ? mn_chan_send_until(&chan, &v, SOON(20000))
				  : mn_chan_send(&chan, &v))
			;
	}
	return NULL;
}

static void *receiver(void *arg)
{
	int last[SENDERS];
	uint32_t v;
	int result;

	for (int i = 0; i < SENDERS; i++)
		last[i] = -1;
	for (uint64_t n = 0;; n++) {
		do
			result = n % 3 == 0 ? mn_chan_recv_until(&chan, &v, SOON(20000))
					    : mn_chan_recv(&chan, &v);
		while (result == -ETIMEDOUT);
		if (result == -EPIPE)
			return arg;
		CHECK_EQ(result, 0);
		CHECK_EQ(atomic_fetch_add(&seen[v / EACH][v % EACH], 1), 0);
		CHECK_REL((int)(v % EACH), >, last[v / EACH]);
		last[v / EACH] = (int)(v % EACH);
	}
}

static void deliver(size_t room)
{
	static uint32_t buffer[5];
	mn_thread_t s[SENDERS];
	mn_thread_t r[RECEIVERS];

	memset(seen, 0, sizeof seen);
	CHECK_EQ(mn_chan_init(&chan, buffer, sizeof *buffer, room), 0);
	for (int i = 0; i < RECEIVERS; i++)
		r[i] = test_spawn(receiver, NULL);
	for (uintptr_t i = 0; i < SENDERS; i++)
		s[i] = test_spawn(sender, (void *)i);
	for (int i = 0; i < SENDERS; i++)
		test_join(s[i]);
	CHECK_EQ(mn_chan_close(&chan), 0);
	for (int i = 0; i < RECEIVERS; i++)
		test_join(r[i]);
	for (int i = 0; i < SENDERS * EACH; i++)
		CHECK_EQ(atomic_load(&seen[i / EACH][i % EACH]), 1);
	CHECK_EQ(mn_chan_destroy(&chan), 0);
}

/* --- select --- */

static struct mn_chan ping;
static struct mn_chan pong;
static struct mn_chan quit;
static int64_t pings;
static int64_t pongs;

/* Sends to ping and receives from pong, whichever goes first, until quit is closed. */
static void *either(void *arg)
{
	int64_t out = 1;
	int64_t in;
	int64_t got[2] = {0, 0};

	for (;;) {
		struct mn_chan_op ops[4] = {{.chan = &ping, .value = &out, .send = 1},
					    {.chan = &pong, .value = &in},
					    {.chan = &quit},
					    {.chan = NULL, .value = &in}};
		int at = out % 5 ? mn_chan_select(ops, 4)
				 : mn_chan_select_until(ops, 4, SOON(30000));

		if (at == -ETIMEDOUT) {
			out++;
			continue;
		}
		CHECK_REL(at, >=, 0);
		if (at == 2) {
			CHECK_EQ(ops[2].result, -EPIPE);
			break;
		}
		CHECK_EQ(ops[at].result, 0);
		CHECK_REL(at, <, 2);
		got[at] += at ? in : out;
		out++;
	}
	__atomic_fetch_add(&pings, got[0], __ATOMIC_RELAXED);
	__atomic_fetch_add(&pongs, got[1], __ATOMIC_RELAXED);
	return arg;
}

static void *receive_pings(void *arg)
{
	int64_t sum = 0;
	int64_t v;

	while (!mn_chan_recv(&ping, &v))
		sum += v;
	return (void *)(intptr_t)sum + 0 * (intptr_t)arg;
}

static void *send_pongs(void *arg)
{
	int64_t sum = 0;

	for (int64_t v = 1; v <= (intptr_t)arg; v++) {
		CHECK_EQ(mn_chan_send(&pong, &v), 0);
		sum += v;
	}
	return (void *)(intptr_t)sum;
}

static void selects(size_t room)
{
	static int64_t ring[2];
	mn_thread_t selector[3];
	mn_thread_t pinger;
	mn_thread_t ponger;
	int64_t v;

	pings = pongs = 0;
	CHECK_EQ(mn_chan_init(&ping, NULL, sizeof v, 0), 0);
	CHECK_EQ(mn_chan_init(&pong, ring, sizeof v, room), 0);
	CHECK_EQ(mn_chan_init(&quit, NULL, 0, 0), 0);
	for (int i = 0; i < 3; i++)
		selector[i] = test_spawn(either, NULL);
	pinger = test_spawn(receive_pings, NULL);
	ponger = test_spawn(send_pongs, (void *)500);
	v = (intptr_t)test_join(ponger);
	while (mn_chan_count(&pong))
		mn_thread_yield();
	CHECK_EQ(mn_chan_close(&quit), 0);
	for (int i = 0; i < 3; i++)
		test_join(selector[i]);
	CHECK_EQ(pongs, v);
	CHECK_EQ(mn_chan_close(&ping), 0);
	CHECK_EQ((intptr_t)test_join(pinger), pings);
	CHECK_EQ(mn_chan_destroy(&ping), 0);
	CHECK_EQ(mn_chan_destroy(&pong), 0);
	CHECK_EQ(mn_chan_destroy(&quit), 0);
}

/* Both can always be done: each is, in a fair share of the cases. */
static void fair(void)
{
	struct mn_chan a;
	struct mn_chan b;
	char ring[2][1];
	int count[2] = {0, 0};
	char v = 0;

	CHECK_EQ(mn_chan_init(&a, ring[0], 1, 1), 0);
	CHECK_EQ(mn_chan_init(&b, ring[1], 1, 1), 0);
	CHECK_EQ(mn_chan_send(&a, &v), 0);
	for (int i = 0; i < 400; i++) {
		struct mn_chan_op ops[2] = {{.chan = &a, .value = &v}, {.chan = &b, .value = &v}};

		mn_chan_try_send(&a, &v);
		mn_chan_try_send(&b, &v);
		count[mn_chan_try_select(ops, 2)]++;
	}
	CHECK_REL(count[0], >, 100);
	CHECK_REL(count[1], >, 100);
}

static void nothing(void)
{
	struct mn_chan_op ops[1] = {{.chan = NULL}};

	CHECK_EQ(mn_chan_try_select(ops, 0), -EAGAIN);
	CHECK_EQ(mn_chan_try_select(ops, 1), -EAGAIN);
	CHECK_EQ(mn_chan_select_until(ops, 0, SOON(1000)), -ETIMEDOUT);
	CHECK_EQ(mn_chan_select_until(ops, 1, SOON(100000)), -ETIMEDOUT);
}

/* --- cancellation --- */

static void *blocked(void *arg)
{
	int v;
	struct mn_chan_op ops[2] = {{.chan = &ping, .value = &v}, {.chan = &pong, .value = &v}};

	if (arg)
		mn_chan_select(ops, 2);
	else
		mn_chan_recv(&ping, &v);
	return NULL;
}

static void cancelled(int patience)
{
	mn_thread_t t[2];

	CHECK_EQ(mn_chan_init(&ping, NULL, sizeof(int), 0), 0);
	CHECK_EQ(mn_chan_init(&pong, NULL, sizeof(int), 0), 0);
	t[0] = test_spawn(blocked, NULL);
	t[1] = test_spawn(blocked, &ping);
	for (int i = 0; i < patience; i++)
		mn_thread_yield();
	for (int i = 0; i < 2; i++)
		CHECK_EQ(mn_thread_cancel(t[i]), 0);
	for (int i = 0; i < 2; i++)
		CHECK(test_join(t[i]) == MN_CANCELED);
	CHECK_EQ(mn_chan_try_send(&ping, &patience), -EAGAIN);
	CHECK_EQ(mn_chan_destroy(&ping), 0);
	CHECK_EQ(mn_chan_destroy(&pong), 0);
}

int main(void)
{
	test_start();
	alone();
	for (size_t room = 0; room <= 5; room++)
		deliver(room);
	for (int i = 0; i < 3; i++) {
		selects(0);
		selects(2);
	}
	fair();
	nothing();
	for (int i = 0; i < 200; i++)
		cancelled(i % 4);
	test_stop();
	return 0;
}
