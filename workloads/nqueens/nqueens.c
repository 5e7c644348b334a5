/* Counts the ways to place n queens; in the first rows every safe place is a thread. */
#include <pthread.h>
#include <stdlib.h>

#include "crew.h"
#include "workload.h"

#define MAX_N 20

struct nqueens {
    struct forks forks;
    uint32_t n;
    uint32_t depth;
    uint32_t all; /* a bit for each column */
    int plain;    /* it was the serial mode */
    uint64_t value;
    uint64_t created;
};

/* A board with queens in the rows before `row`; what they attack there, as bits of columns. */
struct board {
    struct nqueens *game;
    uint32_t row;
    uint32_t columns, left, right;
    uint64_t value;
    uint64_t created; /* threads below */
};

static uint64_t plain(uint32_t all, uint32_t columns, uint32_t left, uint32_t right)
{
    uint64_t count = 0;

    if (columns == all)
        return 1;
    for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
        uint32_t place = free & -free;
        count += plain(all, columns | place, (left | place) << 1, (right | place) >> 1);
    }
    return count;
}

static void *board(void *arg)
{
    struct board *me = arg;
    struct nqueens *game = me->game;
    struct board children[MAX_N];
    pthread_t threads[MAX_N];
    int created = 0;

    if (me->row >= game->depth) {
        me->value = plain(game->all, me->columns, me->left, me->right);
        return NULL;
    }
    for (uint32_t free = game->all & ~(me->columns | me->left | me->right); free;
         free &= free - 1) {
        uint32_t place = free & -free;
        children[created] = (struct board){
            .game = game,
            .row = me->row + 1,
            .columns = me->columns | place,
            .left = (me->left | place) << 1,
            .right = (me->right | place) >> 1,
        };
        if (!forks_create(&game->forks, &threads[created], board, &children[created]))
            break;
        created++;
    }
    for (int i = 0; i < created; i++) {
        MUST(pthread_join(threads[i], NULL));
        me->value += children[i].value;
        me->created += children[i].created + 1;
    }
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct nqueens *s = state;
    struct board empty = {.game = s};

    board(&empty);
    s->value = empty.value;
    s->created = empty.created;
    forks_finish(&s->forks, result, s->created);
}

static void serial(void *state)
{
    struct nqueens *s = state;

    s->plain = 1;
    s->value = plain(s->all, 0, 0, 0);
}

/* The threads that the parallel form creates: safe places in rows before depth. */
static uint64_t places(const struct nqueens *s, uint32_t row, uint32_t columns, uint32_t left,
                       uint32_t right)
{
    uint64_t count = 0;

    if (row == s->depth)
        return 0;
    for (uint32_t free = s->all & ~(columns | left | right); free; free &= free - 1) {
        uint32_t place = free & -free;
        count += 1 + places(s, row + 1, columns | place, (left | place) << 1, (right | place) >> 1);
    }
    return count;
}

static void finish(void *state, struct result *result)
{
    struct nqueens *s = state;

    result->units = s->plain ? places(s, 0, 0, 0, 0) : s->created;
    result->answer = s->value;
    free(s);
}

static void *setup(const struct args *args)
{
    struct nqueens *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->n = (uint32_t)param(args, "n");
    if (s->n > MAX_N)
        s->n = MAX_N;
    s->depth = param(args, "depth") < s->n ? (uint32_t)param(args, "depth") : s->n;
    s->all = (1u << s->n) - 1;
    return s;
}

WORKLOAD(nqueens) = {
    .id = "nqueens",
    .params = {{"n", 4}, {"depth", 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
