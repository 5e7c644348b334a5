/*
 * What idle workers sleep in while threads wait for input or output: the
 * contract between the scheduler and io/. The platform names the one there is
 * (mn_plat_poller()); NULL, and nobody ever waits for I/O.
 *
 * A worker that goes idle sleeps in the poller when that wants it there
 * (enter()), and on its token otherwise; so a program without I/O never leaves
 * the token. Who wakes it learns from the token where it sleeps (idle.c).
 *
 * Who looks for I/O that has come:
 *   - an idle worker that sleeps in the poller;
 *   - a busy worker, as long as unkept() says that nobody else does: when its
 *     own queues are empty, every so many scheduling decisions, and at its tick,
 *     which is armed for that;
 *   - without preemption there is no tick: keep_up() has an idle worker sleep in
 *     the poller, if there is one.
 *
 * Only the worker itself calls the operations that take one, on its kernel
 * thread, but for wake(), which anybody may call, and unkept() and has_come(),
 * which its tick calls too. wait() alone blocks.
 */
#ifndef MNI_POLLER_H
#define MNI_POLLER_H

#include <stdbool.h>
#include <stdint.h>

struct mn_config;
struct mni_list;
struct mni_worker;

struct mni_poller {
	/* At mn_init(), before there are workers. 0, or -errno with a line on stderr. */
	int (*start)(const struct mn_config *c);
	/* No worker runs any more. */
	void (*stop)(void);
	/* In a forked child: the parent's waits and kernel objects are not its own. */
	void (*forget)(void);

	/* w's idle bit is set: whether it is to sleep in wait(). leave() follows either way. */
	bool (*enter)(struct mni_worker *w);
	/*
	 * Blocks until I/O has come or wake(w) has been called since the last wait(),
	 * at most timeout_ns. Appends to *out the threads that wait no longer; the
	 * caller holds them.
	 */
	void (*wait)(struct mni_worker *w, uint64_t timeout_ns, struct mni_list *out);
	/* w is idle no longer. */
	void (*leave)(struct mni_worker *w);
	void (*wake)(struct mni_worker *w);

	/* wait() without waiting. */
	void (*look)(struct mni_worker *w, struct mni_list *out);
	/* Whether threads wait for I/O that nobody looks for unless w does. */
	bool (*unkept)(struct mni_worker *w);
	/* The same, and some of it has come; async-signal-safe. */
	bool (*has_come)(struct mni_worker *w);
	/* Whether threads wait for I/O anywhere. From any kernel thread. */
	bool (*awaited)(void);
	/*
	 * w is on another kernel thread than before, the caller, or about to be: appends
	 * to *out the threads that wait in what was the former's own; they try again.
	 */
	void (*moved)(struct mni_worker *w, struct mni_list *out);
	/* w is busy and its I/O unkept: sees to it that somebody looks in time. */
	void (*keep_up)(struct mni_worker *w);
};

#endif
