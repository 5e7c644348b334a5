/*
 * Contexts in a circle, each of which does a step and switches to the next: what every workload
 * comes down to whose threads take turns.
 */
#ifndef MNB_CIRCLE_H
#define MNB_CIRCLE_H

#include <stdint.h>

struct circle;

/*
 * `members` contexts that make `steps` steps in all, the first one by member 0. The first step adds
 * 1 to the sum, and each further one `grow` more than the one before. Returns NULL when there is
 * not enough memory.
 */
struct circle *circle_make(uint64_t members, uint64_t steps, uint64_t grow);

/* Makes all steps, on the caller's kernel thread. Once. */
void circle_run(struct circle *circle);

/* NULL is no circle. */
void circle_free(struct circle *circle);

/*
 * Makes `count` circles alike, but for the last one, which makes `last` steps. Returns NULL when
 * there is not enough memory.
 */
struct circle **circles_make(uint64_t count, uint64_t members, uint64_t steps, uint64_t last,
			     uint64_t grow);

/* Runs number i of such circles: a part for team_run. */
void circles_part(void *circles, uint64_t i);

/* Frees them and returns the sum of their sums. */
uint64_t circles_free(struct circle **circles, uint64_t count);

#endif
