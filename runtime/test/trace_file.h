/*
 * Reads a trace, as far as tests of the runtime look at it: an event is a line. Whether
 * viewers will take it is checked by mnbench's tests (internal/traces).
 */
#ifndef MN_TEST_TRACE_FILE_H
#define MN_TEST_TRACE_FILE_H

#include "check.h"

#define TRACE_TRACKS 64

struct trace_file {
	char *text;
	uint64_t lost;
	uint64_t ends; /* spans that end with their thread */
};

/* How often the text is in it. */
static inline uint64_t trace_count(const struct trace_file *f, const char *what)
{
	uint64_t n = 0;

	for (const char *p = f->text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

/* A time in nanoseconds, from microseconds with three decimals. */
static inline uint64_t trace_ns(const char *line, const char *key)
{
	const char *p = strstr(line, key);
	char *rest;
	uint64_t us;

	CHECK(p != NULL);
	us = strtoull(p + strlen(key), &rest, 10);
	CHECK_EQ(*rest, '.');
	return us * 1000 + strtoull(rest + 1, &rest, 10);
}

/* One event. end[]: of each track's last span. */
static inline void trace_line(struct trace_file *f, char *line, uint64_t *end)
{
	uint64_t track = strtoull(strstr(line, "\"tid\":") + 6, NULL, 10);
	uint64_t at;

	CHECK_REL(track, <, TRACE_TRACKS);
	if (strncmp(line, "{\"ph\":\"X\"", 9) != 0)
		return;
	if (strstr(line, "\"cat\":\"outside\""))
		return;
	at = trace_ns(line, "\"ts\":");
	if (end[track] && at != end[track])
		FAIL("the span before ends at %" PRIu64 ": %s", end[track], line);
	end[track] = at + trace_ns(line, "\"dur\":");
	f->ends += strstr(line, "\"end\":\"end\"") != NULL;
}

/* Arrows: the line after the start of one is its end, which is not earlier. */
static inline void trace_arrow(const char *start, const char *end)
{
	CHECK(!strncmp(end, "{\"ph\":\"f\"", 9));
	CHECK_REL(trace_ns(end, "\"ts\":"), >=, trace_ns(start, "\"ts\":"));
	CHECK_EQ(strtoull(strstr(end, "\"id\":") + 5, NULL, 10),
		 strtoull(strstr(start, "\"id\":") + 5, NULL, 10));
}

/* Checks what must hold of any trace, too. */
static inline void trace_read(struct trace_file *f, const char *path)
{
	static const char lost[] = "\"lost_events\":\"";
	uint64_t end[TRACE_TRACKS] = {0};
	FILE *file = fopen(path, "r");
	char *next;
	long bytes;

	*f = (struct trace_file){0};
	if (!file)
		FAIL("%s: %s", path, strerror(errno));
	CHECK_EQ(fseek(file, 0, SEEK_END), 0);
	bytes = ftell(file);
	rewind(file);
	f->text = calloc(1, (size_t)bytes + 1);
	CHECK(f->text != NULL);
	CHECK_EQ(fread(f->text, 1, (size_t)bytes, file), bytes);
	fclose(file);
	CHECK(bytes > 4 && !strcmp(f->text + bytes - 4, "\n]}\n"));
	CHECK(strstr(f->text, lost) != NULL);
	f->lost = strtoull(strstr(f->text, lost) + strlen(lost), NULL, 10);
	for (char *line = strchr(f->text, '\n') + 1; *line != ']'; line = next) {
		next = strchr(line, '\n') + 1;
		next[-1] = 0;
		trace_line(f, line, end);
		if (!strncmp(line, "{\"ph\":\"s\"", 9))
			trace_arrow(line, next);
		next[-1] = '\n';
	}
}

static inline void trace_free(struct trace_file *f)
{
	free(f->text);
}

#endif
