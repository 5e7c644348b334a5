/* The workloads that are linked into this driver. */
#ifndef MNB_REGISTRY_H
#define MNB_REGISTRY_H

#include <stddef.h>

#include "workload.h"

size_t registry_count(void);

/* The workload at place i, in the order of ids. */
const struct workload *registry_at(size_t i);

/* The workload with this id, or NULL. */
const struct workload *registry_find(const char *id);

#endif
