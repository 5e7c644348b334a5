/*
 * The policy contract: where runnable threads wait, and who takes which.
 *
 * A policy holds every thread that is runnable and not running, but for
 * threads that must run on one worker (mailbox, worker.pinned) and for what it
 * cannot take over (mni_inject()).
 *
 * submit, next, next_oldest and claim are for the worker's own kernel thread;
 * waiting is called from its tick, in the middle of any of them. search,
 * has_work and guest look at other workers too. All are short; none blocks but
 * for a spinlock, and waiting takes not even that.
 */
#ifndef MNI_SCHED_H
#define MNI_SCHED_H

#include <stdbool.h>
#include <stdint.h>

struct mn_config;
struct mn_thread;
struct mni_worker;

/* Why a thread is runnable. */
enum mni_reason {
	MNI_NEW,       /* just created */
	MNI_CREATOR,   /* it created a thread that runs first */
	MNI_WOKEN,     /* what it waited for has come */
	MNI_YIELDED,   /* it let others go first */
	MNI_EXPIRED,   /* it used up its quantum, and stopped at a call of the runtime */
	MNI_PREEMPTED, /* the same in the midst of its own code: it must go on on w,
	                  until it next stops by itself (preempt.h) */
};

/* What a joiner's claim came to. */
enum mni_claim {
	MNI_NOT_CLAIMED,
	MNI_CLAIMED,      /* the caller holds t, and nobody else can join it */
	MNI_CLAIM_REFUSED /* the caller holds t, and somebody else joins it */
};

struct mni_policy {
	const char *name;

	/* --- what the core has to know --- */

	/* submit() may be called with w NULL, from a kernel thread that is no worker. */
	bool from_anywhere;
	/* A worker may take threads that others have queued. */
	bool shares;
	/* thread.home says where a thread runs or has blocked, and it is woken there. */
	bool stays;
	/* submit() takes MNI_PREEMPTED. Otherwise worker.pinned keeps such threads. */
	bool holds_preempted;
	/* Workers beyond the first start when the policy calls mni_worker_start(). */
	bool lazy;

	/* Reads its settings, before init(); answers with the table to use. May be NULL. */
	const struct mni_policy *(*configure)(const struct mn_config *c);

	/* --- operations --- */

	/* Sets up a worker's queues; worker 0 comes first. False: no memory. */
	bool (*init)(struct mni_worker *w);
	void (*fini)(struct mni_worker *w);

	/*
	 * Takes t over and wakes a worker for it when that is called for. The core
	 * arms w's tick; those of other workers are the policy's to arm.
	 */
	void (*submit)(struct mni_worker *w, struct mn_thread *t, enum mni_reason why);

	/* t, new or main, runs on w and has not been submitted. May be NULL. */
	void (*adopt)(struct mni_worker *w, struct mn_thread *t);

	/* t, which runs on w, stops until a time: nothing else wakes it. May be NULL. */
	void (*stall)(struct mni_worker *w, struct mn_thread *t);

	/*
	 * Where holds_preempted: takes out one of w's preempted threads, or NULL; and
	 * puts it back as if it had never been out. Called by whoever changes w's kernel
	 * thread, while w does not run (handoff.c).
	 */
	struct mn_thread *(*let_go)(struct mni_worker *w);
	void (*hold)(struct mni_worker *w, struct mn_thread *t);

	/* The next thread for this worker out of its own queues, or NULL. */
	struct mn_thread *(*next)(struct mni_worker *w);

	/* The same for a thread that yields: the oldest first, or NULL. */
	struct mn_thread *(*next_oldest)(struct mni_worker *w);

	/* Whether some thread waits that w could run now. */
	bool (*waiting)(struct mni_worker *w);

	/*
	 * Takes exactly t if it is queued here and that costs little: true, and
	 * the caller holds it. t may be a thread of another time or place.
	 */
	bool (*claim)(struct mni_worker *w, struct mn_thread *t);

	/*
	 * The same for the joiner of t, and takes t for it (mni_take()), a full
	 * fence that the policy may have a use for. NULL: claim() will do.
	 */
	enum mni_claim (*claim_to_join)(struct mni_worker *w, struct mn_thread *t);

	/*
	 * Looks everywhere; may spin for some microseconds. NULL: nothing found.
	 * The operation may be NULL too.
	 */
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
extern const struct mni_policy mni_policy_global;
extern const struct mni_policy mni_policy_local;
extern const struct mni_policy mni_policy_uts;

#endif
