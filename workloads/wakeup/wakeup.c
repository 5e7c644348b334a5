/* From the signal to the running thread, with and without others that compute. */
#include <pthread.h>
#include <stdlib.h>

#include "busy.h"
#include "clock.h"
#include "crew.h"
#include "workload.h"

struct wakeup {
    struct gate gate;
    uint64_t begin; /* of all periods; set before the gate opens */
    uint64_t rounds;
    uint64_t period; /* ns */
    uint64_t hogs;
    uint64_t steps; /* of each hog */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t sent; /* ns, when the last signal was sent; 0: it was taken. Guarded by lock */

    uint64_t woken;
    uint64_t *took;        /* ns, by round */
    struct member *member; /* waiter, waker, hogs */
    pthread_t *ids;
};

struct member {
    struct wakeup *all;
    uint64_t x; /* of a hog */
    enum { WAITS, WAKES, COMPUTES } role;
};

static void await_signals(struct wakeup *s)
{
    for (uint64_t i = 0; i < s->rounds; i++) {
        pthread_mutex_lock(&s->lock);
        while (!s->sent)
            pthread_cond_wait(&s->changed, &s->lock);
        s->took[i] = clock_now() - s->sent;
        s->sent = 0;
        s->woken++;
        pthread_cond_signal(&s->changed);
        pthread_mutex_unlock(&s->lock);
    }
}

static void signal_all(struct wakeup *s)
{
    for (uint64_t i = 1; i <= s->rounds; i++) {
        clock_sleep_until(s->begin + i * s->period);
        pthread_mutex_lock(&s->lock);
        while (s->sent)
            pthread_cond_wait(&s->changed, &s->lock);
        s->sent = clock_now();
        pthread_cond_signal(&s->changed);
        pthread_mutex_unlock(&s->lock);
    }
}

static void *child(void *arg)
{
    struct member *me = arg;

    if (!gate_pass(&me->all->gate))
        return NULL;
    switch (me->role) {
    case WAITS:
        await_signals(me->all);
        break;
    case WAKES:
        signal_all(me->all);
        break;
    case COMPUTES:
        me->x = busy(me->all->steps, me->x);
    }
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct wakeup *s = state;
    uint64_t created = crew_create(result, s->ids, s->hogs + 2, child, s->member, sizeof *s->member);

    s->begin = clock_now();
    gate_decide(&s->gate, created == s->hogs + 2);
    crew_join(s->ids, created);
}

static void serial(void *state)
{
    struct wakeup *s = state;

    for (uint64_t i = 0; i < s->rounds; i++)
        s->woken++;
    for (uint64_t i = 2; i < s->hogs + 2; i++)
        s->member[i].x = busy(s->steps, s->member[i].x);
}

static void release(struct wakeup *s)
{
    free(s->took);
    free(s->member);
    free(s->ids);
    free(s);
}

static void finish(void *state, struct result *result)
{
    struct wakeup *s = state;

    result->units = s->rounds;
    result->answer = s->woken;
    for (uint64_t i = 2; i < s->hogs + 2; i++)
        result->answer += s->member[i].x;
    if (s->begin)
        for (uint64_t i = 0; i < s->rounds; i++)
            observed("latency", "ns", s->took[i]);
    MUST(pthread_cond_destroy(&s->changed));
    MUST(pthread_mutex_destroy(&s->lock));
    gate_destroy(&s->gate);
    release(s);
}

static void *setup(const struct args *args)
{
    struct wakeup *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->rounds = param(args, "rounds");
    s->period = param(args, "period_us") * 1000;
    s->hogs = param(args, "hogs");
    s->steps = param(args, "steps");
    s->took = calloc(s->rounds, sizeof *s->took);
    s->member = calloc(s->hogs + 2, sizeof *s->member);
    s->ids = calloc(s->hogs + 2, sizeof *s->ids);
    if (!s->took || !s->member || !s->ids) {
        release(s);
        return NULL;
    }
    gate_init(&s->gate);
    MUST(pthread_mutex_init(&s->lock, NULL));
    MUST(pthread_cond_init(&s->changed, NULL));
    for (uint64_t i = 0; i < s->hogs + 2; i++)
        s->member[i] = (struct member){.all = s, .x = i - 2, .role = i < 2 ? i : COMPUTES};
    return s;
}

WORKLOAD(wakeup) = {
    .id = "wakeup",
    .params = {{"rounds", 1}, {"period_us", 1}, {"hogs", 0}, {"steps", 0}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
