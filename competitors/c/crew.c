#include "crew.h"

uint64_t crew_create(struct result *result, pthread_t *threads, uint64_t n, void *(*start)(void *),
                     void *first, size_t size)
{
    uint64_t created;

    for (created = 0; created < n; created++) {
        int error = pthread_create(&threads[created], NULL, start, (char *)first + created * size);
        if (error) {
            stopped(result, "pthread_create", error, created);
            break;
        }
    }
    return created;
}

void crew_join(const pthread_t *threads, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        MUST(pthread_join(threads[i], NULL));
}

int forks_create(struct forks *forks, pthread_t *thread, void *(*start)(void *), void *arg)
{
    if (atomic_load_explicit(&forks->error, memory_order_relaxed))
        return 0;
    int error = pthread_create(thread, NULL, start, arg);
    if (error)
        atomic_store_explicit(&forks->error, error, memory_order_relaxed);
    return !error;
}

void forks_finish(struct forks *forks, struct result *result, uint64_t reached)
{
    int error = atomic_load_explicit(&forks->error, memory_order_relaxed);

    if (error)
        stopped(result, "pthread_create", error, reached);
}

void gate_init(struct gate *gate)
{
    MUST(pthread_mutex_init(&gate->lock, NULL));
    MUST(pthread_cond_init(&gate->decided, NULL));
    gate->state = GATE_CLOSED;
}

void gate_destroy(struct gate *gate)
{
    MUST(pthread_cond_destroy(&gate->decided));
    MUST(pthread_mutex_destroy(&gate->lock));
}

void gate_decide(struct gate *gate, int open)
{
    pthread_mutex_lock(&gate->lock);
    gate->state = open ? GATE_OPEN : GATE_ABANDONED;
    pthread_cond_broadcast(&gate->decided);
    pthread_mutex_unlock(&gate->lock);
}

int gate_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    while (gate->state == GATE_CLOSED)
        pthread_cond_wait(&gate->decided, &gate->lock);
    int open = gate->state == GATE_OPEN;
    pthread_mutex_unlock(&gate->lock);
    return open;
}
