/*
 * What the files of the runtime share. Who guards a field stands beside it:
 *
 *   self     only the thread itself, while it runs
 *   holder   whoever holds the thread: the queue it is in, then the worker
 *            that took it out, then the context that switches to it
 *   worker   only the kernel thread that is this worker
 *   start    written before the other workers exist, read-only afterwards
 */
#ifndef MNI_INTERNAL_H
#define MNI_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the files share stays within the library: calls go straight, and not
 * through the table that -fno-plt uses for those that leave it.
 */
#pragma GCC visibility push(hidden)

#include "arch.h"
#include "core/atomic.h"
#include "core/poller.h"
#include "core/spin.h"
#include "core/timer.h"
#include "mn.h"
#include "platform/platform.h"
#include "sched/deque.h"
#include "sched/sched.h"

/* The freestanding core's error numbers; platform/linux checks them against errno.h. */
enum {
	MNI_EPERM = 1,
	MNI_ESRCH = 3,
	MNI_EAGAIN = 11,
	MNI_ENOMEM = 12,
	MNI_EBUSY = 16,
	MNI_EINVAL = 22,
	MNI_EPIPE = 32,
	MNI_ERANGE = 34,
	MNI_EDEADLK = 35,
	MNI_EOVERFLOW = 75,
	MNI_ETIMEDOUT = 110,
	MNI_ECANCELED = 125,
};

/* --- threads (thread.c) --- */

struct mni_area;
struct mni_carrier;
struct mni_key_block;
struct mni_stack;
struct mni_trace;
struct mni_wait;
struct mni_worker;

/* mn_thread.join: what stands between a thread and its joiner. Else: the joiner's mni_wait. */
#define MNI_JOIN_NONE ((uintptr_t)0)     /* runs, nobody waits */
#define MNI_JOIN_DETACHED ((uintptr_t)1) /* nobody will wait */
#define MNI_JOIN_ENDED ((uintptr_t)2)    /* has ended, result is there */
#define MNI_JOIN_TAKEN ((uintptr_t)3)    /* somebody is joining it right now */

#if defined(MNI_SAN_STRICT)
#define MNI_KEYS_CLOSE 0 /* nothing orders those who have a stack one after the other */
#else
#define MNI_KEYS_CLOSE 3
#endif

struct mni_key_value {
	void *value;
	uint32_t seq; /* of the key when it was set */
};

struct mn_thread {
	_Alignas(64) void *sp;       /* holder: the saved context; NULL: not started */
	struct mn_thread *next;      /* holder: the link of whatever list it is in */
	void *(*fn)(void *);         /* holder until started */
	void *arg;                   /* holder until started; then the result */
	_Atomic uintptr_t join;      /* MNI_JOIN_* or the joiner's wait */
	struct mni_stack *stack;     /* holder; NULL: none yet; the joiner's when run inline */
	union {
		struct mn_arch_fpenv fpenv; /* holder until started: inherited control words */
		void *unwind; /* self from then on: where exit goes when run inline, or NULL */
	};
	_Atomic uint16_t generation; /* changes when the thread is gone: old handles find out */
	bool main;                   /* start: the thread that called mn_init() */
	uint32_t preempt_off;        /* self: nesting of mn_preempt_disable() */
	int error;                   /* self: errno while switched out */
	_Atomic uint32_t cancel;     /* MNI_CANCEL_*, see sync/wait.h */
	_Atomic(struct mni_wait *) wait; /* open to cancellation; see sync/wait.h */
	struct mn_cleanup *cleanup;  /* self: handlers, the newest first */
	bool cancel_off;             /* self: cancellation is disabled, or has begun */
	_Atomic bool cancel_async;   /* written by self: it may be cancelled anywhere */
	bool has_values;             /* self: of keys; see sync/key.c */
	uint8_t slot;                /* start: which of its slab */
	_Atomic uint32_t stamp;      /* self: mni_rt.clock_ms when it last began to wait, or was created */
	char name[16];               /* who sets it; for people */
	_Atomic uint64_t waits;      /* what it waits for: enum mni_waits */
	struct mn_thread *creator;   /* start of thread: who made way for it, or NULL; may be gone */

	/* for the policy (sched.h); holder, unless it says otherwise */
	struct mni_worker *last; /* where it ran last, or NULL; mni_runs_on() */
	struct mni_worker *home; /* where it runs or has blocked and must be woken, or NULL */
	struct mn_thread *prev;  /* the other link of a list that it can leave anywhere */
	_Atomic(void *) queue;   /* that list, or NULL; written under the list's lock */
	uint64_t since;          /* when it became runnable, in the policy's own measure */
	int32_t level;           /* its priority */
	uint32_t read_locks;     /* self: how many it holds for reading */

	struct mni_key_block *more_values; /* self: of keys; see sync/key.c */
	size_t stack_size;                 /* start of thread: what it may count on, in bytes */
#if defined(MNI_SAN_STRICT)
	uint64_t san_made, san_woken, san_ended; /* see sanitize.h */
	_Atomic bool san_busy;
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(MNI_SAN_STRICT)
	void *san;                   /* holder; see sanitize.h */
};
#else
};

_Static_assert(sizeof(struct mn_thread) <= 192, "an unstarted thread is promised to be this small");
#endif

/*
 * A thread's life, called by its context's first frame. Returns, if it does, the
 * context that this frame goes on with by jumping to mni_go_on().
 */
void *mni_thread_main(void);
_Noreturn void mni_go_on(void *sp);

/*
 * What a thread waits for, in mn_thread.waits: a kind, whether it gives up at some
 * time, and the object's address, or a number. Written by the thread before it can be
 * found as a waiter; cleared by whoever ends the wait. Only reports (diag/) and traces
 * read it. MNI_WAITS_INLINE alone is not cleared: it holds while the thread that
 * it names runs on this one's stack.
 */
enum mni_waits {
	MNI_WAITS_NOTHING,
	MNI_WAITS_MUTEX,
	MNI_WAITS_COND,
	MNI_WAITS_SEM,
	MNI_WAITS_READ_LOCK,
	MNI_WAITS_WRITE_LOCK,
	MNI_WAITS_BARRIER,
	MNI_WAITS_WAITGROUP,
	MNI_WAITS_ONCE,
	MNI_WAITS_SEND,
	MNI_WAITS_RECV,
	MNI_WAITS_SELECT,
	MNI_WAITS_JOIN,
	MNI_WAITS_INLINE, /* a join whose thread runs on the joiner's stack */
	MNI_WAITS_OTHERS, /* the end of all other threads */
	MNI_WAITS_SLEEP,
	MNI_WAITS_FD_IN,  /* object: the fd, as all below */
	MNI_WAITS_FD_OUT,
	MNI_WAITS_POLL,   /* object: the array */
	MNI_WAITS_CALL,   /* a call on a spare kernel thread; object: its function */
	MNI_WAITS_MOVE,   /* the worker on which it has to go on; no object */
	MNI_WAITS_KINDS
};

#define MNI_WAITS_TIMED ((uint64_t)1 << 55)
#define MNI_WAITS_OBJECT (MNI_WAITS_TIMED - 1)

static inline uint64_t mni_waits(enum mni_waits kind, const void *object)
{
	return (uint64_t)kind << 56 | (uintptr_t)object; /* a program's addresses are lower */
}

static inline enum mni_waits mni_waits_kind(uint64_t waits)
{
	return (enum mni_waits)(waits >> 56);
}

/* --- stacks (stack.c) --- */

/* Lies at the top of the stack that it describes. */
struct mni_stack {
	char *lo;               /* first usable byte, above the guard */
	char *map;              /* start of the mapping, guard included */
	size_t bytes;           /* of the mapping */
	struct mni_stack *next; /* holder: free list */
	struct mni_area *area;  /* that it was carved out of; pooled ones */
	bool pooled;            /* of the default class: goes back to the pool */
	bool given;             /* the program's memory */
	struct mni_key_value values[MNI_KEYS_CLOSE]; /* self: whose stack it is; see sync/key.c */
	uintptr_t valgrind;     /* its name for it */
#if defined(__SANITIZE_THREAD__) || defined(MNI_SAN_STRICT) /* the tree's files agree on the size */
	void *san;              /* see sanitize.h */
	unsigned san_uses;
#endif
};

/* The usable end: where the first frame goes. */
static inline void *mni_stack_top(struct mni_stack *s)
{
	return s;
}

#define MNI_MAGAZINE 64 /* free stacks a worker keeps; half of them move at a time */
#define MNI_CARVE 32    /* fresh ones that it guards at a time, at most */

bool mni_stack_pool_init(size_t promise);
void mni_stack_pool_free(void);
void mni_stack_pool_forget(void);
/* Sees to it that `more` further stacks can be had; false: no memory. */
bool mni_stack_reserve(size_t more);
/* So many of those are no longer needed. */
void mni_stack_unreserve(size_t less);
/*
 * A stack of the default class; one has been reserved, so it does not fail. Waits
 * while the kernel has no memory for its guard.
 */
struct mni_stack *mni_stack_get(struct mni_worker *w);
void mni_stack_put(struct mni_worker *w, struct mni_stack *s);
/* A stack of another size or with another guard, or NULL. */
struct mni_stack *mni_stack_make(size_t promise, size_t guard);
/* Describes one that the program has given: in its memory, which it keeps. */
struct mni_stack *mni_stack_given(char *lo, size_t bytes);

/* --- thread descriptors (pool.c) --- */

struct mn_thread *mni_thread_alloc(struct mni_worker *w);
void mni_thread_free(struct mni_worker *w, struct mn_thread *t);
void mni_thread_pool_free(void);
void mni_thread_pool_forget(void);
/*
 * Calls visit() for each descriptor in use until it says false. Takes no lock, so it
 * may be called wherever the process has come to; threads come and go meanwhile,
 * but the memory of their descriptors stays.
 */
void mni_thread_walk(bool (*visit)(struct mn_thread *t, void *arg), void *arg);
/* Whether this is the address of a descriptor. */
bool mni_thread_is(uintptr_t p);
/* The descriptor behind a handle, or NULL when the handle is old. */
struct mn_thread *mni_thread_lookup(mn_thread_t handle);

static inline mn_thread_t mni_thread_handle(struct mn_thread *t)
{
	return (uint64_t)mni_load(&t->generation, relaxed) << 48 | (uintptr_t)t;
}

/* --- workers (worker.c) --- */

/* What the next context does for the one that was left (see worker.c). */
struct mni_after {
	void (*fn)(struct mni_worker *w, void *arg);
	void *arg;
};

struct mni_parker {
	_Alignas(64) _Atomic uint32_t token; /* see idle.c */
};

struct mni_list {
	struct mn_thread *head;
	struct mn_thread *tail;
};

static inline void mni_list_append(struct mni_list *l, struct mn_thread *t)
{
	t->next = NULL;
	if (l->tail)
		l->tail->next = t;
	else
		l->head = t;
	l->tail = t;
}

/* The first, or NULL. */
static inline struct mn_thread *mni_list_take(struct mni_list *l)
{
	struct mn_thread *t = l->head;

	if (t) {
		l->head = t->next;
		if (!l->head)
			l->tail = NULL;
	}
	return t;
}

struct mni_counters {
	_Atomic uint64_t spawns, ends, inline_runs, switches, steal_attempts, steal_hits,
		steal_aborts, parks, wakes, stacks, preempt_done, preempt_deferred, expiries,
		home_wakes, migrations, affine_picks, promotions, demotions, timed_waits,
		io_waits, io_wakes, blocking_calls, blocking_returns, thread_parks, thread_wakes;
};

/* Of a scheduler's context, see sanitize.h. */
struct mni_san_context {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(MNI_SAN_STRICT)
	void *context;
	void *dead;
	struct mn_thread *left;
	char *lo;
	size_t size;
#endif
};

struct mni_worker {
	struct mn_thread *current; /* worker: what runs; NULL in the scheduler */
	struct mni_after after;    /* worker */
	void *sched_sp;            /* worker: the scheduler's saved context */
	struct mn_thread *fresh;   /* worker: whom the scheduler is to start next, or NULL */
	int *error;                /* worker: its kernel thread's errno */
	struct mn_plat_exceptions *exceptions; /* worker: the same of C++, or NULL */
	_Atomic(struct mni_trace *) trace; /* written by anybody: where it records; NULL: nowhere */
	uint32_t tick;             /* worker: scheduling decisions */
	uint32_t streak;           /* worker: run-next hits in a row */
	uint32_t guest_skip;       /* worker: wake-ups for lone guests still to be left out */
	int64_t steal_cost_ns;     /* worker: what a steal took lately */
	uint64_t stole_at_ns;      /* worker: when it last stole */
	bool searching;            /* worker: counted in mni_idle.searching */
	uint64_t rng;              /* worker */

	/* preempt/; worker, and its own tick's handler */
	_Atomic bool tick_armed; /* any kernel thread */
	volatile bool preempt_pending; /* a tick met an unsafe point */
	uint32_t preempt_retries;
	uint32_t quiet_ticks;
	struct mni_list pinned; /* worker: preempted threads, oldest first */

	struct mn_thread *free_threads; /* worker */
	uint32_t free_thread_count;     /* worker */
	uint32_t free_stack_count;      /* worker */
	struct mni_stack *free_stacks;  /* worker */
	struct mni_area *carved;        /* worker: whose stacks it has claimed, fresh, in a row */
	char *carve_at;                 /* worker: the next of them */
	uint32_t carve_left;            /* worker: how many; the first ones have their guards */
	uint32_t carve_guarded;         /* worker: so many */
	uint32_t carve_next;            /* start 1; worker: how many it will claim the next time */
	uint32_t colour;                /* worker: of the next stack that it makes */

	struct mni_counters count; /* written by worker, read by anybody */

	/* what the policy keeps per worker; steal.c */
	_Alignas(64) _Atomic(struct mn_thread *) slot; /* run next; anybody, by exchange */
	uint32_t victim;                               /* worker: whom it last stole from */
	_Atomic uint32_t guest_stamp;                  /* written by worker: tells a new lone guest */
	_Atomic uint32_t guest_backoff;                /* see steal.c; heuristic, anybody */
	int64_t slot_age;                              /* worker: the deque's bottom when the slot was filled */
	struct mni_deque deque;

	/* threads that must run here; any worker, under the lock */
	_Alignas(64) mni_spinlock mail_lock;
	_Atomic bool mail;
	_Atomic bool timers_due; /* set by worker, its tick and claimants: to the scheduler's context */
	_Atomic bool claimed;    /* there are claims; written under the lock of handoff.c, as all of these */
	struct mni_carrier *claims;            /* kernel threads that want to be this worker, in turn */
	_Atomic(struct mni_carrier *) carrier; /* the one that is */
	struct mni_list mailbox;

	struct mni_parker parker;
	_Atomic(struct mni_worker *) woken_for; /* whose lone guest it was woken for */

	struct mni_timers timers; /* see timer.c */
	struct mni_list polled;   /* worker: threads whose I/O has come while it was idle */
	void *poll;               /* what the poller keeps per worker */

	_Atomic uint32_t started;  /* 1 when its kernel thread is set up, 2 when that failed */
	int start_error;           /* then: -errno; read after started */
	unsigned id;               /* start */
	void *sched_stack;         /* start; worker 0's only */
	struct mni_san_context san; /* worker */
	uintptr_t sched_valgrind;  /* start; valgrind's name for it */
};

#define MNI_MAX_WORKERS 256

struct mni_runtime {
	struct mni_worker *worker[MNI_MAX_WORKERS]; /* start */
	unsigned workers;                           /* start */
	_Atomic unsigned running;                   /* of these, kernel threads started: the first ones */
	mni_spinlock start_lock;                    /* for starting one more */
	_Atomic unsigned startable;                 /* how many it may become; written under the lock */
	bool alone;                                 /* start: one worker, nobody to steal */
	bool arms;                                  /* start: ticks are armed, be it for the watch alone */
	bool child_first;                           /* start: a new thread runs at once */
	bool shrunk;                                /* after fork(): the other workers are to be started */
	bool strong_fences;                         /* start: mn_plat_barrier() does not work */
	const struct mni_policy *policy;            /* start */
	const struct mni_poller *poller;            /* start; NULL: there is no I/O */
	size_t stack_size;                          /* start: the promise */
	bool valgrind;                              /* start: runs under it */
	size_t tick_room;                           /* start: of any stack, below all else */
	_Atomic uint64_t quantum_ns;                /* 0: no preemption; else see mn_quantum_set() */
	struct mn_config config;                    /* start; but for quantum_us */
	struct mn_thread *main;                     /* start */
	uintptr_t main_name;                        /* start: mni_identity() of main */
	int *main_errno;                            /* start: of the kernel thread that has this name, too */
	struct mni_stack main_stack;                /* start: bounds of the stack main runs on */
	_Atomic bool up;                            /* started, all of it; under life's lock */
	_Atomic bool stop;                          /* workers leave when they next look */
	_Atomic bool main_waits;                    /* main waits for all others to end */
	_Atomic uint64_t foreign_spawns;            /* threads created by no worker */
	_Atomic uint64_t foreign_wakes;             /* workers, and threads, woken by none */
	_Atomic uint64_t foreign_thread_wakes;
	_Atomic bool monitor_sleeps;                /* a worker that does something is to wake it: mn_plat_diag_look() */
	_Atomic uint32_t clock_ms;                  /* a coarse clock, read now and then: mn_plat_diag_look() */

	/* threads made runnable by kernel threads that are no workers; under the lock */
	mni_spinlock inject_lock;
	_Atomic uint32_t injected; /* length of the list; written under the lock */
	struct mni_list inject;
};

extern struct mni_runtime mni_rt;

/* From now on the running thread, t, is about to wait for this. */
static inline void mni_note_wait(struct mn_thread *t, uint64_t what)
{
	mni_store(&t->waits, what, relaxed);
	mni_store(&t->stamp, mni_load(&mni_rt.clock_ms, relaxed), relaxed);
}

/* A function that is used by what TSan watches, and is not itself: see sanitize.h. */
#if defined(MNI_SAN_STRICT)
#define MNI_SAN_UNWATCHED __attribute__((no_sanitize_thread))
#else
#define MNI_SAN_UNWATCHED
#endif

/*
 * For what any kernel thread may call first: 0 when the runtime runs, started
 * by this call (the caller is then its main thread) or by another.
 */
int mni_start_if_need_be(void);

/*
 * Never inlined: its result must not be kept across a switch. A kernel thread whose
 * worker was taken over while it blocked gets it back here, and may block for that
 * (handoff.c): so the first call after the program's own code is made without locks.
 */
struct mni_worker *mni_self(void);

/* Makes a fork()ed child what fork.c says. Can be called several times. */
void mni_fork_init(void);
/* In the child, locks and lists: nobody holds them, nothing is in them. */
void mni_runtime_forget(void);
/* Starts the workers that a forked child has lost. False: no memory. */
bool mni_workers_again(void);

/* The running main thread, t, is about to end, as far as its joiners are concerned. */
void mni_main_ended(struct mn_thread *t, void *result);

/*
 * The two sides of a pairing of fences: the light one costs nothing, since the
 * heavy one is a barrier in every kernel thread, at about 10 us when others run.
 * Where the platform has no such barrier both are SC fences.
 */
static inline void mni_light_fence(void)
{
	if (mni_rt.strong_fences)
		mni_fence(seq_cst);
	else
		mni_compiler_fence();
}

static inline void mni_heavy_fence(void)
{
	if (mni_rt.strong_fences)
		mni_fence(seq_cst);
	else
		mn_plat_barrier();
}

/*
 * The running thread is the one that joins t, which it found in this state.
 * False: that has changed since. Succeeding is a sequentially consistent
 * read-modify-write, unless there is one worker alone.
 */
static inline bool mni_take(struct mn_thread *t, uintptr_t state)
{
	if (!mni_rt.alone)
		return mni_cas(&t->join, &state, MNI_JOIN_TAKEN, seq_cst, relaxed);
	mni_store(&t->join, MNI_JOIN_TAKEN, relaxed);
	return true;
}

/* No, it waits for t: that has been begun elsewhere. */
static inline void mni_untake(struct mn_thread *t)
{
	uintptr_t state = MNI_JOIN_TAKEN;

	mni_cas(&t->join, &state, MNI_JOIN_NONE, relaxed, relaxed); /* or it has ended by now */
}

/* Blocks the running main thread until every other thread has ended. */
void mni_wait_for_others(void);

/*
 * Leaves the running thread; after(arg) is run by the next context, when this
 * one is saved, and makes it findable again. next, if not NULL, is a thread
 * that the caller holds and that runs next.
 */
void mni_park(struct mn_thread *next, void (*after)(struct mni_worker *, void *), void *arg);
/* The same for one that need not wait, but for its turn, or for another worker's. */
void mni_make_way(struct mn_thread *next, void (*after)(struct mni_worker *, void *), void *arg);

/*
 * Whether a thread that has blocked may run on the caller's worker: what
 * mni_park() and mni_leave() are given as next must pass this, unless claim()
 * handed it out. If not: mni_ready().
 */
static inline bool mni_may_run_here(struct mn_thread *t)
{
	return !t->home || t->home == mni_self();
}

/* The caller, w, is about to run t. */
static inline void mni_runs_on(struct mn_thread *t, struct mni_worker *w)
{
	if (t->last == w)
		return;
	if (t->last)
		mni_count(&w->count.migrations);
	t->last = w;
}

/* Hands a thread that the caller holds to the policy. */
void mni_submit(struct mni_worker *w, struct mn_thread *t, enum mni_reason why);

/* The same from any kernel thread; w is NULL on one that is no worker. */
void mni_submit_from(struct mni_worker *w, struct mn_thread *t, enum mni_reason why);

/* Makes a thread that the caller holds runnable. From any kernel thread. */
void mni_ready(struct mn_thread *t);

/*
 * Leaves the running thread for good. gone(t) is run when nothing runs on its
 * stack any more; the stack may by then belong to the next thread, and
 * t->stack is NULL. next as for mni_park().
 */
_Noreturn void mni_leave(struct mn_thread *next, void (*gone)(struct mni_worker *, void *));

/*
 * The same for mni_thread_main(), which then returns the context of next, a
 * thread that has run before. A CPU predicts returns by the calls that it has
 * seen; a context that has returned from all that it called leaves the prediction
 * to the one that created it as that left it, and this is when that goes on.
 */
void *mni_leave_by_return(struct mn_thread *next, void (*gone)(struct mni_worker *, void *));

/* The first thing a context does when it is switched to: after-work of the one before. */
void mni_arrived(void);

/*
 * Starts the next worker's kernel thread, if there is one left and the system
 * has one. May take some 100 microseconds.
 */
void mni_worker_start(void);

/* Threads that have been created and have not ended, main included; a little old. */
uint64_t mni_threads_alive(void);

_Noreturn void mni_worker_main(void);
void mni_worker_kthread(void *worker);
/* Runs threads until the runtime stops or the kernel thread has given the worker away. */
void mni_schedule(struct mni_worker *w);

/* Queues a thread where every worker looks now and then. From any kernel thread. */
void mni_inject(struct mn_thread *t);
/* Whether mail for this worker, a claim of it or an injected thread waits. */
bool mni_shared_work(struct mni_worker *w);

/*
 * In the scheduler's context of a busy worker: makes the threads runnable whose
 * I/O has come, if nobody else does. Whether there were any.
 */
bool mni_poll_look(struct mni_worker *w);
/* Makes those runnable that the worker found while it was idle. */
void mni_poll_submit(struct mni_worker *w);
/* At w's tick: whether it is to look for I/O; if some has come, w->timers_due is set. */
bool mni_poll_tick(struct mni_worker *w);

static inline bool mni_poll_unkept(struct mni_worker *w)
{
	return mni_rt.poller && mni_rt.poller->unkept(w);
}

/* Moves the running thread to a worker and returns there. */
void mni_move_to(struct mni_worker *to);

/* The next number of this worker's xorshift sequence. */
MNI_SAN_UNWATCHED static inline uint64_t mni_random(struct mni_worker *w)
{
	uint64_t x = w->rng;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return w->rng = x;
}

/* --- the exceptions that a C++ program has caught or thrown: each thread's its own, as errno --- */

static inline void mni_exceptions_none(struct mni_worker *w)
{
	if (__builtin_expect(w->exceptions != NULL, 0))
		*w->exceptions = (struct mn_plat_exceptions){NULL, 0};
}

/* Leaves none. */
static inline void mni_exceptions_take(struct mni_worker *w, struct mn_plat_exceptions *out)
{
	if (__builtin_expect(w->exceptions != NULL, 0)) {
		*out = *w->exceptions;
		mni_exceptions_none(w);
	}
}

/* Back, on whatever worker the thread is now. */
static inline void mni_exceptions_give(struct mni_worker *w, const struct mn_plat_exceptions *e)
{
	if (__builtin_expect(w->exceptions != NULL, 0))
		*w->exceptions = *e;
}

/* --- idle and wake-up (idle.c) --- */

/* After making work visible: wakes a worker if one is needed. */
void mni_wake_one(struct mni_worker *for_guest_of);
/* Wakes this worker, wherever it is. */
void mni_wake_worker(struct mni_worker *w);
/* Blocks the kernel thread until there may be work; false: the runtime stops. */
bool mni_idle_wait(struct mni_worker *w);
/* Has an idle worker look at the timers: it is to keep the time. False: there is none. */
bool mni_idle_nudge(void);
/* Whether the worker may search other workers' queues; counts it as searching if so. */
bool mni_search_begin(struct mni_worker *w);
/* The worker has found work: it searches no longer. */
void mni_search_end(struct mni_worker *w);
/* Somebody looks after lone guests from time to time. */
bool mni_watched(void);
/* Some worker searches. */
bool mni_searched(void);
void mni_idle_reset(void);
/* Whether it has announced that it has nothing to do. */
bool mni_is_idle(struct mni_worker *w);

#pragma GCC visibility pop

#endif
