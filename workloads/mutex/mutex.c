/* Threads that take turns at one mutex. */
#include <pthread.h>
#include <stdlib.h>

#include "busy.h"
#include "crew.h"
#include "workload.h"

struct shared {
    struct gate gate;
    pthread_mutex_t lock;
    uint64_t count; /* guarded by lock, as is x */
    uint64_t x;
    uint64_t rounds;
    uint64_t inside; /* steps */
    uint64_t outside;
};

struct worker {
    struct shared *shared;
    uint64_t y; /* first the seed of the own sequence, then its end */
};

struct mutex {
    struct shared shared;
    uint64_t threads;
    struct worker *workers;
    pthread_t *ids;
};

static void *child(void *arg)
{
    struct worker *me = arg;
    struct shared *s = me->shared;
    uint64_t y = me->y;

    if (!gate_pass(&s->gate))
        return NULL;
    for (uint64_t i = 0; i < s->rounds; i++) {
        pthread_mutex_lock(&s->lock);
        s->count++;
        s->x = busy(s->inside, s->x);
        pthread_mutex_unlock(&s->lock);
        y = busy(s->outside, y);
    }
    me->y = y;
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct mutex *s = state;
    uint64_t created =
        crew_create(result, s->ids, s->threads, child, s->workers, sizeof *s->workers);

    gate_decide(&s->shared.gate, created == s->threads);
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct mutex *s = state;

    for (uint64_t i = 0; i < s->threads; i++) {
        for (uint64_t k = 0; k < s->shared.rounds; k++) {
            s->shared.count++;
            s->shared.x = busy(s->shared.inside, s->shared.x);
            s->workers[i].y = busy(s->shared.outside, s->workers[i].y);
        }
    }
}

static void finish(void *state, struct result *result)
{
    struct mutex *s = state;

    result->units = s->threads * s->shared.rounds;
    result->answer = s->shared.count + s->shared.x;
    for (uint64_t i = 0; i < s->threads; i++)
        result->answer += s->workers[i].y;
    MUST(pthread_mutex_destroy(&s->shared.lock));
    gate_destroy(&s->shared.gate);
    free(s->ids);
    free(s->workers);
    free(s);
}

static void *setup(const struct args *args)
{
    struct mutex *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->threads = param(args, "threads");
    s->workers = calloc(s->threads, sizeof *s->workers);
    s->ids = calloc(s->threads, sizeof *s->ids);
    if (!s->workers || !s->ids) {
        free(s->ids);
        free(s->workers);
        free(s);
        return NULL;
    }
    gate_init(&s->shared.gate);
    MUST(pthread_mutex_init(&s->shared.lock, NULL));
    s->shared.rounds = param(args, "rounds");
    s->shared.inside = param(args, "inside");
    s->shared.outside = param(args, "outside");
    for (uint64_t i = 0; i < s->threads; i++)
        s->workers[i] = (struct worker){.shared = &s->shared, .y = i};
    return s;
}

WORKLOAD(mutex) = {
    .id = "mutex",
    .params = {{"threads", 1}, {"rounds", 1}, {"inside", 0}, {"outside", 0}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
