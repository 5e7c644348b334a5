/*
 * Proves: MN_TRACE is written by mn_shutdown(), and when the process ends without; a file
 * that cannot be made is mn_init()'s error, and one that cannot be written mn_trace_write()'s;
 * when a ring is full the newest events are kept and the number of the others is told; a new
 * recording has nothing of the one before; a forked child leaves its parent's file alone and
 * can be traced itself.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include "check.h"
#include "mn_io.h"
#include "trace_file.h"

TEST_ONCE;

static char path[64];
static char other[64];

static void *yields(void *often)
{
	for (int i = 0; i < (often ? 2000 : 100); i++)
		mn_thread_yield();
	return often;
}

/* On a spare kernel thread: until its caller waits for it. */
static void *is_waited_for(void *parks)
{
	struct mn_stats s;

	do
		mn_stats_read(&s);
	while (s.thread_parks == *(uint64_t *)parks);
	return parks;
}

static void run(unsigned threads)
{
	mn_thread_t t[50];

	for (unsigned i = 0; i < threads; i++)
		t[i] = test_spawn(yields, NULL);
	for (unsigned i = 0; i < threads; i++)
		test_join(t[i]);
}

static long size_of(const char *file)
{
	struct stat s;

	return stat(file, &s) ? -1 : (long)s.st_size;
}

static void at_shutdown(void)
{
	char *given = strdup(path);
	struct mn_config config = {.workers = 2, .trace = given};
	struct trace_file f;
	struct mn_stats s;
	char text[128];

	CHECK_EQ(mn_init(&config), 0);
	memset(given, 'x', strlen(given));
	free(given);
	for (unsigned i = 0; mn_setting_name(i); i++)
		if (!strcmp(mn_setting_name(i), "MN_TRACE")) {
			CHECK_EQ(mn_setting_text(i, text, sizeof text), 0);
			CHECK(!strcmp(text, path));
			CHECK_EQ(mn_setting_text(i, text, strlen(path)), -EINVAL);
		}
	CHECK_EQ(mn_trace_start(), -EBUSY);
	run(20);
	mn_stats_read(&s);
	CHECK(mn_blocking(is_waited_for, &s.thread_parks) == &s.thread_parks);
	test_stop();
	trace_read(&f, path);
	CHECK_EQ(f.lost, 0);
	CHECK_EQ(f.ends, 20);
	CHECK_EQ(trace_count(&f, "\"args\":{\"name\":\"worker 1\"}"), 1);
	CHECK_EQ(trace_count(&f, "\"for\":\"blocking call\""), 1);
	trace_free(&f);
}

static int pipe_fds[2];
static volatile bool begun;

/* By a system call that the runtime does not know of. */
static void *blocks(void *arg)
{
	char c;

	begun = true;
	CHECK_EQ(read(pipe_fds[0], &c, 1), 1);
	mn_thread_yield();
	return arg;
}

static void *unblocks(void *arg)
{
	CHECK_EQ(write(pipe_fds[1], "x", 1), 1);
	return arg;
}

/* Its worker is taken over, or nobody would ever unblock it; and the trace tells. */
__attribute__((unused)) static void taken_over(void)
{
	struct mn_config config = {.workers = 1, .trace = path};
	struct trace_file f;
	struct mn_stats s;
	mn_thread_t t;

	CHECK_EQ(pipe(pipe_fds), 0);
	CHECK_EQ(mn_init(&config), 0);
	t = test_spawn(blocks, NULL);
	CHECK_EQ(mn_thread_set_name(t, "blocks"), 0);
	CHECK_EQ(mn_thread_detach(t), 0);
	while (!begun)
		mn_thread_yield();
	test_join(test_spawn(unblocks, NULL));
	mn_stats_read(&s);
	CHECK_REL(s.takeovers, >=, 1);
	test_stop();
	trace_read(&f, path);
	CHECK_EQ(f.ends, 2);
	CHECK_EQ(trace_count(&f, "\"end\":\"blocked\""), s.takeovers);
	CHECK_REL(trace_count(&f, "\"name\":\"blocks\",\"args\""), >=, 2);
	trace_free(&f);
}

/* In a process of its own, which ends by exit() with threads still there. */
static void at_exit(void)
{
	struct trace_file f;
	int status;
	pid_t child;

	unlink(path);
	child = fork();
	if (!child) {
		struct mn_config config = {.workers = 1, .preempt = MN_OFF, .trace = path};

		CHECK_EQ(mn_init(&config), 0);
		run(3);
		test_spawn(yields, NULL);
		exit(7);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	trace_read(&f, path);
	CHECK_EQ(f.ends, 3);
	trace_free(&f);
}

static void errors(void)
{
	struct mn_config nowhere = {.trace = "/nonexistent/trace.json"};

	CHECK_EQ(mn_init(&nowhere), -ENOENT);
	CHECK_EQ(mn_workers(), 0);
	test_start();
	CHECK_EQ(mn_trace_start(), 0);
	run(1);
	CHECK_EQ(mn_trace_write("/dev/full"), -ENOSPC);
	CHECK_EQ(mn_trace_write(path), 0);
	test_stop();
}

static void overwritten(void)
{
	static const struct mn_thread_attr detached = {.detached = 1};
	struct mn_config config = {.workers = 1, .preempt = MN_OFF, .trace_events = 1000};
	struct trace_file f;
	uint64_t spans;

	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(mn_trace_start(), 0);
	run(8);
	CHECK_EQ(mn_trace_stop(), 0);
	CHECK_EQ(mn_trace_write(path), 0);
	trace_read(&f, path);
	CHECK_EQ(f.lost, 0);
	CHECK_EQ(f.ends, 8);
	spans = trace_count(&f, "\"ph\":\"X\"");
	CHECK_REL(spans, >=, 800);
	trace_free(&f);

	/*
	 * 1000 means 1024, and some hold two yields each. Fifty threads have few events
	 * besides their turns: they are made and joined.
	 */
	CHECK_EQ(mn_trace_start(), 0);
	run(50);
	CHECK_EQ(mn_trace_stop(), 0);
	CHECK_EQ(mn_trace_write(path), 0);
	trace_read(&f, path);
	CHECK_REL(f.lost, >=, 50 * 101 - 2 * 1024);
	CHECK_REL(f.lost, <=, 50 * 106 - 1024 + 32);
	spans = trace_count(&f, "\"ph\":\"X\"");
	CHECK_REL(f.lost + spans, >=, 50 * 101 - 50);
	CHECK_REL(f.lost + spans, <=, 50 * 106);
	CHECK_EQ(f.ends, 50); /* they all end at the end */
	CHECK_EQ(trace_count(&f, "\"cat\":\"lost\""), 1);
	CHECK_EQ(trace_count(&f, "\"cat\":\"create\""), 0);
	trace_free(&f);

	/* In the midst of yields nearly all that is kept is turns; but not what may be overwritten now. */
	CHECK_EQ(mn_trace_start(), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(mn_thread_create(NULL, &detached, yields, (void *)1), 0);
	for (int i = 0; i < 900; i++)
		mn_thread_yield();
	CHECK_EQ(mn_trace_stop(), 0);
	CHECK_EQ(mn_trace_write(path), 0);
	trace_read(&f, path);
	spans = trace_count(&f, "\"ph\":\"X\"");
	CHECK_REL(spans, >=, 900);
	CHECK_REL(spans, <=, 2 * (1024 - 33) + 1);
	trace_free(&f);

	/* Nothing of that is in the next. */
	for (int i = 0; i < 2000; i++)
		mn_thread_yield();
	CHECK_EQ(mn_trace_start(), 0);
	run(2);
	CHECK_EQ(mn_trace_write(path), 0);
	trace_read(&f, path);
	CHECK_EQ(f.lost, 0);
	CHECK_EQ(f.ends, 2);
	CHECK_EQ(trace_count(&f, "\"cat\":\"create\""), 2);
	trace_free(&f);
	test_stop();
}

__attribute__((unused)) static void in_child(void)
{
	struct trace_file f;

	CHECK_EQ(mn_trace_stop(), -EPERM);
	CHECK_EQ(mn_trace_write(other), -EPERM);
	if (test_emulated())
		exit(0);
	CHECK_EQ(mn_trace_start(), 0);
	run(5); /* starts the other workers */
	CHECK_EQ(mn_trace_write(other), 0);
	trace_read(&f, other);
	CHECK_EQ(f.ends, 5);
	CHECK_EQ(trace_count(&f, "\"args\":{\"name\":\"worker 1\"}"), 1);
	trace_free(&f);
	exit(0);
}

__attribute__((unused)) static void forked(void)
{
	struct mn_config config = {.workers = 2, .trace = path};
	struct trace_file f;
	int status;
	pid_t child;

	CHECK_EQ(mn_init(&config), 0);
	run(4);
	child = fork();
	if (!child)
		in_child();
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(size_of(path), 0);
	run(4);
	test_stop();
	trace_read(&f, path);
	CHECK_EQ(f.ends, 8);
	trace_free(&f);
}

int main(void)
{
	snprintf(path, sizeof path, "/tmp/mn-trace-file-%d.json", (int)getpid());
	snprintf(other, sizeof other, "/tmp/mn-trace-child-%d.json", (int)getpid());
	at_shutdown();
	at_exit();
	errors();
	overwritten();
#if !defined(__SANITIZE_THREAD__) /* its read() is not one that is known to rest; nor does it follow the child */
	if (!test_emulated()) /* there nobody is */
		taken_over();
	forked();
#endif
	unlink(path);
	unlink(other);
	return 0;
}
