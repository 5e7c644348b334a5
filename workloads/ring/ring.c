/* Threads in a ring hand a token on, each through the mailbox of the next one. */
#include <pthread.h>
#include <stdlib.h>

#include "crew.h"
#include "queue.h"
#include "workload.h"

struct member {
    struct queue mailbox; /* with room for one */
    struct member *next;
    uint64_t turns; /* how often the token comes here */
    uint64_t last;  /* what the token says when it is not handed on any more */
    uint64_t sum;
};

struct ring {
    uint64_t threads;
    uint64_t hops;
    struct member *members;
    pthread_t *ids;
};

static void *member(void *arg)
{
    struct member *me = arg;
    uint64_t token, sum = 0;

    for (uint64_t i = 0; i < me->turns; i++) {
        if (!queue_take(&me->mailbox, &token))
            return NULL; /* closed: not all threads could be created */
        sum += token;
        if (token != me->last)
            queue_put(&me->next->mailbox, token + 1);
    }
    me->sum = sum;
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct ring *s = state;
    uint64_t created =
        crew_create(result, s->ids, s->threads, member, s->members, sizeof *s->members);

    if (created == s->threads)
        queue_put(&s->members[0].mailbox, 1);
    else
        for (uint64_t i = 0; i < created; i++)
            queue_close(&s->members[i].mailbox);
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct ring *s = state;
    struct member *m = s->members;

    for (uint64_t token = 1; token <= s->hops; token++, m = m->next)
        m->sum += token;
}

static void finish(void *state, struct result *result)
{
    struct ring *s = state;

    result->units = s->hops;
    for (uint64_t i = 0; i < s->threads; i++) {
        result->answer += s->members[i].sum;
        queue_destroy(&s->members[i].mailbox);
    }
    free(s->ids);
    free(s->members);
    free(s);
}

static void *setup(const struct args *args)
{
    struct ring *s = malloc(sizeof *s);
    struct result ignored = {0};

    if (!s)
        return NULL;
    s->threads = param(args, "threads");
    s->hops = param(args, "hops");
    s->members = calloc(s->threads, sizeof *s->members);
    s->ids = calloc(s->threads, sizeof *s->ids);
    if (!s->members || !s->ids) {
        free(s->ids);
        free(s->members);
        free(s);
        return NULL;
    }
    for (uint64_t i = 0; i < s->threads; i++) {
        struct member *m = &s->members[i];
        if (queue_init(&m->mailbox, 1) != 0) {
            finish(s, &ignored);
            return NULL;
        }
        m->next = &s->members[(i + 1) % s->threads];
        m->turns = s->hops / s->threads + (i < s->hops % s->threads);
        m->last = s->hops;
    }
    return s;
}

WORKLOAD(ring) = {
    .id = "ring",
    .params = {{"threads", 1}, {"hops", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
