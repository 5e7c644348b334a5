/* core/idle.c, and looks into its state for scenarios. */
#include "core/idle.c"

#include "explored.h"

bool model_idle_announced(unsigned worker)
{
	return mni_load(&idle.bits[worker / BITS], relaxed) >> (worker % BITS) & 1;
}

unsigned model_idle_searching(void)
{
	return mni_load(&idle.searching, relaxed);
}

bool model_idle_watched(void)
{
	return mni_load(&idle.watched, relaxed);
}
