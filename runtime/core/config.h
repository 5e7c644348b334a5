/* Settings: what mn_init() was given, else the environment, else the default. */
#ifndef MNI_CONFIG_H
#define MNI_CONFIG_H

#include "mn.h"

/*
 * Fills in every field of *out. -EINVAL: a value is out of range; one line on
 * stderr names the setting, the value and the range.
 */
int mni_config_resolve(const struct mn_config *given, struct mn_config *out);

#endif
