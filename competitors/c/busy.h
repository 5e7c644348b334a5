/* The computing that workloads do: a linear congruential generator (Knuth's MMIX). */
#ifndef MNB_BUSY_H
#define MNB_BUSY_H

#include <stdint.h>

static inline uint64_t busy(uint64_t steps, uint64_t x)
{
    for (uint64_t i = 0; i < steps; i++)
        x = x * 6364136223846793005u + 1442695040888963407u;
    return x;
}

#endif
