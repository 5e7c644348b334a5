/* A tree of threads, ten children to each, down to leaves that bring their numbers. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "workload.h"

#define CHILDREN 10

struct skynet {
    uint64_t leaves;
    int plain; /* it was the serial mode */
    uint64_t value;
    uint64_t created;
    atomic_int error; /* of the first pthread_create that failed: from then on create no more */
};

/* One node, on the stack of its parent. */
struct node {
    struct skynet *skynet;
    uint64_t first;  /* leaf */
    uint64_t leaves; /* below it, a power of ten */
    uint64_t value;
    uint64_t created; /* threads below it */
};

static uint64_t plain(uint64_t first, uint64_t leaves)
{
    uint64_t sum = 0;

    if (leaves == 1)
        return first;
    for (int i = 0; i < CHILDREN; i++)
        sum += plain(first + (uint64_t)i * (leaves / CHILDREN), leaves / CHILDREN);
    return sum;
}

static void *node(void *arg)
{
    struct node *me = arg;
    struct skynet *skynet = me->skynet;
    struct node children[CHILDREN];
    pthread_t threads[CHILDREN];
    int created;

    if (me->leaves == 1) {
        me->value = me->first;
        return NULL;
    }
    uint64_t share = me->leaves / CHILDREN;
    for (created = 0; created < CHILDREN; created++) {
        children[created] = (struct node){
            .skynet = skynet, .first = me->first + (uint64_t)created * share, .leaves = share};
        if (atomic_load_explicit(&skynet->error, memory_order_relaxed))
            break;
        int error = pthread_create(&threads[created], NULL, node, &children[created]);
        if (error) {
            atomic_store_explicit(&skynet->error, error, memory_order_relaxed);
            break;
        }
    }
    for (int i = 0; i < created; i++) {
        MUST(pthread_join(threads[i], NULL));
        me->value += children[i].value;
        me->created += children[i].created + 1;
    }
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct skynet *s = state;
    struct node root = {.skynet = s, .leaves = s->leaves};

    node(&root);
    s->value = root.value;
    s->created = root.created;
    int error = atomic_load_explicit(&s->error, memory_order_relaxed);
    if (error)
        stopped(result, "pthread_create", error, s->created);
}

static void serial(void *state)
{
    struct skynet *s = state;

    s->plain = 1;
    s->value = plain(0, s->leaves);
}

static void finish(void *state, struct result *result)
{
    struct skynet *s = state;

    result->units = s->created;
    if (s->plain)
        for (uint64_t n = s->leaves; n > 1; n /= CHILDREN)
            result->units += n;
    result->answer = s->value;
    free(s);
}

static void *setup(const struct args *args)
{
    struct skynet *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->leaves = 1;
    for (uint64_t i = param(args, "depth"); i > 0; i--)
        s->leaves *= CHILDREN;
    return s;
}

WORKLOAD(skynet) = {
    .id = "skynet",
    .params = {{"depth", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
