/* A thread that wants to run at fixed moments, among threads that compute without a pause. */
#include <pthread.h>
#include <stdlib.h>

#include "busy.h"
#include "clock.h"
#include "crew.h"
#include "workload.h"

struct hog {
    struct gate gate;
    uint64_t begin; /* of all periods; set before the gate opens */
    uint64_t hogs;
    uint64_t steps; /* of each hog */
    uint64_t ticks;
    uint64_t period; /* ns */
    uint64_t ticked;
    uint64_t *late;        /* ns, by tick */
    struct member *member; /* the periodic thread, then the hogs */
    pthread_t *ids;
};

struct member {
    struct hog *all;
    uint64_t x; /* of a hog */
    int computes;
};

static void tick(struct hog *s)
{
    for (uint64_t i = 1; i <= s->ticks; i++) {
        uint64_t due = s->begin + i * s->period;
        clock_sleep_until(due);
        s->late[i - 1] = clock_now() - due;
        s->ticked++;
    }
}

static void *child(void *arg)
{
    struct member *me = arg;

    if (!gate_pass(&me->all->gate))
        return NULL;
    if (me->computes)
        me->x = busy(me->all->steps, me->x);
    else
        tick(me->all);
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct hog *s = state;
    uint64_t created = crew_create(result, s->ids, s->hogs + 1, child, s->member, sizeof *s->member);

    s->begin = clock_now();
    gate_decide(&s->gate, created == s->hogs + 1);
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct hog *s = state;

    for (uint64_t i = 0; i < s->ticks; i++)
        s->ticked++;
    for (uint64_t i = 1; i <= s->hogs; i++)
        s->member[i].x = busy(s->steps, s->member[i].x);
}

static void release(struct hog *s)
{
    free(s->late);
    free(s->member);
    free(s->ids);
    free(s);
}

static void finish(void *state, struct result *result)
{
    struct hog *s = state;

    result->units = s->ticks;
    result->answer = s->ticked;
    for (uint64_t i = 1; i <= s->hogs; i++)
        result->answer += s->member[i].x;
    if (s->begin)
        for (uint64_t i = 0; i < s->ticks; i++)
            observed("lateness", "ns", s->late[i]);
    gate_destroy(&s->gate);
    release(s);
}

static void *setup(const struct args *args)
{
    struct hog *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->hogs = param(args, "hogs");
    s->steps = param(args, "steps");
    s->ticks = param(args, "ticks");
    s->period = param(args, "period_us") * 1000;
    s->late = calloc(s->ticks, sizeof *s->late);
    s->member = calloc(s->hogs + 1, sizeof *s->member);
    s->ids = calloc(s->hogs + 1, sizeof *s->ids);
    if (!s->late || !s->member || !s->ids) {
        release(s);
        return NULL;
    }
    gate_init(&s->gate);
    for (uint64_t i = 0; i <= s->hogs; i++)
        s->member[i] = (struct member){.all = s, .x = i, .computes = i > 0};
    return s;
}

WORKLOAD(hog) = {
    .id = "hog",
    .params = {{"hogs", 1}, {"steps", 0}, {"ticks", 1}, {"period_us", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
