/* Shows an execution, one line an access. */
#include <stdarg.h>
#include <stdio.h>

#include "machine.h"

void trace(const struct model_site *s, const char *format, ...)
{
	va_list args;

	if (!machine.tracing)
		return;
	if (machine.self)
		printf("    %u ", thread_number(machine.self));
	else
		printf("    - ");
	if (s)
		printf("%s:%d %s: %s %s: ", s->file, s->line, s->function, s->name, s->expression);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}
