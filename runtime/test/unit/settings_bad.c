/*
 * Proves: a setting that is out of range, from the environment or from the
 * program, makes mn_init() return -EINVAL with one line on stderr that names
 * the variable and the value; nothing is started, and a start with good
 * settings follows. A good one of the program hides a bad one of the
 * environment.
 */
#include <sys/wait.h>

#include "check.h"

TEST_ONCE;

static const char *const bad[][2] = {
	{"MN_POLICY", "stael"},
	{"MN_POLICY", "Steal"},
	{"MN_POLICY", "steal "},
	{"MN_WORKERS", "0"},
	{"MN_WORKERS", "257"},
	{"MN_WORKERS", "-1"},
	{"MN_WORKERS", "2x"},
	{"MN_WORKERS", " 2"},
	{"MN_WORKERS", "1.5"},
	{"MN_WORKERS", "0x2"},
	{"MN_WORKERS", "4294967297"},
	{"MN_WORKERS", "18446744073709551617"},
	{"MN_WORKERS", "99999999999999999999999999999999999999999999999999999999999999999999999999"},
	{"MN_STEAL", "yes"},
	{"MN_VICTIM", "first"},
	{"MN_BACKOFF", "linear"},
	{"MN_SPAWN", "help"},
	{"MN_STACK_SIZE", "16383"},
	{"MN_STACK_SIZE", "1073741825"},
	{"MN_STACK_SIZE", "64K"},
	{"MN_PREEMPT", "1"},
	{"MN_PREEMPT", "ON"},
	{"MN_QUANTUM_US", "19"},
	{"MN_QUANTUM_US", "10000001"},
	{"MN_QUANTUM_US", "10ms"},
	{"MN_PREEMPT_SIGNAL", "0"},
	{"MN_PREEMPT_SIGNAL", "65"},
	{"MN_PREEMPT_SIGNAL", "SIGALRM"},
	{"MN_TRACE", ""},
	{"MN_TRACE_EVENTS", "63"},
	{"MN_TRACE_EVENTS", "16777217"},
	{"MN_SEED", "0"},
	{"MN_SEED", "-3"},
	{"MN_SEED", "18446744073709551616"},
};

/* What mn_init(config) writes to stderr, and returns. */
static int init_and_listen(const struct mn_config *config, char *text, size_t bytes)
{
	int ends[2];
	int kept = dup(STDERR_FILENO);
	int result;
	ssize_t n;

	CHECK(kept >= 0);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	result = mn_init(config);
	CHECK_EQ(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	close(kept);
	n = read(ends[0], text, bytes - 1);
	CHECK(n >= 0);
	text[n] = 0;
	close(ends[0]);
	return result;
}

static void one_line_with(const char *text, const char *name, const char *value)
{
	const char *end = strchr(text, '\n');

	if (!strstr(text, name) || !strstr(text, value))
		FAIL("the message names not both %s and %s: %s", name, value, text);
	CHECK(end != NULL);
	CHECK_EQ(end[1], 0);
	CHECK(!strncmp(text, "mn: ", 4));
}

static void clean(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		unsetenv(bad[i][0]);
}

static void from_environment(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[1000];

		setenv(bad[i][0], bad[i][1], 1);
		CHECK_EQ(init_and_listen(NULL, text, sizeof text), -EINVAL);
		/* Very long values may be cut. */
		one_line_with(text, bad[i][0], strlen(bad[i][1]) < 40 ? bad[i][1] : "99999999");
		CHECK_EQ(mn_workers(), 0);
		unsetenv(bad[i][0]);
		test_start();
		test_stop();
	}
}

static void from_program(void)
{
	static const struct {
		struct mn_config config;
		const char *name, *value;
	} given[] = {
		{{.policy = "none"}, "MN_POLICY", "none"},
		{{.workers = 257}, "MN_WORKERS", "257"},
		{{.workers = UINT32_MAX}, "MN_WORKERS", "4294967295"},
		{{.steal = 7}, "MN_STEAL", "7"},
		{{.victim = 9}, "MN_VICTIM", "9"},
		{{.backoff = 5}, "MN_BACKOFF", "5"},
		{{.spawn = 3}, "MN_SPAWN", "3"},
		{{.stack_size = 1}, "MN_STACK_SIZE", "1"},
		{{.stack_size = SIZE_MAX}, "MN_STACK_SIZE", "18446744073709551615"},
		{{.preempt = 2}, "MN_PREEMPT", "2"},
		{{.quantum_us = 1}, "MN_QUANTUM_US", "1"},
		{{.preempt_signal = 99}, "MN_PREEMPT_SIGNAL", "99"},
	};

	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		char text[1000];

		CHECK_EQ(init_and_listen(&given[i].config, text, sizeof text), -EINVAL);
		one_line_with(text, given[i].name, given[i].value);
		CHECK_EQ(mn_workers(), 0);
	}
}

static void program_before_environment(void)
{
	struct mn_config config = {.workers = 3, .stack_size = 32768, .policy = "steal"};

	setenv("MN_WORKERS", "0", 1);
	setenv("MN_STACK_SIZE", "lots", 1);
	setenv("MN_POLICY", "none", 1);
	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(mn_workers(), 3);
	test_stop();
	clean();
}

/* A program that just ends when it cannot start, as programs do. */
static void exits(const char *self, size_t i)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		setenv(bad[i][0], bad[i][1], 1);
		close(STDERR_FILENO);
		execl(self, self, "child", (char *)NULL);
		_exit(127);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), EINVAL);
}

static void *nothing(void *arg)
{
	return arg;
}

int main(int argc, char **argv)
{
	mn_thread_t t;

	if (argc > 1) /* the first thread starts the runtime */
		return -mn_thread_create(&t, NULL, nothing, NULL);
	clean();
	from_environment();
	from_program();
	program_before_environment();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i += 5)
		if (!test_emulated())
			exits(argv[0], i);
	return 0;
}
