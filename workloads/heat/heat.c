/* Heat in a plate, in strips of rows: a thread for each strip and step. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "busy.h"
#include "crew.h"
#include "workload.h"

#define DEAR 10 /* how often the middle third is relaxed in a step: about four times the cost of once */

struct strip {
    struct heat *plate;
    uint64_t from, to; /* rows 1..n, the end is not in it */
};

struct heat {
    uint64_t n;
    uint64_t steps;
    uint64_t strips;
    double *now, *next; /* (n+2)*(n+2), by rows; the outermost ones never change */
    struct strip *strip;
    pthread_t *ids;
};

static void *relax(void *arg)
{
    struct strip *me = arg;
    const struct heat *s = me->plate;
    uint64_t width = s->n + 2;

    for (uint64_t i = me->from; i < me->to; i++) {
        const double *up = s->now + (i - 1) * width, *row = up + width, *down = row + width;
        double *into = s->next + i * width;
        int times = i > s->n / 3 && i <= 2 * s->n / 3 ? DEAR : 1;
        for (uint64_t j = 1; j <= s->n; j++) {
            double around = (up[j] + down[j]) + (row[j - 1] + row[j + 1]), v = row[j];
            for (int k = 0; k < times; k++)
                v = (around * 0.25 + v) * 0.5;
            into[j] = v;
        }
    }
    return NULL;
}

static void swap(struct heat *s)
{
    double *last = s->now;

    s->now = s->next;
    s->next = last;
}

static void run(void *state, struct result *result)
{
    struct heat *s = state;

    for (uint64_t step = 0; step < s->steps; step++) {
        uint64_t created =
            crew_create(result, s->ids, s->strips, relax, s->strip, sizeof *s->strip);
        crew_join(s->ids, created);
        if (created < s->strips) {
            result->reached += step * s->strips;
            return;
        }
        swap(s);
    }
}

static void serial(void *state)
{
    struct heat *s = state;

    for (uint64_t step = 0; step < s->steps; step++) {
        for (uint64_t i = 0; i < s->strips; i++)
            relax(&s->strip[i]);
        swap(s);
    }
}

static void release(struct heat *s)
{
    free(s->now);
    free(s->next);
    free(s->strip);
    free(s->ids);
    free(s);
}

static void finish(void *state, struct result *result)
{
    struct heat *s = state;

    result->units = s->n * s->n * s->steps;
    for (uint64_t i = 1; i <= s->n; i++) {
        for (uint64_t j = 1; j <= s->n; j++) {
            uint64_t bits;
            memcpy(&bits, &s->now[i * (s->n + 2) + j], sizeof bits);
            result->answer += bits;
        }
    }
    release(s);
}

static void *setup(const struct args *args)
{
    struct heat *s = calloc(1, sizeof *s);
    uint64_t x = 1, next = 1;

    if (!s)
        return NULL;
    s->n = param(args, "n");
    s->steps = param(args, "steps");
    s->strips = param(args, "strips");
    uint64_t cells = (s->n + 2) * (s->n + 2);
    s->now = malloc(cells * sizeof *s->now);
    s->next = malloc(cells * sizeof *s->next);
    s->strip = calloc(s->strips, sizeof *s->strip);
    s->ids = calloc(s->strips, sizeof *s->ids);
    if (!s->now || !s->next || !s->strip || !s->ids) {
        release(s);
        return NULL;
    }
    for (uint64_t i = 0; i < cells; i++) {
        x = busy(1, x);
        s->now[i] = s->next[i] = (double)(x >> 54);
    }
    for (uint64_t i = 0; i < s->strips; i++) {
        s->strip[i].plate = s;
        s->strip[i].from = next;
        next += s->n / s->strips + (i < s->n % s->strips);
        s->strip[i].to = next;
    }
    return s;
}

WORKLOAD(heat) = {
    .id = "heat",
    .params = {{"n", 1}, {"steps", 1}, {"strips", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
