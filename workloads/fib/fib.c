/* Naive Fibonacci: above the cutoff a child thread computes fib(n-1), its parent fib(n-2). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "busy.h"
#include "workload.h"

struct fib {
    uint64_t n;
    uint64_t cutoff;
    uint64_t leaf;       /* steps of a leaf; 0: it is plain recursion */
    int plain;           /* it was the serial mode */
    uint64_t value;
    uint64_t created;
    atomic_int error;    /* of the first pthread_create that failed: from then on create no more */
};

/* One call, on the stack of its caller. */
struct call {
    struct fib *fib;
    uint64_t n;
    uint64_t value;
    uint64_t created; /* threads, by this call and those below it */
};

static uint64_t plain(uint64_t n)
{
    return n < 2 ? n : plain(n - 1) + plain(n - 2);
}

/* A part of the tree without threads. */
static uint64_t leaf(const struct fib *fib, uint64_t n)
{
    return fib->leaf ? busy(fib->leaf, n) : plain(n);
}

static void compute(struct call *call);

static void *child(void *arg)
{
    compute(arg);
    return NULL;
}

static void compute(struct call *call)
{
    struct fib *fib = call->fib;
    uint64_t n = call->n;

    if (n < 2 || n <= fib->cutoff) {
        call->value = leaf(fib, n);
        return;
    }
    struct call left = {.fib = fib, .n = n - 1}, right = {.fib = fib, .n = n - 2};
    pthread_t thread;
    int error = atomic_load_explicit(&fib->error, memory_order_relaxed);

    if (error)
        return; /* the value no longer matters */
    error = pthread_create(&thread, NULL, child, &left);
    if (error) {
        atomic_store_explicit(&fib->error, error, memory_order_relaxed);
        return;
    }
    compute(&right);
    MUST(pthread_join(thread, NULL));
    call->value = left.value + right.value;
    call->created = left.created + right.created + 1;
}

static void run(void *state, struct result *result)
{
    struct fib *s = state;
    struct call root = {.fib = s, .n = s->n};

    compute(&root);
    s->value = root.value;
    s->created = root.created;
    int error = atomic_load_explicit(&s->error, memory_order_relaxed);
    if (error)
        stopped(result, "pthread_create", error, s->created);
}

/* The tree without threads, where its leaves are not plain recursion. */
static uint64_t tree(const struct fib *fib, uint64_t n)
{
    if (n < 2 || n <= fib->cutoff)
        return leaf(fib, n);
    return tree(fib, n - 1) + tree(fib, n - 2);
}

static void serial(void *state)
{
    struct fib *s = state;

    s->plain = 1;
    s->value = s->leaf ? tree(s, s->n) : plain(s->n);
}

/* The threads that the parallel form creates: T(n) = T(n-1) + T(n-2) + 1 above the cutoff, else 0. */
static uint64_t threads(const struct fib *s)
{
    uint64_t before = 0, last = 0;

    for (uint64_t n = s->cutoff < 1 ? 2 : s->cutoff + 1; n <= s->n; n++) {
        uint64_t next = last + before + 1;
        before = last;
        last = next;
    }
    return last;
}

static void finish(void *state, struct result *result)
{
    struct fib *s = state;

    result->units = s->plain ? threads(s) : s->created;
    result->answer = s->value;
    free(s);
}

static void *setup(const struct args *args)
{
    struct fib *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->n = param(args, "n");
    s->cutoff = param(args, "cutoff");
    s->leaf = param(args, "leaf");
    return s;
}

WORKLOAD(fib) = {
    .id = "fib",
    .params = {{"n", 2}, {"cutoff", 0}, {"leaf", 0, .optional = 1}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
