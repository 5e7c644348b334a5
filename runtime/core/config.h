/* Settings: what mn_init() was given, else the environment, else the default. */
#ifndef MNI_CONFIG_H
#define MNI_CONFIG_H

#include "mn.h"

/* Room for a path in a setting, its end included. */
#define MNI_PATH_MOST 4096

/*
 * Fills in every field of *out. -EINVAL: a value is not wanted; one line on
 * stderr names the setting, the value and what is wanted.
 */
int mni_config_resolve(const struct mn_config *given, struct mn_config *out);

/* Setting i of a filled-in config as text. -EINVAL: there is none, or no room. */
int mni_config_text(const struct mn_config *c, unsigned i, char *text, size_t bytes);

/* What mni_config_resolve() says of this quantum. */
int mni_config_check_quantum(unsigned us);

#endif
