/* The monotonic clock, for workloads that are about when something happens. In nanoseconds. */
#ifndef MNB_CLOCK_H
#define MNB_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Blocks the calling thread until then; returns at once when that has passed. */
static inline void clock_sleep_until(uint64_t then)
{
    struct timespec t = {.tv_sec = (time_t)(then / 1000000000), .tv_nsec = (long)(then % 1000000000)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0) /* EINTR */
        ;
}

#endif
