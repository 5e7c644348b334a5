/*
 * Calls out of the library. A program may have functions of its own under the
 * names of libc's, a malloc or an mmap that keeps count, and then these calls
 * lead into the program's own text, where threads are preempted; but the caller
 * may hold a lock of the runtime, or be in the midst of a switch. So every call
 * from here into libc says that it is outside, and the tick (tick.c) leaves the
 * kernel thread alone until it is back. mn_plat_exit() does not: the program's
 * handlers run then, for as long as they like.
 */
#ifndef MN_PLAT_OUTSIDE_H
#define MN_PLAT_OUTSIDE_H

/* Self and its tick's handler: how many such calls this kernel thread is in. */
extern __thread volatile unsigned mn_plat_outside
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* The value of a call, made outside. */
#define OUTSIDE(call)                                                                              \
	({                                                                                         \
		__typeof__(call) outside_result_;                                                  \
                                                                                                   \
		mn_plat_outside++;                                                                 \
		outside_result_ = (call);                                                          \
		mn_plat_outside--;                                                                 \
		outside_result_;                                                                   \
	})

/* The same for a call that returns nothing. */
#define OUTSIDE_VOID(call) ((void)OUTSIDE(((call), 0)))

#endif
