/*
 * Preemption: a thread that does not give up its worker is made to.
 *
 * Each worker has a tick, a timer signal to its own kernel thread. It is armed
 * only while some thread waits for that worker, and staggered, so that the
 * kernel does not take one lock for all of them at the same time.
 *
 *   1. The tick interrupts the worker.
 *   2. Nobody waits, and no timer is this worker's to look after (core/timer.c):
 *      after two such ticks in a row the tick is disarmed, and the next submit
 *      arms it again. A submit from another kernel thread that came in between
 *      is found by looking once more after an SC fence; the submitter makes its
 *      work visible, SC fence, reads tick_armed.
 *   3. The interrupted point must be a safe one, all of it:
 *        a. a green thread runs, and it has not disabled preemption;
 *        b. the stack pointer is on that thread's stack, with room to save
 *           the registers;
 *        c. the program counter is in the program's own text. Not in libc or
 *           the loader, which may hold a lock that the next thread wants; not
 *           in the runtime, whose data is half changed;
 *        d. no user's signal handler is running (the signal mask is the usual).
 *      Otherwise the preemption is left pending: the tick comes back soon, and
 *      the runtime honours it where a thread leaves it (mni_preempt_point()).
 *   4. x86-64: the handler, on the alternate stack, rewrites the interrupted
 *      context to go on in a trampoline (arch/x86_64/preempt.S) and returns. The
 *      trampoline saves every register that the thread can see on the thread's
 *      own stack and calls mni_preempted(), which yields.
 *      AArch64: there is no going on at an arbitrary instruction without
 *      changing a register. The handler, on the thread's own stack, calls
 *      mni_preempted() itself; the signal frame holds the registers.
 *   5. When it is resumed, the trampoline restores the registers, or the
 *      handler returns, and the thread goes on where it was interrupted.
 *
 * A thread preempted like this stays on its worker until it next leaves
 * voluntarily: compiled code may hold the address of a thread-local variable
 * in a register. It waits in worker.pinned, which nobody steals from.
 *
 * Rejected: switching from within the signal handler on x86-64 too. The frame
 * (several KiB with AVX-512) would be written before the room for it can be
 * checked, and the alternate stack could not be used. Rejected: one timer for all workers that forwards the signal: it
 * costs the worker that gets it a system call for each of the others.
 *
 * A thread that blocks in a system call is not interrupted again and again. A tick
 * that finds that the kernel thread has hardly run since the one before, which
 * met an unsafe point too, comes back after REST_NS, and then after ever longer.
 * Mostly the worker has been taken over by then (core/handoff.c), and with it the tick.
 */
#ifndef MNI_PREEMPT_H
#define MNI_PREEMPT_H

#include "core/internal.h"

struct mn_plat_context;

/* Sets up ticks for the process. 0, or -errno with a line on stderr. */
int mni_preempt_init(int signal);
void mni_preempt_fini(void);

/* The same for a worker, on its kernel thread. 0 or -errno. */
int mni_preempt_worker_init(struct mni_worker *w);
void mni_preempt_worker_fini(struct mni_worker *w);

/* The tick, from the handler; the platform calls it. */
void mni_tick(struct mn_plat_context *interrupted);

/* Step 4's other half; the trampoline calls it. */
void mni_preempted(void);

/* The running thread's quantum is over, and here it may be switched like any other. */
void mni_expired(void);

void mni_preempt_arm_slow(struct mni_worker *w);

/* Somebody waits whom any worker may take. From any kernel thread. */
void mni_preempt_arm_all(void);

/*
 * For the watch (handoff.c), where no tick disarms itself, since preemption is off:
 * disarms it when nothing waits behind a busy worker, and says so.
 */
bool mni_preempt_disarm_unless_needed(struct mni_worker *w);

/* Somebody waits for w now, which is the caller's worker. */
static inline void mni_preempt_arm(struct mni_worker *w)
{
	if (!mni_load(&w->tick_armed, relaxed) && mni_rt.arms)
		mni_preempt_arm_slow(w);
}

/* Where a thread leaves the runtime: honours what is pending. */
static inline void mni_preempt_point(struct mni_worker *w)
{
	if (w->preempt_pending && !w->current->preempt_off)
		mni_expired();
}

#endif
