/* Threads that do nothing but give up the processor. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "workload.h"

struct yielder {
    pthread_t thread;
    uint64_t rounds;
    uint64_t counted;
};

struct yield {
    uint64_t threads;
    uint64_t rounds;
    struct yielder yielders[];
};

static void *child(void *arg)
{
    struct yielder *y = arg;
    uint64_t count = 0;

    for (uint64_t i = 0; i < y->rounds; i++) {
        sched_yield();
        count++;
    }
    y->counted = count;
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct yield *s = state;
    uint64_t created;

    for (created = 0; created < s->threads; created++) {
        struct yielder *y = &s->yielders[created];
        int error = pthread_create(&y->thread, NULL, child, y);
        if (error) {
            stopped(result, "pthread_create", error, created);
            break;
        }
    }
    for (uint64_t i = 0; i < created; i++)
        MUST(pthread_join(s->yielders[i].thread, NULL));
}

static void serial(void *state)
{
    struct yield *s = state;

    for (uint64_t i = 0; i < s->threads; i++) {
        uint64_t count = 0;
        while (count < s->rounds)
            count++;
        s->yielders[i].counted = count;
    }
}

static void finish(void *state, struct result *result)
{
    struct yield *s = state;

    result->units = s->threads * s->rounds;
    for (uint64_t i = 0; i < s->threads; i++)
        result->answer += s->yielders[i].counted;
    free(s);
}

static void *setup(const struct args *args)
{
    uint64_t threads = param(args, "threads");
    struct yield *s = NULL;

    if (threads < SIZE_MAX / sizeof s->yielders[0] - 1)
        s = calloc(1, sizeof *s + threads * sizeof s->yielders[0]);
    if (!s)
        return NULL;
    s->threads = threads;
    s->rounds = param(args, "rounds");
    for (uint64_t i = 0; i < threads; i++)
        s->yielders[i].rounds = s->rounds;
    return s;
}

WORKLOAD(yield) = {
    .id = "yield",
    .params = {{"threads", 1}, {"rounds", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
