#ifndef MODEL_SURVEY_H
#define MODEL_SURVEY_H

#include "model.h"

/*
 * Runs the mutation test over these scenarios and prints it. only: mutations with
 * this in their names, or NULL for all. Returns the exit status.
 */
int survey(const struct model_scenario *const *scenario, size_t scenarios,
	   const char *survivors_path, const char *only);

#endif
