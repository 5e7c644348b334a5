/* n computing threads from one parent; the first few do most of the work. */
#include <pthread.h>
#include <stdlib.h>

#include "busy.h"
#include "workload.h"

struct job {
    pthread_t thread;
    uint64_t steps;
    uint64_t x; /* first the seed of the sequence, then its end */
};

struct imbalanced {
    uint64_t n;
    struct job *jobs;
};

static void *child(void *arg)
{
    struct job *job = arg;

    job->x = busy(job->steps, job->x);
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct imbalanced *s = state;
    uint64_t created;

    for (created = 0; created < s->n; created++) {
        struct job *job = &s->jobs[created];
        int error = pthread_create(&job->thread, NULL, child, job);
        if (error) {
            stopped(result, "pthread_create", error, created);
            break;
        }
    }
    for (uint64_t i = 0; i < created; i++)
        MUST(pthread_join(s->jobs[i].thread, NULL));
}

static void serial(void *state)
{
    struct imbalanced *s = state;

    for (uint64_t i = 0; i < s->n; i++)
        child(&s->jobs[i]);
}

static void finish(void *state, struct result *result)
{
    struct imbalanced *s = state;

    result->units = s->n;
    for (uint64_t i = 0; i < s->n; i++)
        result->answer ^= s->jobs[i].x;
    free(s->jobs);
    free(s);
}

static void *setup(const struct args *args)
{
    struct imbalanced *s = malloc(sizeof *s);

    if (!s)
        return NULL;
    s->n = param(args, "n");
    s->jobs = calloc(s->n, sizeof *s->jobs);
    if (!s->jobs) {
        free(s);
        return NULL;
    }
    uint64_t heavy_threads = s->n * param(args, "heavy_percent") / 100;
    for (uint64_t i = 0; i < s->n; i++) {
        s->jobs[i].steps = param(args, i < heavy_threads ? "heavy" : "light");
        s->jobs[i].x = i;
    }
    return s;
}

WORKLOAD(imbalanced) = {
    .id = "imbalanced",
    .params = {{"n", 1}, {"heavy_percent", 0}, {"heavy", 0}, {"light", 0}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
