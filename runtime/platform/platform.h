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

/* Gives up the CPU to whoever the kernel has waiting. */
void mn_plat_relinquish(void);

/* --- the worker under this kernel thread; NULL on a kernel thread that is none --- */

/*
 * Never cached across a switch: the compiler may not assume that the thread
 * pointer is the same after it. Implemented inline in the platform's folder.
 */
#include "plat_self.h"

/* Where this kernel thread's errno lives, or a dummy where there is no libc. */
int *mn_plat_errno(void);

/* The bounds of the stack that the calling kernel thread runs on now. */
int mn_plat_stack_bounds(char **lo, char **hi);

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

/* --- time --- */

/* Monotonic, nanoseconds. */
uint64_t mn_plat_now_ns(void);

/* A number that differs from run to run. */
uint64_t mn_plat_random(void);

/* --- memory; sizes and addresses in whole pages --- */

#define MN_PLAT_PAGE 4096

/* Zero-filled pages that cost nothing until touched. NULL: none to be had. */
void *mn_plat_map(size_t bytes);
void mn_plat_unmap(void *p, size_t bytes);

/* Makes a touch of these pages fault. */
int mn_plat_guard(void *p, size_t bytes);

/* Gives the memory back and keeps the addresses; guards stay. */
void mn_plat_discard(void *p, size_t bytes);

/* --- settings --- */

/* The value of a setting from the environment, or NULL. */
const char *mn_plat_setting(const char *name);

/* --- diagnostics --- */

/* Writes one line for people; async-signal-safe. */
void mn_plat_say(const char *line);

/* Ends the process as a return from its main function would. */
_Noreturn void mn_plat_exit(int status);

/* Ends the process abnormally, as for a failed assertion. */
_Noreturn void mn_plat_abort(void);

#endif
