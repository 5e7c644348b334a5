/* Matrix multiplication by halving: the quarters of a product are made by threads. */
#include <pthread.h>
#include <stdlib.h>

#include "busy.h"
#include "crew.h"
#include "workload.h"

struct matmul {
    struct forks forks;
    uint64_t n;
    uint64_t cutoff;
    double *a, *b, *c; /* n*n, by rows */
};

struct range {
    uint64_t from, count;
};

/* c[rows][columns] += a[rows][inner] * b[inner][columns] */
struct block {
    struct matmul *product;
    struct range rows, columns, inner;
    uint64_t created; /* threads, by it and those below */
};

static struct range half(struct range r, int second)
{
    uint64_t first = (r.count + 1) / 2;

    return second ? (struct range){r.from + first, r.count - first} : (struct range){r.from, first};
}

static void kernel(const struct block *m)
{
    const struct matmul *s = m->product;

    for (uint64_t i = m->rows.from; i < m->rows.from + m->rows.count; i++) {
        double *restrict c = s->c + i * s->n + m->columns.from;
        for (uint64_t k = m->inner.from; k < m->inner.from + m->inner.count; k++) {
            const double *restrict b = s->b + k * s->n + m->columns.from;
            double a = s->a[i * s->n + k];
            for (uint64_t j = 0; j < m->columns.count; j++)
                c[j] += a * b[j];
        }
    }
}

static int is_small(const struct block *m)
{
    uint64_t cutoff = m->product->cutoff;

    return m->rows.count <= cutoff && m->columns.count <= cutoff && m->inner.count <= cutoff;
}

/* Number 0..7: in the first half of inner the four quarters, then the same in the second. */
static struct block eighth(const struct block *m, int number)
{
    return (struct block){
        .product = m->product,
        .inner = half(m->inner, number >> 2 & 1),
        .rows = half(m->rows, number >> 1 & 1),
        .columns = half(m->columns, number & 1),
    };
}

static void plain(const struct block *m)
{
    if (is_small(m)) {
        kernel(m);
        return;
    }
    for (int i = 0; i < 8; i++) {
        struct block part = eighth(m, i);
        plain(&part);
    }
}

static void *multiply(void *arg)
{
    struct block *me = arg;
    struct matmul *s = me->product;
    struct block parts[4];
    pthread_t threads[3];

    if (is_small(me)) {
        kernel(me);
        return NULL;
    }
    for (int second = 0; second < 2; second++) {
        int created = 0;
        for (int i = 0; i < 4; i++)
            parts[i] = eighth(me, 4 * second + i);
        while (created < 3 && forks_create(&s->forks, &threads[created], multiply, &parts[created]))
            created++;
        if (created == 3)
            multiply(&parts[3]);
        for (int i = 0; i < created; i++)
            MUST(pthread_join(threads[i], NULL));
        me->created += (unsigned)created;
        for (int i = 0; i < 4; i++)
            me->created += parts[i].created;
    }
    return NULL;
}

static struct block whole(struct matmul *s)
{
    return (struct block){s, {0, s->n}, {0, s->n}, {0, s->n}, 0};
}

static void run(void *state, struct result *result)
{
    struct matmul *s = state;
    struct block all = whole(s);

    multiply(&all);
    forks_finish(&s->forks, result, all.created);
}

static void serial(void *state)
{
    struct block all = whole(state);

    plain(&all);
}

static void release(struct matmul *s)
{
    free(s->a);
    free(s->b);
    free(s->c);
    free(s);
}

static void finish(void *state, struct result *result)
{
    struct matmul *s = state;

    result->units = s->n * s->n * s->n;
    for (uint64_t i = 0; i < s->n * s->n; i++)
        result->answer += (uint64_t)s->c[i] * (i + 1);
    release(s);
}

static void *setup(const struct args *args)
{
    struct matmul *s = calloc(1, sizeof *s);
    uint64_t x = 1;

    if (!s)
        return NULL;
    s->n = param(args, "n");
    s->cutoff = param(args, "cutoff");
    double **matrices[] = {&s->a, &s->b, &s->c};
    for (int m = 0; m < 3; m++) {
        double *into = *matrices[m] = malloc(s->n * s->n * sizeof *into);
        if (!into) {
            release(s);
            return NULL;
        }
        for (uint64_t i = 0; i < s->n * s->n; i++) {
            x = busy(1, x);
            into[i] = m < 2 ? (double)(x >> 54) : 0;
        }
    }
    return s;
}

WORKLOAD(matmul) = {
    .id = "matmul",
    .params = {{"n", 1}, {"cutoff", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
