/*
 * An exhaustive explorer of the runtime's lock-free code under C11's weak
 * memory. It compiles the shipped sources against its own core/atomic.h (the
 * folder shim/), so that every atomic access comes here, and runs a scenario (a
 * few threads, a few operations each) in every way that the memory model allows.
 *
 * What the model is. RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017) run
 * as a machine with views (Kang et al., POPL 2017, without promises). A location
 * is the list of all messages ever written to it, in modification order; a thread
 * has a view, the oldest message of each location that it may still read.
 *   load      may return any message that is not older than the thread's view;
 *             acquire takes over the view that the message carries
 *   store     goes anywhere into the list behind the thread's view, not only to
 *             its end; release lets the message carry the thread's view
 *   RMW       reads a message that no other has been glued to and is glued right
 *             behind it; it passes on the view of what it read (release sequences)
 *   fences    release and acquire: as in C11, by views kept aside
 *   SC fence  meets one view that all SC fences share, and leaves its own there
 *   light and heavy fences (core/internal.h): as SC fences, but each light one with
 *             the heavy ones only. A barrier in all kernel threads does more than that.
 *   plain     accesses are seen through the compiler's TSan hooks (plain.c): two
 *             that happens-before does not order are a data race, and a failure
 *
 * What it allows beyond RC11 (so what passes here does not depend on it):
 *   - a seq_cst access is acquire or release or both, and no more;
 *   - a release sequence is continued by read-modify-writes only (as in C++20),
 *     not by later stores of the same thread.
 *
 * What it leaves out:
 *   - load buffering: a store is never seen before an earlier load of its thread
 *     has been done (RC11 forbids that too; C11 and AArch64 do not);
 *   - memory_order_consume and mixed-size accesses, which the runtime does not use;
 *   - livelock: a state that was seen before is not run again. Loops that wait are
 *     those that block (futex.c) or say model_retry().
 *
 * How it explores. Threads are fibers; a run is repeated from the start with other
 * choices (explore.c). Three things keep that small, all exact. Loads commute to the
 * right over everything that other threads do and stores to the left, because a
 * store can be passed over and be put in the middle; so threads are switched only
 * before a load, RMW or fence that follows something other than loads (Lipton,
 * "Reduction", CACM 1975). A location that only one thread ever uses, or that nobody
 * writes, is no reason to switch. And a state that was met before is not continued:
 * states are compared by a 64-bit hash of all messages, views and plain memory, and
 * of the threads' stacks, where explored code keeps all that it has.
 *
 * The scenarios that are too large for that are bounded in how often a thread is
 * left that could go on; what is printed says so.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_THREADS 4

/* --- what the shim calls --- */

enum model_order {
	MODEL_relaxed,
	MODEL_acquire,
	MODEL_release,
	MODEL_acq_rel,
	MODEL_seq_cst,
	MODEL_removed, /* of a fence; only mutations say so */
};

enum model_kind {
	MODEL_LOAD,
	MODEL_STORE,
	MODEL_RMW,
	MODEL_FENCE,
	MODEL_FENCE_AFTER_RMW,
	MODEL_LIGHT_FENCE,
	MODEL_HEAVY_FENCE,
};

/* A place in the source where memory is accessed. All of them lie in section model_sites. */
struct model_site {
	const char *file;
	const char *function;
	const char *name;       /* the macro that stands there */
	const char *expression; /* of the address; blank for fences */
	int line;
	enum model_kind kind;
	enum model_order order; /* as written, or as mutated */
	enum model_order fail;  /* of a compare-and-swap that fails */
	bool reached;           /* by the scenario that runs */
};

enum model_rmw { MODEL_EXCHANGE, MODEL_ADD, MODEL_SUB, MODEL_OR, MODEL_AND };

uint64_t model_load(struct model_site *s, const volatile void *p, unsigned size);
void model_store(struct model_site *s, volatile void *p, unsigned size, uint64_t v);
uint64_t model_rmw(struct model_site *s, volatile void *p, unsigned size, enum model_rmw op,
		   uint64_t v);
/* weak: may fail without a reason, a few times in a run. */
bool model_cas(struct model_site *s, volatile void *p, unsigned size, uint64_t *expect, uint64_t v,
	       bool weak);
void model_fence(struct model_site *s);

/* --- what scenarios call, from setup, a thread or finish --- */

/* 0 to n-1; every value is explored. */
unsigned model_choose(unsigned n);

/* This execution is wrong: it is shown, and exploration ends. */
_Noreturn void model_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define model_check(condition, ...)                                                                \
	do {                                                                                       \
		if (!(condition))                                                                  \
			model_fail(__VA_ARGS__);                                                   \
	} while (0)

/*
 * Memory for this execution, filled with MODEL_GARBAGE bytes. The address
 * depends on nothing but what the same thread has allocated before.
 */
void *model_alloc(size_t bytes);
#define MODEL_GARBAGE 0xa5

/* The number of the running thread, and the worker that it plays (plat_self.h). */
unsigned model_thread(void);

/*
 * The rest of the running thread depends on key alone and on nothing else that
 * it has read so far: executions that differ in no more are taken as the same.
 */
void model_forget(uint64_t key);

/* A loop has to wait for another thread: such an execution is given up. */
_Noreturn void model_retry(void);

/* The running thread does nothing more, and others cannot tell. */
_Noreturn void model_end_thread(void);

/* Statistics: accesses to these bytes are not worth exploring. Call in setup. */
void model_ignore(const void *p, size_t bytes);

/* In finish: whether the thread was still blocked in mn_plat_wait() at the end. */
bool model_blocked(unsigned thread);

/* Code and data of scenarios themselves, which the race detector is to leave alone. */
#define MODEL_QUIET __attribute__((no_sanitize("thread")))

struct model_scenario {
	const char *name;
	const char *about;
	unsigned threads;
	void (*setup)(void); /* before the threads; accesses are direct */
	void (*body)(unsigned thread);
	void (*finish)(void);    /* when all have ended or are blocked; or NULL */
	unsigned early_timeouts; /* how many timed waits may end while others run */
	unsigned late_timeouts;  /* and how many when everything else is blocked */
	unsigned preemptions;    /* switches from a thread that could go on; 0: any number */
	bool large;              /* takes too long to be explored again for every mutation */
	unsigned spurious_waits; /* how many waits end without a reason, per thread */
	bool self_is_shared;     /* others write to what says which worker a thread plays */
	unsigned late_loads;     /* how many loads may be overtaken by a store (late.c) */
	/* Litmus tests: the value of outcome() after finish, and all that must be seen. */
	unsigned (*outcome)(void);
	const char *outcomes; /* "00 01 11": digits as decimal numbers, in any order */
	const char *failure;  /* or the failure that must be found: how it begins */
};

/* Makes a scenario known; objects are linked directly, not through an archive. */
#define MODEL_SCENARIO(id)                                                                         \
	static const struct model_scenario id;                                                     \
	static const struct model_scenario *const id##_entry                                       \
		__attribute__((section("model_scenarios"), used)) = &id;                           \
	static const struct model_scenario id

#endif
