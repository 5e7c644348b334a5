/*
 * Numbers below 256 have a bucket each. Above, each power of two has 128 of them, so that none is
 * wider than 1% of its numbers, which is what the protocol asks for.
 */
#include "histogram.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "workload.h"

#define EXACT 256
#define PARTS 128
#define BUCKETS (EXACT + 56 * PARTS)
#define MOST 4

static struct histogram {
    const char *name;
    const char *unit;
    uint64_t counts[BUCKETS];
} histograms[MOST];
static int counting;

static unsigned bucket_of(uint64_t value)
{
    if (value < EXACT)
        return (unsigned)value;
    unsigned log = 63 - (unsigned)__builtin_clzll(value); /* 8..63 */
    return EXACT + (log - 8) * PARTS + (unsigned)(value >> (log - 7)) - PARTS;
}

/* The largest number in it. */
static uint64_t bound_of(unsigned bucket)
{
    if (bucket < EXACT)
        return bucket;
    unsigned log = 8 + (bucket - EXACT) / PARTS;
    uint64_t part = PARTS + (bucket - EXACT) % PARTS;
    return ((part + 1) << (log - 7)) - 1; /* of the last one: 2^64-1, by wrapping */
}

void histograms_count(int on)
{
    counting = on;
}

void observed(const char *name, const char *unit, uint64_t value)
{
    struct histogram *h = histograms;

    if (!counting)
        return;
    while (h->name && strcmp(h->name, name) != 0)
        if (++h == histograms + MOST) {
            complain("more than %d distributions: %s", MOST, name);
            abort();
        }
    h->name = name;
    h->unit = unit;
    h->counts[bucket_of(value)]++;
}

void histograms_write(void)
{
    for (const struct histogram *h = histograms; h < histograms + MOST && h->name; h++) {
        line_begin("histogram");
        line_string("name", h->name);
        line_string("unit", h->unit);
        pairs_begin("buckets");
        for (unsigned i = 0; i < BUCKETS; i++)
            if (h->counts[i])
                pair(bound_of(i), h->counts[i]);
        pairs_end();
        line_end();
    }
}
