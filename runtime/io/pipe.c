/*
 * What is particular about pipes: whose two ends are known to be here, and twins.
 *
 * A pipe's end, opened once more for this runtime alone, O_NONBLOCK: its twin.
 *
 * What a blocking pipe can be tried by, RWF_NOWAIT, takes the kernel's path for
 * vectors, which costs a fourth more than read(); and O_NONBLOCK on the end itself
 * would be seen by all who share it: children, libraries, other processes. But
 * /proc/self/fd/N opens the same pipe anew, with flags of its own. There a plain
 * read() or write() does what is wanted, and nobody else sees it.
 *
 * A twin is made when an end has been used often, of ends that are known to be this
 * runtime's own; it takes an fd, out of the program's way, and at most every
 * eighth of those that the process may have. It is closed before its end is, or
 * when the end is copied, released or made a stream's; exec() closes it, and so does the
 * child of a fork() at once: otherwise whoever has the other end would not see this
 * one go. Without /proc, or without fds, there are no twins.
 *
 * No twin is left of an end that is being closed:
 *
 *   make:    1. reads seq; 2. tries the call; 3. opens the twin; 4. under the
 *            entry's lock: keeps it only if seq is the same and the end still owned.
 *   closing: 5. not owned any more; 6. under the lock: changes seq; 7. takes the twin out.
 */
#include "io/call.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#else
#define __libc_single_threaded false /* not known */
#endif

#define SHARE 8        /* of the fds that the process may have */
#define FIRST_AT 4096u /* where twins begin, or at half of the limit: fds below stay dense */

/* TSan orders a read after the write by the fds that pipe() gave. */
#if defined(__SANITIZE_THREAD__)
#define TWINS false
#else
#define TWINS true
#endif

static _Atomic unsigned twins;

static unsigned most_fds(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l))
		return 0;
	return l.rlim_cur < INT32_MAX ? (unsigned)l.rlim_cur : INT32_MAX;
}

static unsigned first_twin(void)
{
	unsigned most = most_fds();

	return most / 2 < FIRST_AT ? most / 2 : FIRST_AT;
}

/* While several kernel threads share the table of fds, the kernel takes 10 ms to enlarge it. */
void mni_twin_prepare(void)
{
	int high;

	if (!TWINS || !__libc_single_threaded)
		return;
	high = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, first_twin());
	if (high >= 0)
		close(high);
}

static int reopen(int fd)
{
	unsigned most = most_fds();
	char path[32];
	int flags = fcntl(fd, F_GETFL);
	struct stat s;
	int low;
	int high;

	if (flags < 0 || fstat(fd, &s) || !S_ISFIFO(s.st_mode) ||
	    mni_load(&twins, relaxed) >= most / SHARE)
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	low = open(path, (flags & (O_ACCMODE | O_DIRECT)) | O_NONBLOCK | O_CLOEXEC);
	if (low < 0)
		return -1;
	high = fcntl(low, F_DUPFD_CLOEXEC, first_twin());
	close(low);
	return high;
}

void mni_twin_make(struct mni_fd *e, int fd, enum mni_dir dir, uint32_t seq)
{
	int twin;
	bool kept;

	if (!TWINS || mni_load(&e->twin, relaxed) || !mni_load(&e->owned, relaxed))
		return;
	twin = reopen(fd);
	if (twin < 0)
		return;
	mni_spin_lock(&e->lock);
	kept = mni_load(&e->seq[dir], relaxed) == seq && mni_load(&e->owned, relaxed) &&
	       !mni_load(&e->twin, relaxed);
	if (kept)
		mni_store(&e->twin, twin + 1, relaxed);
	mni_spin_unlock(&e->lock);
	if (kept)
		mni_fetch_add(&twins, 1, relaxed);
	else
		close(twin);
}

void mni_twin_drop(struct mni_fd *e)
{
	int twin = mni_load(&e->twin, relaxed) ? mni_exchange(&e->twin, 0, relaxed) : 0;

	if (!twin)
		return;
	mni_fetch_sub(&twins, 1, relaxed);
	close(twin - 1);
}

bool mni_twin_any(void)
{
	return mni_load(&twins, relaxed);
}

/* --- both ends --- */

/*
 * Who writes makes those runnable who wait to read, on its own worker, which spares the kernel's
 * way: a report, and idling until it comes. The number may mean another file by now: then
 * somebody looks once in vain.
 */
void mni_pipe_wrote_to(int in)
{
	struct mni_fd *e = mni_fd_known(in);
	const struct mni_io_backend *b = mni_io_running();

	if (e && b && b->disarm && !mni_waitq_empty(&e->waiting[MNI_IN]) &&
	    b->disarm(e, in, MNI_IN))
		mni_fd_report_own(e, 1u << MNI_IN);
}

void mni_pipe_join(int in, int out)
{
	struct mni_fd *reads = mni_fd_known(in);
	struct mni_fd *writes = mni_fd_known(out);

	if (!reads || !writes)
		return;
	mni_store(&reads->other, out + 1, relaxed);
	mni_store(&writes->other, in + 1, relaxed);
}

void mni_pipe_part(struct mni_fd *e, int fd)
{
	int other = mni_exchange(&e->other, 0, relaxed);
	struct mni_fd *o = other ? mni_fd_known(other - 1) : NULL;
	int expect = fd + 1;

	if (o)
		mni_cas(&o->other, &expect, 0, relaxed, relaxed);
}
