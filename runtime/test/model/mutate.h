/* Mutations: every order in the explored sources weakened by one step, one at a time. */
#ifndef MODEL_MUTATE_H
#define MODEL_MUTATE_H

#include "machine.h"

struct mutation {
	char name[200];        /* the same as long as the source says the same; in survivors.txt */
	struct model_site *at; /* the first of the sites that stand at this place */
	bool of_failure;       /* it is the order of a failing compare-and-swap */
	enum model_order to;
};

/* All mutations, by file and line. Returns how many; they are freed never. */
size_t mutations_list(struct mutation **out);

/* Makes one, in this process. */
void mutation_apply(const struct mutation *m);

/* Whether some scenario that has just run came by there. */
bool mutation_reached(const struct mutation *m);

/* Before a scenario: nothing is reached. */
void sites_reset(void);

#endif
