/* The memory of this process, as the kernel counts it. */
#ifndef MNB_MEMORY_H
#define MNB_MEMORY_H

#include <stdint.h>

/* Bytes in RAM now (proc(5), statm, second field), or 0 where that cannot be read. */
uint64_t memory_resident(void);

#endif
