/* Threads that sleep until moments fixed beforehand, and look how late they are. */
#include <pthread.h>
#include <stdlib.h>

#include "clock.h"
#include "crew.h"
#include "workload.h"

struct sleepers {
    struct gate gate;
    uint64_t begin; /* of all periods; set before the gate opens */
    uint64_t threads;
    uint64_t rounds;
    uint64_t period; /* ns */
    uint64_t *late;  /* ns, `rounds` of thread 0, then of thread 1 ... */
    struct sleeper *sleeper;
    pthread_t *ids;
};

struct sleeper {
    struct sleepers *all;
    uint64_t index;
    uint64_t awoken;
};

static void *child(void *arg)
{
    struct sleeper *me = arg;
    struct sleepers *s = me->all;

    if (!gate_pass(&s->gate))
        return NULL;
    for (uint64_t round = 1; round <= s->rounds; round++) {
        uint64_t due = s->begin + round * s->period + me->index * s->period / s->threads;
        clock_sleep_until(due);
        s->late[me->index * s->rounds + round - 1] = clock_now() - due;
        me->awoken++;
    }
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct sleepers *s = state;
    uint64_t created =
        crew_create(result, s->ids, s->threads, child, s->sleeper, sizeof *s->sleeper);

    s->begin = clock_now();
    gate_decide(&s->gate, created == s->threads);
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct sleepers *s = state;

    for (uint64_t i = 0; i < s->threads; i++)
        for (uint64_t round = 0; round < s->rounds; round++)
            s->sleeper[i].awoken++;
}

static void release(struct sleepers *s)
{
    free(s->late);
    free(s->sleeper);
    free(s->ids);
    free(s);
}

static void finish(void *state, struct result *result)
{
    struct sleepers *s = state;

    result->units = s->threads * s->rounds;
    for (uint64_t i = 0; i < s->threads; i++)
        result->answer += s->sleeper[i].awoken;
    if (s->begin)
        for (uint64_t i = 0; i < result->units; i++)
            observed("lateness", "ns", s->late[i]);
    gate_destroy(&s->gate);
    release(s);
}

static void *setup(const struct args *args)
{
    struct sleepers *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->threads = param(args, "threads");
    s->rounds = param(args, "rounds");
    s->period = param(args, "period_us") * 1000;
    s->late = calloc(s->threads * s->rounds, sizeof *s->late);
    s->sleeper = calloc(s->threads, sizeof *s->sleeper);
    s->ids = calloc(s->threads, sizeof *s->ids);
    if (!s->late || !s->sleeper || !s->ids) {
        release(s);
        return NULL;
    }
    gate_init(&s->gate);
    for (uint64_t i = 0; i < s->threads; i++)
        s->sleeper[i] = (struct sleeper){.all = s, .index = i};
    return s;
}

WORKLOAD(sleepers) = {
    .id = "sleepers",
    .params = {{"threads", 1}, {"rounds", 1}, {"period_us", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
