/*
 * JSON Lines on stdout. A line is begun, gets its keys, and is ended:
 *
 *     line_begin("sample");
 *     line_number("ns", 123);
 *     line_end();
 *
 * Each line is flushed as it ends. When stdout cannot be written, the process says so on stderr
 * and ends with status 1: nobody is there to read the results.
 */
#ifndef MNB_EMIT_H
#define MNB_EMIT_H

#include <stddef.h>
#include <stdint.h>

/* Starts an object; a type of NULL leaves the key "type" out. */
void line_begin(const char *type);
void line_string(const char *key, const char *value);
void line_number(const char *key, uint64_t value);
/* An unsigned number as a string, so that no JSON reader rounds it. */
void line_exact(const char *key, uint64_t value);
/* An array of strings: value(i) for i = 0 .. count-1. */
void line_strings(const char *key, size_t count, const char *(*value)(size_t i));
/* An array of pairs: pairs_begin, pair for each, pairs_end. */
void pairs_begin(const char *key);
void pair(uint64_t a, uint64_t b);
void pairs_end(void);
/* An object inside the line: the keys up to line_close are its own. */
void line_open(const char *key);
void line_close(void);
void line_end(void);

/* A line on stderr that starts with the driver's name, printf-style. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
