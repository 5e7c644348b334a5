/*
 * What every test has in common: assertions, seeded random numbers, sizes.
 *
 * A test is one program. It exits 0 when it passes and 77 when it cannot be
 * run here; anything else is a failure. It may fail from any thread.
 *
 * From the environment, all optional:
 *   MN_TEST_SEED   the seed of a stress test, to repeat a run
 *   MN_TEST_SCALE  how much longer than usual a stress test goes on, 1 to 1000
 *   MN_TEST_EMULATED  set under a user-mode emulator: see test_emulated()
 */
#ifndef MN_TEST_CHECK_H
#define MN_TEST_CHECK_H

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mn.h"

/*
 * Marks a test that does not depend on the runtime's settings, so that it is
 * run once and not under each of them. The build looks for this word.
 */
#define TEST_ONCE _Static_assert(1, "run once")

/*
 * Sanitizers make code slower and stacks fuller. They leave crashes to the
 * system, as tests of crashes expect it, and end the test at the first report.
 */
#if defined(__SANITIZE_THREAD__)
#define TEST_SLOWDOWN 20
#define TEST_RACE 66 /* the exit status after a report */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "handle_segv=0:handle_abort=0:halt_on_error=1:exitcode=66:atexit_sleep_ms=0:die_after_fork=0";
}
/*
 * A close(), or dup3(), while another thread is about to wait for the same file: the
 * tests do so on purpose, the kernel decides who comes first, and TSan has no eye for it.
 */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:^__interceptor_close$\nrace:^mn_dup3$\n";
}
#elif defined(__SANITIZE_ADDRESS__)
#define TEST_SLOWDOWN 4
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "handle_segv=0:handle_abort=0";
}
#else
#define TEST_SLOWDOWN 1
#endif

static uint64_t test_seed_used; /* 0: none, for tests that use no random numbers */

/* Ends the test with a line on stderr; never allocates. */
__attribute__((format(printf, 3, 4), noreturn, noinline, unused)) static void
test_fail(const char *file, int line, const char *format, ...)
{
	char text[512];
	va_list args;
	int n = snprintf(text, sizeof text, "%s:%d: ", file, line);
	int left = (int)sizeof text - n - 1;

	va_start(args, format);
	left = vsnprintf(text + n, (size_t)left, format, args);
	va_end(args);
	n += left < (int)sizeof text - n - 1 ? left : (int)sizeof text - n - 2;
	text[n++] = '\n';
	if (write(STDERR_FILENO, text, (size_t)n) != n)
		_exit(3);
	if (test_seed_used) {
		n = snprintf(text, sizeof text, "repeat with MN_TEST_SEED=%" PRIu64 "\n",
			     test_seed_used);
		if (write(STDERR_FILENO, text, (size_t)n) != n)
			_exit(3);
	}
	_exit(1);
}

#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			FAIL("%s does not hold", #cond);                                           \
	} while (0)

/* got and want: integers or pointers. */
#define CHECK_EQ(got, want)                                                                        \
	do {                                                                                       \
		long long got_ = (long long)(got);                                                 \
		long long want_ = (long long)(want);                                               \
                                                                                                   \
		if (got_ != want_)                                                                 \
			FAIL("%s is %lld (0x%llx), not %s = %lld (0x%llx)", #got, got_, got_,      \
			     #want, want_, want_);                                                 \
	} while (0)

/* got relates to limit, as in CHECK_REL(n, <=, 3). */
#define CHECK_REL(got, rel, limit)                                                                 \
	do {                                                                                       \
		long long got_ = (long long)(got);                                                 \
		long long limit_ = (long long)(limit);                                             \
                                                                                                   \
		if (!(got_ rel limit_))                                                            \
			FAIL("%s is %lld, but should be %s %s = %lld", #got, got_, #rel, #limit,   \
			     limit_);                                                              \
	} while (0)

/* Ends the test as one that cannot be run here. */
#define SKIP(...)                                                                                  \
	do {                                                                                       \
		printf(__VA_ARGS__);                                                               \
		printf("\n");                                                                      \
		fflush(stdout);                                                                    \
		_exit(77);                                                                         \
	} while (0)

/* splitmix64: the next number of a sequence. */
static inline uint64_t test_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* From 0 to n - 1. */
static inline uint64_t test_below(uint64_t *state, uint64_t n)
{
	return test_random(state) % n;
}

/* A number from the environment, or fallback. */
static inline uint64_t test_setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : fallback;
}

/* The seed of this run; says on stderr how to repeat it. */
static inline uint64_t test_seed(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	test_seed_used = test_setting("MN_TEST_SEED",
				      (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec +
					      (uint64_t)getpid() * 1000003u);
	fprintf(stderr, "seed %" PRIu64 "\n", test_seed_used);
	return test_seed_used;
}

/*
 * Whether this runs under qemu's user mode, which cannot execute a program of the
 * emulated architecture, and has 32 timers at most.
 */
static inline bool test_emulated(void)
{
	return test_setting("MN_TEST_EMULATED", 0);
}

/* How often to do what is done n times in a usual run; at least once. */
static inline uint64_t test_times(uint64_t n)
{
	uint64_t slowdown = TEST_SLOWDOWN * (test_emulated() ? 10 : 1);
	uint64_t scaled = n * test_setting("MN_TEST_SCALE", 1) / slowdown;

	return scaled ? scaled : 1;
}

/* For loops that wait for another thread, which may need this worker or this CPU. */
static inline void test_pause(void)
{
	mn_thread_yield();
	sched_yield();
}

/* Starts the runtime with the environment's settings. */
static inline void test_start(void)
{
	CHECK_EQ(mn_init(NULL), 0);
}

/* The same for a test that depends on the order in which threads run; help-first. */
static inline void test_start_one_cooperative_worker(void)
{
	static const struct mn_config config = {
		.workers = 1, .preempt = MN_OFF, .spawn = MN_HELP_FIRST};

	CHECK_EQ(mn_init(&config), 0);
}

/* Whether threads that do not give up their worker are made to. */
static inline bool test_preempts(void)
{
	const char *preempt = getenv("MN_PREEMPT");

#if defined(__SANITIZE_THREAD__)
	return preempt && !strcmp(preempt, "on");
#else
	return !preempt || !strcmp(preempt, "on");
#endif
}

/* Whether the creator of a thread goes on first. */
static inline bool test_help_first(void)
{
	const char *spawn = getenv("MN_SPAWN");

	return !spawn || strcmp(spawn, "child-first") != 0;
}

/* For a thread whose creator has to go on first, under any setting. */
static const struct mn_thread_attr test_creator_goes_on __attribute__((unused)) = {
	.spawn = MN_HELP_FIRST};

/* Whether threads run in an order that the program alone decides. */
static inline bool test_in_order(void)
{
	return mn_workers() == 1 && !test_preempts();
}

static inline void test_stop(void)
{
	CHECK_EQ(mn_shutdown(), 0);
}

/* Makes a joinable thread with the default attributes. */
static inline mn_thread_t test_spawn(void *(*fn)(void *), void *arg)
{
	mn_thread_t t = 0;

	CHECK_EQ(mn_thread_create(&t, NULL, fn, arg), 0);
	CHECK(t != 0);
	return t;
}

/* Joins it and returns its result. */
static inline void *test_join(mn_thread_t t)
{
	void *result = &result;

	CHECK_EQ(mn_thread_join(t, &result), 0);
	return result;
}

/* errno, never remembered across a switch as the compiler may do with its address. */
__attribute__((noipa, unused)) static int test_errno(void)
{
	return errno;
}

__attribute__((noipa, unused)) static void test_set_errno(int value)
{
	errno = value;
}

#endif
