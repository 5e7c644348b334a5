/*
 * Proves: mn_dump() lists every thread with its name, what it does or waits for (which fd,
 * whom, who holds the mutex), since when, and where; also threads that are never
 * started, that have ended, and that run on their joiner's stack.
 */
#define _GNU_SOURCE
#include "report_test.h"

#include "mn_io.h"

static struct mn_mutex held, beside;
static struct mn_cond cond;
static struct mn_rwlock lock;
static struct mn_chan chan;
static struct mn_sem gate, inner_gate;
static struct mn_barrier barrier;
static int pipe_fds[2];

__attribute__((noipa)) static void reads_a_byte(void)
{
	char byte;

	CHECK_EQ(mn_read(pipe_fds[0], &byte, 1), 1);
	__asm__ volatile("" ::: "memory"); /* no tail call */
}

static void *reader(void *arg)
{
	reads_a_byte();
	return arg;
}

static void *sleeper(void *arg)
{
	mn_sleep_ns(3600000000000u);
	return arg;
}

static void *locker(void *arg)
{
	CHECK_EQ(mn_mutex_lock(&held), 0);
	CHECK_EQ(mn_mutex_unlock(&held), 0);
	return arg;
}

static void *waiter(void *arg)
{
	CHECK_EQ(mn_mutex_lock(&beside), 0);
	mn_cond_wait(&cond, &beside);
	CHECK_EQ(mn_mutex_unlock(&beside), 0);
	return arg;
}

static void *joiner(void *arg)
{
	test_join((mn_thread_t)(uintptr_t)arg);
	return NULL;
}

static void *writer(void *arg)
{
	CHECK_EQ(mn_rwlock_wrlock(&lock), 0);
	CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	return arg;
}

static void *receiver(void *arg)
{
	CHECK_EQ(mn_chan_recv(&chan, NULL), 0);
	return arg;
}

static void *at_gate(void *arg)
{
	CHECK_EQ(mn_sem_wait_until(&gate, MN_CLOCK_MONOTONIC,
				   mn_now_ns(MN_CLOCK_MONOTONIC) + 3600000000000u),
		 0);
	return arg;
}

static void *at_barrier(void *arg)
{
	mn_barrier_wait(&barrier);
	return arg;
}

static void *ends(void *arg)
{
	return arg;
}

static mn_thread_t named(const char *name, void *(*fn)(void *), uintptr_t arg)
{
	static const struct mn_thread_attr attr = {.spawn = MN_HELP_FIRST};
	mn_thread_t t;

	CHECK_EQ(mn_thread_create(&t, &attr, fn, (void *)arg), 0);
	CHECK_EQ(mn_thread_set_name(t, name), 0);
	return t;
}

/* Lists until the thread of this name is said to do this. */
static const char *until(const char *name, const char *what)
{
	const char *part;

	while (!(part = report_of(report_dump(), name)) || !strstr(part, what))
		test_pause();
	return part;
}

static void in_order(void)
{
	mn_thread_t t = named("fresh", ends, 0);
	const char *list = report_dump();

	CHECK_SAYS(report_of(list, "fresh"), "has not started: ends+");
	mn_thread_yield();
	CHECK_SAYS(report_of(report_dump(), "fresh"), "has ended, and nobody has joined it");
	test_join(t);
	CHECK(!report_of(report_dump(), "fresh"));
}

static void *inner(void *arg)
{
	CHECK_EQ(mn_thread_set_name(mn_thread_self(), "inner"), 0);
	mn_sem_wait(&inner_gate);
	return arg;
}

static void *outer(void *arg)
{
	test_join(test_spawn(inner, arg));
	return arg;
}

/* On the stack of its joiner, whose frames follow. */
static void in_place(void)
{
	mn_thread_t t = named("outer", outer, 0);
	const char *part;

	CHECK_SAYS(until("inner", "waits for semaphore"), "  inner+");
	part = until("outer", ": joins");
	if (report_says(part, ": joins, and runs on its own stack, thread "))
		CHECK_SAYS(report_of(report_text, "inner"), " outer+");
	else
		CHECK(!test_in_order() || !test_help_first() || TEST_SLOWDOWN > 1);
	CHECK_EQ(mn_sem_post(&inner_gate), 0);
	test_join(t);
}

int main(void)
{
	mn_thread_t t[9];
	const char *list;
	char line[64];
	unsigned n = 0;

	mn_dump(); /* without a runtime: nothing */
	test_start();
	CHECK_EQ(mn_thread_set_name(mn_thread_self(), "first"), 0);
	CHECK_EQ(pipe(pipe_fds), 0);
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	CHECK_EQ(mn_sem_init(&inner_gate, 0), 0);
	CHECK_EQ(mn_barrier_init(&barrier, 2), 0);
	CHECK_EQ(mn_mutex_lock(&held), 0);
	CHECK_EQ(mn_rwlock_wrlock(&lock), 0);
	t[n++] = named("reader", reader, 0);
	t[n++] = named("joiner", joiner, named("sleeper", sleeper, 0));
	t[n++] = named("locker", locker, 0);
	t[n++] = named("waiter", waiter, 0);
	t[n++] = named("writer", writer, 0);
	t[n++] = named("receiver", receiver, 0);
	t[n++] = named("at_gate", at_gate, 0);
	t[n++] = named("at_barrier", at_barrier, 0);

	snprintf(line, sizeof line, "\": waits to read: fd %d, for ", pipe_fds[0]);
	until("reader", line);
	until("sleeper", "sleeps, at most ");
	until("joiner", "joins thread ");
	until("locker", "waits for mutex ");
	until("waiter", "waits for condition variable ");
	until("writer", "waits to write: rwlock ");
	until("receiver", "waits to receive: channel ");
	until("at_gate", "waits for semaphore ");
	until("at_barrier", "waits at barrier ");

	list = report_dump(); /* all at once */
	CHECK_SAYS(list, "mn: 10 threads on ");
	CHECK_SAYS(list, "mn: end of list\n");
	CHECK_SAYS(report_of(list, "reader"), line);
	CHECK_SAYS(report_of(list, "reader"), "  mn_read+");
	CHECK_SAYS(report_of(list, "reader"), "  reads_a_byte+");
	CHECK_SAYS(report_of(list, "reader"), "  reader+");
	CHECK_SAYS(report_of(list, "sleeper"), " more, for ");
	CHECK_SAYS(report_of(list, "sleeper"), "  sleeper+");
	CHECK_SAYS(report_of(list, "joiner"), "\"sleeper\", for ");
	CHECK_SAYS(report_of(list, "joiner"), "  joiner+");
	CHECK_SAYS(report_of(list, "locker"), ", held by thread ");
	CHECK_SAYS(report_of(list, "locker"), "\"first\", for ");
	CHECK_SAYS(report_of(list, "waiter"), "  waiter+");
	CHECK_SAYS(report_of(list, "writer"), "\"first\", for ");
	CHECK_SAYS(report_of(list, "at_gate"), ", at most ");
	CHECK_SAYS(report_of(list, "first"), "runs on worker ");
	if (report_runs_answer())
		CHECK_SAYS(until("first", "  mn_dump+"), "  main+");

	if (test_in_order())
		in_order();
	in_place();
	CHECK_EQ(write(pipe_fds[1], "", 1), 1);
	CHECK_EQ(mn_mutex_unlock(&held), 0);
	CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	CHECK_EQ(mn_chan_send(&chan, NULL), 0);
	CHECK_EQ(mn_sem_post(&gate), 0);
	mn_barrier_wait(&barrier);
	CHECK_EQ(mn_mutex_lock(&beside), 0);
	mn_cond_signal(&cond);
	CHECK_EQ(mn_mutex_unlock(&beside), 0);
	CHECK_EQ(mn_thread_cancel(t[1]), 0); /* and so nobody joins the sleeper */
	for (unsigned i = 0; i < n; i++)
		test_join(t[i]);
	return 0;
}
