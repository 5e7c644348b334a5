/*
 * Proves: of a program of which it is known what it does, the trace tells just that. Each
 * worker's spans follow each other without a gap or an overlap; every thread has a span
 * that ends by its end, under its name; every wait is a span that says what for, and an
 * arrow that is no older than its cause leads to the turn after it. What is written while
 * the program runs is whole, too.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"
#include "trace_file.h"

#define THREADS 12
#define WAITS 10

static struct mn_sem to_main;
static struct mn_sem to_threads;
static _Atomic bool over;

static void *waits(void *arg)
{
	char name[16];

	snprintf(name, sizeof name, "waits \"%d\"", (int)(intptr_t)arg);
	CHECK_EQ(mn_thread_set_name(mn_thread_self(), name), 0);
	for (int i = 0; i < WAITS; i++) {
		mn_sem_post(&to_main);
		mn_sem_wait(&to_threads);
		mn_thread_yield();
	}
	mn_sleep_ns(1000);
	return arg;
}

/* On a kernel thread of its own: what it writes is looked at like what is written last. */
static void *writes(void *path)
{
	while (!atomic_load(&over)) {
		struct trace_file f;

		CHECK_EQ(mn_trace_write(path), 0);
		trace_read(&f, path);
		trace_free(&f);
	}
	return NULL;
}

static void run(void)
{
	mn_thread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		t[i] = test_spawn(waits, (void *)(intptr_t)i);
	for (int i = 0; i < THREADS * WAITS; i++) {
		mn_sem_wait(&to_main);
		mn_sem_post(&to_threads);
	}
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
}

int main(void)
{
	char path[64];
	char while_running[64];
	struct trace_file f;
	struct mn_stats before;
	struct mn_stats after;
	pthread_t writer;

	snprintf(path, sizeof path, "/tmp/mn-trace-%d.json", (int)getpid());
	snprintf(while_running, sizeof while_running, "/tmp/mn-trace-%d-now.json", (int)getpid());
	CHECK_EQ(mn_trace_start(), -EPERM);
	CHECK_EQ(mn_trace_stop(), -EPERM);
	CHECK_EQ(mn_trace_write(path), -EPERM);
	test_start();
	CHECK_EQ(mn_trace_stop(), -EPERM);
	CHECK_EQ(mn_trace_write(path), -EPERM);
	CHECK_EQ(mn_trace_start(), 0);
	CHECK_EQ(mn_trace_start(), -EBUSY);
	CHECK_EQ(mn_trace_write("/nonexistent/file"), -ENOENT);
	CHECK_EQ(pthread_create(&writer, NULL, writes, while_running), 0);
	mn_stats_read(&before);
	run();
	mn_stats_read(&after);
	atomic_store(&over, true);
	CHECK_EQ(pthread_join(writer, NULL), 0);
	CHECK_EQ(mn_trace_stop(), 0);
	CHECK_EQ(mn_trace_write(path), 0);

	trace_read(&f, path);
	CHECK_EQ(f.lost, 0);
	CHECK_EQ(f.ends, THREADS);
	CHECK_EQ(trace_count(&f, "\"cat\":\"create\""), THREADS);
	CHECK_REL(trace_count(&f, "\"for\":\"sleep\""), <=, THREADS); /* or the time is past */
	CHECK_EQ(trace_count(&f, "\"for\":"), after.thread_parks - before.thread_parks);
	CHECK_EQ(trace_count(&f, "\"name\":\"wake\",\"s\":"),
		 after.thread_wakes - before.thread_wakes);
	CHECK_EQ(trace_count(&f, "\"cat\":\"steal\",\"name\":\"steal\",\"s\":"),
		 after.steal_hits - before.steal_hits);
	for (int i = 0; i < THREADS; i++) {
		char name[64];

		snprintf(name, sizeof name, "\"name\":\"waits \\\"%d\\\"\",\"args\"", i);
		CHECK_REL(trace_count(&f, name), >=, 1); /* it may never have had to wait */
	}
	CHECK_REL(trace_count(&f, "\"name\":\"main\",\"args\""), >=, 1);
	trace_free(&f);
	test_stop();
	CHECK_EQ(mn_trace_write(path), -EPERM);
	unlink(path);
	unlink(while_running);
	return 0;
}
