/*
 * C has no channel of its own. These are the two that C programs write for themselves, from one
 * mutex and condition variables: a bounded queue, and a rendezvous without any room.
 */
#ifndef MNB_QUEUE_H
#define MNB_QUEUE_H

#include <pthread.h>
#include <stdint.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    uint64_t *slots;
    uint64_t capacity;
    uint64_t head; /* where the oldest is */
    uint64_t held;
    int closed;
};

/* Returns 0, or -1 when there is not enough memory; then it need not be destroyed. */
int queue_init(struct queue *queue, uint64_t capacity);
/* Nobody may use the queue any more. One that is all zeros may be destroyed, too. */
void queue_destroy(struct queue *queue);

/* Blocks while the queue is full. */
void queue_put(struct queue *queue, uint64_t item);
/* Blocks while the queue is empty. Returns 1 with the oldest item; 0: empty and closed. */
int queue_take(struct queue *queue, uint64_t *item);
/* Nothing will be put any more. */
void queue_close(struct queue *queue);

struct rendezvous {
    pthread_mutex_t lock;
    pthread_cond_t free;  /* no sender is in the middle of it */
    pthread_cond_t given; /* the item is there */
    pthread_cond_t taken; /* it was taken */
    uint64_t item;
    int busy;
    int full;
};

void rendezvous_init(struct rendezvous *meeting);
void rendezvous_destroy(struct rendezvous *meeting);

/* Blocks until somebody has taken the item. */
void rendezvous_send(struct rendezvous *meeting, uint64_t item);
/* Blocks until somebody sends. */
uint64_t rendezvous_receive(struct rendezvous *meeting);

#endif
