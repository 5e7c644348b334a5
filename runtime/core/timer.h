/*
 * Timers: what ends a wait when its time has come. See timer.c.
 */
#ifndef MNI_TIMER_H
#define MNI_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/atomic.h"
#include "core/spin.h"
#include "mn.h"

struct mni_worker;

#define MNI_NEVER UINT64_MAX

/* When: a time of one of mn.h's clocks. A pointer to none, NULL, is never. */
struct mni_until {
	enum mn_clock clock;
	uint64_t ns;
};

enum mni_timer_state {
	MNI_TIMER_OFF,    /* never armed, or stopped */
	MNI_TIMER_ARMED,  /* in home's heap */
	MNI_TIMER_FIRING, /* taken out by the worker that fires it */
	MNI_TIMER_DONE,   /* fired for nothing: somebody else had ended the wait */
};

/* Lies on the stack of the thread that waits. */
struct mni_timer {
	struct mni_until until;           /* as given */
	uint64_t deadline_ns;             /* the same on the monotonic clock */
	struct mni_worker *home;          /* in whose heap */
	_Atomic uint32_t state;           /* written under the heap's lock, but for DONE */
	uint32_t index;                   /* lock: place in the heap */
	struct mni_timer *next, **before; /* lock: link, when the heap had no memory to grow */

	/*
	 * Ends the wait. True: it did, and the timer may be gone. Called without
	 * locks, never by a thread that is about to park.
	 */
	bool (*fire)(struct mni_timer *);
};

struct mni_timer_slot;

struct mni_timers {
	_Alignas(64) mni_spinlock lock;
	_Atomic uint64_t next_ns;    /* written under the lock: the first deadline, or MNI_NEVER */
	struct mni_timer_slot *heap; /* lock, as all below */
	uint32_t count;
	uint32_t room;
	struct mni_timer *others; /* those for which there was no room */
	uint64_t keeps_ns;        /* worker: until when it keeps time for all, or MNI_NEVER */
	bool unkept;              /* worker: it armed a timer that perhaps nobody keeps */
};

void mni_timers_reset(void);
void mni_timers_init(struct mni_worker *w);
void mni_timers_fini(struct mni_worker *w);
void mni_timers_forget(struct mni_worker *w);

/* Sets when and what; false: that time has passed. Not armed yet. */
bool mni_timer_set(struct mni_timer *t, const struct mni_until *until,
		   bool (*fire)(struct mni_timer *));

/* Arms it on the caller's worker. mni_timers_keep_up() is to follow, without locks. */
void mni_timer_arm(struct mni_timer *t, struct mni_worker *w);

/* When it returns, the timer is not in a heap and nobody is firing it. */
void mni_timer_stop(struct mni_timer *t);

/* After arming, in the next context: sees to it that somebody keeps the time. */
void mni_timers_keep_up(struct mni_worker *w);

/* Every so many decisions: sets w->timers_due when the first deadline has passed. */
void mni_timers_look(struct mni_worker *w);

/*
 * At w's tick: whether it has a timer that nobody else looks after. When one is
 * due, w->timers_due is set.
 */
bool mni_timers_tick(struct mni_worker *w);

/* In the scheduler's context: fires what is due in the worker's own heap. */
void mni_timers_run(struct mni_worker *w);

/* In the scheduler's context, before a thread is run: mni_timers_keep_up() if still to be done. */
void mni_timers_before_run(struct mni_worker *w);

/* --- for idle.c --- */

/*
 * For an idle worker before it sleeps, its idle bit set: after how many
 * nanoseconds at most it has to come back; MN_PLAT_FOREVER: others keep the
 * time or there is none to keep; 0: something is due.
 */
uint64_t mni_timers_keep(struct mni_worker *w);

/* The worker is idle no longer: fires what is due, and lets another keep the time. */
void mni_timers_leave(struct mni_worker *w);

#endif
