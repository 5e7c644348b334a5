/* Threads that work in step: compute, wait for all, look at the neighbour's result. */
#include <pthread.h>
#include <stdlib.h>

#include "busy.h"
#include "crew.h"
#include "workload.h"

struct shared {
    struct gate gate;
    pthread_barrier_t barrier;
    uint64_t *boards[2]; /* for odd and even rounds: a slot for each thread */
    uint64_t threads;
    uint64_t rounds;
    uint64_t work; /* steps of each thread and round */
};

struct worker {
    struct shared *shared;
    uint64_t index;
    uint64_t sum;
};

struct barrier {
    struct shared shared;
    struct worker *workers;
    pthread_t *ids;
};

static void *child(void *arg)
{
    struct worker *me = arg;
    struct shared *s = me->shared;
    uint64_t x = me->index, neighbour = (me->index + 1) % s->threads, sum = 0;

    if (!gate_pass(&s->gate))
        return NULL;
    for (uint64_t round = 1; round <= s->rounds; round++) {
        uint64_t *board = s->boards[round % 2];
        x = busy(s->work, x);
        board[me->index] = x + round;
        pthread_barrier_wait(&s->barrier);
        sum += board[neighbour];
    }
    me->sum = sum;
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct barrier *s = state;
    uint64_t created =
        crew_create(result, s->ids, s->shared.threads, child, s->workers, sizeof *s->workers);

    gate_decide(&s->shared.gate, created == s->shared.threads);
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct barrier *s = state;
    uint64_t threads = s->shared.threads, *x = s->shared.boards[0], *board = s->shared.boards[1];

    for (uint64_t i = 0; i < threads; i++)
        x[i] = i;
    for (uint64_t round = 1; round <= s->shared.rounds; round++) {
        for (uint64_t i = 0; i < threads; i++) {
            x[i] = busy(s->shared.work, x[i]);
            board[i] = x[i] + round;
        }
        for (uint64_t i = 0; i < threads; i++)
            s->workers[i].sum += board[(i + 1) % threads];
    }
}

static void release(struct barrier *s)
{
    free(s->ids);
    free(s->workers);
    free(s->shared.boards[0]);
    free(s->shared.boards[1]);
    free(s);
}

static void finish(void *state, struct result *result)
{
    struct barrier *s = state;

    result->units = s->shared.threads * s->shared.rounds;
    for (uint64_t i = 0; i < s->shared.threads; i++)
        result->answer += s->workers[i].sum;
    MUST(pthread_barrier_destroy(&s->shared.barrier));
    gate_destroy(&s->shared.gate);
    release(s);
}

static void *setup(const struct args *args)
{
    struct barrier *s = calloc(1, sizeof *s);
    uint64_t threads = param(args, "threads");

    if (!s)
        return NULL;
    s->workers = calloc(threads, sizeof *s->workers);
    s->ids = calloc(threads, sizeof *s->ids);
    for (int k = 0; k < 2; k++)
        s->shared.boards[k] = calloc(threads, sizeof *s->shared.boards[k]);
    if (!s->workers || !s->ids || !s->shared.boards[0] || !s->shared.boards[1]) {
        release(s);
        return NULL;
    }
    gate_init(&s->shared.gate);
    MUST(pthread_barrier_init(&s->shared.barrier, NULL, (unsigned)threads));
    s->shared.threads = threads;
    s->shared.rounds = param(args, "rounds");
    s->shared.work = param(args, "work");
    for (uint64_t i = 0; i < threads; i++)
        s->workers[i] = (struct worker){.shared = &s->shared, .index = i};
    return s;
}

WORKLOAD(barrier) = {
    .id = "barrier",
    .params = {{"threads", 1}, {"rounds", 1}, {"work", 0}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
