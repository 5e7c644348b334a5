/*
 * What differs between the runtimes that the C texts are compiled for. Each C competitor brings
 * one file that implements this; the rest of the frame is the same.
 *
 * The frame may itself run on the runtime's threads: everything here is called from main's thread.
 */
#ifndef MNB_BACKEND_H
#define MNB_BACKEND_H

#include <stddef.h>
#include <stdint.h>

extern const char *const backend_runtime; /* "pthreads" */

/* "1:1", "N:1", "M:N" or "async"; may depend on the environment that a variant sets. */
const char *backend_model(void);

/* Why the runtime cannot have that many workers, as a sentence; NULL: it can. */
const char *backend_declines(unsigned workers);

/* The version of the runtime, for people; never NULL. */
const char *backend_version(void);

/*
 * Makes the runtime ready to execute threads on exactly `workers` kernel threads, before anything
 * else happens on it. Returns 0 or an errno value. Not called in serial mode.
 */
int backend_start(unsigned workers);

/* Adds what was really applied to the config line, by line_number() and line_string() of emit.h. */
void backend_config(void);

struct counter {
    const char *name;
    uint64_t value; /* total since the start; the frame reports differences */
};

/*
 * Fills in up to `room` counters, always the same ones in the same order, and returns how many.
 * Called right before and right after each timed stretch, outside of it.
 */
#define BACKEND_MAX_COUNTERS 32
size_t backend_counters(struct counter *into, size_t room);

/* Ends the runtime after the last iteration, with every thread joined. Not called in serial mode. */
void backend_stop(void);

#endif
