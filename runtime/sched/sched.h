/*
 * The policy contract: where runnable threads wait, and who takes which.
 *
 * A policy holds every thread that is runnable and not running. All
 * operations but search() and has_work() are for the worker's own kernel
 * thread and are short; none blocks.
 */
#ifndef MNI_SCHED_H
#define MNI_SCHED_H

#include <stdbool.h>
#include <stdint.h>

struct mn_thread;
struct mni_worker;

/* Why a thread is runnable. */
enum mni_reason {
	MNI_NEW,     /* just created */
	MNI_WOKEN,   /* what it waited for has come */
	MNI_YIELDED, /* it let others go first */
};

struct mni_policy {
	const char *name;

	/* Sets up a worker's queues. False: no memory. */
	bool (*init)(struct mni_worker *w);
	void (*fini)(struct mni_worker *w);

	/* Takes t over and wakes a worker for it when that is called for. */
	void (*submit)(struct mni_worker *w, struct mn_thread *t, enum mni_reason why);

	/* The next thread for this worker out of its own queues, or NULL. */
	struct mn_thread *(*next)(struct mni_worker *w);

	/* The same for a thread that yields: the oldest first, or NULL. */
	struct mn_thread *(*next_oldest)(struct mni_worker *w);

	/* Whether some thread waits for w in w's own queues. Called from its tick. */
	bool (*waiting)(struct mni_worker *w);

	/* Takes exactly t if that costs little: true, and the caller holds it. */
	bool (*claim)(struct mni_worker *w, struct mn_thread *t);

	/* Looks everywhere; may spin for some microseconds. NULL: nothing found. */
	struct mn_thread *(*search)(struct mni_worker *w);

	/*
	 * Whether there is work for w that must not wait: all but the lone guests
	 * of others. Looks at every source; called between announcing sleep and
	 * sleeping.
	 */
	bool (*has_work)(struct mni_worker *w);

	/*
	 * Whether victim has a lone guest: a thread that it will most likely run
	 * itself in a moment, so that no worker need be woken for it. *stamp then
	 * changes with the guest. NULL: the policy knows no lone guests.
	 */
	bool (*guest)(struct mni_worker *victim, uint32_t *stamp);
};

/* The policy of this name, or NULL. */
const struct mni_policy *mni_policy_find(const char *name);

/* The names, the default's first: entry i, or NULL past the last. */
const char *mni_policy_name(unsigned i);

extern const struct mni_policy mni_policy_steal;

#endif
