/*
 * Proves: a thread that overruns its stack is named, with the size of the stack and its
 * frames, before the process ends by SIGSEGV: on a default stack, one of its own size,
 * its joiner's, main's, on any worker. A handler that the program had set is called
 * afterwards. Any other fault is none of our business: nothing is said, and the
 * program's handler gets it, as often as it comes.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>

#include "report_test.h"

TEST_ONCE;

#define LARGE 1000000

static struct mn_config config = {.workers = 2};
static const struct mn_thread_attr large = {.stack_size = LARGE};
static const struct mn_thread_attr small = {0};

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
	CHECK_EQ(mn_thread_set_name(mn_thread_self(), "greedy"), 0);
	return (void *)endless((uintptr_t)arg);
}

static void *join_overrun(void *arg)
{
	return test_join(test_spawn(overrun, arg));
}

static void begin(void)
{
	struct rlimit no_core = {0, 0};

	setrlimit(RLIMIT_CORE, &no_core);
	CHECK_EQ(mn_init(&config), 0);
}

static void in_thread(void *attr)
{
	mn_thread_t t;

	begin();
	CHECK_EQ(mn_thread_create(&t, attr, overrun, NULL), 0);
	while (mn_thread_tryjoin(t, NULL) == -EBUSY)
		mn_thread_yield();
}

static void in_place(void *unused)
{
	mn_thread_t t;

	(void)unused;
	begin();
	t = test_spawn(join_overrun, NULL);
	while (mn_thread_tryjoin(t, NULL) == -EBUSY)
		mn_thread_yield();
}

static void in_main(void *unused)
{
	(void)unused;
	begin();
	overrun(NULL);
}

static void has_named_it(int status, const char *size)
{
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGSEGV);
	CHECK_SAYS(report_text, "mn: stack overflow: thread 0x");
	CHECK_SAYS(report_text, "\"greedy\" has used up its stack of ");
	CHECK_SAYS(report_text, size);
	CHECK_SAYS(report_text, "  endless+");
}

/* --- handlers of the program --- */

static volatile sig_atomic_t calls;
static sigjmp_buf back;
static char *volatile nowhere = (char *)16;

static void says_so(int sig, siginfo_t *info, void *context)
{
	static const char text[] = "the program's handler\n";

	(void)info;
	(void)context;
	if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
		_exit(3);
	signal(sig, SIG_DFL);
}

static void handled(void *attr)
{
	struct sigaction a = {.sa_sigaction = says_so, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigaction(SIGSEGV, &a, NULL);
	in_thread(attr);
}

static void goes_back(int sig)
{
	(void)sig;
	calls++;
	siglongjmp(back, 1);
}

static void *touches_nowhere(void *arg)
{
	while (calls < 3)
		if (!sigsetjmp(back, 1))
			*nowhere = 1;
	return arg;
}

static void recovers(void *unused)
{
	struct sigaction a = {.sa_handler = goes_back};

	(void)unused;
	sigaction(SIGSEGV, &a, NULL);
	config.workers = 1;
	begin();
	test_join(test_spawn(touches_nowhere, NULL));
	test_stop();
	CHECK(signal(SIGSEGV, SIG_DFL) == goes_back);
}

static void plain_fault(void *unused)
{
	(void)unused;
	begin();
	*nowhere = 1;
}

static void sent(void *unused)
{
	(void)unused;
	begin();
	raise(SIGSEGV);
}

static void in_threads(void)
{
	for (unsigned p = 0; mn_policy_name(p); p++) {
		config.policy = mn_policy_name(p);
		for (int preempt = MN_OFF; preempt <= MN_ON; preempt += MN_ON - MN_OFF) {
			config.preempt = preempt;
			has_named_it(report_of_child(in_thread, (void *)&small),
				     "it could count on 65536 ");
		}
	}
	has_named_it(report_of_child(in_thread, (void *)&large), "it could count on 1000000 ");
	has_named_it(report_of_child(in_place, NULL), "it could count on 65536 ");
	has_named_it(report_of_child(handled, (void *)&small), "the program's handler\n");
}

int main(void)
{
	int status;

	if (!test_emulated()) /* qemu says yes to guards, and makes none */
		in_threads();
	has_named_it(report_of_child(in_main, NULL), " bytes\n");
	CHECK_EQ(report_of_child(recovers, NULL), 0);
	CHECK_SILENT(report_text, "overflow");
	status = report_of_child(plain_fault, NULL);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	CHECK_SILENT(report_text, "overflow");
	status = report_of_child(sent, NULL);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	CHECK_SILENT(report_text, "overflow");
	return 0;
}
