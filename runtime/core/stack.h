/* What core/stack.c and core/stack_own.c share. */
#ifndef MNI_STACK_H
#define MNI_STACK_H

#include "core/internal.h"

#define MNI_COLOURS 8
#define MNI_COLOUR_STEP 256

static inline size_t mni_whole_pages(size_t bytes)
{
	return (bytes + MN_PLAT_PAGE - 1) / MN_PLAT_PAGE * MN_PLAT_PAGE;
}

/* Writes the description of a stack into its top, by its colour somewhat lower. */
struct mni_stack *mni_stack_describe(char *map, size_t bytes, size_t colour, struct mni_area *a);
/* A thread is to run on it. */
void mni_stack_tell_valgrind(struct mni_stack *s);

/* A stack of its own size is no longer needed. */
void mni_stack_own_put(struct mni_stack *s);
void mni_stack_own_free(void);
void mni_stack_own_forget(void);

#endif
