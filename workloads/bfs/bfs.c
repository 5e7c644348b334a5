/* Breadth-first search, level by level: a thread for each chunk of the frontier. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "busy.h"
#include "crew.h"
#include "workload.h"

#define BATCH 256 /* nodes that a thread gathers before it reserves room in the next frontier */

struct chunk {
    struct bfs *search;
    uint64_t from, to; /* in the frontier; the end is not in it */
};

struct bfs {
    uint64_t nodes;
    uint64_t degree;
    uint64_t chunk;
    uint32_t *neighbours;     /* `degree` of node 0, then of node 1 ... */
    atomic_uint *levels;      /* 0: not reached; 1: the source; 2: its neighbours ... */
    uint32_t *frontier, *next;
    uint64_t held;            /* nodes in the frontier */
    unsigned level;           /* theirs */
    atomic_ulong found;       /* nodes in next */
    uint64_t created;
    struct chunk *chunks;
    pthread_t *ids;
};

static void append(struct bfs *s, const uint32_t *batch, uint64_t count)
{
    uint64_t at = atomic_fetch_add_explicit(&s->found, count, memory_order_relaxed);

    for (uint64_t i = 0; i < count; i++)
        s->next[at + i] = batch[i];
}

static void *expand(void *arg)
{
    struct chunk *me = arg;
    struct bfs *s = me->search;
    uint32_t batch[BATCH];
    uint64_t count = 0;

    for (uint64_t i = me->from; i < me->to; i++) {
        const uint32_t *neighbour = s->neighbours + s->frontier[i] * s->degree;
        for (uint64_t k = 0; k < s->degree; k++) {
            atomic_uint *level = &s->levels[neighbour[k]];
            unsigned unreached = 0;
            if (atomic_load_explicit(level, memory_order_relaxed) != 0 ||
                !atomic_compare_exchange_strong_explicit(level, &unreached, s->level + 1,
                                                         memory_order_relaxed,
                                                         memory_order_relaxed))
                continue;
            batch[count++] = neighbour[k];
            if (count == BATCH) {
                append(s, batch, count);
                count = 0;
            }
        }
    }
    append(s, batch, count);
    return NULL;
}

/* Makes the nodes that were found the frontier. */
static void advance(struct bfs *s)
{
    uint32_t *last = s->frontier;

    s->frontier = s->next;
    s->next = last;
    s->held = atomic_exchange_explicit(&s->found, 0, memory_order_relaxed);
    s->level++;
}

static void begin(struct bfs *s)
{
    s->frontier[0] = 0;
    s->held = 1;
    s->level = 1;
    atomic_store_explicit(&s->levels[0], 1, memory_order_relaxed);
}

static void run(void *state, struct result *result)
{
    struct bfs *s = state;

    for (begin(s); s->held > 0; advance(s)) {
        uint64_t threads = (s->held + s->chunk - 1) / s->chunk;
        for (uint64_t i = 0; i < threads; i++) {
            uint64_t to = (i + 1) * s->chunk;
            s->chunks[i] = (struct chunk){s, i * s->chunk, to < s->held ? to : s->held};
        }
        uint64_t created =
            crew_create(result, s->ids, threads, expand, s->chunks, sizeof *s->chunks);
        crew_join(s->ids, created);
        s->created += created;
        if (created < threads) {
            result->reached = s->created;
            return;
        }
    }
}

static void serial(void *state)
{
    struct bfs *s = state;

    for (begin(s); s->held > 0; advance(s)) {
        uint64_t found = 0;
        for (uint64_t i = 0; i < s->held; i++) {
            const uint32_t *neighbour = s->neighbours + s->frontier[i] * s->degree;
            for (uint64_t k = 0; k < s->degree; k++) {
                atomic_uint *level = &s->levels[neighbour[k]];
                if (atomic_load_explicit(level, memory_order_relaxed) != 0)
                    continue;
                atomic_store_explicit(level, s->level + 1, memory_order_relaxed);
                s->next[found++] = neighbour[k];
            }
        }
        atomic_store_explicit(&s->found, found, memory_order_relaxed);
    }
}

static void release(struct bfs *s)
{
    free(s->neighbours);
    free(s->levels);
    free(s->frontier);
    free(s->next);
    free(s->chunks);
    free(s->ids);
    free(s);
}

static void finish(void *state, struct result *result)
{
    struct bfs *s = state;

    for (uint64_t i = 0; i < s->nodes; i++) {
        uint64_t level = atomic_load_explicit(&s->levels[i], memory_order_relaxed);
        result->units += level ? s->degree : 0;
        result->answer += level * (i + 1);
    }
    release(s);
}

static void *setup(const struct args *args)
{
    struct bfs *s = calloc(1, sizeof *s);
    uint64_t x = 1;

    if (!s)
        return NULL;
    s->nodes = param(args, "nodes");
    s->degree = param(args, "degree");
    s->chunk = param(args, "chunk");
    uint64_t most = s->nodes / s->chunk + 1; /* chunks in a frontier */
    s->neighbours = malloc(s->nodes * s->degree * sizeof *s->neighbours);
    s->levels = calloc(s->nodes, sizeof *s->levels);
    s->frontier = calloc(s->nodes, sizeof *s->frontier);
    s->next = calloc(s->nodes, sizeof *s->next);
    s->chunks = calloc(most, sizeof *s->chunks);
    s->ids = calloc(most, sizeof *s->ids);
    if (!s->neighbours || !s->levels || !s->frontier || !s->next || !s->chunks || !s->ids) {
        release(s);
        return NULL;
    }
    for (uint64_t i = 0; i < s->nodes * s->degree; i++) {
        x = busy(1, x);
        s->neighbours[i] = (uint32_t)((x >> 32) * s->nodes >> 32);
    }
    return s;
}

WORKLOAD(bfs) = {
    .id = "bfs",
    .params = {{"nodes", 1}, {"degree", 1}, {"chunk", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
