/*
 * Proves: where guard pages are scarce, as on kernels before 6.13, one that is
 * refused makes mn_thread_create() return -EAGAIN, for threads of the default
 * stack size and of others; the program goes on, with the threads that it has
 * and with new ones as soon as there are guards; the kernel's own limit is met
 * in that way. Where they are not scarce, a stack is guarded by mprotect() when
 * the better way is refused, also in the midst of guarding several; when both are, a
 * thread that has been created waits for its stack and runs when there are guards
 * again, and what others do meanwhile to the object that the thread before it waits
 * for does not wait for that; if there never are, the process ends with a line that says so. No thread
 * runs on an unguarded stack.
 */
#define _GNU_SOURCE
#include "fault/faults.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "check.h"
#include "platform/platform.h"

#define THREADS 300

static struct mn_sem gate;

static void *wait_at_gate(void *arg)
{
	mn_sem_wait(&gate);
	return arg;
}

__attribute__((noipa)) static uintptr_t endless(uintptr_t depth)
{
	volatile char frame[512];

	frame[0] = (char)depth;
	if (depth == UINTPTR_MAX)
		return 0;
	return endless(depth + 1) + (uintptr_t)frame[0];
}

static void *overrun(void *arg)
{
	return (void *)endless((uintptr_t)arg);
}

static void many(const struct mn_thread_attr *attr)
{
	static mn_thread_t t[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(mn_thread_create(&t[i], attr, wait_at_gate, (void *)i), 0);
	mn_thread_yield();
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(mn_sem_post(&gate), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(test_join(t[i]), i);
}

static void own_size(void)
{
	static const struct mn_thread_attr large = {.stack_size = 200000};
	struct faults_held before;

	test_start();
	many(&large);
	before = faults_held();
	for (int i = 0; i < 10; i++) {
		mn_thread_t t;

		faults_deny(FAULT_GUARD);
		CHECK_EQ(mn_thread_create(&t, &large, wait_at_gate, NULL), -EAGAIN);
		CHECK(faults_hit());
		CHECK_EQ(faults_held().maps, before.maps);
	}
	many(&large);
	test_stop();
}

/* Runs fn in a process of its own; its wait status and what it wrote to stderr. */
static int run(void (*fn)(void), char *text, size_t bytes)
{
	int ends[2];
	int status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	CHECK_EQ(pipe(ends), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		struct rlimit no_core = {0, 0};

		setrlimit(RLIMIT_CORE, &no_core);
		close(ends[0]);
		dup2(ends[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], text + n, bytes - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = 0;
	close(ends[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static long failing_call;

/* Guards made when first needed: the better way is refused once. */
static void refused_once(void)
{
	test_start();
	faults_arm(FAULT_GUARD, failing_call);
	many(NULL);
	CHECK(faults_hit());
	many(NULL);
	test_stop();
}

static void *allow_when_hit(void *arg)
{
	while (!atomic_load(&faults.hit))
		sched_yield();
	faults_hit();
	return arg;
}

static void refused_for_a_while(void)
{
	pthread_t helper;

	test_start();
	for (int i = 0; i < 3; i++) {
		faults_deny(FAULT_GUARD);
		CHECK_EQ(pthread_create(&helper, NULL, allow_when_hit, NULL), 0);
		many(NULL);
		CHECK_EQ(pthread_join(helper, NULL), 0);
		CHECK_EQ(mn_shutdown(), 0);
		test_start();
	}
	test_stop();
}

static struct mn_sem ready;

static void *post_when_hit(void *arg)
{
	while (!atomic_load(&faults.hit))
		sched_yield();
	CHECK_EQ(mn_sem_post(&ready), 0);
	faults_hit();
	return arg;
}

/* Whoever has just begun to wait has been left before its worker gets the next a stack. */
static void refused_after_a_park(void)
{
	static const struct mn_config one_worker = {.workers = 1};
	pthread_t helper;
	mn_thread_t t;

	CHECK_EQ(mn_sem_init(&ready, 0), 0);
	CHECK_EQ(mn_init(&one_worker), 0);
	t = test_spawn(wait_at_gate, NULL);
	faults_deny(FAULT_GUARD);
	CHECK_EQ(pthread_create(&helper, NULL, post_when_hit, NULL), 0);
	mn_sem_wait(&ready);
	CHECK_EQ(pthread_join(helper, NULL), 0);
	CHECK_EQ(mn_sem_post(&gate), 0);
	test_join(t);
	test_stop();
}

static void refused_both_ways(void)
{
	test_start();
	faults_deny(FAULT_GUARD);
	many(NULL);
}

/* Creates threads until one is refused; how many there are then. */
static int until_refused(mn_thread_t *t, int most)
{
	int made = 0;
	int error;

	while (!(error = mn_thread_create(&t[made], NULL, wait_at_gate, (void *)(uintptr_t)made)))
		CHECK_REL(++made, <, most);
	CHECK_EQ(error, -EAGAIN);
	return made;
}

static void let_go(mn_thread_t *t, int n)
{
	for (int i = 0; i < n; i++)
		CHECK_EQ(mn_sem_post(&gate), 0);
	for (int i = 0; i < n; i++)
		CHECK_EQ(test_join(t[i]), i);
}

static void scarce(void)
{
	/* Else what threads have left may lie with a worker that main is not on. */
	static const struct mn_config one_worker = {.workers = 1};
	static mn_thread_t t[5000];
	struct faults_held before = faults_held();

	atomic_store(&faults.no_guard_install, true);
	for (int kept = 0; kept < 700; kept += 233) {
		int made;

		CHECK_EQ(mn_init(&one_worker), 0);
		for (int i = 0; i < kept; i++)
			t[i] = test_spawn(wait_at_gate, (void *)(uintptr_t)i);
		let_go(t, kept);
		faults_deny(FAULT_GUARD);
		made = until_refused(t, 5000);
		CHECK_REL(made, >=, kept);
		mn_thread_yield();
		CHECK_EQ(mn_thread_create(&t[made], NULL, wait_at_gate, NULL), -EAGAIN);
		CHECK(faults_hit()); /* there are guards again */
		t[made] = test_spawn(wait_at_gate, (void *)(uintptr_t)made);
		let_go(t, made + 1);
		many(NULL);
		test_stop();
		CHECK_EQ(faults_held().maps, before.maps);
	}
	own_size();
}

/* What the kernel allows by default: 65530 mappings. */
static void kernels_limit(void)
{
	static mn_thread_t t[1 << 16];
	long maps = 0;
	FILE *f = fopen("/proc/sys/vm/max_map_count", "r");
	int made;

	CHECK(f && fscanf(f, "%ld", &maps) == 1);
	fclose(f);
	if (maps > 1 << 16)
		return; /* it would take a while, and much memory */
	atomic_store(&faults.no_guard_install, true);
	test_start();
	made = until_refused(t, 1 << 16);
	CHECK_REL(made, >, maps / 4);
	CHECK_REL(made, <, maps);
	let_go(t, made);
	many(NULL);
	test_stop();
}

static void overrun_by_mprotect(void)
{
	atomic_store(&faults.no_guard_install, true);
	test_start();
	test_spawn(overrun, NULL);
	for (;;)
		mn_thread_yield();
}

static void passes(void (*fn)(void))
{
	char text[1000];
	int status = run(fn, text, sizeof text);

	if (status)
		FAIL("wait status 0x%x: %s", status, text);
}

int main(void)
{
	char text[1000];
	int status;

	faults_without_watch();
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	own_size();
	passes(scarce);
	passes(kernels_limit);
	if (mn_plat_guards_scarce()) /* then the rest cannot happen */
		return 0;
	for (failing_call = 1; failing_call < 40; failing_call += 6)
		passes(refused_once);
	passes(refused_for_a_while);
	passes(refused_after_a_park);
	status = run(refused_both_ways, text, sizeof text);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT || !strstr(text, "guard page"))
		FAIL("wait status 0x%x: %s", status, text);
	status = run(overrun_by_mprotect, text, sizeof text);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		FAIL("wait status 0x%x: %s", status, text);
	return 0;
}
