/*
 * The contract between a workload's C text and the driver frame.
 *
 * A workload is one file that uses POSIX threads as anybody would, includes this header, and
 * ends with WORKLOAD(name) = { ... }. It knows nothing of the runtime that it is compiled for,
 * prints nothing, and takes no times but those that it is about (clock.h): the frame calls, for every iteration,
 *
 *     setup                allocates and fills everything           not timed
 *     acquire              gets sockets and the like; not if serial not timed
 *     run  (or serial)     does the work, creates all threads       timed
 *     finish               works out the answer, frees everything   not timed
 *
 * All arithmetic that ends in an answer is on uint64_t and wraps.
 */
#ifndef MNB_WORKLOAD_H
#define MNB_WORKLOAD_H

#include <stdint.h>

#define WORKLOAD_MAX_PARAMS 8

struct args; /* the cell as asked for; see param() */

/* What an iteration has to report. */
struct result {
    uint64_t units;    /* units of work done */
    uint64_t answer;   /* what the engine checks */
    uint64_t resident; /* memory (memory.h) at the moment that counts; 0: the frame reads it at the end */
    const char *call;  /* the call that could not go on, or NULL; see stopped() */
    int error;         /* its errno value */
    uint64_t reached;  /* how many there were by then */
};

struct param_spec {
    const char *name;
    uint64_t min; /* smaller values are refused before setup */
    int optional; /* 0 when it is not given; all others must be */
};

struct workload {
    const char *id;
    struct param_spec params[WORKLOAD_MAX_PARAMS]; /* a NULL name ends the list */

    /* Returns the state that the other functions get, or NULL when there is not enough memory. */
    void *(*setup)(const struct args *args);
    /*
     * Gets from the system what it has little of, such as sockets; NULL: the work needs none. Not
     * called in serial mode. After stopped() run is not called; finish is, and gives all back.
     */
    void (*acquire)(void *state, struct result *result);
    /* With threads. After stopped() it must still join every thread that it has created. */
    void (*run)(void *state, struct result *result);
    /* As plain sequential code with the same answer and units. NULL: there is none. */
    void (*serial)(void *state);
    /* Fills in units and answer, and frees the state. Called after stopped() too. */
    void (*finish)(void *state, struct result *result);
};

/* The value of a parameter that the workload declares. */
uint64_t param(const struct args *args, const char *name);

/* For what a workload chooses at random. It must change neither answer nor units. */
uint64_t seed(const struct args *args);

/*
 * Says that the work could not go on: `call` failed with `error` (an errno value) when `reached`
 * of what it makes had been made. EAGAIN, ENOMEM, and EMFILE and ENFILE (too many open files) are
 * reported as a limit of the system, which is a result; everything else as a failure.
 */
void stopped(struct result *result, const char *call, int error, uint64_t reached);

/*
 * From finish: one more event of the distribution of this name, in this unit ("ns"). What timed
 * iterations observe is printed as histograms. Both texts must live as long as the process.
 */
void observed(const char *name, const char *unit, uint64_t value);

/*
 * For calls that can only fail when something is broken: MUST(pthread_join(thread, NULL)).
 * The process ends with status 1. (Locking, waiting and signalling are not wrapped: on default
 * mutexes and condition variables POSIX gives them no error to return.)
 */
#define MUST(call) must((call), #call)

void must_fail(int error, const char *call) __attribute__((noreturn, cold));

static inline void must(int error, const char *call)
{
    if (error)
        must_fail(error, call);
}

/*
 * Registers the workload by a pointer in a section of its own, so that adding one takes no list.
 * The objects must be linked directly: from an archive the linker would not take them.
 */
#define WORKLOAD(name)                                                                            \
    static const struct workload workload_##name;                                                 \
    static const struct workload *const workload_##name##_entry                                   \
        __attribute__((used, section("mnb_workloads"))) = &workload_##name;                       \
    static const struct workload workload_##name

#endif
