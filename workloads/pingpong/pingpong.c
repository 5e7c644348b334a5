/* Two threads hand a counter back and forth under a mutex and a condition variable. */
#include <pthread.h>
#include <stdlib.h>

#include "workload.h"

struct pair {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* turn has changed, or abandoned was set */
    uint64_t counter;
    uint64_t rounds;
    int turn;
    int abandoned; /* side 1 could not be created: side 0 must not wait for it */
    struct side {
        pthread_t thread;
        struct pair *pair;
        int side;
    } sides[2];
};

struct pingpong {
    uint64_t pairs;
    uint64_t rounds;
    struct pair *pair;
};

static void *player(void *arg)
{
    struct side *me = arg;
    struct pair *p = me->pair;

    for (uint64_t i = 0; i < p->rounds; i++) {
        pthread_mutex_lock(&p->lock);
        while (p->turn != me->side && !p->abandoned)
            pthread_cond_wait(&p->changed, &p->lock);
        p->counter++;
        p->turn = 1 - me->side;
        pthread_cond_signal(&p->changed);
        pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

static void abandon(struct pair *p)
{
    pthread_mutex_lock(&p->lock);
    p->abandoned = 1;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static void run(void *state, struct result *result)
{
    struct pingpong *s = state;
    uint64_t created;

    for (created = 0; created < 2 * s->pairs; created++) {
        struct pair *p = &s->pair[created / 2];
        struct side *side = &p->sides[created % 2];
        int error = pthread_create(&side->thread, NULL, player, side);
        if (error) {
            stopped(result, "pthread_create", error, created);
            abandon(p);
            break;
        }
    }
    for (uint64_t i = 0; i < created; i++)
        MUST(pthread_join(s->pair[i / 2].sides[i % 2].thread, NULL));
}

static void serial(void *state)
{
    struct pingpong *s = state;

    for (uint64_t i = 0; i < s->pairs; i++) {
        struct pair *p = &s->pair[i];
        for (uint64_t turn = 0; turn < 2 * s->rounds; turn++) {
            p->counter++;
            p->turn = 1 - p->turn;
        }
    }
}

static void finish(void *state, struct result *result)
{
    struct pingpong *s = state;

    result->units = 2 * s->pairs * s->rounds;
    for (uint64_t i = 0; i < s->pairs; i++) {
        struct pair *p = &s->pair[i];
        result->answer += p->counter;
        MUST(pthread_cond_destroy(&p->changed));
        MUST(pthread_mutex_destroy(&p->lock));
    }
    free(s->pair);
    free(s);
}

static void *setup(const struct args *args)
{
    struct pingpong *s = malloc(sizeof *s);

    if (!s)
        return NULL;
    s->pairs = param(args, "pairs");
    s->rounds = param(args, "rounds");
    s->pair = calloc(s->pairs, sizeof *s->pair);
    if (!s->pair) {
        free(s);
        return NULL;
    }
    for (uint64_t i = 0; i < s->pairs; i++) {
        struct pair *p = &s->pair[i];
        MUST(pthread_mutex_init(&p->lock, NULL));
        MUST(pthread_cond_init(&p->changed, NULL));
        p->rounds = s->rounds;
        for (int side = 0; side < 2; side++) {
            p->sides[side].pair = p;
            p->sides[side].side = side;
        }
    }
    return s;
}

WORKLOAD(pingpong) = {
    .id = "pingpong",
    .params = {{"pairs", 1}, {"rounds", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
