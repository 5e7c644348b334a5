/*
 * Proves: every setting has a row in README.md and a line in mn.h, and every row
 * there is a setting; every policy has a row, too.
 */
#include "check.h"

TEST_ONCE;

static char text[1 << 16];

/* Reads a file of the runtime's folder, which is found from where this one was compiled. */
static void load(const char *name)
{
	char path[4096];
	const char *here = __FILE__;
	const char *end = strstr(here, "test/unit/");
	FILE *f;
	size_t n;

	CHECK(end != NULL);
	snprintf(path, sizeof path, "%.*s%s", (int)(end - here), here, name);
	f = fopen(path, "r");
	if (!f)
		FAIL("%s: %s", path, strerror(errno));
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = 0;
	fclose(f);
}

static void must_have(const char *what, const char *format, const char *name)
{
	char row[64];

	snprintf(row, sizeof row, format, name);
	if (!strstr(text, row))
		FAIL("%s says nothing of %s", what, name);
}

int main(void)
{
	unsigned rows = 0;
	unsigned settings = 0;

	load("README.md");
	for (; mn_setting_name(settings); settings++)
		must_have("README.md", "\n| `%s` |", mn_setting_name(settings));
	for (const char *p = text; (p = strstr(p, "\n| `MN_")); p++)
		rows++;
	CHECK_EQ(rows, settings);
	for (unsigned i = 0; mn_policy_name(i); i++)
		must_have("README.md", "\n| `%s` |", mn_policy_name(i));
	load("include/mn.h");
	for (unsigned i = 0; mn_setting_name(i); i++)
		must_have("mn.h", "\n *   %s ", mn_setting_name(i));
	return 0;
}
