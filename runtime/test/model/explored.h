/* What scenarios see of the state that shipped sources keep to themselves. */
#ifndef MODEL_EXPLORED_H
#define MODEL_EXPLORED_H

#include <stdbool.h>

bool model_idle_announced(unsigned worker);
unsigned model_idle_searching(void);

#endif
