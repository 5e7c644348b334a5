/* Requests that come when they come: a thread for each, and the time from when it was due. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "busy.h"
#include "clock.h"
#include "crew.h"
#include "workload.h"

struct request {
    struct openloop *all;
    uint64_t due; /* ns from the beginning */
    uint64_t steps;
    uint64_t x;    /* first the seed of the sequence, then its end */
    uint64_t took; /* ns */
};

struct openloop {
    uint64_t requests;
    uint64_t begin;
    struct request *request;
    pthread_t *ids;
};

static void *serve(void *arg)
{
    struct request *me = arg;

    me->x = busy(me->steps, me->x);
    me->took = clock_now() - (me->all->begin + me->due);
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct openloop *s = state;
    uint64_t created;

    s->begin = clock_now();
    for (created = 0; created < s->requests; created++) {
        struct request *r = &s->request[created];
        clock_sleep_until(s->begin + r->due);
        int error = pthread_create(&s->ids[created], NULL, serve, r);
        if (error) {
            stopped(result, "pthread_create", error, created);
            break;
        }
    }
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct openloop *s = state;

    for (uint64_t i = 0; i < s->requests; i++)
        s->request[i].x = busy(s->request[i].steps, s->request[i].x);
}

static void finish(void *state, struct result *result)
{
    struct openloop *s = state;

    result->units = s->requests;
    for (uint64_t i = 0; i < s->requests; i++) {
        result->answer += s->request[i].x;
        if (s->begin)
            observed("latency", "ns", s->request[i].took);
    }
    free(s->ids);
    free(s->request);
    free(s);
}

static void *setup(const struct args *args)
{
    struct openloop *s = calloc(1, sizeof *s);
    uint64_t x = 1;
    double due = 0;

    if (!s)
        return NULL;
    s->requests = param(args, "requests");
    s->request = calloc(s->requests, sizeof *s->request);
    s->ids = calloc(s->requests, sizeof *s->ids);
    if (!s->request || !s->ids) {
        free(s->ids);
        free(s->request);
        free(s);
        return NULL;
    }
    for (uint64_t i = 0; i < s->requests; i++) {
        x = busy(1, x);
        due -= log(1 - (double)(x >> 11) * 0x1p-53) * (double)param(args, "interval_ns");
        x = busy(1, x);
        s->request[i] = (struct request){
            .all = s,
            .due = (uint64_t)due,
            .steps = param(args, (x >> 32) * 1000 >> 32 < 5 ? "long" : "short"),
            .x = i,
        };
    }
    return s;
}

WORKLOAD(openloop) = {
    .id = "openloop",
    .params = {{"requests", 1}, {"interval_ns", 1}, {"short", 0}, {"long", 0}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
