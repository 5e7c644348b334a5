/* Threads with warm stacks that are woken where they ran last, or where they did not. */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "busy.h"
#include "clock.h"
#include "crew.h"
#include "workload.h"

enum { LINE = 64 };

struct line {
    uint64_t word;
    char rest[LINE - sizeof(uint64_t)];
} __attribute__((aligned(LINE)));

struct migrate {
    struct gate gate;
    uint64_t walkers;
    uint64_t wakers;
    uint64_t rounds;
    uint64_t lines; /* of each set */
    uint64_t hold;  /* ns */
    atomic_ulong replies;

    uint64_t walked; /* by all of them, for the distributions; 0 after the serial mode */
    struct member *member; /* walkers, then wakers */
    pthread_t *ids;
};

struct member {
    struct migrate *all;
    uint64_t number; /* among walkers, or among wakers */
    sem_t called;
    uint64_t sum; /* of a walker's set at its end; what a waker has computed */
    struct walk *walk; /* a walker's, by round; NULL of a waker */
} __attribute__((aligned(LINE)));

struct walk {
    uint64_t took; /* ns */
    int moved;
};

/* One more walk is done. The last but one of a round calls the waker of the next. */
static void reply(struct migrate *s)
{
    uint64_t replies = atomic_fetch_add(&s->replies, 1) + 1;
    uint64_t round = (replies + 1) / s->walkers;

    if ((replies + 1) % s->walkers == 0 && round < s->rounds)
        sem_post(&s->member[s->walkers + round % s->wakers].called);
}

static void walk(struct member *me)
{
    struct migrate *s = me->all;
    struct line set[s->lines]; /* what is warm */

    for (uint64_t i = 0; i < s->lines; i++)
        set[i].word = me->number * s->lines + i;
    int last = sched_getcpu();
    for (uint64_t r = 0; r < s->rounds; r++) {
        while (sem_wait(&me->called) != 0) /* EINTR */
            ;
        uint64_t begin = clock_now();
        for (uint64_t i = 0; i < s->lines; i++)
            set[i].word = busy(1, set[i].word);
        me->walk[r].took = clock_now() - begin;
        int here = sched_getcpu();
        me->walk[r].moved = here != last;
        last = here;
        reply(s);
    }
    for (uint64_t i = 0; i < s->lines; i++)
        me->sum += set[i].word;
}

static void wake(struct member *me)
{
    struct migrate *s = me->all;

    for (uint64_t r = me->number; r < s->rounds; r += s->wakers) {
        while (r > 0 && sem_wait(&me->called) != 0) /* EINTR */
            ;
        for (uint64_t i = 0; i < s->walkers; i++)
            sem_post(&s->member[i].called);
        uint64_t until = clock_now() + s->hold, enough = (r + 1) * s->walkers - 1;
        while (atomic_load(&s->replies) < enough && clock_now() < until)
            me->sum = busy(100, me->sum);
    }
}

static void *child(void *arg)
{
    struct member *me = arg;

    if (!gate_pass(&me->all->gate))
        return NULL;
    if (me < me->all->member + me->all->walkers)
        walk(me);
    else
        wake(me);
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct migrate *s = state;
    uint64_t all = s->walkers + s->wakers;
    uint64_t created = crew_create(result, s->ids, all, child, s->member, sizeof *s->member);

    gate_decide(&s->gate, created == all);
    crew_join(s->ids, created);
    s->walked = created == all ? s->walkers : 0;
}

static void serial(void *state)
{
    struct migrate *s = state;

    for (uint64_t w = 0; w < s->walkers; w++) {
        struct line set[s->lines];
        for (uint64_t i = 0; i < s->lines; i++)
            set[i].word = w * s->lines + i;
        for (uint64_t r = 0; r < s->rounds; r++)
            for (uint64_t i = 0; i < s->lines; i++)
                set[i].word = busy(1, set[i].word);
        for (uint64_t i = 0; i < s->lines; i++)
            s->member[w].sum += set[i].word;
    }
}

static void release(struct migrate *s)
{
    for (uint64_t i = 0; s->member && i < s->walkers + s->wakers; i++)
        free(s->member[i].walk);
    free(s->member);
    free(s->ids);
    free(s);
}

static void observe(const struct migrate *s)
{
    uint64_t moved = 0;

    for (uint64_t i = 0; i < s->walked; i++)
        for (uint64_t r = 0; r < s->rounds; r++) {
            const struct walk *w = &s->member[i].walk[r];
            observed(w->moved ? "walk time, moved" : "walk time, stayed", "ns", w->took);
            moved += (uint64_t)w->moved;
        }
    if (s->walked)
        observed("share that moved", "percent", 100 * moved / (s->walkers * s->rounds));
}

static void finish(void *state, struct result *result)
{
    struct migrate *s = state;

    result->units = s->walkers * s->rounds;
    for (uint64_t i = 0; i < s->walkers; i++)
        result->answer += s->member[i].sum;
    observe(s);
    for (uint64_t i = 0; i < s->walkers + s->wakers; i++)
        MUST(sem_destroy(&s->member[i].called));
    gate_destroy(&s->gate);
    release(s);
}

static void *setup(const struct args *args)
{
    struct migrate *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->walkers = param(args, "threads");
    s->rounds = param(args, "rounds");
    s->lines = param(args, "bytes") / LINE;
    s->wakers = param(args, "wakers");
    s->hold = param(args, "hold_us") * 1000;
    uint64_t all = s->walkers + s->wakers;
    s->member = aligned_alloc(_Alignof(struct member), all * sizeof *s->member);
    s->ids = calloc(all, sizeof *s->ids);
    int complete = s->member && s->ids;
    for (uint64_t i = 0; s->member && i < all; i++) {
        struct member *m = &s->member[i];
        *m = (struct member){.all = s, .number = i < s->walkers ? i : i - s->walkers};
        if (i < s->walkers) {
            m->walk = calloc(s->rounds, sizeof *m->walk);
            complete = complete && m->walk;
        }
    }
    if (!complete) {
        release(s);
        return NULL;
    }
    gate_init(&s->gate);
    for (uint64_t i = 0; i < all; i++)
        MUST(sem_init(&s->member[i].called, 0, 0));
    return s;
}

WORKLOAD(migrate) = {
    .id = "migrate",
    .params = {{"threads", 2}, {"rounds", 1}, {"bytes", LINE}, {"wakers", 1}, {"hold_us", 0}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
