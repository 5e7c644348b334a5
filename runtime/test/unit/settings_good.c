/*
 * Proves: settings are taken from the program, else from the environment, else
 * from the default, and those in use can be asked for by name; every name and
 * every policy that the library lists is one that it takes.
 */
#include "check.h"

TEST_ONCE;

static void *nothing(void *arg)
{
	return arg;
}

static const char *in_use(const char *name)
{
	static char text[32];

	for (unsigned i = 0; mn_setting_name(i); i++)
		if (!strcmp(mn_setting_name(i), name)) {
			CHECK_EQ(mn_setting_text(i, text, sizeof text), 0);
			return text;
		}
	FAIL("there is no setting %s", name);
}

static void is(const char *name, const char *want)
{
	if (strcmp(in_use(name), want))
		FAIL("%s is %s, not %s", name, in_use(name), want);
}

static void run_some(void)
{
	mn_thread_t t[50];

	for (int i = 0; i < 50; i++)
		t[i] = test_spawn(nothing, NULL);
	for (int i = 0; i < 50; i++)
		test_join(t[i]);
}

static void from_environment(void)
{
	static const char *const good[][2] = {
		{"MN_WORKERS", "1"},       {"MN_WORKERS", "3"},          {"MN_WORKERS", "003"},
		{"MN_WORKERS", "256"},     {"MN_STEAL", "on"},           {"MN_STEAL", "off"},
		{"MN_VICTIM", "random"},   {"MN_VICTIM", "ring"},        {"MN_VICTIM", "last"},
		{"MN_BACKOFF", "fixed"},   {"MN_BACKOFF", "none"},       {"MN_BACKOFF", "exponential"},
		{"MN_SPAWN", "help-first"}, {"MN_SPAWN", "child-first"}, {"MN_STACK_SIZE", "16384"},
		{"MN_STACK_SIZE", "1048576"}, {"MN_PREEMPT", "off"},     {"MN_QUANTUM_US", "20"},
		{"MN_QUANTUM_US", "10000000"}, {"MN_PREEMPT_SIGNAL", "10"},
		{"MN_SEED", "18446744073709551615"}, {"MN_TRACE", "off"},
		{"MN_TRACE", "/dev/null"}, {"MN_TRACE_EVENTS", "64"},
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		if (test_emulated() && !strcmp(good[i][1], "256"))
			continue; /* a timer for each */
		CHECK_EQ(setenv(good[i][0], good[i][1], 1), 0);
		test_start();
		is(good[i][0], strcmp(good[i][1], "003") ? good[i][1] : "3");
		run_some();
		test_stop();
		CHECK_EQ(unsetenv(good[i][0]), 0);
	}
}

static void from_program(void)
{
	struct mn_config config = {.policy = "steal", .workers = 2, .steal = MN_OFF,
				   .victim = MN_VICTIM_LAST, .backoff = MN_BACKOFF_NONE,
				   .spawn = MN_CHILD_FIRST, .stack_size = 100000, .preempt = MN_OFF,
				   .quantum_us = 77, .preempt_signal = 12, .seed = 4711};

	CHECK_EQ(setenv("MN_WORKERS", "1", 1), 0);
	CHECK_EQ(mn_init(&config), 0);
	is("MN_POLICY", "steal");
	is("MN_WORKERS", "2");
	is("MN_STEAL", "off");
	is("MN_VICTIM", "last");
	is("MN_BACKOFF", "none");
	is("MN_SPAWN", "child-first");
	is("MN_PREEMPT", "off");
	is("MN_SEED", "4711");
	run_some();
	test_stop();
	CHECK_EQ(unsetenv("MN_WORKERS"), 0);
}

static void policies(void)
{
	for (unsigned i = 0; mn_policy_name(i); i++) {
		struct mn_config config = {.policy = mn_policy_name(i), .workers = 2};

		CHECK_EQ(mn_init(&config), 0);
		CHECK(!strcmp(mn_policy(), mn_policy_name(i)));
		is("MN_POLICY", mn_policy_name(i));
		run_some();
		test_stop();
	}
}

/* Asked for in vain, in too little space, and in just enough. */
static void texts(void)
{
	char text[32];
	char other[32];
	unsigned n = 0;

	CHECK_EQ(mn_setting_text(0, text, sizeof text), -EINVAL);
	test_start();
	while (mn_setting_name(n)) {
		CHECK_EQ(mn_setting_text(n, text, sizeof text), 0);
		CHECK(*text);
		CHECK_EQ(mn_setting_text(n, other, 0), -EINVAL);
		CHECK_EQ(mn_setting_text(n, other, strlen(text)), -EINVAL);
		CHECK_EQ(mn_setting_text(n, other, strlen(text) + 1), 0);
		CHECK(!strcmp(text, other));
		n++;
	}
	CHECK_REL(n, >, 5);
	CHECK_EQ(mn_setting_text(n, text, sizeof text), -EINVAL);
	test_stop();
}

int main(void)
{
	for (unsigned i = 0; mn_setting_name(i); i++)
		unsetenv(mn_setting_name(i));
	from_environment();
	from_program();
	policies();
	texts();
	return 0;
}
