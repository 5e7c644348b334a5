/*
 * Reports for people: who waits for what (list.c), deadlocks (deadlock.c), stack
 * overflows (overflow.c). What the files of this folder share.
 *
 * A report is made while the program runs, or after it has gone wrong. So none of
 * this takes a lock or memory of the program's or the runtime's: it reads
 * descriptors, which stay where they are (core/pool.c), copies stacks, and unwinds the
 * copies by itself (unwind.c). What it reads may change meanwhile; then a line of the
 * report is wrong, and nothing else.
 *
 * One kernel thread, the monitor (monitor.c), makes all reports but that of an
 * overflow, so that they come also when all workers are busy or asleep.
 */
#ifndef MNI_DIAG_H
#define MNI_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/internal.h"
#include "unwind.h"

#pragma GCC visibility push(hidden)

/* --- text (text.c): to an fd, in pieces of a few KiB --- */

struct diag_text {
	int fd;
	size_t n;
	char buffer[2048];
};

void diag_text_begin(struct diag_text *o);
void diag_flush(struct diag_text *o);
void diag_put(struct diag_text *o, const char *s);
void diag_decimal(struct diag_text *o, uint64_t v);
void diag_hex(struct diag_text *o, uint64_t v);
/* As "1.5 s". */
void diag_ms(struct diag_text *o, uint64_t ms);

/* --- memory that may not be there (memory.c) --- */

/* Copies from this process. Returns how many of the bytes could be read from the first on. */
size_t diag_copy(void *to, uintptr_t from, size_t bytes);

/* A copy of a part of a stack. */
struct diag_stack {
	uintptr_t lo, hi; /* the addresses that it is a copy of */
	const char *copy;
};

/* --- what the process is made of (objects.c) --- */

struct diag_object {
	uintptr_t base; /* what is added to the file's addresses */
	uintptr_t lo, hi;
	const uint8_t *eh_frame_hdr; /* or NULL */
	const char *path;            /* "": the program itself */
	const uint8_t *file;         /* mapped to read symbols; NULL: not, or not yet */
	size_t file_bytes;
	bool tried;
};

/* Reads the list of the loader. For one caller at a time, as all below. */
void diag_objects_read(void);
/* Gives back what was mapped. */
void diag_objects_done(void);
/* Where this address lies, or NULL. Async-signal-safe. */
const struct diag_object *diag_object_of(uintptr_t pc);
/* As "main+0x12 (/bin/prog+0x1234)". */
void diag_place(struct diag_text *o, uintptr_t pc);

/* --- unwinding (unwind.c) --- */

struct diag_registers {
	uint64_t r[MN_ARCH_DWARF_REGS]; /* by DWARF's numbers */
	uint64_t pc;
	bool exact; /* pc is that of the next instruction, not of a call's return */
};

/*
 * Fills in the addresses of code on the stack, the innermost first, up to most of them.
 * Returns how many. Ends where it finds no more. Async-signal-safe.
 */
unsigned diag_unwind(struct diag_registers *r, const struct diag_stack *s, uintptr_t *pcs,
		     unsigned most);

/* --- threads (list.c) --- */

/* As: thread 0x10007f... "name". t may be NULL: a kernel thread that is no worker. */
void diag_name(struct diag_text *o, struct mn_thread *t);
/* What it does or waits for, a line without its end. */
void diag_state(struct diag_text *o, struct mn_thread *t);
/* Its backtrace, a line each. */
void diag_backtrace(struct diag_text *o, struct mn_thread *t);
void diag_frames(struct diag_text *o, const uintptr_t *pcs, unsigned n);
/* All threads, with both. At most so many. */
void diag_list(struct diag_text *o, size_t most);
/* Who holds what t waits for, if that is known and one thread; else NULL. */
struct mn_thread *diag_awaited(struct mn_thread *t);

/* --- threads that run (running.c) --- */

/* Asks all kernel threads that run a green one where they are, and waits for answers, for a second at most. */
void diag_running_read(void);
/* The kernel thread that t ran on then, by the number of its carrier, or -1. */
int diag_running_where(const struct mn_thread *t);
/* The worker that this is, or -1: none at present, as the thread blocks it. */
int diag_running_worker(int carrier);
/* The frames that it has answered. */
unsigned diag_running_frames(int carrier, const uintptr_t **pcs);
/* The signal that it is done by, and whether it is ours still. */
int diag_running_signal(void);

/* --- deadlocks (deadlock.c) --- */

void diag_deadlock_reset(void);
/* Looks for deadlocks, and reports those that it has met the last time too. True: look again. */
bool diag_deadlock_look(void);

/* --- stack overflows (overflow.c) --- */

void diag_overflow_install(void);
void diag_overflow_remove(void);

#pragma GCC visibility pop

#endif
