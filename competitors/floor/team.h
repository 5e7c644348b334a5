/* Independent parts of a piece of work, shared out over as many kernel threads as workers. */
#ifndef MNB_TEAM_H
#define MNB_TEAM_H

#include <stdint.h>

/*
 * Starts `workers`-1 threads, which spin until there is something to do. Returns 0 or an errno
 * value, with no thread left.
 */
int team_start(unsigned workers);

/* How many kernel threads share the parts: those and the caller. */
unsigned team_size(void);

/* Ends and joins them. */
void team_stop(void);

/*
 * Calls part(arg, i) for every i from 0 to count-1, each once, on the caller's thread and those of
 * the team, and returns when all have returned. One call at a time, from the thread that started
 * the team.
 */
void team_run(uint64_t count, void (*part)(void *arg, uint64_t i), void *arg);

#endif
