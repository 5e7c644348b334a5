/* Making, copying and closing fds; what may take the disk's time. */
#include "io/call.h"

#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>

/* --- files --- */

struct opening {
	int folder;
	const char *path;
	int flags;
	mode_t mode;
};

static ssize_t open_plainly(void *arg)
{
	struct opening *o = arg;

	return openat(o->folder, o->path, o->flags, o->mode);
}

int mn_openat(int folder, const char *path, int flags, mode_t mode)
{
	struct opening o = {folder, path, flags, mode};
	int fd;

	if (!mni_self())
		return (int)mni_result(open_plainly(&o));
	mn_thread_test_cancel();
	fd = (int)mni_call_offload(open_plainly, &o);
	if (fd >= 0)
		mni_fd_made(fd, flags & O_NONBLOCK, MNI_FD_UNKNOWN);
	return fd;
}

int mn_open(const char *path, int flags, mode_t mode)
{
	return mn_openat(AT_FDCWD, path, flags, mode);
}

static ssize_t sync_plainly(void *fd)
{
	return fsync(*(int *)fd);
}

static ssize_t datasync_plainly(void *fd)
{
	return fdatasync(*(int *)fd);
}

static int sync_by(ssize_t (*fn)(void *), int fd)
{
	if (!mni_self())
		return (int)mni_result(fn(&fd));
	mn_thread_test_cancel();
	return (int)mni_call_offload(fn, &fd);
}

int mn_fsync(int fd)
{
	return sync_by(sync_plainly, fd);
}

int mn_fdatasync(int fd)
{
	return sync_by(datasync_plainly, fd);
}

/* --- fds --- */

int mn_pipe2(int fds[2], int flags)
{
	int error = (int)mni_result(pipe2(fds, flags));

	for (int i = 0; !error && i < 2; i++)
		mni_fd_made(fds[i], flags & O_NONBLOCK, MNI_FD_STREAM);
	if (!error)
		mni_pipe_join(fds[0], fds[1]);
	return error;
}

int mn_eventfd(unsigned value, int flags)
{
	int fd = (int)mni_result(eventfd(value, flags));

	if (fd >= 0)
		mni_fd_made(fd, flags & EFD_NONBLOCK, MNI_FD_STREAM);
	return fd;
}

int mn_timerfd_create(clockid_t clock, int flags)
{
	int fd = (int)mni_result(timerfd_create(clock, flags));

	if (fd >= 0)
		mni_fd_made(fd, flags & TFD_NONBLOCK, MNI_FD_STREAM);
	return fd;
}

/* O_NONBLOCK belongs to what both numbers mean: it may change by either. */
static int copied(int fd, int copy)
{
	struct mni_fd *e = mni_fd_known(fd);
	struct mni_fd *c;

	if (copy < 0)
		return copy;
	mni_fd_disown(fd);
	mni_fd_made(copy, false, MNI_FD_UNKNOWN);
	mni_fd_disown(copy);
	c = mni_fd_known(copy);
	if (e && c)
		mni_store(&c->forced, mni_load(&e->forced, relaxed), relaxed);
	return copy;
}

int mn_dup(int fd)
{
	return copied(fd, (int)mni_result(dup(fd)));
}

int mn_dup3(int fd, int to, int flags)
{
	int r;

	if (fcntl(fd, F_GETFD) < 0 || fd == to)
		return (int)mni_result(dup3(fd, to, flags));
	mni_fd_closing(to);
	r = (int)mni_result(dup3(fd, to, flags));
	mni_fd_closed(to);
	return copied(fd, r);
}

struct locking {
	int fd, command;
	long argument;
};

static ssize_t lock_plainly(void *arg)
{
	struct locking *l = arg;

	return fcntl(l->fd, l->command, l->argument);
}

static void set_nonblock(int fd, bool on)
{
	struct mni_fd *e = mni_fd_entry(fd);

	if (!e)
		return;
	mni_store(&e->nonblock, on, relaxed);
	if (on)
		mni_store(&e->forced, false, relaxed);
}

int mn_fcntl(int fd, int command, long argument)
{
	struct locking l = {fd, command, argument};
	struct mni_fd *e = mni_fd_known(fd);
	bool forced = e && mni_load(&e->forced, relaxed);
	int r;

	if (mni_self() && (command == F_SETLKW || command == F_OFD_SETLKW)) {
		mn_thread_test_cancel();
		return (int)mni_call_offload(lock_plainly, &l);
	}
	if (command == F_SETFL && forced)
		argument |= O_NONBLOCK;
	if (command == F_SETFL && e)
		mni_twin_drop(e); /* it has flags of its own */
	r = (int)mni_result(fcntl(fd, command, argument));
	if (r < 0)
		return r;
	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		return copied(fd, r);
	if (command == F_SETFL)
		set_nonblock(fd, l.argument & O_NONBLOCK);
	return command == F_GETFL && forced ? r & ~O_NONBLOCK : r;
}

int mn_ioctl(int fd, unsigned long request, void *argument)
{
	int r = (int)mni_result(ioctl(fd, request, argument));

	if (r >= 0 && request == FIONBIO)
		set_nonblock(fd, *(int *)argument);
	return r;
}

static ssize_t close_plainly(void *fd)
{
	return close(*(int *)fd);
}

int mn_close(int fd)
{
	struct mni_fd *e = mni_self() ? mni_fd_known(fd) : NULL;
	bool lingers = e && mni_load(&e->lingers, relaxed);
	int r;

	mni_fd_closing(fd);
	r = lingers ? (int)mni_call_offload(close_plainly, &fd) : (int)mni_result(close(fd));
	mni_fd_closed(fd);
	return r;
}

void mn_fd_release(int fd)
{
	mni_fd_disown(fd);
}
