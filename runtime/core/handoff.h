/*
 * Carriers: the kernel threads that workers are run by, and what happens when
 * one blocks. See handoff.c.
 */
#ifndef MNI_HANDOFF_H
#define MNI_HANDOFF_H

#include "core/internal.h"

#pragma GCC visibility push(hidden)

enum mni_carrier_state {
	MNI_UNUSED,
	MNI_SPARE,   /* waits for a worker to take over */
	MNI_CARRIES, /* is a worker */
	MNI_AWAY,    /* blocks, or did when last seen; its worker has been taken over */
	MNI_CLAIMS,  /* waits to get its worker back */
	MNI_GONE,    /* could not be set up */
};

/* A kernel thread. What belongs to it rather than to the worker, while it is none. */
struct mni_carrier {
	_Atomic uint32_t word;     /* changes when it is to look; what it sleeps on */
	uint32_t state;            /* lock; enum mni_carrier_state */
	struct mni_worker *worker; /* lock: which it is or was; NULL: a spare */
	struct mni_worker *own;    /* start: which it was started for; NULL: none */
	struct mni_carrier *next;  /* lock: link, as a spare or claimant */
	int *error;                /* start: its errno */
	struct mn_plat_exceptions *exceptions; /* start: the same of C++, or NULL */
	mn_plat_probe probe;       /* start */
	mn_plat_kthread kthread;   /* start; not for worker 0's own */
	void *alt_stack;           /* itself: for reports, where the tick has none; or NULL */

	mn_plat_tick tick;    /* start; armed by any kernel thread, while it carries */
	uint64_t tick_at_ns;  /* its tick's handler: when the last one met an unsafe point */
	uint64_t tick_cpu_ns; /* the same by its CPU time */
	uint64_t tick_sleeps; /* how often it had slept by then */
	uint32_t rests;       /* so many since found it asleep */

	/* while it does not carry; lock, then itself */
	struct mn_thread *thread; /* what runs on it, or NULL */
	void *sched_sp;
	struct mni_list pinned; /* preempted threads: they go on nowhere else */
	struct mni_san_context san;
};

#define MNI_SPARE_CARRIERS 64
/* By mni_carrier_of(): those that workers begin with, then the spare ones. */
#define MNI_CARRIERS (MNI_MAX_WORKERS + MNI_SPARE_CARRIERS)

/* The carrier that worker w begins with. */
struct mni_carrier *mni_carrier_of(unsigned worker);

/* Makes the calling kernel thread that carrier; w is set up but for this. */
void mni_carrier_begin(struct mni_worker *w);

/*
 * The calling kernel thread is no worker, or not any more: NULL, or the worker that it
 * was and is again. Blocks the kernel thread until a scheduling point of the
 * worker; so it must not be called with a guard held by a thread that has not called
 * mni_self() since it was last in the program's own code.
 */
struct mni_worker *mni_handoff_back(void);

/*
 * In the scheduler's context of w, which somebody claims: gives it to the first
 * of those. True: it has been given back to the caller. False: the caller is no
 * worker any more, or the runtime stops.
 */
bool mni_handoff_give(struct mni_worker *w);

/* Starts the kernel thread that watches, if MN_BLOCKING_WATCH wants one. 0 or -errno. */
int mni_handoff_start(void);
/* Ends it; no worker is taken over after that. */
void mni_handoff_stop_watch(void);
/* All threads have ended, and stop is set: wakes all carriers, so that they end. */
void mni_handoff_stop(void);
/* Waits for the ends of the spare ones. */
void mni_handoff_join(void);

/* In a forked child: the calling kernel thread is the only one. Its worker, or NULL. */
struct mni_worker *mni_handoff_forget(void);

/* A tick has been armed: there is something to watch. Async-signal-safe. */
void mni_handoff_watch(void);

/* How often since mn_init(): a worker has been taken over; its kernel thread has got it back. */
void mni_handoff_count(uint64_t *takeovers, uint64_t *takebacks);

#pragma GCC visibility pop

#endif
