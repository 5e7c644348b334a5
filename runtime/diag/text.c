/* Text of reports: built without libc's stdio, which may be in the midst of something. */
#include <unistd.h>

#include "diag/diag.h"
#include "outside.h"

void diag_text_begin(struct diag_text *o)
{
	o->fd = STDERR_FILENO;
	o->n = 0;
}

void diag_flush(struct diag_text *o)
{
	size_t done = 0;

	while (done < o->n) {
		ssize_t n = OUTSIDE(write(o->fd, o->buffer + done, o->n - done));

		if (n <= 0)
			break; /* nowhere to report a failure to report */
		done += (size_t)n;
	}
	o->n = 0;
}

void diag_put(struct diag_text *o, const char *s)
{
	for (; *s; s++) {
		if (o->n == sizeof o->buffer)
			diag_flush(o);
		o->buffer[o->n++] = *s;
	}
}

static void number(struct diag_text *o, uint64_t v, unsigned base)
{
	char digits[24];
	char *p = digits + sizeof digits - 1;

	*p = 0;
	do
		*--p = "0123456789abcdef"[v % base];
	while (v /= base);
	diag_put(o, p);
}

void diag_decimal(struct diag_text *o, uint64_t v)
{
	number(o, v, 10);
}

void diag_hex(struct diag_text *o, uint64_t v)
{
	diag_put(o, "0x");
	number(o, v, 16);
}

void diag_ms(struct diag_text *o, uint64_t ms)
{
	diag_decimal(o, ms / 1000);
	diag_put(o, ".");
	diag_decimal(o, ms % 1000 / 100);
	diag_put(o, " s");
}
