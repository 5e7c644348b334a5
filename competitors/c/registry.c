#include "registry.h"

#include <string.h>

/* The linker names the ends of every section whose name is a C identifier. */
extern const struct workload *const __start_mnb_workloads[];
extern const struct workload *const __stop_mnb_workloads[];

size_t registry_count(void)
{
    return (size_t)(__stop_mnb_workloads - __start_mnb_workloads);
}

/* The section is in the order of linking and read-only, so the order of ids is worked out. */
const struct workload *registry_at(size_t i)
{
    for (size_t k = 0; k < registry_count(); k++) {
        const struct workload *w = __start_mnb_workloads[k];
        size_t before = 0;
        for (size_t other = 0; other < registry_count(); other++)
            before += strcmp(__start_mnb_workloads[other]->id, w->id) < 0;
        if (before == i)
            return w;
    }
    return NULL;
}

const struct workload *registry_find(const char *id)
{
    for (size_t k = 0; k < registry_count(); k++)
        if (strcmp(__start_mnb_workloads[k]->id, id) == 0)
            return __start_mnb_workloads[k];
    return NULL;
}
