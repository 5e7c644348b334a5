/* Threads that read a shared record under a readers-writer lock, and sometimes change it. */
#include <pthread.h>
#include <stdlib.h>

#include "crew.h"
#include "workload.h"

struct shared {
    struct gate gate;
    pthread_rwlock_t lock;
    uint64_t *record; /* guarded by lock; all words are equal */
    uint64_t words;
    uint64_t rounds;
    uint64_t read_percent;
};

struct worker {
    struct shared *shared;
    uint64_t index;
    uint64_t torn; /* reads that saw words that differ */
};

struct rwlock {
    struct shared shared;
    uint64_t threads;
    struct worker *workers;
    pthread_t *ids;
};

static int reads(const struct shared *s, uint64_t index, uint64_t round)
{
    return (37 * (round % 100) + 11 * (index % 100)) % 100 < s->read_percent;
}

static uint64_t read_record(const struct shared *s)
{
    uint64_t differ = 0;

    for (uint64_t k = 0; k < s->words; k++)
        differ |= s->record[k] ^ s->record[0];
    return differ != 0;
}

static void write_record(struct shared *s)
{
    for (uint64_t k = 0; k < s->words; k++)
        s->record[k]++;
}

static void *child(void *arg)
{
    struct worker *me = arg;
    struct shared *s = me->shared;
    uint64_t torn = 0;

    if (!gate_pass(&s->gate))
        return NULL;
    for (uint64_t i = 0; i < s->rounds; i++) {
        if (reads(s, me->index, i)) {
            pthread_rwlock_rdlock(&s->lock);
            torn += read_record(s);
        } else {
            pthread_rwlock_wrlock(&s->lock);
            write_record(s);
        }
        pthread_rwlock_unlock(&s->lock);
    }
    me->torn = torn;
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct rwlock *s = state;
    uint64_t created =
        crew_create(result, s->ids, s->threads, child, s->workers, sizeof *s->workers);

    gate_decide(&s->shared.gate, created == s->threads);
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct rwlock *s = state;

    for (uint64_t i = 0; i < s->threads; i++) {
        for (uint64_t k = 0; k < s->shared.rounds; k++) {
            if (reads(&s->shared, i, k))
                s->workers[i].torn += read_record(&s->shared);
            else
                write_record(&s->shared);
        }
    }
}

static void finish(void *state, struct result *result)
{
    struct rwlock *s = state;

    result->units = s->threads * s->shared.rounds;
    for (uint64_t k = 0; k < s->shared.words; k++)
        result->answer += s->shared.record[k];
    for (uint64_t i = 0; i < s->threads; i++)
        result->answer += s->workers[i].torn << 32;
    MUST(pthread_rwlock_destroy(&s->shared.lock));
    gate_destroy(&s->shared.gate);
    free(s->ids);
    free(s->workers);
    free(s->shared.record);
    free(s);
}

static void *setup(const struct args *args)
{
    struct rwlock *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->threads = param(args, "threads");
    s->shared.words = param(args, "words");
    s->shared.record = calloc(s->shared.words, sizeof *s->shared.record);
    s->workers = calloc(s->threads, sizeof *s->workers);
    s->ids = calloc(s->threads, sizeof *s->ids);
    if (!s->shared.record || !s->workers || !s->ids) {
        free(s->ids);
        free(s->workers);
        free(s->shared.record);
        free(s);
        return NULL;
    }
    gate_init(&s->shared.gate);
    MUST(pthread_rwlock_init(&s->shared.lock, NULL));
    s->shared.rounds = param(args, "rounds");
    s->shared.read_percent = param(args, "read_percent");
    for (uint64_t i = 0; i < s->threads; i++)
        s->workers[i] = (struct worker){.shared = &s->shared, .index = i};
    return s;
}

WORKLOAD(rwlock) = {
    .id = "rwlock",
    .params = {{"threads", 1}, {"rounds", 1}, {"read_percent", 0}, {"words", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
