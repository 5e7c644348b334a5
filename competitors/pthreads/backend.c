/*
 * The kernel's own threads. There is nothing to start: any number of them may exist, and the
 * CPUs that the process was given are all that limits how many execute at once.
 */
#include "backend.h"

#include <unistd.h>

#include "emit.h"

const char *const backend_runtime = "pthreads";

const char *backend_model(void)
{
    return "1:1";
}

const char *backend_declines(unsigned workers)
{
    (void)workers;
    return NULL;
}

const char *backend_version(void)
{
    static char text[64]; /* "NPTL 2.36" */
    size_t length = confstr(_CS_GNU_LIBPTHREAD_VERSION, text, sizeof text);

    return length > 0 && length <= sizeof text ? text : "unknown";
}

int backend_start(unsigned workers)
{
    (void)workers;
    return 0;
}

void backend_config(void)
{
    line_string("threads_kind", "kernel");
}

size_t backend_counters(struct counter *into, size_t room)
{
    (void)into, (void)room;
    return 0;
}

void backend_stop(void)
{
}
