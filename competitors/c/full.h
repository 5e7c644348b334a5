/* Reading and writing whole messages. read() and write() may do a part of what they are asked for. */
#ifndef MNB_FULL_H
#define MNB_FULL_H

#include <stddef.h>

/*
 * Blocks until all n bytes were read. Returns 1, or 0 at the end of the stream, which must not come
 * within a message. When the call fails, the process ends with status 1.
 */
int read_full(int fd, void *buffer, size_t n);

/* Blocks until all n bytes were written. When the call fails, the process ends with status 1. */
void write_full(int fd, const void *buffer, size_t n);

#endif
