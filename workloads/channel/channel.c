/* Producers and consumers at the two ends of one bounded queue. */
#include <pthread.h>
#include <stdlib.h>

#include "crew.h"
#include "queue.h"
#include "workload.h"

struct worker {
    struct gate *gate;
    struct queue *queue;
    uint64_t first, last; /* a producer's share */
    uint64_t sum;         /* what a consumer took */
};

struct channel {
    struct gate gate;
    struct queue queue;
    uint64_t producers;
    uint64_t consumers;
    uint64_t items;
    struct worker *workers; /* the producers, then the consumers */
    pthread_t *ids;
};

static void *producer(void *arg)
{
    struct worker *me = arg;

    if (gate_pass(me->gate))
        for (uint64_t item = me->first; item <= me->last; item++)
            queue_put(me->queue, item);
    return NULL;
}

static void *consumer(void *arg)
{
    struct worker *me = arg;
    uint64_t item, sum = 0;

    if (gate_pass(me->gate))
        while (queue_take(me->queue, &item))
            sum += item;
    me->sum = sum;
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct channel *s = state;
    struct worker *consumers = s->workers + s->producers;
    pthread_t *ids = s->ids + s->producers;
    uint64_t consuming = 0, producing =
        crew_create(result, s->ids, s->producers, producer, s->workers, sizeof *s->workers);

    if (producing == s->producers)
        consuming = crew_create(result, ids, s->consumers, consumer, consumers, sizeof *consumers);
    if (producing == s->producers && consuming < s->consumers)
        result->reached += producing;
    gate_decide(&s->gate, consuming == s->consumers);
    crew_join(s->ids, producing);
    queue_close(&s->queue);
    crew_join(ids, consuming);
}

static void serial(void *state)
{
    struct channel *s = state;
    uint64_t item, sum = 0;

    for (uint64_t i = 1; i <= s->items; i++) {
        s->queue.slots[0] = i;
        item = s->queue.slots[0];
        sum += item;
    }
    s->workers[s->producers].sum = sum;
}

static void finish(void *state, struct result *result)
{
    struct channel *s = state;

    result->units = s->items;
    for (uint64_t i = 0; i < s->consumers; i++)
        result->answer += s->workers[s->producers + i].sum;
    gate_destroy(&s->gate);
    queue_destroy(&s->queue);
    free(s->ids);
    free(s->workers);
    free(s);
}

static void *setup(const struct args *args)
{
    struct channel *s = calloc(1, sizeof *s);
    uint64_t next = 1;

    if (!s)
        return NULL;
    s->producers = param(args, "producers");
    s->consumers = param(args, "consumers");
    s->items = param(args, "items");
    s->workers = calloc(s->producers + s->consumers, sizeof *s->workers);
    s->ids = calloc(s->producers + s->consumers, sizeof *s->ids);
    if (!s->workers || !s->ids || queue_init(&s->queue, param(args, "capacity")) != 0) {
        free(s->ids);
        free(s->workers);
        free(s);
        return NULL;
    }
    gate_init(&s->gate);
    for (uint64_t i = 0; i < s->producers + s->consumers; i++)
        s->workers[i] = (struct worker){.gate = &s->gate, .queue = &s->queue};
    for (uint64_t i = 0; i < s->producers; i++) {
        s->workers[i].first = next;
        next += s->items / s->producers + (i < s->items % s->producers);
        s->workers[i].last = next - 1;
    }
    return s;
}

WORKLOAD(channel) = {
    .id = "channel",
    .params = {{"producers", 1}, {"consumers", 1}, {"capacity", 1}, {"items", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
