/*
 * Input and output: what the files of this folder share.
 *
 * A call is first tried without blocking. When the kernel says EAGAIN, the
 * thread waits until a backend (epoll, or a ring per worker) reports that the fd
 * may be ready, and tries again. So nothing depends on a report being exact, and
 * a call that need not wait costs the system call and little else.
 *
 * Each fd has an entry in a table, struct mni_fd: who waits, and what is known
 * about it. What the program got from a call of this runtime it is known to own:
 * its flags are known, and epoll is told of it once. About others ("foreign": inherited,
 * made or passed on by a library) nothing is taken for granted: every
 * wait asks for the flags and tells epoll again, since the number may mean another file
 * than the last time.
 *
 * Waiting, and why no report is lost: entry.seq[direction] counts reports.
 *
 *   call:    1. reads seq; 2. tries the call: EAGAIN; 3. makes sure that the backend
 *            will report; 4. under the entry's lock: if seq has changed, back to 1;
 *            else it is queued, and parks; the next context releases the lock.
 *   report:  5. under the lock adds 1 to seq and takes all who wait out.
 *
 * What comes ready after 2 is reported, as step 3 looks at the present state, or
 * did when it was last done and every change since is reported (edge-triggered).
 * Either the report comes before 4, which sees it, or after, and finds the thread.
 *
 * An fd known to be empty (entry.dry is the present seq) is not even tried.
 *
 * Closing: under the lock, those who wait are taken out with EBADF; then the fd
 * is closed; then those who have begun to wait in between are made to try again,
 * and get EBADF from the kernel, or wait for the number's next file.
 */
#ifndef MNI_IO_H
#define MNI_IO_H

#include <errno.h>
#include <sys/types.h>

#include "core/internal.h"
#include "sync/waitq.h"

#pragma GCC visibility push(hidden)

enum mni_dir { MNI_IN, MNI_OUT };

enum mni_fd_kind {
	MNI_FD_UNKNOWN,
	MNI_FD_TCP,
	MNI_FD_SOCKET, /* of another kind */
	MNI_FD_STREAM, /* pipe, eventfd, ...: can be tried by RWF_NOWAIT */
	MNI_FD_OTHER,  /* cannot: ask poll() first */
	MNI_FD_FILE,   /* never reported as ready; may take the disk's time */
};

struct mni_watcher;

struct mni_fd {
	_Alignas(64) mni_spinlock lock;
	_Atomic uint32_t seq[2];      /* reports; written under the lock */
	_Atomic uint32_t dry[2];      /* the seq at which it was known to be empty, or full */
	_Atomic uint32_t told;        /* epoll: the epoch in which it was told */
	uint32_t armed[2];            /* lock; uring: in whose ring a request is */
	uint32_t generation;          /* lock; uring: of these requests */
	uint32_t old_in;              /* lock; uring: like armed: of one that has been disarmed */
	uint64_t old_key;             /* lock; uring: which */
	_Atomic uint8_t kind;         /* enum mni_fd_kind; a guess that the kernel corrects */
	_Atomic bool owned;           /* nonblock is right, and epoll is told once */
	_Atomic bool nonblock;        /* the program has set O_NONBLOCK */
	_Atomic bool forced;          /* O_NONBLOCK is set, but not by the program */
	_Atomic bool hung_up;         /* may be ready without a report: never dry */
	_Atomic bool lingers;         /* close() waits until all is sent, SO_LINGER */
	_Atomic uint8_t tries;        /* that succeeded: of a pipe without a twin; of a file, of late */
	_Atomic int twin;             /* pipe.c: its fd + 1; 0: none */
	mni_waitq waiting[2];         /* lock */
	struct mni_watcher *watchers; /* lock: see poll.c */
	_Atomic uint64_t limit_ns[2]; /* SO_RCVTIMEO, SO_SNDTIMEO; 0: none */
	_Atomic int other;            /* pipe.c: the other end's fd + 1, as far as is known; 0: none */
};

/* A poll(): takes part in the reports of several fds. */
struct mni_watcher {
	struct mni_watcher *next, **before; /* the entry's lock */
	struct mni_fd *entry;
	unsigned dirs; /* 1 << direction */
	_Atomic bool closed; /* its fd has been, by the program; written under the entry's lock */
	struct mni_watch *watch;
};

struct mni_watch {
	struct mni_waiter waiter;
	mni_spinlock guard;
	mni_waitq queue; /* guard; the waiter alone */
	bool fired;      /* guard */
};

/* --- the table (fd.c) --- */

/* The entry, or NULL: fd is negative or there is no memory. */
struct mni_fd *mni_fd_entry(int fd);
/* The same for fds that may never have been seen: NULL then too. */
struct mni_fd *mni_fd_known(int fd);
void mni_fd_table_free(void);
/* In a forked child: no thread waits, no lock is held. */
void mni_fd_table_forget(void);

/* fd has just been made by a call of the program, with or without O_NONBLOCK. */
void mni_fd_made(int fd, bool nonblock, enum mni_fd_kind kind);
/* fd is shared with what the runtime does not see. */
void mni_fd_disown(int fd);
/* Before and after the number stops meaning the file that it means. */
void mni_fd_closing(int fd);
void mni_fd_closed(int fd);

/* Finds out what it is, for entry.kind. */
enum mni_fd_kind mni_fd_find_kind(struct mni_fd *e, int fd);
/* Whether the program wants EAGAIN from it. */
bool mni_fd_is_nonblock(struct mni_fd *e, int fd);

/*
 * Blocks the calling green thread until fd may be ready, or seq is old. 0: try
 * again; -ETIMEDOUT; -ECANCELED: the caller is cancelled; -EBADF: it has been
 * closed; -EPERM: fds like this are never reported; another error of the backend.
 */
int mni_fd_wait(struct mni_fd *e, int fd, enum mni_dir dir, uint32_t seq,
		const struct mni_until *until);

/*
 * Parks the calling green thread for I/O; n is in its queue, and the guard is the
 * caller's, to be released. 0: taken out; -ETIMEDOUT, -ECANCELED, -EBADF.
 */
int mni_io_park(struct mni_waiter *n, mni_spinlock *guard);

/* A report, by the backend: bits 1 << direction. Appends to out who waits no longer. */
void mni_fd_report(struct mni_fd *e, unsigned dirs, struct mni_list *out);

/* The same for something that the program itself has done: makes them runnable. */
void mni_fd_report_own(struct mni_fd *e, unsigned dirs);

/* Requests in this worker's ring are void: as above, for all fds that have one. */
void mni_fd_disarm_all(unsigned worker, struct mni_list *out);

/* The time from now that this is a limit of, or NULL if ns is 0. */
struct mni_until *mni_limit(struct mni_until *u, uint64_t ns);

static inline uint32_t mni_fd_seq(struct mni_fd *e, enum mni_dir dir)
{
	return mni_load(&e->seq[dir], acquire); /* with the report */
}

static inline void mni_fd_set_dry(struct mni_fd *e, enum mni_dir dir, uint32_t seq)
{
	if (!mni_load(&e->hung_up, relaxed) && mni_load(&e->owned, relaxed))
		mni_store(&e->dry[dir], seq, relaxed);
}

/* --- pipes' twins (pipe.c) --- */

/* Making one costs what it spares some 50 calls. */
#define MNI_TWIN_AFTER 32 /* calls, a power of two; so many again when it could not be made */

/* A call in this direction, tried at seq, has succeeded without one. Makes it, now and then. */
void mni_twin_make(struct mni_fd *e, int fd, enum mni_dir dir, uint32_t seq);
static inline void mni_twin_count(struct mni_fd *e, int fd, enum mni_dir dir, uint32_t seq)
{
	uint8_t tries = mni_load(&e->tries, relaxed) + 1;

	mni_store(&e->tries, tries, relaxed);
	if (tries % MNI_TWIN_AFTER == 0)
		mni_twin_make(e, fd, dir, seq);
}
/* At the start, before there are kernel threads: so that the first one costs no more than the others. */
void mni_twin_prepare(void);
/* Closes it; the end is not owned any more. */
void mni_twin_drop(struct mni_fd *e);
/* Whether there is any. */
bool mni_twin_any(void);

/* --- pipes of which both ends are here (pipe.c) --- */

void mni_pipe_join(int in, int out);
/* This number does not mean that end any more. */
void mni_pipe_part(struct mni_fd *e, int fd);
void mni_pipe_wrote_to(int in);
/* Something has been written to this fd. On a worker. */
static inline void mni_pipe_wrote(struct mni_fd *e)
{
	int in = mni_load(&e->other, relaxed);

	if (in)
		mni_pipe_wrote_to(in - 1);
}

/* --- backends --- */

struct mni_io_backend {
	const char *name;
	bool shared; /* any idle worker can sleep in it for all */

	/* Kernel objects for all workers. -errno: the kernel refuses. */
	int (*start)(void);
	void (*stop)(void);

	/* Without locks: sees to it that fd will be reported; 0, -EPERM, -errno. */
	int (*tell)(struct mni_fd *e, int fd);
	/* The same for one direction, under the entry's lock, on the worker that parks. */
	void (*arm)(struct mni_fd *e, int fd, enum mni_dir dir);
	/*
	 * On a worker, without locks: what arm() has asked for need not be reported, as the caller
	 * will. False: it will be. NULL: always.
	 */
	bool (*disarm)(struct mni_fd *e, int fd, enum mni_dir dir);
	/* fd is about to be closed, or means another file. */
	void (*forget)(struct mni_fd *e, int fd);

	bool (*enter)(struct mni_worker *w);
	void (*wait)(struct mni_worker *w, uint64_t timeout_ns, struct mni_list *out);
	void (*leave)(struct mni_worker *w);
	void (*wake)(struct mni_worker *w);
	bool (*unkept)(struct mni_worker *w);
	bool (*has_come)(struct mni_worker *w);
	/* See poller.h; NULL: nothing of it belongs to a kernel thread. */
	void (*moved)(struct mni_worker *w, struct mni_list *out);
};

extern const struct mni_io_backend mni_io_epoll, mni_io_uring;

/* --- the choice (poller.c) --- */

/* The backend in use; starts it at the first call. NULL: *error says why there is none. */
const struct mni_io_backend *mni_io_backend(int *error);
/* The same when it has been started. */
const struct mni_io_backend *mni_io_running(void);
/* How many threads wait for I/O, about. */
uint64_t mni_io_waiting(void);
/* Changes when all that the kernel has been told is void: at a restart or fork. Not 0. */
uint32_t mni_io_epoch(void);

extern const struct mni_poller mni_io_poller;

/* --- spare kernel threads (offload.c) --- */

/* Calls fn(arg) on a kernel thread that is no worker, and blocks the calling green thread until
   it has returned; there is no cancelling it. */
void mni_offload(void (*fn)(void *arg), void *arg);
void mni_offload_stop(void);
void mni_offload_forget(void);

#pragma GCC visibility pop

#endif
