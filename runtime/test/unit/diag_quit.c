/*
 * Proves: SIGQUIT lists all threads, also when every worker is busy with a thread that
 * gives nothing up, or asleep, and the process goes on; not when the program handles it
 * itself, before or after mn_init(), and not with MN_DUMP=off: then it ends the process.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "report_test.h"

TEST_ONCE;

static _Atomic int busy;
static struct mn_sem never;

static void *hog(void *arg)
{
	CHECK_EQ(mn_thread_set_name(mn_thread_self(), "hog"), 0);
	atomic_fetch_add(&busy, 1);
	while (atomic_load(&busy))
		;
	return arg;
}

/* Waits until a list is complete, then takes it away. */
static void wait_for_list(void)
{
	while (!strstr(report_read(STDERR_FILENO), "mn: end of list\n"))
		sched_yield();
	CHECK_EQ(ftruncate(STDERR_FILENO, 0), 0);
	CHECK_EQ(lseek(STDERR_FILENO, 0, SEEK_SET), 0);
}

/* Asks from the midst of main's own code. */
static void all_busy(void *unused)
{
	static const struct mn_config config = {.workers = 2, .preempt = MN_OFF};

	(void)unused;
	CHECK_EQ(mn_init(&config), 0);
	test_spawn(hog, NULL);
	while (!atomic_load(&busy))
		;
	CHECK_EQ(raise(SIGQUIT), 0);
	wait_for_list();
	CHECK_SAYS(report_of(report_text, "hog"), "runs on worker ");
	if (report_runs_answer())
		CHECK_SAYS(report_of(report_text, "hog"), "  hog+");
	CHECK_SAYS(report_of(report_text, "main"), "runs on worker ");
	CHECK_EQ(raise(SIGQUIT), 0); /* and once more */
	wait_for_list();
	atomic_store(&busy, 0);
	test_stop();
}

/* All are asleep: this comes from a kernel thread that is none of ours. */
static void *from_without(void *unused)
{
	for (;;) {
		CHECK_EQ(kill(getpid(), SIGQUIT), 0);
		wait_for_list();
		if (report_says(report_of(report_text, "main"), "waits for semaphore "))
			_exit(0);
	}
	return unused;
}

static void all_idle(void *unused)
{
	pthread_t t;

	(void)unused;
	test_start();
	CHECK_EQ(pthread_create(&t, NULL, from_without, NULL), 0);
	mn_sem_wait(&never);
}

static volatile sig_atomic_t mine;

static void on_quit(int sig)
{
	(void)sig;
	mine++;
}

static void handled_before(void *unused)
{
	(void)unused;
	signal(SIGQUIT, on_quit);
	test_start();
	CHECK_EQ(raise(SIGQUIT), 0);
	CHECK_EQ(mine, 1);
	test_stop();
	CHECK(signal(SIGQUIT, SIG_DFL) == on_quit);
}

static void handled_after(void *unused)
{
	(void)unused;
	test_start();
	signal(SIGQUIT, on_quit);
	CHECK_EQ(raise(SIGQUIT), 0);
	CHECK_EQ(mine, 1);
	test_stop();
	CHECK(signal(SIGQUIT, SIG_DFL) == on_quit);
}

static void put_back(void *unused)
{
	(void)unused;
	test_start();
	test_stop();
	CHECK(signal(SIGQUIT, SIG_DFL) == SIG_DFL);
}

static void off(void *unused)
{
	static const struct mn_config config = {.dump = MN_OFF};
	struct rlimit no_core = {0, 0};

	(void)unused;
	setrlimit(RLIMIT_CORE, &no_core);
	CHECK_EQ(mn_init(&config), 0);
	mn_dump(); /* works all the same */
	raise(SIGQUIT);
}

int main(void)
{
	int status;

	CHECK(signal(SIGQUIT, SIG_DFL) != SIG_ERR); /* shells ignore it for what runs in the background */
	CHECK_EQ(report_of_child(all_busy, NULL), 0);
	CHECK_EQ(report_of_child(all_idle, NULL), 0);
	status = report_of_child(handled_before, NULL);
	CHECK_EQ(status, 0);
	CHECK_SILENT(report_text, "mn:");
	CHECK_EQ(report_of_child(handled_after, NULL), 0);
	CHECK_SILENT(report_text, "mn:");
	CHECK_EQ(report_of_child(put_back, NULL), 0);
	status = report_of_child(off, NULL);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGQUIT);
	CHECK_SAYS(report_text, "mn: end of list\n");
	return 0;
}
