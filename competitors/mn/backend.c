/*
 * The runtime of this project. The frame and the C texts are compiled with
 * -include mn_pthread.h, so their POSIX threads are green; the frame's main is
 * one of them.
 */
#include "backend.h"

#include <mn.h>

#include "emit.h"

const char *const backend_runtime = "mn";
const char *const backend_model = "M:N";

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
    line_string("policy", mn_policy());
    line_number("mn_workers", mn_workers());
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
    };
    for (; count < sizeof all / sizeof all[0] && count < room; count++)
        into[count] = all[count];
    return count;
}

void backend_stop(void)
{
    mn_shutdown();
}
