/*
 * What workers do, as it is recorded: the hooks. trace.c has the design.
 *
 * A hook is one load of a word of the worker's own and one branch while nothing is
 * recorded. It is for the worker's own kernel thread, and comes before the switch that it
 * tells of.
 */
#ifndef MNI_TRACE_H
#define MNI_TRACE_H

#include "core/internal.h"
#include "core/trace_ring.h"

/* What happened; the low six bits of an entry's second word. */
enum mni_event {
	MNI_EV_NONE,

	/* The worker goes on with the thread (NULL: the scheduler), as what ran before ... */
	MNI_EV_PARK,       /* has to wait; with its enum mni_waits; NOTHING, MOVE: it can go on */
	MNI_EV_YIELD,      /* lets others go first */
	MNI_EV_EXPIRED,    /* has used up its quantum, and has called the runtime */
	MNI_EV_PREEMPTED,  /* the same, and has not */
	MNI_EV_END,        /* has ended */
	MNI_EV_INLINE,     /* joins it, and runs it in place */
	MNI_EV_INLINE_END, /* ran in place, and has ended */
	MNI_EV_BLOCKED,    /* blocks its kernel thread, and another has taken the worker over */
	MNI_EV_SCHED,      /* was the scheduler */
	MNI_EV_NOW,        /* did so all the time: the recording has begun */

	/* Of the thread: it ... */
	MNI_EV_CREATE,
	MNI_EV_WAKE,    /* can go on: what it waited for has come */
	MNI_EV_IO_DONE, /* the same, and it was input or output */
	MNI_EV_STEAL,   /* is taken from a worker, by number */
	MNI_EV_IO,      /* is about to wait for an fd: 0 to read, 1 to write; MNI_EV_FD follows */
	MNI_EV_NAME,    /* has this name: MNI_EV_TEXT follows */

	MNI_EV_IDLE, /* the worker sleeps */
	MNI_EV_BUSY, /* and sleeps no longer */

	MNI_EV_FD,   /* the rest of its word: an fd */
	MNI_EV_TEXT, /* 15 bytes: the first word, and its own without the lowest byte */

	MNI_EV_YIELDS, /* two MNI_EV_YIELD, without a time: see trace_ring.h */
};

#pragma GCC visibility push(hidden)

void mni_trace_put(struct mni_worker *w, enum mni_event ev, struct mn_thread *t, unsigned arg);
/* With the clock; returns t. */
struct mn_thread *mni_trace_put_yield(struct mni_worker *w, struct mn_thread *t);
void mni_trace_put_fd(struct mni_worker *w, int fd, unsigned dir);
void mni_trace_put_name(struct mni_worker *w, struct mn_thread *t);

/* The same on a kernel thread that is no worker. */
void mni_trace_foreign(enum mni_event ev, struct mn_thread *t);

static inline bool mni_traced(struct mni_worker *w)
{
	return __builtin_expect(mni_load(&w->trace, relaxed) != NULL, 0);
}

static inline void mni_trace(struct mni_worker *w, enum mni_event ev, struct mn_thread *t,
			     unsigned arg)
{
	if (mni_traced(w))
		mni_trace_put(w, ev, t, arg);
}

/* Returns next, so that this needs no place of its own while it is off. */
static inline struct mn_thread *mni_trace_yield(struct mni_worker *w, struct mn_thread *next)
{
	struct mni_trace *r;
	_Atomic uint64_t *at;

	if (!mni_traced(w))
		return next;
	r = mni_load(&w->trace, acquire);
	if (!r || (at = r->at) == r->timed_at || !next)
		return mni_trace_put_yield(w, next);
	mni_store(at, mni_thread_handle(next) + MNI_EV_YIELDS, release);
	r->at = at + 1;
	return next;
}

static inline void mni_trace_park(struct mni_worker *w, struct mn_thread *next)
{
	if (mni_traced(w))
		mni_trace_put(w, MNI_EV_PARK, next,
			      mni_waits_kind(mni_load(&w->current->waits, relaxed)));
}

/* Of the running thread, which ends; as its name goes with it. */
static inline void mni_trace_end(struct mni_worker *w, struct mn_thread *next)
{
	if (mni_traced(w)) {
		mni_trace_put_name(w, w->current);
		mni_trace_put(w, MNI_EV_END, next, 0);
	}
}

/* Of the running thread, which has ended in the frame of its joiner. */
static inline void mni_trace_inline_end(struct mni_worker *w, struct mn_thread *joiner)
{
	if (mni_traced(w)) {
		mni_trace_put_name(w, w->current);
		mni_trace_put(w, MNI_EV_INLINE_END, joiner, 0);
	}
}

/* t has a new name. w may be NULL. */
static inline void mni_trace_name(struct mni_worker *w, struct mn_thread *t)
{
	if (w && mni_traced(w))
		mni_trace_put_name(w, t);
}

/* The running thread is about to wait for fd, -1: for one of several. */
static inline void mni_trace_io(struct mni_worker *w, int fd, unsigned dir)
{
	if (mni_traced(w))
		mni_trace_put_fd(w, fd, dir);
}

/* --- for start and end of the runtime --- */

/* At mn_init(), before there are workers. 0, or -errno with a line on stderr. */
int mni_trace_begin(const struct mn_config *c);
/* A new worker, which does not run yet. False: no memory. */
bool mni_trace_join(struct mni_worker *w);
/* No worker runs any more: writes the file that MN_TRACE names and frees all. */
void mni_trace_finish(void);
/* In a forked child: nothing is recorded. */
void mni_trace_forget(void);

#pragma GCC visibility pop

#endif
