/* Pairs of threads: one sends numbers to the other, and each send waits until it is taken. */
#include <pthread.h>
#include <stdlib.h>

#include "crew.h"
#include "queue.h"
#include "workload.h"

struct pair {
    struct rendezvous meeting;
    uint64_t sum;
};

struct side {
    struct pair *pair;
    struct gate *gate;
    uint64_t items;
    int sends;
};

struct handoff {
    uint64_t pairs;
    uint64_t items;
    struct gate gate;
    struct pair *pair;
    struct side *sides; /* of pair 0 the sender and the receiver, of pair 1 ... */
    pthread_t *ids;
};

static void *child(void *arg)
{
    struct side *me = arg;
    uint64_t sum = 0;

    if (!gate_pass(me->gate))
        return NULL;
    if (me->sends) {
        for (uint64_t item = 1; item <= me->items; item++)
            rendezvous_send(&me->pair->meeting, item);
        return NULL;
    }
    for (uint64_t i = 0; i < me->items; i++)
        sum += rendezvous_receive(&me->pair->meeting);
    me->pair->sum = sum;
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct handoff *s = state;
    uint64_t created =
        crew_create(result, s->ids, 2 * s->pairs, child, s->sides, sizeof *s->sides);

    gate_decide(&s->gate, created == 2 * s->pairs);
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct handoff *s = state;

    for (uint64_t i = 0; i < s->pairs; i++)
        for (uint64_t item = 1; item <= s->items; item++)
            s->pair[i].sum += item;
}

static void finish(void *state, struct result *result)
{
    struct handoff *s = state;

    result->units = s->pairs * s->items;
    for (uint64_t i = 0; i < s->pairs; i++) {
        result->answer += s->pair[i].sum;
        rendezvous_destroy(&s->pair[i].meeting);
    }
    gate_destroy(&s->gate);
    free(s->ids);
    free(s->sides);
    free(s->pair);
    free(s);
}

static void *setup(const struct args *args)
{
    struct handoff *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->pairs = param(args, "pairs");
    s->items = param(args, "items");
    s->pair = calloc(s->pairs, sizeof *s->pair);
    s->sides = calloc(s->pairs, 2 * sizeof *s->sides);
    s->ids = calloc(s->pairs, 2 * sizeof *s->ids);
    if (!s->pair || !s->sides || !s->ids) {
        free(s->ids);
        free(s->sides);
        free(s->pair);
        free(s);
        return NULL;
    }
    gate_init(&s->gate);
    for (uint64_t i = 0; i < s->pairs; i++) {
        rendezvous_init(&s->pair[i].meeting);
        for (int k = 0; k < 2; k++)
            s->sides[2 * i + k] = (struct side){
                .pair = &s->pair[i], .gate = &s->gate, .items = s->items, .sends = k == 0};
    }
    return s;
}

WORKLOAD(handoff) = {
    .id = "handoff",
    .params = {{"pairs", 1}, {"items", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
