/*
 * Prints the settings that tests are run under, a line each: every policy that
 * the library knows, with 1, 2 and 4 workers, without preemption and, once the
 * library has it, with a short quantum. It asks the library, so there is no
 * list here that a new policy must be added to.
 *
 *   settings          the whole product
 *   settings WORKERS  only with that many workers
 */
#include <stdio.h>
#include <stdlib.h>

#include "sched/sched.h"

static void print(const char *policy, const char *workers)
{
	printf("MN_POLICY=%s MN_WORKERS=%s\n", policy, workers);
}

int main(int argc, char **argv)
{
	static const char *const workers[] = {"1", "2", "4"};

	for (unsigned p = 0; mni_policy_name(p); p++) {
		if (argc > 1)
			print(mni_policy_name(p), argv[1]);
		else
			for (size_t i = 0; i < sizeof workers / sizeof *workers; i++)
				print(mni_policy_name(p), workers[i]);
	}
	return 0;
}
