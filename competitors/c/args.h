/* The driver's command line, as PROTOCOL.md defines it. */
#ifndef MNB_ARGS_H
#define MNB_ARGS_H

#include <stdint.h>

#include "workload.h"

enum verb { VERB_DESCRIBE, VERB_RUN };

struct args {
    enum verb verb;
    const struct workload *workload;
    unsigned workers;
    uint64_t warmup;
    uint64_t iterations;
    uint64_t seed;
    int serial;
    uint64_t values[WORKLOAD_MAX_PARAMS]; /* in the order of workload->params */
};

/* Returns 0, or -1 after saying on stderr what is wrong with the command line. */
int args_parse(struct args *args, int argc, char **argv);

#endif
