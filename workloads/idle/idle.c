/* Threads that wait, all alive at once: what memory each of them takes. */
#include <pthread.h>
#include <stdlib.h>

#include "crew.h"
#include "memory.h"
#include "workload.h"

struct idle {
    uint64_t threads;
    pthread_t *ids;
    uint64_t resident; /* when all waited */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t all_there;
    pthread_cond_t decided;
    uint64_t arrived;
    uint64_t sum;
    int open;      /* all of them may go on ... */
    int abandoned; /* ... to their end: not all could be created */
};

static void *child(void *arg)
{
    struct idle *s = arg;

    pthread_mutex_lock(&s->lock);
    uint64_t mine = ++s->arrived;
    if (mine == s->threads)
        pthread_cond_signal(&s->all_there);
    while (!s->open)
        pthread_cond_wait(&s->decided, &s->lock);
    if (!s->abandoned)
        s->sum += mine;
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct idle *s = state;
    uint64_t created = crew_create(result, s->ids, s->threads, child, s, 0);

    pthread_mutex_lock(&s->lock);
    s->abandoned = created < s->threads;
    while (!s->abandoned && s->arrived < s->threads)
        pthread_cond_wait(&s->all_there, &s->lock);
    s->resident = memory_resident();
    s->open = 1;
    pthread_cond_broadcast(&s->decided);
    pthread_mutex_unlock(&s->lock);
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct idle *s = state;

    for (uint64_t i = 1; i <= s->threads; i++)
        s->sum += i;
}

static void finish(void *state, struct result *result)
{
    struct idle *s = state;

    result->units = s->threads;
    result->answer = s->sum;
    result->resident = s->resident;
    MUST(pthread_cond_destroy(&s->decided));
    MUST(pthread_cond_destroy(&s->all_there));
    MUST(pthread_mutex_destroy(&s->lock));
    free(s->ids);
    free(s);
}

static void *setup(const struct args *args)
{
    struct idle *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->threads = param(args, "threads");
    s->ids = calloc(s->threads, sizeof *s->ids);
    if (!s->ids) {
        free(s);
        return NULL;
    }
    MUST(pthread_mutex_init(&s->lock, NULL));
    MUST(pthread_cond_init(&s->all_there, NULL));
    MUST(pthread_cond_init(&s->decided, NULL));
    return s;
}

WORKLOAD(idle) = {
    .id = "idle",
    .params = {{"threads", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
