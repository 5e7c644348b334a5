/* How much memory the process has: for tests of what is given back. */
#ifndef MN_TEST_MEMORY_H
#define MN_TEST_MEMORY_H

#include "check.h"

/* Bytes of this process that are in memory now, exactly. */
__attribute__((unused)) static long test_resident(void)
{
	char line[200];
	long kb = -1;
	FILE *f = fopen("/proc/self/smaps_rollup", "r");

	CHECK(f != NULL);
	while (kb < 0 && fgets(line, sizeof line, f))
		if (sscanf(line, "Rss: %ld kB", &kb) != 1)
			kb = -1;
	fclose(f);
	CHECK_REL(kb, >, 0);
	return kb * 1024;
}

#endif
