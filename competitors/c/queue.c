#include "queue.h"

#include <stdlib.h>

#include "workload.h"

int queue_init(struct queue *q, uint64_t capacity)
{
    *q = (struct queue){.capacity = capacity, .slots = calloc(capacity, sizeof *q->slots)};
    if (!q->slots)
        return -1;
    MUST(pthread_mutex_init(&q->lock, NULL));
    MUST(pthread_cond_init(&q->not_empty, NULL));
    MUST(pthread_cond_init(&q->not_full, NULL));
    return 0;
}

void queue_destroy(struct queue *q)
{
    if (!q->slots)
        return;
    MUST(pthread_cond_destroy(&q->not_full));
    MUST(pthread_cond_destroy(&q->not_empty));
    MUST(pthread_mutex_destroy(&q->lock));
    free(q->slots);
}

void queue_put(struct queue *q, uint64_t item)
{
    pthread_mutex_lock(&q->lock);
    while (q->held == q->capacity)
        pthread_cond_wait(&q->not_full, &q->lock);
    uint64_t tail = q->head + q->held;
    q->slots[tail < q->capacity ? tail : tail - q->capacity] = item;
    q->held++;
    pthread_cond_signal(&q->not_empty);
    pthread_mutex_unlock(&q->lock);
}

int queue_take(struct queue *q, uint64_t *item)
{
    pthread_mutex_lock(&q->lock);
    while (q->held == 0 && !q->closed)
        pthread_cond_wait(&q->not_empty, &q->lock);
    int got = q->held > 0;
    if (got) {
        *item = q->slots[q->head];
        q->head = q->head + 1 < q->capacity ? q->head + 1 : 0;
        q->held--;
        pthread_cond_signal(&q->not_full);
    }
    pthread_mutex_unlock(&q->lock);
    return got;
}

void queue_close(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = 1;
    pthread_cond_broadcast(&q->not_empty);
    pthread_mutex_unlock(&q->lock);
}

void rendezvous_init(struct rendezvous *m)
{
    *m = (struct rendezvous){0};
    MUST(pthread_mutex_init(&m->lock, NULL));
    MUST(pthread_cond_init(&m->free, NULL));
    MUST(pthread_cond_init(&m->given, NULL));
    MUST(pthread_cond_init(&m->taken, NULL));
}

void rendezvous_destroy(struct rendezvous *m)
{
    MUST(pthread_cond_destroy(&m->taken));
    MUST(pthread_cond_destroy(&m->given));
    MUST(pthread_cond_destroy(&m->free));
    MUST(pthread_mutex_destroy(&m->lock));
}

void rendezvous_send(struct rendezvous *m, uint64_t item)
{
    pthread_mutex_lock(&m->lock);
    while (m->busy)
        pthread_cond_wait(&m->free, &m->lock);
    m->busy = 1;
    m->item = item;
    m->full = 1;
    pthread_cond_signal(&m->given);
    while (m->full)
        pthread_cond_wait(&m->taken, &m->lock);
    m->busy = 0;
    pthread_cond_signal(&m->free);
    pthread_mutex_unlock(&m->lock);
}

uint64_t rendezvous_receive(struct rendezvous *m)
{
    pthread_mutex_lock(&m->lock);
    while (!m->full)
        pthread_cond_wait(&m->given, &m->lock);
    uint64_t item = m->item;
    m->full = 0;
    pthread_cond_signal(&m->taken);
    pthread_mutex_unlock(&m->lock);
    return item;
}
