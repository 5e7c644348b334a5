/* One parent creates n children at once, and waits for the end of all. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "workload.h"

struct slot {
    uint64_t index;
    uint64_t value;
};

struct fanout {
    uint64_t n;
    struct slot *slots;
    pthread_t *threads;
};

static void *child(void *arg)
{
    struct slot *slot = arg;

    slot->value = slot->index + 1;
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct fanout *s = state;

    crew_join(s->threads, crew_create(result, s->threads, s->n, child, s->slots, sizeof *s->slots));
}

static void serial(void *state)
{
    struct fanout *s = state;

    for (uint64_t i = 0; i < s->n; i++)
        child(&s->slots[i]);
}

static void finish(void *state, struct result *result)
{
    struct fanout *s = state;

    result->units = s->n;
    for (uint64_t i = 0; i < s->n; i++)
        result->answer += s->slots[i].value;
    free(s->threads);
    free(s->slots);
    free(s);
}

static void *setup(const struct args *args)
{
    struct fanout *s = malloc(sizeof *s);

    if (!s)
        return NULL;
    s->n = param(args, "n");
    s->slots = calloc(s->n, sizeof *s->slots);
    s->threads = calloc(s->n, sizeof *s->threads);
    if (!s->slots || !s->threads) {
        free(s->threads);
        free(s->slots);
        free(s);
        return NULL;
    }
    for (uint64_t i = 0; i < s->n; i++)
        s->slots[i].index = i;
    /* Any value, so that the pages are there before the clock starts. */
    memset(s->threads, 0xff, s->n * sizeof *s->threads);
    return s;
}

WORKLOAD(fanout) = {
    .id = "fanout",
    .params = {{"n", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
