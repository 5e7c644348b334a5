/* Equal threads that compute without a pause: how far are the others when the first one is done? */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "busy.h"
#include "crew.h"
#include "workload.h"

struct fairness {
    struct gate gate;
    uint64_t threads;
    uint64_t chunks;
    uint64_t steps;      /* of a chunk */
    atomic_int done;     /* somebody is */
    uint64_t *snapshot;  /* chunks that each thread had done by then */
    struct runner *runner;
    pthread_t *ids;
};

struct runner {
    struct fairness *all;
    uint64_t x;
    atomic_ulong chunks; /* done */
} __attribute__((aligned(64)));

static void *child(void *arg)
{
    struct runner *me = arg;
    struct fairness *s = me->all;
    uint64_t x = me->x;

    if (!gate_pass(&s->gate))
        return NULL;
    for (uint64_t i = 1; i <= s->chunks; i++) {
        x = busy(s->steps, x);
        atomic_store_explicit(&me->chunks, i, memory_order_relaxed);
    }
    me->x = x;
    if (!atomic_exchange(&s->done, 1))
        for (uint64_t i = 0; i < s->threads; i++)
            s->snapshot[i] = atomic_load_explicit(&s->runner[i].chunks, memory_order_relaxed);
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct fairness *s = state;
    uint64_t created = crew_create(result, s->ids, s->threads, child, s->runner, sizeof *s->runner);

    gate_decide(&s->gate, created == s->threads);
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct fairness *s = state;

    for (uint64_t i = 0; i < s->threads; i++)
        for (uint64_t k = 0; k < s->chunks; k++)
            s->runner[i].x = busy(s->steps, s->runner[i].x);
}

static void release(struct fairness *s)
{
    free(s->snapshot);
    free(s->runner);
    free(s->ids);
    free(s);
}

static void observe(const struct fairness *s)
{
    double sum = 0, squares = 0;

    for (uint64_t i = 0; i < s->threads; i++) {
        double share = (double)s->snapshot[i] / (double)s->chunks;
        sum += share;
        squares += share * share;
        observed("behind the first", "percent", 100 - s->snapshot[i] * 100 / s->chunks);
    }
    observed("Jain index", "permille",
             (uint64_t)(1000 * sum * sum / ((double)s->threads * squares) + 0.5));
}

static void finish(void *state, struct result *result)
{
    struct fairness *s = state;

    result->units = s->threads * s->chunks;
    for (uint64_t i = 0; i < s->threads; i++)
        result->answer += s->runner[i].x;
    if (atomic_load(&s->done))
        observe(s);
    gate_destroy(&s->gate);
    release(s);
}

static void *setup(const struct args *args)
{
    struct fairness *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->threads = param(args, "threads");
    s->chunks = param(args, "chunks");
    s->steps = param(args, "steps");
    s->snapshot = calloc(s->threads, sizeof *s->snapshot);
    s->runner = aligned_alloc(_Alignof(struct runner), s->threads * sizeof *s->runner);
    s->ids = calloc(s->threads, sizeof *s->ids);
    if (!s->snapshot || !s->runner || !s->ids) {
        release(s);
        return NULL;
    }
    gate_init(&s->gate);
    for (uint64_t i = 0; i < s->threads; i++)
        s->runner[i] = (struct runner){.all = s, .x = i};
    return s;
}

WORKLOAD(fairness) = {
    .id = "fairness",
    .params = {{"threads", 1}, {"chunks", 1}, {"steps", 0}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
