#include "emit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"

static int first; /* the object that is being written has no key yet */

static void string(const char *s)
{
    putchar('"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < ' ')
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void key(const char *name)
{
    if (!first)
        putchar(',');
    first = 0;
    string(name);
    putchar(':');
}

void line_begin(const char *type)
{
    putchar('{');
    first = 1;
    if (type)
        line_string("type", type);
}

void line_string(const char *name, const char *value)
{
    key(name);
    string(value);
}

void line_number(const char *name, uint64_t value)
{
    key(name);
    printf("%" PRIu64, value);
}

void line_exact(const char *name, uint64_t value)
{
    key(name);
    printf("\"%" PRIu64 "\"", value);
}

void line_strings(const char *name, size_t count, const char *(*value)(size_t i))
{
    key(name);
    putchar('[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            putchar(',');
        string(value(i));
    }
    putchar(']');
}

void pairs_begin(const char *name)
{
    key(name);
    putchar('[');
    first = 1;
}

void pair(uint64_t a, uint64_t b)
{
    printf("%s[%" PRIu64 ",%" PRIu64 "]", first ? "" : ",", a, b);
    first = 0;
}

void pairs_end(void)
{
    putchar(']');
    first = 0;
}

void line_open(const char *name)
{
    key(name);
    putchar('{');
    first = 1;
}

void line_close(void)
{
    putchar('}');
    first = 0;
}

void line_end(void)
{
    putchar('}');
    putchar('\n');
    if (fflush(stdout) == EOF || ferror(stdout)) {
        complain("stdout: %s", strerror(errno));
        _Exit(1); /* not exit: it would flush again */
    }
}

void complain(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    fprintf(stderr, "%s driver: ", backend_runtime);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
}
