/*
 * The runtime of this project. The frame and the C texts are compiled with
 * -include mn_pthread.h, so their POSIX threads are green; the frame's main is
 * one of them.
 */
#include "backend.h"

#include <ctype.h>
#include <mn.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

const char *const backend_runtime = "mn";

/* What a variant fixes the number of workers to, as text; NULL: nothing. */
static const char *fixed_workers(void)
{
    return getenv("MN_WORKERS");
}

const char *backend_model(void)
{
    return fixed_workers() && atoi(fixed_workers()) == 1 ? "N:1" : "M:N";
}

const char *backend_declines(unsigned workers)
{
    if (!fixed_workers() || (unsigned)atoi(fixed_workers()) == workers)
        return NULL;
    return "MN_WORKERS fixes the number of workers, and it is another one than --workers";
}

const char *backend_version(void)
{
    return MN_VERSION;
}

int backend_start(unsigned workers)
{
    struct mn_config config = {.workers = workers};

    return -mn_init(&config);
}

void backend_config(void)
{
    line_string("threads_kind", "green");
    line_number("mn_workers", mn_workers());
    /* MN_QUANTUM_US as quantum_us: what is really in use. */
    for (unsigned i = 0; mn_setting_name(i); i++) {
        char name[32] = "", value[32];
        const char *upper = mn_setting_name(i) + strlen("MN_");

        if (mn_setting_text(i, value, sizeof value) != 0 || strlen(upper) >= sizeof name)
            continue;
        for (size_t k = 0; upper[k]; k++)
            name[k] = (char)tolower((unsigned char)upper[k]);
        if (strcmp(name, "workers") != 0) /* the frame says it */
            line_string(name, value);
    }
}

size_t backend_counters(struct counter *into, size_t room)
{
    struct mn_stats s;
    size_t count = 0;

    mn_stats_read(&s);
    const struct counter all[] = {
        {"spawns", s.spawns},
        {"inline_runs", s.inline_runs},
        {"switches", s.switches},
        {"steal_attempts", s.steal_attempts},
        {"steal_hits", s.steal_hits},
        {"steal_aborts", s.steal_aborts},
        {"parks", s.parks},
        {"wakes", s.wakes},
        {"stacks", s.stacks},
        {"preempts", s.preempts},
        {"home_wakes", s.home_wakes},
        {"migrations", s.migrations},
        {"thread_parks", s.thread_parks},
        {"thread_wakes", s.thread_wakes},
        {"io_waits", s.io_waits},
        {"blocking_calls", s.blocking_calls},
        {"affine_picks", s.affine_picks},
        {"promotions", s.promotions},
        {"demotions", s.demotions},
        {"timed_waits", s.timed_waits},
    };
    for (; count < sizeof all / sizeof all[0] && count < room; count++)
        into[count] = all[count];
    return count;
}

void backend_stop(void)
{
    mn_shutdown();
}
