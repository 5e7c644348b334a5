/* Producers and consumers around a bounded ring buffer: one mutex, two condition variables. */
#include <pthread.h>
#include <stdlib.h>

#include "workload.h"

struct ring {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    uint64_t *slots;
    uint64_t capacity;
    uint64_t head;      /* where the oldest is */
    uint64_t held;
    uint64_t remaining; /* items that nobody has taken yet */
    int abandoned;      /* not all threads could be created: do not wait for them */
};

struct worker {
    pthread_t thread;
    struct ring *ring;
    uint64_t first, last; /* a producer's share */
    uint64_t sum;         /* what a consumer took */
};

struct prodcons {
    uint64_t producers;
    uint64_t consumers;
    uint64_t items;
    struct ring ring;
    struct worker *workers; /* the producers, then the consumers */
};

static void put(struct ring *r, uint64_t item)
{
    uint64_t tail = r->head + r->held;

    r->slots[tail < r->capacity ? tail : tail - r->capacity] = item;
    r->held++;
}

static uint64_t take(struct ring *r)
{
    uint64_t item = r->slots[r->head];

    r->head = r->head + 1 < r->capacity ? r->head + 1 : 0;
    r->held--;
    r->remaining--;
    return item;
}

static void *producer(void *arg)
{
    struct worker *w = arg;
    struct ring *r = w->ring;

    for (uint64_t item = w->first; item <= w->last; item++) {
        pthread_mutex_lock(&r->lock);
        while (r->held == r->capacity && !r->abandoned)
            pthread_cond_wait(&r->not_full, &r->lock);
        if (r->abandoned) {
            pthread_mutex_unlock(&r->lock);
            break;
        }
        put(r, item);
        pthread_cond_signal(&r->not_empty);
        pthread_mutex_unlock(&r->lock);
    }
    return NULL;
}

static void *consumer(void *arg)
{
    struct worker *w = arg;
    struct ring *r = w->ring;
    uint64_t sum = 0;

    for (;;) {
        pthread_mutex_lock(&r->lock);
        while (r->held == 0 && r->remaining > 0 && !r->abandoned)
            pthread_cond_wait(&r->not_empty, &r->lock);
        if (r->remaining == 0 || r->abandoned) {
            pthread_mutex_unlock(&r->lock);
            break;
        }
        uint64_t item = take(r);
        pthread_cond_signal(&r->not_full);
        if (r->remaining == 0)
            pthread_cond_broadcast(&r->not_empty); /* nothing will come any more */
        pthread_mutex_unlock(&r->lock);
        sum += item;
    }
    w->sum = sum;
    return NULL;
}

static void abandon(struct ring *r)
{
    pthread_mutex_lock(&r->lock);
    r->abandoned = 1;
    pthread_cond_broadcast(&r->not_empty);
    pthread_cond_broadcast(&r->not_full);
    pthread_mutex_unlock(&r->lock);
}

static void run(void *state, struct result *result)
{
    struct prodcons *s = state;
    uint64_t created;

    for (created = 0; created < s->producers + s->consumers; created++) {
        struct worker *w = &s->workers[created];
        void *(*start)(void *) = created < s->producers ? producer : consumer;
        int error = pthread_create(&w->thread, NULL, start, w);
        if (error) {
            stopped(result, "pthread_create", error, created);
            abandon(&s->ring);
            break;
        }
    }
    for (uint64_t i = 0; i < created; i++)
        MUST(pthread_join(s->workers[i].thread, NULL));
}

static void serial(void *state)
{
    struct prodcons *s = state;
    uint64_t sum = 0;

    for (uint64_t item = 1; item <= s->items; item++) {
        put(&s->ring, item);
        sum += take(&s->ring);
    }
    s->workers[s->producers].sum = sum;
}

static void finish(void *state, struct result *result)
{
    struct prodcons *s = state;

    result->units = s->items;
    for (uint64_t i = 0; i < s->consumers; i++)
        result->answer += s->workers[s->producers + i].sum;
    MUST(pthread_cond_destroy(&s->ring.not_full));
    MUST(pthread_cond_destroy(&s->ring.not_empty));
    MUST(pthread_mutex_destroy(&s->ring.lock));
    free(s->ring.slots);
    free(s->workers);
    free(s);
}

/* Deals the numbers 1..items out in contiguous shares; the first producers get one more. */
static void deal(struct prodcons *s)
{
    uint64_t next = 1;

    for (uint64_t i = 0; i < s->producers; i++) {
        s->workers[i].first = next;
        next += s->items / s->producers + (i < s->items % s->producers);
        s->workers[i].last = next - 1;
    }
}

static void *setup(const struct args *args)
{
    struct prodcons *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->producers = param(args, "producers");
    s->consumers = param(args, "consumers");
    s->items = param(args, "items");
    s->ring.capacity = param(args, "capacity");
    s->ring.remaining = s->items;
    s->ring.slots = calloc(s->ring.capacity, sizeof *s->ring.slots);
    s->workers = calloc(s->producers + s->consumers, sizeof *s->workers);
    if (!s->ring.slots || !s->workers) {
        free(s->ring.slots);
        free(s->workers);
        free(s);
        return NULL;
    }
    MUST(pthread_mutex_init(&s->ring.lock, NULL));
    MUST(pthread_cond_init(&s->ring.not_empty, NULL));
    MUST(pthread_cond_init(&s->ring.not_full, NULL));
    for (uint64_t i = 0; i < s->producers + s->consumers; i++)
        s->workers[i].ring = &s->ring;
    deal(s);
    return s;
}

WORKLOAD(prodcons) = {
    .id = "prodcons",
    .params = {{"producers", 1}, {"consumers", 1}, {"capacity", 1}, {"items", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
