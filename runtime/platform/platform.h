/*
 * The platform contract: all that core/, sched/ and sync/ need of what lies
 * below. One folder beside this file implements it.
 *
 * Unless it says otherwise a function never blocks, is callable from any
 * kernel thread, and returns 0 or -errno.
 */
#ifndef MN_PLATFORM_H
#define MN_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mni_worker;

/* --- kernel threads --- */

/* Opaque to the core; the platform's folder knows what it holds. */
typedef struct {
	uintptr_t handle;
} mn_plat_kthread;

/* Starts a kernel thread in fn(arg). -EAGAIN: the system has no more. */
int mn_plat_kthread_start(mn_plat_kthread *out, void (*fn)(void *), void *arg);

/* Blocks until the thread has ended. */
void mn_plat_kthread_join(mn_plat_kthread t);

/* How many CPUs this process may use; at least 1. */
unsigned mn_plat_cpus(void);

/*
 * From now on, in the child of a fork(), child() is called by the kernel thread
 * that called fork(), before that returns. Later calls have no effect.
 */
void mn_plat_on_fork(void (*child)(void));

/* Gives up the CPU to whoever the kernel has waiting. */
void mn_plat_relinquish(void);

/* --- the worker under this kernel thread; NULL on a kernel thread that is none --- */

/*
 * Never cached across a switch: the compiler may not assume that the thread
 * pointer is the same after it. Implemented inline in the platform's folder.
 */
#include "plat_self.h"

/*
 * Beside it, a word that core/handoff.c keeps for each kernel thread that can be a
 * worker: mn_plat_carrier(), mn_plat_set_carrier(). NULL on all others.
 */

/* Where this kernel thread's errno lives, or a dummy where there is no libc. */
int *mn_plat_errno(void);

/*
 * What C++ keeps per kernel thread: __cxa_eh_globals, Itanium C++ ABI (exception
 * handling), section 2.2.2. ARM's 32-bit ABI has one word more.
 */
struct mn_plat_exceptions {
	void *caught;
	unsigned uncaught;
};

/* Where this kernel thread's are, or NULL: no C++ in this program. */
struct mn_plat_exceptions *mn_plat_exceptions(void);

/* The bounds of the stack that the calling kernel thread runs on now. */
int mn_plat_stack_bounds(char **lo, char **hi);

/* --- looking at another kernel thread, which exists for as long as this goes on --- */

/* How one is looked at; opaque to the core. */
typedef struct {
	uintptr_t task;
	uintptr_t clock;
	struct mni_worker **self;
	const volatile unsigned *outside;
} mn_plat_probe;

/* For looks at the calling kernel thread. */
void mn_plat_probe_open(mn_plat_probe *out);

/* The CPU time that it has used, in nanoseconds; async-signal-safe. */
uint64_t mn_plat_probe_cpu_ns(const mn_plat_probe *p);

/* How often the calling kernel thread has gone to sleep, other than for want of a CPU; async-signal-safe. */
uint64_t mn_plat_probe_sleeps(void);

struct mn_plat_rest {
	uintptr_t sp;      /* its stack pointer where it entered the system */
	uint64_t switches; /* another number whenever it has run since */
};

/*
 * Whether it sleeps in a system call that is not one of this contract's
 * implementation. So two calls that are true with the same number of switches say
 * that it has executed nothing in between. False also where that cannot be told.
 */
bool mn_plat_probe_rests(const mn_plat_probe *p, struct mn_plat_rest *out);

/*
 * The calling kernel thread does nothing but look, from now on: what it opens for that takes
 * no fd of the program's, where the system can see to it. It must start no kernel thread
 * then: that one would not have the program's fds.
 */
void mn_plat_probe_apart(void);

/* What mn_plat_self() is there, from the next time on that it runs after having rested. */
void mn_plat_probe_set_self(const mn_plat_probe *p, struct mni_worker *w);

/* --- wait and wake, on a 32-bit word --- */

#define MN_PLAT_FOREVER UINT64_MAX

/*
 * Blocks while *word == expect, until woken, at most timeout_ns. May return
 * early without a reason: the caller looks at the word again. Atomic with
 * respect to mn_plat_wake() on the same word.
 */
void mn_plat_wait(_Atomic uint32_t *word, uint32_t expect, uint64_t timeout_ns);

/* Wakes one kernel thread that waits on word. */
void mn_plat_wake(_Atomic uint32_t *word);

/* --- a barrier in all kernel threads --- */

/* Gets it ready. False: there is none here, and mn_plat_barrier() is not called. */
bool mn_plat_barrier_init(void);

/*
 * Every kernel thread of the process has passed a full memory barrier between
 * the call and the return. Makes one side of a store-load pairing free by
 * making the other one slow.
 */
void mn_plat_barrier(void);

/* --- time --- */

/* Monotonic, nanoseconds. */
uint64_t mn_plat_now_ns(void);

/* The same in milliseconds, cheap and up to some ms old; wraps around. */
uint32_t mn_plat_coarse_ms(void);

/* The time of day: nanoseconds since 1970, UTC. May be set, also back. */
uint64_t mn_plat_real_ns(void);

/* A number that differs from run to run. */
uint64_t mn_plat_random(void);

/* --- memory; sizes and addresses in whole multiples of MN_PLAT_PAGE, which plat_self.h defines --- */

/* Zero-filled pages, as many as hold the bytes, that cost nothing until touched. NULL: none to be had. */
void *mn_plat_map(size_t bytes);
/* The same pages. False: it would split a mapping, and there are as many as there may be; all stays as it is. */
bool mn_plat_unmap(void *p, size_t bytes);

/* Makes a touch of these pages fault. 0 or -errno: the system has no more guards. */
int mn_plat_guard(void *p, size_t bytes);

/* The same for n single pages, stride bytes apart. How many, of the first ones, it has done. */
unsigned mn_plat_guard_many(char *first, size_t stride, unsigned n);

/*
 * Whether the system has only so many guards (older Linux: some 30000) that one
 * should be made before it is promised. Else it refuses one only when it could
 * not give the guarded memory either.
 */
bool mn_plat_guards_scarce(void);

/* Gives back what memory lies wholly within, and keeps the addresses; guards stay. Any range. */
void mn_plat_discard(void *p, size_t bytes);

struct mn_plat_range {
	char *lo;
	size_t bytes;
};

/* The same for n ranges of whole pages. */
void mn_plat_discard_many(const struct mn_plat_range *r, unsigned n);

/* memcpy(), where the caller holds a lock: the program may have one of its own. */
void mn_plat_copy(void *to, const void *from, size_t bytes);

/* --- tick: an interrupt at an interval, to one kernel thread --- */

/* The interrupted context, as the tick's handler sees it. */
struct mn_plat_context;

typedef struct {
	uintptr_t timer;
	void *stack; /* what the handler runs on */
} mn_plat_tick;

/*
 * Makes handler the process's tick, delivered by signal. -EBUSY: the program
 * handles that signal itself; -EINVAL: there is no such signal, or it cannot be
 * caught. handler runs with the signal blocked.
 */
int mn_plat_tick_install(int signal, void (*handler)(struct mn_plat_context *));
/* Puts back what was there before. No tick may be open. */
void mn_plat_tick_remove(void);

/*
 * Stack bytes that a tick may take of whatever it interrupts, the frames of a
 * preemption included; 0 where it has a stack of its own for all of that.
 */
size_t mn_plat_tick_room(void);

/* A tick for the calling kernel thread, not yet armed. -EAGAIN, -ENOMEM. */
int mn_plat_tick_open(mn_plat_tick *out);
void mn_plat_tick_close(mn_plat_tick *t);

/*
 * The calling kernel thread, which is in no handler of signals, may have another mask of them
 * than before: from now on this is the usual one, but that it lets ticks through. After
 * mn_plat_tick_install().
 */
void mn_plat_tick_mask(void);

/* First after first_ns, then every interval_ns; first_ns 0: never. From the handler too. */
void mn_plat_tick_set(mn_plat_tick *t, uint64_t first_ns, uint64_t interval_ns);

uintptr_t mn_plat_context_sp(const struct mn_plat_context *c);

/*
 * Whether the context is one of the program's own: in the text of its
 * executable, which is neither a library nor this runtime, and with the kernel
 * thread's usual mask of signals. Not in a function of the program that this contract's
 * implementation has called, taking it for libc's.
 */
bool mn_plat_context_is_program(const struct mn_plat_context *c);

/* Makes the context go on in mn_arch_preempt_entry; see arch/. */
void mn_plat_context_inject(struct mn_plat_context *c);

/* --- input and output --- */

struct mni_poller;

/* What idle workers sleep in while threads wait for I/O (core/poller.h), or NULL. */
const struct mni_poller *mn_plat_poller(void);

/* --- files --- */

/* Makes a file, or empties the one that is there: a number from 0 on, or -errno. */
int mn_plat_file_create(const char *path);
/* Writes all of it; blocks the kernel thread. */
int mn_plat_file_write(int file, const void *bytes, size_t n);
int mn_plat_file_close(int file);

/* The program's name; its process's number to *id. */
const char *mn_plat_process(unsigned *id);

/* When the process ends as by a return from main, fn() is called. Later calls have no effect. */
void mn_plat_at_exit(void (*fn)(void));

/* --- settings --- */

/* The value of a setting from the environment, or NULL. */
const char *mn_plat_setting(const char *name);

/* --- diagnostics --- */

/* Writes one line for people; async-signal-safe. */
void mn_plat_say(const char *line);

/*
 * Reports: who waits for what, deadlocks, stack overflows. Start and stop are those of
 * the runtime; 0, -EAGAIN: no kernel thread for it, -ENOMEM. Starting it again does nothing.
 */
int mn_plat_diag_start(void);
/* Waits until no report is being made. */
void mn_plat_diag_stop(void);
/* In a forked child, where the kernel thread that makes them does not exist. */
void mn_plat_diag_forget(void);

/* The calling kernel thread runs green threads from now on, or does so no longer. */
void mn_plat_diag_enter(struct mni_carrier *k);
void mn_plat_diag_leave(struct mni_carrier *k);

/* A worker goes idle, or has been, or has found mni_rt.monitor_sleeps. Sets mni_rt.clock_ms. */
void mn_plat_diag_look(void);

/* Ends the process as a return from its main function would. */
_Noreturn void mn_plat_exit(int status);

/* Ends the process abnormally, as for a failed assertion. */
_Noreturn void mn_plat_abort(void);

#endif
