/*
 * Prints the settings that tests are run under, a line each: every policy that
 * the library knows, with 1, 2 and 4 workers, without preemption and with a
 * quantum so short that it strikes everywhere; and once with 1 and once with 2
 * when a new thread goes first. The policies are those that the library names, so
 * there is no list here that a new one must be added to.
 *
 * With an argument, what tests of I/O are run under besides: both ways of waiting,
 * where the kernel allows both.
 */
#include <stdio.h>

#include "mn.h"

#include "sched/sched.h"

static int io_settings(void)
{
	static const struct mn_config uring = {.io = MN_IO_URING};

	printf("MN_IO=epoll\n");
	if (!mn_init(&uring) && !mn_shutdown())
		printf("MN_IO=uring\n");
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const workers[] = {
#if !defined(MNI_SAN_STRICT) /* the order on one worker is promised */
		"1",
#endif
		"2", "4"};
	static const char *const preemption[] = {
		"MN_PREEMPT=off",
#if !defined(__SANITIZE_THREAD__) /* holds signals back */
		"MN_PREEMPT=on MN_QUANTUM_US=50",
#endif
	};
	const size_t most = sizeof preemption / sizeof *preemption - 1;

	(void)argv;
	if (argc > 1)
		return io_settings();
	for (unsigned p = 0; mni_policy_name(p); p++) {
#if !defined(MNI_SAN_STRICT)
		printf("MN_POLICY=%s MN_WORKERS=1 MN_SPAWN=child-first %s\n", mni_policy_name(p),
		       preemption[0]);
#endif
		printf("MN_POLICY=%s MN_WORKERS=2 MN_SPAWN=child-first %s\n", mni_policy_name(p),
		       preemption[most]);
		for (size_t w = 0; w < sizeof workers / sizeof *workers; w++)
			for (size_t q = 0; q < sizeof preemption / sizeof *preemption; q++)
				printf("MN_POLICY=%s MN_WORKERS=%s %s\n", mni_policy_name(p), workers[w],
				       preemption[q]);
	}
	return 0;
}
