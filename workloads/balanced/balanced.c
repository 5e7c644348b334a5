/* n computing threads from one parent, all with the same amount of work. */
#include <pthread.h>
#include <stdlib.h>

#include "busy.h"
#include "crew.h"
#include "workload.h"

struct job {
    uint64_t steps;
    uint64_t x; /* first the seed of the sequence, then its end */
};

struct balanced {
    uint64_t n;
    struct job *jobs;
    pthread_t *ids;
};

static void *child(void *arg)
{
    struct job *job = arg;

    job->x = busy(job->steps, job->x);
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct balanced *s = state;

    crew_join(s->ids, crew_create(result, s->ids, s->n, child, s->jobs, sizeof *s->jobs));
}

static void serial(void *state)
{
    struct balanced *s = state;

    for (uint64_t i = 0; i < s->n; i++)
        child(&s->jobs[i]);
}

static void finish(void *state, struct result *result)
{
    struct balanced *s = state;

    result->units = s->n;
    for (uint64_t i = 0; i < s->n; i++)
        result->answer ^= s->jobs[i].x;
    free(s->ids);
    free(s->jobs);
    free(s);
}

static void *setup(const struct args *args)
{
    struct balanced *s = malloc(sizeof *s);

    if (!s)
        return NULL;
    s->n = param(args, "n");
    s->jobs = calloc(s->n, sizeof *s->jobs);
    s->ids = calloc(s->n, sizeof *s->ids);
    if (!s->jobs || !s->ids) {
        free(s->ids);
        free(s->jobs);
        free(s);
        return NULL;
    }
    for (uint64_t i = 0; i < s->n; i++)
        s->jobs[i] = (struct job){.steps = param(args, "steps"), .x = i};
    return s;
}

WORKLOAD(balanced) = {
    .id = "balanced",
    .params = {{"n", 1}, {"steps", 0}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
