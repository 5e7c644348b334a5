/* The policy table. A policy is one file and one line here; the first is the default. */
#include "sched/sched.h"

#include <stddef.h>

#include "mn.h"

static const struct mni_policy *const policies[] = {
	&mni_policy_steal,
	&mni_policy_global,
	&mni_policy_local,
	&mni_policy_uts,
};

#define POLICIES (sizeof policies / sizeof policies[0])

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct mni_policy *mni_policy_find(const char *name)
{
	for (size_t i = 0; i < POLICIES; i++)
		if (same(policies[i]->name, name))
			return policies[i];
	return NULL;
}

const char *mni_policy_name(unsigned i)
{
	return i < POLICIES ? policies[i]->name : NULL;
}

const char *mn_policy_name(unsigned i)
{
	return mni_policy_name(i);
}
