/*
 * For tests of reports: what the process writes to stderr is kept, and can be asked
 * about. Failures still go to the real one.
 */
#ifndef MN_TEST_REPORT_H
#define MN_TEST_REPORT_H

#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"

#define REPORT_MOST (1 << 20)

static char report_text[REPORT_MOST];

static inline int report_file(void)
{
	int fd = memfd_create("report", 0);

	CHECK(fd >= 0);
	return fd;
}

static inline const char *report_read(int fd)
{
	ssize_t n = pread(fd, report_text, sizeof report_text - 1, 0);

	CHECK(n >= 0);
	report_text[n] = 0;
	return report_text;
}

/* Whether threads that run can be asked where: TSan keeps signals back, qemu has not all of them. */
static inline bool report_runs_answer(void)
{
#if defined(__SANITIZE_THREAD__)
	return false;
#else
	return !test_emulated();
#endif
}

/* What mn_dump() says. */
static inline const char *report_dump(void)
{
	int fd = report_file();
	int real = dup(STDERR_FILENO);

	CHECK(dup2(fd, STDERR_FILENO) >= 0);
	mn_dump();
	CHECK(dup2(real, STDERR_FILENO) >= 0);
	close(real);
	report_read(fd);
	close(fd);
	return report_text;
}

/*
 * Runs fn(arg) in a child process. Returns its status, as waitpid(); what it has written
 * to stderr is in report_text.
 */
static inline int report_of_child(void (*fn)(void *), void *arg)
{
	int fd = report_file();
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (!pid) {
		dup2(fd, STDERR_FILENO);
		fn(arg);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	report_read(fd);
	close(fd);
	return status;
}

/*
 * The part of a list that is about the thread of this name: its line and its frames, up
 * to the next thread's. NULL: it is not listed.
 */
static inline const char *report_of(const char *list, const char *name)
{
	static char part[1 << 14];
	char quoted[32];
	const char *at;
	const char *end;

	snprintf(quoted, sizeof quoted, "\"%s\": ", name);
	for (at = list; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
		const char *line_end = strchr(at, '\n');
		const char *found = strstr(at, quoted);

		if (strncmp(at, "thread ", 7) || !found || (line_end && found > line_end))
			continue;
		end = strstr(at + 1, "\nthread ");
		if (!end)
			end = strstr(at, "\nmn: ");
		if (!end)
			end = at + strlen(at);
		snprintf(part, sizeof part, "%.*s\n", (int)(end - at), at);
		return part;
	}
	return NULL;
}

static inline bool report_says(const char *text, const char *what)
{
	return text && strstr(text, what);
}

#define CHECK_SAYS(text, what)                                                                     \
	do {                                                                                       \
		const char *text_ = (text);                                                        \
                                                                                                   \
		if (!report_says(text_, what))                                                     \
			FAIL("nothing of '%s' in: %s", what, text_ ? text_ : "nothing");           \
	} while (0)

#define CHECK_SILENT(text, what)                                                                   \
	do {                                                                                       \
		if (strstr(text, what))                                                            \
			FAIL("'%s' in: %s", what, text);                                           \
	} while (0)

#endif
