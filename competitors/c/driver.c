/*
 * The driver of the C competitors: speaks the driver protocol, version 1 (../PROTOCOL.md), for
 * every workload that is linked in, on the runtime behind backend.h.
 *
 * The clock runs around a workload's run function alone. Iterations share the process and
 * nothing else: each sets up its own state and frees it.
 */
#include <errno.h>
#include <sched.h> /* the affinity calls need -D_GNU_SOURCE */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "backend.h"
#include "emit.h"
#include "histogram.h"
#include "memory.h"
#include "registry.h"

enum { DONE = 0, FAILED = 1, USAGE = 2, UNSUPPORTED = 77 };

/* How an iteration ended. */
enum outcome { SAMPLED, LIMITED, BROKEN };

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void stopped(struct result *result, const char *call, int error, uint64_t reached)
{
    result->call = call;
    result->error = error;
    result->reached = reached;
}

void must_fail(int error, const char *call)
{
    complain("%s: %s", call, strerror(error));
    _Exit(FAILED); /* other threads may still run: no handlers, no flushing */
}

static const char *workload_id(size_t i)
{
    return registry_at(i)->id;
}

static const char *mode(size_t i)
{
    return i == 0 ? "parallel" : "serial";
}

/* Whether any workload has plain sequential code: not where the driver is no language's. */
static int has_serial(void)
{
    for (size_t i = 0; i < registry_count(); i++)
        if (registry_at(i)->serial)
            return 1;
    return 0;
}

static void describe(void)
{
    line_begin(NULL);
    line_number("protocol", 1);
    line_string("runtime", backend_runtime);
    line_string("version", backend_version());
    line_string("language", "c");
    line_string("model", backend_model());
    line_strings("workloads", registry_count(), workload_id);
    line_strings("modes", has_serial() ? 2 : 1, mode);
    line_end();
}

/*
 * For mnbench gate --self-test alone: every iteration takes so many percent longer, by real work
 * on a CPU inside the timed stretch. The engine takes no result from a driver that does so unasked.
 */
static uint64_t slow_percent;

static int read_slow_percent(void)
{
    const char *text = getenv("MNBENCH_SLOW_PERCENT");
    char *end;

    if (!text)
        return 0;
    slow_percent = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || slow_percent > 1000) {
        complain("MNBENCH_SLOW_PERCENT=%s: want a whole number from 0 to 1000", text);
        return -1;
    }
    return 0;
}

/* Works on from `end` for the percentage of the time since `start`; returns the new end. */
static uint64_t slow_down(uint64_t start, uint64_t end)
{
    uint64_t until = end + (end - start) * slow_percent / 100;
    volatile uint64_t x = start;

    while (end < until) {
        for (int i = 0; i < 16; i++)
            x = x * 6364136223846793005u + 1442695040888963407u;
        end = now();
    }
    return end;
}

static void config(const struct args *args)
{
    cpu_set_t cpus;

    line_begin("config");
    line_number("pid", (uint64_t)getpid());
    line_number("workers", args->workers);
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
        line_number("cpus", (uint64_t)CPU_COUNT(&cpus));
    line_string("compiler", __VERSION__);
    if (slow_percent)
        line_number("slow_percent", slow_percent);
    if (!args->serial)
        backend_config();
    line_end();
}

/* The counters of the runtime around one iteration. */
struct counters {
    size_t count;
    struct counter before[BACKEND_MAX_COUNTERS], after[BACKEND_MAX_COUNTERS];
};

static void sample(const char *phase, uint64_t index, uint64_t ns, uint64_t setup_ns,
                   const struct result *result, const struct counters *counters)
{
    line_begin("sample");
    line_string("phase", phase);
    line_number("index", index);
    line_number("ns", ns);
    line_number("units", result->units);
    line_exact("answer", result->answer);
    line_number("setup_ns", setup_ns);
    line_number("rss_bytes", result->resident ? result->resident : memory_resident());
    if (counters->count > 0) {
        line_open("counters");
        for (size_t i = 0; i < counters->count; i++)
            line_number(counters->after[i].name,
                        counters->after[i].value - counters->before[i].value);
        line_close();
    }
    line_end();
}

/* Reports why the work could not go on. */
static enum outcome gave_up(const struct result *result)
{
    const char *name = result->error == EAGAIN   ? "EAGAIN"
                       : result->error == ENOMEM ? "ENOMEM"
                       : result->error == EMFILE ? "EMFILE"
                       : result->error == ENFILE ? "ENFILE"
                                                 : NULL;
    char what[128];

    if (!name) {
        complain("%s: %s", result->call, strerror(result->error));
        return BROKEN;
    }
    snprintf(what, sizeof what, "%s: %s at %ju", result->call, name, (uintmax_t)result->reached);
    line_begin("limit");
    line_string("what", what);
    line_number("reached", result->reached);
    line_end();
    return LIMITED;
}

static enum outcome iterate(const struct args *args, const char *phase, uint64_t index)
{
    const struct workload *workload = args->workload;
    struct counters counters = {0};
    struct result result = {0};
    uint64_t begin = now(), start, end, ns;
    void *state = workload->setup(args);

    if (!state) {
        complain("%s: not enough memory for these parameters", workload->id);
        return BROKEN;
    }
    if (args->serial) {
        start = now();
        workload->serial(state);
        end = slow_down(start, now());
    } else {
        if (workload->acquire)
            workload->acquire(state, &result);
        backend_counters(counters.before, BACKEND_MAX_COUNTERS);
        start = now();
        if (!result.call)
            workload->run(state, &result);
        end = slow_down(start, now());
        counters.count = backend_counters(counters.after, BACKEND_MAX_COUNTERS);
    }
    ns = end > start ? end - start : 1; /* a coarse clock may not have moved */
    workload->finish(state, &result);
    if (result.call)
        return gave_up(&result);
    sample(phase, index, ns, now() - begin - ns, &result, &counters);
    return SAMPLED;
}

static enum outcome repeat(const struct args *args, const char *phase, uint64_t times)
{
    enum outcome outcome = SAMPLED;

    for (uint64_t i = 0; i < times && outcome == SAMPLED; i++)
        outcome = iterate(args, phase, i);
    return outcome;
}

/*
 * As many open files as the system lets a process have: Go's runtime and the JVM do so for
 * themselves, and the others are not to stop before them.
 */
static void allow_files(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static int run(const struct args *args)
{
    enum outcome outcome;
    int error;

    if (args->serial && !args->workload->serial) {
        complain("%s has no serial mode in C", args->workload->id);
        return UNSUPPORTED;
    }
    if (!args->serial && backend_declines(args->workers)) {
        complain("%s", backend_declines(args->workers));
        return UNSUPPORTED;
    }
    allow_files();
    if (!args->serial && (error = backend_start(args->workers)) != 0) {
        complain("cannot start %u workers: %s", args->workers, strerror(error));
        return FAILED;
    }
    config(args);
    outcome = repeat(args, "warmup", args->warmup);
    histograms_count(1);
    if (outcome == SAMPLED)
        outcome = repeat(args, "timed", args->iterations);
    if (!args->serial)
        backend_stop();
    if (outcome == BROKEN)
        return FAILED;
    histograms_write();
    line_begin("end");
    line_end();
    return DONE;
}

int main(int argc, char **argv)
{
    struct args args;

    signal(SIGPIPE, SIG_IGN); /* a reader that is gone is a failed write, told as such */
    if (args_parse(&args, argc, argv) != 0)
        return USAGE;
    if (args.verb == VERB_RUN)
        return read_slow_percent() == 0 ? run(&args) : USAGE;
    describe();
    return DONE;
}
