/*
 * What the model's own files share: the state of one execution. model.h says
 * what it means.
 */
#ifndef MODEL_MACHINE_H
#define MODEL_MACHINE_H

#include <setjmp.h>

#include "model.h"

#define MAX_LOCATIONS 112 /* different addresses in all executions of a scenario */
#define MAX_MESSAGES 40   /* of one location in one execution */

/* --- memory.c: locations, messages, views --- */

struct thread;

/* For each location the message that is known; for each thread the time that is known. */
struct view {
	uint16_t clock[MODEL_THREADS]; /* happens-before, for plain.c; SC fences do not carry it */
	uint8_t known[MAX_LOCATIONS];
};

struct message {
	uint64_t value;
	struct view view; /* what an acquire of this message learns */
	uint8_t writer;
	bool glued; /* by a read-modify-write, to the message before it */
};

struct location {
	const volatile void *address;
	unsigned size;
	bool ignored;
	uint8_t users;  /* a bit for each thread that touches it in some execution */
	bool written;   /* by one of them */
	bool shared;    /* several users, and written: only then does their order matter */
	uint8_t kernel; /* the newest that the kernel surely sees (futex.c) */
	unsigned count; /* of messages; 0: not touched in this execution */
	uint8_t order[MAX_MESSAGES];    /* modification order: position -> message */
	uint8_t position[MAX_MESSAGES]; /* message -> position */
	struct message message[MAX_MESSAGES];
	uint64_t salt; /* for hashing; odd */
};

void memory_reset(void);               /* before each execution */
void memory_forget(void);              /* before each scenario */
bool memory_learnt_more(void);         /* whether it has to be explored again */
void memory_write_back(void);          /* the last values to where direct accesses look */
void memory_see_all(struct thread *t); /* so much time has passed that no store is on its way */
uint64_t memory_hash(void);
void memory_ignore(const void *p, size_t bytes);
/* What a kernel reads of a word of 32 bits in wait; what wake tells it (futex.c). */
uint64_t memory_kernel_read(const volatile void *p);
void memory_kernel_saw(const volatile void *p);

/* late.c: the running thread reads this value from this location now, or the execution ends. */
void memory_load_late(unsigned l, uint64_t value);

/* --- late.c: loads that are done after the store behind them --- */

#define MAX_OPEN 4
#define MAX_READABLE 4

struct late {
	enum { LATE_NONE, LATE_GUESSED, LATE_OVERTAKEN } stage;
	unsigned location;
	uint64_t value;
	uint64_t before; /* the thread's history at the load */
	uint64_t deeds;  /* since then */
	uint64_t readable[MAX_READABLE];
	unsigned readables;
	struct {
		uint64_t before, value, deeds;
	} open[MAX_OPEN]; /* loads done as usual since the last store */
	unsigned opens;
};

void late_forget(void); /* before each scenario */
/* After a scenario was explored: whether it has to be explored again. */
bool late_learnt_more(void);
void late_written(unsigned l, uint64_t value);
unsigned late_guesses(unsigned l, const uint64_t *readable, unsigned readables, uint64_t *guess);
void late_begin(unsigned l, uint64_t before, uint64_t value, const uint64_t *readable,
		unsigned readables);
void late_loaded(const struct model_site *s, uint64_t before, uint64_t value);
void late_store(const struct model_site *s, unsigned l, bool releases, uint64_t read,
		uint64_t value);
void late_settle(void);
void late_barrier(void);

/* --- plain.c: accesses that are not atomic --- */

void plain_forget(void);      /* before each scenario */
bool plain_learnt_more(void); /* after one: whether it has to be explored again */
void plain_reset(void);       /* before each execution */
uint64_t plain_hash(void);    /* before memory_hash() */
/* Of a view's clock, as far as it makes a difference to plain accesses. */
uint64_t plain_clock_hash(const uint16_t *clock);

/* --- threads and exploration: explore.c, fiber.c --- */

enum status { READY, WAITING, WAITING_TIMED, ENDED };

struct thread {
	enum status status;
	bool timed_out;   /* why it is READY again */
	bool past_loads;  /* has done a store, RMW or SC fence: may be switched at the next load */
	bool fenced;      /* nothing written since a seq_cst RMW or fence */
	bool just_fenced; /* nothing at all done since an SC fence */
	uint8_t spurious_cas; /* failures without a reason still to come */
	uint8_t spurious_waits;
	uint64_t history;   /* hash of all it has read */
	const void *frame;  /* of the model's function that it has called last */
	uint64_t pending;   /* what it called that with */
	uint64_t control;   /* hash of its stack above, when it was left */
	bool control_stale; /* another thread has written there */
	const volatile void *waits_on;
	struct view now, after_acquire, at_release;
	struct late late;
	void *worker; /* plat_self.h */
	size_t allocated;
	unsigned looks_at_clock; /* futex.c */
};

struct machine {
	const struct model_scenario *scenario;
	struct thread thread[MODEL_THREADS];
	struct thread *self;      /* NULL: setup and finish, where accesses are direct */
	struct view sc;           /* what SC fences share */
	struct view light, heavy; /* what light and heavy fences leave for each other */
	unsigned early_timeouts, late_timeouts, late_loads, preemptions; /* still allowed */
	uint64_t time_ns;                                                /* futex.c */
	bool tracing;
	char failure[400];
};

extern struct machine machine;

static inline unsigned thread_number(const struct thread *t)
{
	return (unsigned)(t - machine.thread);
}

uint64_t late_hash(const struct thread *t);

/* Before a load, an RMW or an SC fence: lets other threads run if that may matter. */
void explore_before_load(void);
/* Lets other threads run; returns when the caller, if READY, goes on. */
void explore_switch(void);
/* 0 to n-1, by the running thread. */
unsigned explore_choose(unsigned n);

enum end { END_DONE = 1, END_SEEN, END_RETRY, END_FAILED };
_Noreturn void explore_end(enum end why);

#define MAX_OUTCOMES 10000

struct tally {
	uint64_t executions; /* that ran to their end */
	uint64_t states;
	double seconds;
	bool failed;
	bool outcome[MAX_OUTCOMES]; /* of litmus tests: which were seen */
};

/* Once, before anything else. */
void explore_start(void);

/* Runs a scenario in all ways, or until it fails (machine.failure). */
void explore(const struct model_scenario *s, struct tally *tally);
/* Runs the execution that failed once more and prints what happens. */
void explore_show_failure(void);

void fiber_start_all(void (*body)(unsigned));
void fiber_restart(unsigned n);
/* Goes from the running context to fiber n; from < 0: from home. */
void fiber_switch(int from, unsigned n);
_Noreturn void fiber_leave(int why);
/* From home: run fiber n, or a function; return what fiber_leave() says, or 0. */
int fiber_enter(unsigned n);
int fiber_call_home(void (*fn)(void));
bool fiber_owns(const void *p);   /* whether p lies on some fiber's stack */
unsigned fiber_of(const void *p); /* then: whose */
void fiber_scrub(void); /* clears what the model's own functions leave behind on a stack */
uint64_t fiber_hash(unsigned n, const void *from); /* of what lies on its stack above this */

/* --- hashing (splitmix64's finisher) --- */

static inline uint64_t mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline uint64_t mix2(uint64_t a, uint64_t b)
{
	return mix(a ^ mix(b));
}

static inline void remember(uint64_t v)
{
	machine.self->history = mix2(machine.self->history, v);
}

/*
 * First of all in what explored code calls and where threads may be switched: notes
 * what the thread's stack is then, and what it called this with.
 */
#define model_entry(pending_)                                                                      \
	do {                                                                                       \
		if (machine.self) {                                                                \
			machine.self->frame = __builtin_frame_address(0);                          \
			machine.self->pending = (pending_);                                        \
		}                                                                                  \
	} while (0)

/* --- trace.c --- */

__attribute__((format(printf, 2, 3))) void trace(const struct model_site *s, const char *format,
						 ...);

#endif
