/*
 * mn: green threads, many on few kernel threads.
 *
 * A program calls mn_init(), makes threads with mn_thread_create(), and calls
 * mn_shutdown() when all of them have ended. The thread that calls mn_init()
 * becomes a green thread too.
 *
 * Functions return 0, or -errno. Those that may block the calling green thread
 * say "blocks"; a blocked green thread never blocks its kernel thread. All of
 * them are for green threads, unless they say "from any kernel thread".
 *
 * Objects may be declared static, and all-zero is a valid initial state. One that has been
 * destroyed gives -EINVAL until it is initialised anew, destroying it again included; what
 * returns no error ends the process with a line on stderr. All builds of the library notice,
 * at no cost; but mn_spin_unlock() and mn_sem_value(), which is 0 then, do not.
 */
#ifndef MN_H
#define MN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define MN_NORETURN [[noreturn]]
#else
#define MN_NORETURN _Noreturn
#endif
#pragma GCC visibility push(default) /* what is declared here, and nothing else, is exported */

#define MN_VERSION "0.1.0"

/* --- the runtime --- */

enum { MN_ON = 1, MN_OFF = -1 };
enum { MN_HELP_FIRST = 1, MN_CHILD_FIRST = 2 };
enum { MN_VICTIM_RANDOM = 1, MN_VICTIM_RING = 2, MN_VICTIM_LAST = 3 };
enum { MN_IO_AUTO = 1, MN_IO_URING = 2, MN_IO_EPOLL = 3 };
enum { MN_DEADLOCK_REPORT = 1, MN_DEADLOCK_ABORT = 2, MN_DEADLOCK_OFF = -1 };
enum { MN_BACKOFF_EXPONENTIAL = 1, MN_BACKOFF_FIXED = 2, MN_BACKOFF_NONE = 3 };

/*
 * The settings. Zero in a field: the environment's value, or else the default.
 * A value that is not wanted is an error, wherever it comes from.
 *
 *   MN_POLICY          how threads are queued: "steal", "global", "local", "uts";
 *                      see README.md. Default: steal
 *   MN_WORKERS         kernel threads, 1 to 256; 1 makes it N:1. Default: the CPUs
 *                      that the process may use
 *   MN_STEAL           "on", "off" (MN_ON, MN_OFF): whether workers without work
 *                      take others' threads, under policy steal. Default: on
 *   MN_VICTIM          whom they try first: "random"; "ring", the next in order;
 *                      "last", where something was found last. Default: random
 *   MN_BACKOFF         how they wait between two looks: "exponential", "fixed",
 *                      "none". Default: exponential
 *   MN_SPAWN           which runs first when a thread creates another:
 *                      "help-first", the creator; "child-first", the new thread,
 *                      and others may take the creator over. Default: help-first
 *   MN_STACK_SIZE      bytes that a thread may count on, 16 KiB to 1 GiB. Default: 65536
 *   MN_PREEMPT         "on", "off": whether a thread that does not give up its worker
 *                      is made to; off makes it cooperative. Default: on
 *   MN_QUANTUM_US      microseconds before that, when another thread waits, 20 to
 *                      10 000 000. Default: 10000
 *   MN_PREEMPT_SIGNAL  the signal's number, 1 to 64. Default: 14, SIGALRM
 *   MN_BLOCKING_WATCH  "on", "off": whether a worker whose thread blocks its kernel thread,
 *                      by a call that is neither the runtime's nor declared, goes on
 *                      on a spare kernel thread. Default: on
 *   MN_IO              what threads wait for input and output by: "uring", a ring
 *                      of io_uring per worker; "epoll"; "auto", what is measured
 *                      to be the better one: epoll. Default: auto
 *   MN_TRACE           a file's path: what the workers do is recorded from the start, and
 *                      written there at mn_shutdown() or when the process ends, as by
 *                      mn_trace_write(). Default: off
 *   MN_TRACE_EVENTS    what of it is kept, 64 to 16777216 events a worker of 16 bytes
 *                      each, rounded up to a power of two. Default: 65536
 *   MN_DUMP            "on", "off": whether SIGQUIT lists all threads on stderr, as
 *                      mn_dump() does, if the program does not handle it. Default: on
 *   MN_DEADLOCK        what is done when threads wait for each other for good, or all of
 *                      them wait and nobody is left to wake one: "report", tell on stderr
 *                      and go on waiting; "abort", tell and abort(); "off". Default: report
 *   MN_SEED            feeds every random choice; not 0. Default: differs from run to run.
 *                      With one worker, no preemption and nothing that waits by the
 *                      clock or blocks its kernel thread, the same seed gives the same schedule
 */
struct mn_config {
	const char *policy;
	unsigned workers;
	int steal;
	int victim;
	int backoff;
	int spawn;
	size_t stack_size;
	int preempt;
	unsigned quantum_us;
	int preempt_signal;
	int blocking_watch;
	int io;
	int dump;
	int deadlock;
	uint64_t seed;
	const char *trace; /* copied */
	unsigned trace_events;
};

/*
 * Starts the runtime; the calling kernel thread becomes its first worker.
 * config may be NULL. -EINVAL: a setting is out of range, with one line on
 * stderr that names it; -EBUSY: it runs already, or (with a line on stderr) the
 * program handles the preemption signal itself; -EAGAIN, -ENOMEM, -EMFILE: the
 * system has no more kernel threads, memory or fds; -ENOSYS, with a line on stderr
 * that says why: MN_IO_URING is asked for, and not to be had. Other errors, with a
 * line on stderr: the file of MN_TRACE cannot be made.
 */
int mn_init(const struct mn_config *config);

/*
 * Ends the runtime and gives everything back; mn_init() may follow. Only the
 * thread that called mn_init() may call it (-EPERM). Blocks until all other
 * threads have ended; results that nobody has joined are dropped. A thread that
 * joins the caller gets NULL.
 */
int mn_shutdown(void);

/* The number of workers; 0 before mn_init(). From any kernel thread. */
unsigned mn_workers(void);

/* The name of the policy in use; NULL before mn_init(). From any kernel thread. */
const char *mn_policy(void);

/* The names of the policies there are: entry i, or NULL past the last. From any kernel thread. */
const char *mn_policy_name(unsigned i);

/* The names of the settings: entry i, or NULL past the last. From any kernel thread. */
const char *mn_setting_name(unsigned i);

/*
 * The value of setting i that is in use, as in the environment, with a NUL.
 * -EINVAL: there is no such setting, the runtime does not run, or bytes are too
 * few (32 are enough for all but MN_TRACE). From any kernel thread.
 */
int mn_setting_text(unsigned i, char *text, size_t bytes);

/*
 * Changes the quantum while threads run. -EINVAL: out of range, with one line
 * on stderr; -EPERM: preemption is off, or the runtime does not run. From any
 * kernel thread.
 */
int mn_quantum_set(unsigned us);
/* The quantum in microseconds; 0: preemption is off, or the runtime does not run. */
unsigned mn_quantum(void);

/*
 * What has happened since mn_init(), summed over the workers. A thread waits when it
 * cannot go on: for an object, a time, input or output, another thread's end. One that
 * yields or is preempted does not.
 */
struct mn_stats {
	uint64_t spawns;         /* threads created, from any kernel thread; main is not one */
	uint64_t ends;           /* of these, ended */
	uint64_t inline_runs;    /* of these, run on their joiner's stack */
	uint64_t switches;       /* from a green thread to another, or to the scheduler */
	uint64_t steal_attempts; /* looks at another worker's queue that had something */
	uint64_t steal_hits;     /* threads got that way */
	uint64_t steal_aborts;   /* such looks that lost a race for the thread */
	uint64_t parks;          /* times that a worker, a kernel thread, slept for want of work */
	uint64_t wakes;          /* times that a worker was woken for work, by anybody */
	uint64_t stacks;         /* stacks made; those that are used again are not counted again */
	uint64_t preempts;          /* threads made to give up their worker: done */
	uint64_t preempts_deferred; /* ticks that met a point where that is not safe, and came back */
	uint64_t expiries;          /* of preempts, done when the thread next called the runtime */
	uint64_t workers_started;   /* kernel threads; fewer than mn_workers() when lazy */
	uint64_t home_wakes;   /* local, uts: threads woken on the worker that they belong to, by another */
	uint64_t migrations;   /* times that a thread went on on another worker than the one it ran on last */
	uint64_t affine_picks; /* uts: threads preferred because they last ran on that worker */
	uint64_t promotions;   /* uts: priorities raised: the thread gave up its worker */
	uint64_t demotions;    /* uts: priorities lowered: it used up its quantum */
	uint64_t timed_waits;  /* uts: threads that waited out a time before they were runnable */

	uint64_t io_waits;         /* waits for input or output submitted: it was not ready at once */
	uint64_t io_wakes;         /* of these, completed: it came, its time was up, or it was cancelled */
	uint64_t blocking_calls;   /* calls submitted to spare kernel threads: files, mn_blocking() */
	uint64_t blocking_returns; /* of these, completed */
	uint64_t thread_parks;     /* waits of threads, of any kind; those for input and output included */
	uint64_t thread_wakes;     /* of these, over; less than thread_parks while threads wait */

	uint64_t takeovers; /* kernel threads that blocked, and whose worker was taken over */
	uint64_t takebacks; /* of these, back at work; the sums alone have these two */
};

/* Reads the counters; they may be a little old. From any kernel thread. */
void mn_stats_read(struct mn_stats *out);

/*
 * The same for one worker, 0 to mn_workers() - 1. An event is counted on the worker that
 * has done it: a spawn on the creator's, a steal on the thief's, a wake on the waker's.
 * What kernel threads that are no workers have done (spawns, wakes, thread_wakes) is in
 * the sums alone. -EINVAL: there is no such worker. From any kernel thread.
 */
int mn_stats_read_worker(unsigned worker, struct mn_stats *out);

/* --- traces: what each worker did when --- */

/*
 * Records what happens from now on: which thread runs on which worker, why it stops, who
 * creates and wakes whom, steals, preemption, waiting for I/O, idle workers. Of each
 * worker the newest MN_TRACE_EVENTS events are kept. -EPERM: the runtime does not run;
 * -EBUSY: it is being recorded already, perhaps by MN_TRACE; -ENOMEM. Does not block. From
 * any kernel thread. A forked child does not go on with it.
 */
int mn_trace_start(void);

/* Ends that. What has been recorded stays until the next start, or mn_shutdown(). -EPERM: nothing is recorded. */
int mn_trace_stop(void);

/*
 * Writes what has been recorded to a file, as JSON that ui.perfetto.dev and
 * chrome://tracing read; it may go on meanwhile. Blocks the kernel thread, as it writes
 * to a file: mn_blocking() spares the worker that. -EPERM: nothing has been recorded, or the
 * runtime has been shut down since; -EBUSY: somebody else is writing it; -ENOMEM; what
 * making, writing and closing a file can give. From any kernel thread.
 */
int mn_trace_write(const char *path);

/*
 * Lists all threads on stderr: names, states, what they wait for and for how long,
 * backtraces. Blocks the kernel thread until that is done. From any kernel thread.
 */
void mn_dump(void);

/* --- time --- */

enum mn_clock {
	MN_CLOCK_REALTIME = 0,  /* the time of day; may be set */
	MN_CLOCK_MONOTONIC = 1, /* never set; the better choice for deadlines */
};

/*
 * Nanoseconds by a clock: since 1970 (UTC), or since some point in the past.
 * From any kernel thread.
 *
 * Functions that end in _until take such a time and give up when it has come:
 * -ETIMEDOUT. They do not look at it when they need not block. When the time of
 * day is set back, a wait by it is prolonged; when it is set forward, the wait
 * goes on for as long as it would have.
 */
uint64_t mn_now_ns(enum mn_clock clock);

/* Blocks for this long at least. A cancellation point. */
void mn_sleep_ns(uint64_t ns);

/* Blocks until that time has come. A cancellation point. */
void mn_sleep_until(enum mn_clock clock, uint64_t ns);

/* --- threads --- */

/* Names a thread for as long as it is neither joined nor detached and ended. 0 names none. */
typedef uint64_t mn_thread_t;

/* All-zero: the defaults. */
struct mn_thread_attr {
	size_t stack_size; /* bytes; 0: the runtime's; rounded up */
	int detached;      /* nonzero: nobody will join it */
	size_t guard_size; /* bytes below the stack that must not be touched; 0: a page */
	void *stack;       /* memory for the stack, of stack_size bytes, its lowest address;
	                      NULL: the runtime's. Without a guard; free when it has been joined */
	int spawn;         /* MN_HELP_FIRST, MN_CHILD_FIRST: which of the two goes on; 0: the runtime's */
};

/*
 * Makes a thread that runs fn(arg). attr may be NULL, and so may out when the
 * thread is detached. -EAGAIN: no memory for it; -EINVAL: attr says something
 * unknown, or gives a stack under 16 KiB. From any kernel thread; the first call starts the runtime, as
 * mn_init(NULL), if need be. MN_CHILD_FIRST: the new thread runs at once, and the
 * caller goes on when that has blocked or ended, or another worker takes it over;
 * on a kernel thread that is no worker it makes no difference.
 */
int mn_thread_create(mn_thread_t *out, const struct mn_thread_attr *attr, void *(*fn)(void *),
		     void *arg);

/*
 * Waits until t has ended and gives its result; blocks. result may be NULL.
 * A thread that nobody has started yet may be run on the caller's stack.
 * -ESRCH: there is no such thread; -EINVAL: it is detached, or somebody else
 * joins it; -EDEADLK: it is the caller. A cancellation point; when it is
 * cancelled there, somebody else can still join t.
 */
int mn_thread_join(mn_thread_t t, void **result);

/* The same until then, and never on the caller's stack. -ETIMEDOUT: t goes on. */
int mn_thread_join_until(mn_thread_t t, void **result, enum mn_clock clock, uint64_t ns);

/* The same without blocking. -EBUSY: t has not ended. */
int mn_thread_tryjoin(mn_thread_t t, void **result);

/* Lets t go: its memory is given back when it ends. -ESRCH, -EINVAL as for join. */
int mn_thread_detach(mn_thread_t t);

/*
 * Ends the calling thread, from any depth. In the thread that called mn_init()
 * it waits until all others have ended and then ends the process with status 0;
 * who joins that thread gets result before.
 */
MN_NORETURN void mn_thread_exit(void *result);

/* The calling thread; 0 on a kernel thread that is no worker. */
mn_thread_t mn_thread_self(void);

/* Names a thread for people, by up to 15 bytes. -ESRCH; -ERANGE: the name is longer. */
int mn_thread_set_name(mn_thread_t t, const char *name);

/* Its name, "" if it has none, with its 0. -ESRCH; -ERANGE: size is too small. */
int mn_thread_get_name(mn_thread_t t, char *name, size_t size);

/* Lets the thread that has been runnable longest go first. */
void mn_thread_yield(void);

/* --- cancellation: a request to a thread to end itself --- */

/* What a cancelled thread's joiner gets as the result. */
#define MN_CANCELED ((void *)-1)

/*
 * Asks t to end as by mn_thread_exit(MN_CANCELED). It does so in the first
 * function that is a cancellation point and lets it: when it blocks in one
 * already, that wait ends. Cancellation points are mn_thread_test_cancel()
 * and the functions that say so. A thread that runs a thread that it joins on
 * its own stack ends only after that. -ESRCH: there is no such thread. From any
 * kernel thread.
 */
int mn_thread_cancel(mn_thread_t t);

/* A cancellation point that does nothing else. */
void mn_thread_test_cancel(void);

/*
 * Makes the calling thread end when cancelled (on; a new thread does), or leaves
 * the request pending (off). Returns what it was before.
 */
int mn_thread_set_cancel(int on);

/*
 * Functions to be called, newest first, when the thread exits or is cancelled
 * before they are popped. The handler lies in the caller's frame; pushes and
 * pops nest.
 */
struct mn_cleanup {
	void (*fn)(void *arg);
	void *arg;
	struct mn_cleanup *older;
	uintptr_t reserved;
};

void mn_cleanup_push(struct mn_cleanup *c, void (*fn)(void *arg), void *arg);
/* Takes the newest off, which must be c, and calls it if call is not 0. */
void mn_cleanup_pop(struct mn_cleanup *c, int call);

/*
 * Between these the calling thread is not preempted; they nest. It may still
 * block, and then others run. Enabling honours a preemption that came in between.
 */
void mn_preempt_disable(void);
void mn_preempt_enable(void);

/* --- mutex: the size and the initial state of glibc's --- */

struct mn_mutex {
	uint32_t state;
	uint32_t guard;
	void *waiters;
	uint32_t kind;
	uint32_t count;
	uintptr_t owner;
	uint64_t reserved;
};

enum mn_mutex_type {
	MN_MUTEX_NORMAL = 0,     /* does not know its owner: locking it twice never returns */
	MN_MUTEX_RECURSIVE = 1,  /* its owner may lock it again */
	MN_MUTEX_ERRORCHECK = 2, /* says what is wrong */
	MN_MUTEX_ADAPTIVE = 3,   /* as normal */
};

#define MN_MUTEX_INIT {0, 0, 0, MN_MUTEX_NORMAL, 0, 0, 0}
#define MN_MUTEX_RECURSIVE_INIT {0, 0, 0, MN_MUTEX_RECURSIVE, 0, 0, 0}
#define MN_MUTEX_ERRORCHECK_INIT {0, 0, 0, MN_MUTEX_ERRORCHECK, 0, 0, 0}

void mn_mutex_init(struct mn_mutex *m);
/* -EINVAL: there is no such type. */
int mn_mutex_init_type(struct mn_mutex *m, enum mn_mutex_type type);
/*
 * Blocks until the caller has it. -EDEADLK: the caller has it (errorcheck);
 * -EAGAIN: it has it 4294967296 times (recursive). Not fair, but a thread that
 * has tried for about a millisecond gets it next.
 */
int mn_mutex_lock(struct mn_mutex *m);
int mn_mutex_lock_until(struct mn_mutex *m, enum mn_clock clock, uint64_t ns);
/* -EBUSY: somebody has it; -EAGAIN as above. */
int mn_mutex_trylock(struct mn_mutex *m);
/*
 * -EPERM: the caller does not have it (recursive, errorcheck). A normal one is unlocked,
 * whoever has it.
 */
int mn_mutex_unlock(struct mn_mutex *m);
/* -EBUSY: it is locked, or threads wait for it. */
int mn_mutex_destroy(struct mn_mutex *m);

/* --- condition variable --- */

struct mn_cond {
	uint32_t guard;
	uint32_t clock;
	void *waiters;
	uint32_t reserved[8];
};

#define MN_COND_INIT {0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0}}

void mn_cond_init(struct mn_cond *c);
/*
 * Unlocks m, blocks until signalled, locks m again. May return without a signal.
 * -EPERM: the caller does not have m (recursive, errorcheck). A recursive mutex
 * is unlocked once. A cancellation point: m is locked again before the cleanup
 * handlers run.
 */
int mn_cond_wait(struct mn_cond *c, struct mn_mutex *m);
int mn_cond_wait_until(struct mn_cond *c, struct mn_mutex *m, enum mn_clock clock, uint64_t ns);
void mn_cond_signal(struct mn_cond *c);
void mn_cond_broadcast(struct mn_cond *c);
/* -EBUSY: threads wait for it. */
int mn_cond_destroy(struct mn_cond *c);

/* --- counting semaphore --- */

struct mn_sem {
	uint64_t word;
	uint32_t guard;
	uint32_t owed;
	void *waiters;
	void *next;
};

#define MN_SEM_MAX 0x7fffffffu

/* -EINVAL: value is over MN_SEM_MAX. */
int mn_sem_init(struct mn_sem *s, unsigned value);
/* Blocks until the value is over 0 and takes one. A cancellation point. */
void mn_sem_wait(struct mn_sem *s);
int mn_sem_wait_until(struct mn_sem *s, enum mn_clock clock, uint64_t ns);
/* -EAGAIN: the value is 0. */
int mn_sem_trywait(struct mn_sem *s);
/* -EOVERFLOW: the value is MN_SEM_MAX. */
int mn_sem_post(struct mn_sem *s);
unsigned mn_sem_value(struct mn_sem *s);
/* -EBUSY: threads wait for it. */
int mn_sem_destroy(struct mn_sem *s);

/* --- read-write lock: neither readers nor writers starve; who comes while it is free may go first --- */

struct mn_rwlock {
	uint32_t state;
	uint32_t guard;
	void *waiters;
	uintptr_t owner;
	uint32_t writers;
	uint32_t reserved[7];
};

#define MN_RWLOCK_INIT {0, 0, 0, 0, 0, {0, 0, 0, 0, 0, 0, 0}}

void mn_rwlock_init(struct mn_rwlock *l);
/*
 * Blocks until the caller has it, together with other readers. It may have it
 * several times, also while writers wait. -EDEADLK: it has it for writing;
 * -EAGAIN: there are 1073741823 readers.
 */
int mn_rwlock_rdlock(struct mn_rwlock *l);
int mn_rwlock_rdlock_until(struct mn_rwlock *l, enum mn_clock clock, uint64_t ns);
/* -EBUSY: a writer has it, or waits while readers have it; -EAGAIN as above. */
int mn_rwlock_tryrdlock(struct mn_rwlock *l);
/* Blocks until the caller has it alone. -EDEADLK: it has it for writing. */
int mn_rwlock_wrlock(struct mn_rwlock *l);
int mn_rwlock_wrlock_until(struct mn_rwlock *l, enum mn_clock clock, uint64_t ns);
/* -EBUSY: somebody has it. */
int mn_rwlock_trywrlock(struct mn_rwlock *l);
/* -EPERM: nobody has it, or somebody else for writing. */
int mn_rwlock_unlock(struct mn_rwlock *l);
/* -EBUSY: it is locked, or threads wait for it. */
int mn_rwlock_destroy(struct mn_rwlock *l);

/* --- barrier --- */

struct mn_barrier {
	uint32_t guard;
	uint32_t count;
	uint32_t arrived;
	uint32_t reserved;
	void *waiters;
	uint64_t reserved1;
};

/* What one of the threads gets. */
#define MN_BARRIER_SERIAL 1

/* -EINVAL: count is 0. */
int mn_barrier_init(struct mn_barrier *b, unsigned count);
/*
 * Blocks until count threads are here. One of them gets MN_BARRIER_SERIAL, the
 * others 0. -EINVAL: it has not been initialised.
 */
int mn_barrier_wait(struct mn_barrier *b);
/* -EBUSY: threads wait for it. */
int mn_barrier_destroy(struct mn_barrier *b);

/* --- spin lock: for a few instructions; who waits long lets other green threads go first --- */

struct mn_spin {
	uint32_t word;
};

#define MN_SPIN_INIT {0}

/* All of these from any kernel thread. */
void mn_spin_init(struct mn_spin *s);
void mn_spin_lock(struct mn_spin *s);
/* -EBUSY: somebody has it. */
int mn_spin_trylock(struct mn_spin *s);
void mn_spin_unlock(struct mn_spin *s);
/* -EBUSY: it is locked. */
int mn_spin_destroy(struct mn_spin *s);

/* --- once --- */

struct mn_once {
	uint32_t state;
};

#define MN_ONCE_INIT {0}

/*
 * Calls fn() unless that has been done for o; when it returns, it has been done.
 * Others that come meanwhile block. When fn() does not return but its thread
 * exits or is cancelled, the next one calls it.
 */
void mn_once(struct mn_once *o, void (*fn)(void));

/* --- waitgroup: waits for a count to reach zero --- */

struct mn_waitgroup {
	uint64_t word;
	uint32_t guard;
	uint32_t reserved;
	void *waiters;
};

#define MN_WAITGROUP_INIT {0, 0, 0, 0}

/*
 * Adds n, which may be negative; at zero, all who wait are woken. -EINVAL: the
 * count would be negative; -EOVERFLOW: over 2^63 - 1. From any kernel thread.
 */
int mn_waitgroup_add(struct mn_waitgroup *g, int64_t n);
/* Adds -1. */
int mn_waitgroup_done(struct mn_waitgroup *g);
/* Blocks until the count is or has been zero. A cancellation point. */
void mn_waitgroup_wait(struct mn_waitgroup *g);
int mn_waitgroup_wait_until(struct mn_waitgroup *g, enum mn_clock clock, uint64_t ns);

/* --- channel: elements of one size, from any thread to any thread, in order --- */

struct mn_chan {
	uint64_t reserved[10];
};

/*
 * Makes a channel for elements of size bytes, which may be 0. Up to room of
 * them are kept in buffer, which must have that much space; with room 0 each is
 * handed over from a sender to a receiver that meet. -EINVAL: there is no
 * buffer. All-zero is a channel of size 0 and room 0.
 */
int mn_chan_init(struct mn_chan *c, void *buffer, size_t size, size_t room);

/*
 * Blocks until the element is in the channel or handed over; a cancellation
 * point. -EPIPE: the channel is closed. try: -EAGAIN instead of blocking, and
 * from any kernel thread.
 */
int mn_chan_send(struct mn_chan *c, const void *value);
int mn_chan_send_until(struct mn_chan *c, const void *value, enum mn_clock clock, uint64_t ns);
int mn_chan_try_send(struct mn_chan *c, const void *value);

/*
 * Blocks until there is an element and copies it to value, which may be NULL;
 * a cancellation point. -EPIPE: the channel is closed, and nothing is left in it.
 */
int mn_chan_recv(struct mn_chan *c, void *value);
int mn_chan_recv_until(struct mn_chan *c, void *value, enum mn_clock clock, uint64_t ns);
int mn_chan_try_recv(struct mn_chan *c, void *value);

/*
 * Lets nobody send any more; who is blocked in it gets -EPIPE. -EPIPE: it was
 * closed before. From any kernel thread.
 */
int mn_chan_close(struct mn_chan *c);

/* How many elements are in the buffer. From any kernel thread. */
size_t mn_chan_count(struct mn_chan *c);

/* Forgets what is still in it. -EBUSY: threads wait for it. */
int mn_chan_destroy(struct mn_chan *c);

/* One of several things to do. */
struct mn_chan_op {
	struct mn_chan *chan; /* NULL: never can be done */
	void *value;          /* what to send, or where to put what is received */
	int send;             /* 0: receive */
	int result;           /* of the one that was done: 0, or -EPIPE */
	uintptr_t reserved[5];
};

/*
 * Does exactly one of n operations, which may be on the same channel, and
 * returns its index; blocks until one can be done, and of several that can
 * takes a random one. A cancellation point. until: -ETIMEDOUT; try: -EAGAIN.
 */
int mn_chan_select(struct mn_chan_op *ops, unsigned n);
int mn_chan_select_until(struct mn_chan_op *ops, unsigned n, enum mn_clock clock, uint64_t ns);
int mn_chan_try_select(struct mn_chan_op *ops, unsigned n);

/* --- keys: values of which every thread has its own --- */

typedef uint32_t mn_key_t;

#define MN_KEYS_MAX 1024
#define MN_DESTRUCTOR_ITERATIONS 4

/*
 * Makes a key; all threads have NULL under it. When a thread ends with another
 * value, that is set to NULL and destructor(value) is called, if it is not
 * NULL; again so if the destructors set values anew, MN_DESTRUCTOR_ITERATIONS
 * times. Keys outlive mn_shutdown(). -EAGAIN: there are MN_KEYS_MAX. From any
 * kernel thread.
 */
int mn_key_create(mn_key_t *out, void (*destructor)(void *value));
/* Values are forgotten, without their destructors. -EINVAL: there is no such key. */
int mn_key_delete(mn_key_t key);
/* -EINVAL: there is no such key; -ENOMEM. */
int mn_key_set(mn_key_t key, const void *value);
/* NULL: there is no value, or no such key. */
void *mn_key_get(mn_key_t key);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
