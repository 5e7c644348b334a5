/*
 * Creating many threads and waiting for them, as any program that has many does it, and a gate
 * at which they wait until all of them are there.
 */
#ifndef MNB_CREW_H
#define MNB_CREW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "workload.h"

/*
 * Creates threads 0..n-1 in that order; thread i runs start(first + i*size) and its id is put
 * into threads[i]. Returns how many were created: with less than n, stopped() has been called.
 */
uint64_t crew_create(struct result *result, pthread_t *threads, uint64_t n, void *(*start)(void *),
                     void *first, size_t size);

/* Waits for the end of threads 0..n-1, in that order. */
void crew_join(const pthread_t *threads, uint64_t n);

/*
 * For work that creates threads all over the place, like a tree: once a creation has failed, no
 * further one is tried anywhere. All zeros is the beginning.
 */
struct forks {
    atomic_int error; /* of the first pthread_create that failed */
};

/* Creates a thread. Returns 1, or 0 when it could not: then the work's answer no longer matters. */
int forks_create(struct forks *forks, pthread_t *thread, void *(*start)(void *), void *arg);

/* After all is joined: calls stopped() when a creation has failed, with what was reached. */
void forks_finish(struct forks *forks, struct result *result, uint64_t reached);

/* Opened once, by the thread that created the others. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t decided;
    enum { GATE_CLOSED, GATE_OPEN, GATE_ABANDONED } state;
};

void gate_init(struct gate *gate);
void gate_destroy(struct gate *gate);

/* Lets everybody through: to work, or, when not all threads could be created, to their end. */
void gate_decide(struct gate *gate, int open);

/* Blocks until that is decided. Returns 1: work; 0: end. */
int gate_pass(struct gate *gate);

#endif
