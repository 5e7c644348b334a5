/* Dining philosophers: everybody needs the two forks beside the plate, the lower-numbered first. */
#include <pthread.h>
#include <stdlib.h>

#include "busy.h"
#include "crew.h"
#include "workload.h"

struct fork {
    pthread_mutex_t lock;
    uint64_t used; /* guarded by lock */
};

struct table {
    struct gate gate;
    struct fork *forks;
    uint64_t rounds;
    uint64_t eat; /* steps */
    uint64_t think;
};

struct philosopher {
    struct table *table;
    struct fork *first, *second;
    uint64_t x; /* first the seed of the own sequence, then its end */
};

struct philosophers {
    struct table table;
    uint64_t threads;
    struct philosopher *seats;
    pthread_t *ids;
};

static void *child(void *arg)
{
    struct philosopher *me = arg;
    struct table *t = me->table;
    uint64_t x = me->x;

    if (!gate_pass(&t->gate))
        return NULL;
    for (uint64_t i = 0; i < t->rounds; i++) {
        x = busy(t->think, x);
        pthread_mutex_lock(&me->first->lock);
        pthread_mutex_lock(&me->second->lock);
        me->first->used++;
        me->second->used++;
        x = busy(t->eat, x);
        pthread_mutex_unlock(&me->second->lock);
        pthread_mutex_unlock(&me->first->lock);
    }
    me->x = x;
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct philosophers *s = state;
    uint64_t created = crew_create(result, s->ids, s->threads, child, s->seats, sizeof *s->seats);

    gate_decide(&s->table.gate, created == s->threads);
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct philosophers *s = state;

    for (uint64_t i = 0; i < s->threads; i++) {
        struct philosopher *p = &s->seats[i];
        for (uint64_t k = 0; k < s->table.rounds; k++) {
            p->x = busy(s->table.think, p->x);
            p->first->used++;
            p->second->used++;
            p->x = busy(s->table.eat, p->x);
        }
    }
}

static void finish(void *state, struct result *result)
{
    struct philosophers *s = state;

    result->units = s->threads * s->table.rounds;
    for (uint64_t i = 0; i < s->threads; i++) {
        result->answer += s->seats[i].x + s->table.forks[i].used;
        MUST(pthread_mutex_destroy(&s->table.forks[i].lock));
    }
    gate_destroy(&s->table.gate);
    free(s->ids);
    free(s->seats);
    free(s->table.forks);
    free(s);
}

static void *setup(const struct args *args)
{
    struct philosophers *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->threads = param(args, "threads");
    s->table.forks = calloc(s->threads, sizeof *s->table.forks);
    s->seats = calloc(s->threads, sizeof *s->seats);
    s->ids = calloc(s->threads, sizeof *s->ids);
    if (!s->table.forks || !s->seats || !s->ids) {
        free(s->ids);
        free(s->seats);
        free(s->table.forks);
        free(s);
        return NULL;
    }
    gate_init(&s->table.gate);
    s->table.rounds = param(args, "rounds");
    s->table.eat = param(args, "eat");
    s->table.think = param(args, "think");
    for (uint64_t i = 0; i < s->threads; i++) {
        struct fork *left = &s->table.forks[i], *right = &s->table.forks[(i + 1) % s->threads];
        MUST(pthread_mutex_init(&left->lock, NULL));
        s->seats[i] = (struct philosopher){.table = &s->table,
                                           .first = left < right ? left : right,
                                           .second = left < right ? right : left,
                                           .x = i};
    }
    return s;
}

WORKLOAD(philosophers) = {
    .id = "philosophers",
    .params = {{"threads", 2}, {"rounds", 1}, {"eat", 0}, {"think", 0}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
