/*
 * Proves: threads that wait for each other are reported, once, with the cycle, names and
 * frames, while others go on: mutexes of any type, a mutex locked twice, joins, a rwlock.
 * So are threads that all wait when nobody is left to wake one; not when a kernel
 * thread, a handler of signals, time or I/O could. Then MN_DEADLOCK decides: wait on,
 * abort(), or not a word. Under every policy.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "report_test.h"

#include "mn_io.h"

TEST_ONCE;

static struct mn_config config;
static struct mn_mutex mutex[3];
static struct mn_rwlock rwlock;
static struct mn_barrier all_have;
static struct mn_sem never;

static void begin(void)
{
	struct rlimit no_core = {0, 0};

	setrlimit(RLIMIT_CORE, &no_core);
	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(mn_sem_init(&never, 0), 0);
}

static mn_thread_t named(const char *name, void *(*fn)(void *), uintptr_t arg)
{
	static const struct mn_thread_attr attr = {.spawn = MN_HELP_FIRST};
	mn_thread_t t;

	CHECK_EQ(mn_thread_create(&t, &attr, fn, (void *)arg), 0);
	CHECK_EQ(mn_thread_set_name(t, name), 0);
	return t;
}

/* Sleeps now and then, so that not all are asleep for good, until the report is there. */
static void until_reported(const char *what)
{
	while (!strstr(report_read(STDERR_FILENO), what))
		mn_sleep_ns(20000000);
}

__attribute__((noipa)) static void lock_next(uintptr_t i)
{
	mn_mutex_lock(&mutex[(i + 1) % 3]);
	__asm__ volatile("" ::: "memory"); /* no tail call */
}

static void *philosopher(void *arg)
{
	CHECK_EQ(mn_mutex_lock(&mutex[(uintptr_t)arg]), 0);
	mn_barrier_wait(&all_have);
	lock_next((uintptr_t)arg);
	return NULL;
}

static void three_mutexes(void *type)
{
	static const char *const names[] = {"Aristotle", "Plato", "Socrates"};

	begin();
	CHECK_EQ(mn_barrier_init(&all_have, 3), 0);
	for (uintptr_t i = 0; i < 3; i++) {
		CHECK_EQ(mn_mutex_init_type(&mutex[i], (enum mn_mutex_type)(uintptr_t)type), 0);
		named(names[i], philosopher, i);
	}
	until_reported("\"Plato\": waits for mutex ");
	until_reported("\"Socrates\": waits for mutex ");
	_exit(0);
}

static void *twice(void *arg)
{
	CHECK_EQ(mn_mutex_lock(&mutex[0]), 0);
	mn_mutex_lock(&mutex[0]);
	return arg;
}

static void one_mutex(void *unused)
{
	(void)unused;
	begin();
	named("forgetful", twice, 0);
	until_reported("mn: deadlock: ");
	_exit(0);
}

static mn_thread_t pair[2];

static void *join_other(void *arg)
{
	mn_barrier_wait(&all_have);
	mn_thread_join(pair[!(uintptr_t)arg], NULL);
	return NULL;
}

static void joins(void *unused)
{
	(void)unused;
	begin();
	CHECK_EQ(mn_barrier_init(&all_have, 3), 0);
	pair[0] = named("one", join_other, 0);
	pair[1] = named("other", join_other, 1);
	mn_barrier_wait(&all_have);
	until_reported("\"other\": joins thread ");
	until_reported("\"one\": joins thread ");
	_exit(0);
}

static void *writes_then_locks(void *arg)
{
	CHECK_EQ(mn_rwlock_wrlock(&rwlock), 0);
	mn_barrier_wait(&all_have);
	lock_next((uintptr_t)arg);
	return NULL;
}

static void *locks_then_reads(void *arg)
{
	CHECK_EQ(mn_mutex_lock(&mutex[0]), 0);
	mn_barrier_wait(&all_have);
	mn_rwlock_rdlock(&rwlock);
	return arg;
}

static void rwlock_and_mutex(void *unused)
{
	(void)unused;
	begin();
	CHECK_EQ(mn_barrier_init(&all_have, 2), 0);
	named("writer", writes_then_locks, 2);
	named("reader", locks_then_reads, 0);
	until_reported("\"reader\": waits to read: rwlock ");
	until_reported("\"writer\": waits for mutex ");
	_exit(0);
}

/* --- nobody is left --- */

static void *waits(void *arg)
{
	mn_sem_wait(&never);
	return arg;
}

/* Kills the process when it has said so twice over, or enough time has passed for it to have. */
static void watch_over(int seconds)
{
	if (!fork()) {
		pid_t parent = getppid();

		for (int i = 0; i < seconds * 50; i++) {
			if (strstr(report_read(STDERR_FILENO), "\"waiting\": waits for semaphore "))
				break;
			usleep(20000);
		}
		kill(parent, SIGTERM);
		_exit(0);
	}
}

static void asleep_for(int seconds)
{
	watch_over(seconds);
	begin();
	named("waiting", waits, 0);
	mn_sem_wait(&never);
}

static void asleep(void *unused)
{
	(void)unused;
	asleep_for(600); /* of which it takes two */
}

/* Main joins in place; joins lead to what waits for good, and not round in a circle. */
static void asleep_joining(void *unused)
{
	(void)unused;
	watch_over(600);
	begin();
	named("other", waits, 0);
	mn_thread_join(named("waiting", waits, 0), NULL);
}

static void asleep_in_shutdown(void *unused)
{
	(void)unused;
	watch_over(600);
	begin();
	named("waiting", waits, 0);
	test_stop();
}

/* --- somebody is --- */

#define LONG_ENOUGH 4 /* seconds, of which a report would take two */

static void asleep_for_a_while(void *unused)
{
	(void)unused;
	asleep_for(LONG_ENOUGH);
}

static void *sleeps(void *arg)
{
	sleep(1000);
	return arg;
}

static void foreign_thread(void *unused)
{
	pthread_t t;

	(void)unused;
	watch_over(LONG_ENOUGH);
	begin();
	CHECK_EQ(pthread_create(&t, NULL, sleeps, NULL), 0);
	named("waiting", waits, 0);
	mn_sem_wait(&never);
}

static void posts(int sig)
{
	(void)sig;
}

static void handler(void *unused)
{
	(void)unused;
	watch_over(LONG_ENOUGH);
	signal(SIGUSR1, posts);
	begin();
	named("waiting", waits, 0);
	mn_sem_wait(&never);
}

static void *naps(void *arg)
{
	mn_sleep_ns(1000000000000u);
	return arg;
}

static void timer(void *unused)
{
	(void)unused;
	watch_over(LONG_ENOUGH);
	begin();
	named("napping", naps, 0);
	named("waiting", waits, 0);
	mn_sem_wait(&never);
}

static void *reads(void *arg)
{
	int fds[2];
	char byte;

	CHECK_EQ(pipe(fds), 0);
	mn_read(fds[0], &byte, 1);
	return arg;
}

static void input(void *unused)
{
	(void)unused;
	watch_over(LONG_ENOUGH);
	begin();
	named("reading", reads, 0);
	named("waiting", waits, 0);
	mn_sem_wait(&never);
}

/* --- side by side, since each takes its time --- */

struct trial {
	const char *name;
	void (*fn)(void *);
	void *arg;
	int ends_by; /* signal, or 0 */
	const char *says[4];
	const char *policy; /* NULL: the default */
	int deadlock;
	int fd;
	pid_t pid;
};

#define CYCLE "mn: deadlock: 3 threads wait for each other\n"
#define ASLEEP "mn: deadlock: all threads wait, and nobody is left to wake one\n"

/* What is to be done, how that ends, and what is said: if anything, this. */
#define TRIAL(what, signal, ...) .name = #what, .fn = what, .ends_by = signal, .says = {__VA_ARGS__}

static struct trial trials[] = {
	{TRIAL(three_mutexes, 0, CYCLE, "  lock_next+"), .policy = "steal"},
	{TRIAL(three_mutexes, 0, CYCLE, "  lock_next+"), .policy = "global"},
	{TRIAL(three_mutexes, 0, CYCLE, "  lock_next+"), .policy = "local"},
	{TRIAL(three_mutexes, 0, CYCLE, "  lock_next+"), .policy = "uts"},
	{TRIAL(three_mutexes, 0, CYCLE, "\"Plato\", for "), .arg = (void *)MN_MUTEX_RECURSIVE},
	{TRIAL(one_mutex, 0, "mn: deadlock: 1 thread waits for itself\n")},
	{TRIAL(joins, 0, "mn: deadlock: 2 threads wait for each other\n")},
	{TRIAL(rwlock_and_mutex, 0, "mn: deadlock: 2 threads wait for each other\n")},
	{TRIAL(one_mutex, SIGABRT, "MN_DEADLOCK=abort"), .deadlock = MN_DEADLOCK_ABORT},
	{TRIAL(asleep, SIGTERM, ASLEEP, "\"main\": waits for semaphore ", "  waits+")},
	{TRIAL(asleep_joining, SIGTERM, ASLEEP, "\"main\": joins", "\"other\": waits for semaphore ")},
	{TRIAL(asleep_in_shutdown, SIGTERM, ASLEEP, "waits for all others to end")},
	{TRIAL(asleep, SIGABRT, ASLEEP, "MN_DEADLOCK=abort"), .deadlock = MN_DEADLOCK_ABORT},
	{TRIAL(asleep_for_a_while, SIGTERM, NULL), .deadlock = MN_DEADLOCK_OFF},
	{TRIAL(foreign_thread, SIGTERM, NULL)},
	{TRIAL(handler, SIGTERM, NULL)},
	{TRIAL(timer, SIGTERM, NULL)},
	{TRIAL(input, SIGTERM, NULL)},
};

#define TRIALS (sizeof trials / sizeof *trials)

static void begin_trial(struct trial *t)
{
	t->fd = report_file();
	t->pid = fork();
	CHECK(t->pid >= 0);
	if (t->pid)
		return;
	dup2(t->fd, STDERR_FILENO);
	config = (struct mn_config){.policy = t->policy, .deadlock = t->deadlock};
	t->fn(t->arg);
	_exit(9);
}

/* TSan and qemu have kernel threads of their own in the process, which might wake somebody. */
static bool can_be(const struct trial *t)
{
	return report_runs_answer() || !t->says[0] || strcmp(t->says[0], ASLEEP) != 0;
}

static unsigned times(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what)) && ++n)
		text++;
	return n;
}

static void end_trial(struct trial *t)
{
	int status;

	CHECK_EQ(waitpid(t->pid, &status, 0), t->pid);
	report_read(t->fd);
	if (t->ends_by ? !WIFSIGNALED(status) || WTERMSIG(status) != t->ends_by : status)
		FAIL("%s: status 0x%x: %s", t->name, status, report_text);
	if (times(report_text, "mn: deadlock: ") != (t->says[0] ? 1u : 0u))
		FAIL("%s: %s", t->name, report_text);
	for (unsigned i = 0; i < 4 && t->says[i]; i++)
		if (!strstr(report_text, t->says[i]))
			FAIL("%s: nothing of '%s' in: %s", t->name, t->says[i], report_text);
}

int main(void)
{
	for (unsigned i = 0; i < TRIALS; i++)
		if (can_be(&trials[i]))
			begin_trial(&trials[i]);
	for (unsigned i = 0; i < TRIALS; i++)
		if (can_be(&trials[i]))
			end_trial(&trials[i]);
	return 0;
}
