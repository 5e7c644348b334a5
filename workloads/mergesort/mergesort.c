/* Merge sort: above the cutoff a child thread sorts the left half, its parent the right one. */
#include <pthread.h>
#include <stdlib.h>

#include "busy.h"
#include "crew.h"
#include "workload.h"

#define SMALL 16 /* sorted by insertion */

struct mergesort {
    struct forks forks;
    uint64_t n;
    uint64_t cutoff;
    uint32_t *a;
    uint32_t *scratch;
};

struct span {
    struct mergesort *sort;
    uint64_t from, to; /* the end is not in it */
    uint64_t created;  /* threads, by it and those below */
};

static void insertion(uint32_t *a, uint64_t from, uint64_t to)
{
    for (uint64_t i = from + 1; i < to; i++) {
        uint32_t key = a[i];
        uint64_t k = i;
        for (; k > from && a[k - 1] > key; k--)
            a[k] = a[k - 1];
        a[k] = key;
    }
}

static void merge(uint32_t *a, uint32_t *scratch, uint64_t from, uint64_t middle, uint64_t to)
{
    uint64_t left = from, right = middle, into = from;

    for (uint64_t i = from; i < middle; i++)
        scratch[i] = a[i];
    while (left < middle && right < to)
        a[into++] = a[right] < scratch[left] ? a[right++] : scratch[left++];
    while (left < middle)
        a[into++] = scratch[left++];
}

static void plain(uint32_t *a, uint32_t *scratch, uint64_t from, uint64_t to)
{
    if (to - from <= SMALL) {
        insertion(a, from, to);
        return;
    }
    uint64_t middle = from + (to - from) / 2;
    plain(a, scratch, from, middle);
    plain(a, scratch, middle, to);
    merge(a, scratch, from, middle, to);
}

static void *span(void *arg)
{
    struct span *me = arg;
    struct mergesort *s = me->sort;

    if (me->to - me->from <= s->cutoff) {
        plain(s->a, s->scratch, me->from, me->to);
        return NULL;
    }
    uint64_t middle = me->from + (me->to - me->from) / 2;
    struct span left = {s, me->from, middle, 0}, right = {s, middle, me->to, 0};
    pthread_t thread;
    if (!forks_create(&s->forks, &thread, span, &left))
        return NULL;
    span(&right);
    MUST(pthread_join(thread, NULL));
    me->created = left.created + right.created + 1;
    merge(s->a, s->scratch, me->from, middle, me->to);
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct mergesort *s = state;
    struct span all = {s, 0, s->n, 0};

    span(&all);
    forks_finish(&s->forks, result, all.created);
}

static void serial(void *state)
{
    struct mergesort *s = state;

    plain(s->a, s->scratch, 0, s->n);
}

static void finish(void *state, struct result *result)
{
    struct mergesort *s = state;

    result->units = s->n;
    for (uint64_t i = 0; i < s->n; i++)
        result->answer += s->a[i] * (i + 1);
    free(s->scratch);
    free(s->a);
    free(s);
}

static void *setup(const struct args *args)
{
    struct mergesort *s = calloc(1, sizeof *s);
    uint64_t x = 1;

    if (!s)
        return NULL;
    s->n = param(args, "n");
    s->cutoff = param(args, "cutoff");
    s->a = malloc(s->n * sizeof *s->a);
    s->scratch = malloc(s->n * sizeof *s->scratch);
    if (!s->a || !s->scratch) {
        free(s->scratch);
        free(s->a);
        free(s);
        return NULL;
    }
    for (uint64_t i = 0; i < s->n; i++) {
        x = busy(1, x);
        s->a[i] = (uint32_t)(x >> 33);
        s->scratch[i] = 0;
    }
    return s;
}

WORKLOAD(mergesort) = {
    .id = "mergesort",
    .params = {{"n", 1}, {"cutoff", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
