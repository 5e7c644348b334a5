/* Create n threads, at most `window` of them not yet joined, and join the oldest first. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

struct slot {
    uint64_t index;
    uint64_t value;
};

struct spawn {
    uint64_t n;
    uint64_t window;
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
    struct spawn *s = state;
    uint64_t created = 0, joined = 0;

    while (created < s->n) {
        if (created - joined == s->window)
            MUST(pthread_join(s->threads[joined++], NULL));
        int error = pthread_create(&s->threads[created], NULL, child, &s->slots[created]);
        if (error) {
            stopped(result, "pthread_create", error, created);
            break;
        }
        created++;
    }
    while (joined < created)
        MUST(pthread_join(s->threads[joined++], NULL));
}

static void serial(void *state)
{
    struct spawn *s = state;

    for (uint64_t i = 0; i < s->n; i++)
        child(&s->slots[i]);
}

static void finish(void *state, struct result *result)
{
    struct spawn *s = state;

    result->units = s->n;
    for (uint64_t i = 0; i < s->n; i++)
        result->answer += s->slots[i].value;
    free(s->threads);
    free(s->slots);
    free(s);
}

static void *setup(const struct args *args)
{
    struct spawn *s = malloc(sizeof *s);

    if (!s)
        return NULL;
    s->n = param(args, "n");
    s->window = param(args, "window");
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

WORKLOAD(spawn) = {
    .id = "spawn",
    .params = {{"n", 1}, {"window", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
