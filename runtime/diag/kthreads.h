/* The process's kernel threads and signals, as far as the runtime has made them. */
#ifndef MNI_KTHREADS_H
#define MNI_KTHREADS_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* Kernel threads that the runtime has started and that have not ended (platform/linux/kthread.c). */
unsigned mni_kthreads(void);
/* In a forked child: there are none. */
void mni_kthreads_forget(void);

/* Whether the signal's handler is the runtime's (monitor.c). */
bool diag_is_our_signal(int sig);

#pragma GCC visibility pop

#endif
