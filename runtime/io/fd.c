/* The table of fds, waiting for one, and reports. io.h has the protocol. */
#define _GNU_SOURCE
#include "io/io.h"

#include "core/trace.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

/* Entries come in chunks, made when an fd of theirs is first used; a chunk stays until the end. */
#define CHUNK 256
#define CHUNKS (1 << 16) /* fds up to 16 million */

struct chunk {
	struct mni_fd entry[CHUNK];
};

static struct {
	mni_spinlock lock;
	_Atomic(_Atomic(struct chunk *) *) chunks;
} table;

#define ROOT_BYTES (CHUNKS * sizeof(_Atomic(struct chunk *)))

static struct chunk *make_chunk(unsigned i)
{
	_Atomic(struct chunk *) *root;
	struct chunk *c = NULL;

	mni_spin_lock(&table.lock);
	root = mni_load(&table.chunks, relaxed);
	if (!root) {
		root = mn_plat_map(ROOT_BYTES);
		mni_store(&table.chunks, root, release);
	}
	if (root)
		c = mni_load(&root[i], relaxed);
	if (root && !c && (c = mn_plat_map(sizeof *c))) {
		for (unsigned k = 0; k < CHUNK; k++)
			for (unsigned d = 0; d < 2; d++)
				mni_store(&c->entry[k].seq[d], 1, relaxed); /* dry's 0 is never */
		mni_store(&root[i], c, release);
	}
	mni_spin_unlock(&table.lock);
	return c;
}

struct mni_fd *mni_fd_known(int fd)
{
	_Atomic(struct chunk *) *root = mni_load(&table.chunks, acquire);
	unsigned i = (unsigned)fd / CHUNK;
	struct chunk *c = root && i < CHUNKS ? mni_load(&root[i], acquire) : NULL;

	return c ? &c->entry[(unsigned)fd % CHUNK] : NULL;
}

struct mni_fd *mni_fd_entry(int fd)
{
	struct mni_fd *e = mni_fd_known(fd);
	struct chunk *c;

	if (e || fd < 0 || (unsigned)fd / CHUNK >= CHUNKS)
		return e;
	c = make_chunk((unsigned)fd / CHUNK);
	return c ? &c->entry[(unsigned)fd % CHUNK] : NULL;
}

static void forget_entry(struct mni_fd *e)
{
	mni_store(&e->lock, 0, relaxed);
	mni_store(&e->waiting[MNI_IN].last, NULL, relaxed);
	mni_store(&e->waiting[MNI_OUT].last, NULL, relaxed);
	e->watchers = NULL;
	e->armed[MNI_IN] = e->armed[MNI_OUT] = e->old_in = 0;
	mni_store(&e->dry[MNI_IN], 0, relaxed);
	mni_store(&e->dry[MNI_OUT], 0, relaxed);
	mni_twin_drop(e); /* or the parent's pipe would not be seen to end */
}

void mni_fd_table_forget(void)
{
	_Atomic(struct chunk *) *root = mni_load(&table.chunks, relaxed);

	mni_store(&table.lock, 0, relaxed);
	for (unsigned i = 0; root && i < CHUNKS; i++) {
		struct chunk *c = mni_load(&root[i], relaxed);

		for (unsigned k = 0; c && k < CHUNK; k++)
			forget_entry(&c->entry[k]);
	}
}

void mni_fd_table_free(void)
{
	_Atomic(struct chunk *) *root = mni_exchange(&table.chunks, NULL, relaxed);

	for (unsigned i = 0; root && i < CHUNKS; i++) {
		struct chunk *c = mni_load(&root[i], relaxed);

		for (unsigned k = 0; c && k < CHUNK && mni_twin_any(); k++)
			mni_twin_drop(&c->entry[k]);
		if (c)
			mn_plat_unmap(c, sizeof *c);
	}
	if (root)
		mn_plat_unmap(root, ROOT_BYTES);
}

/* --- what is known of a file --- */

static uint64_t socket_limit(int fd, int option)
{
	struct timeval t = {0};
	socklen_t n = sizeof t;

	if (getsockopt(fd, SOL_SOCKET, option, &t, &n))
		return 0;
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000;
}

__attribute__((noinline)) enum mni_fd_kind mni_fd_find_kind(struct mni_fd *e, int fd)
{
	enum mni_fd_kind kind;
	int protocol;
	socklen_t n = sizeof protocol;
	struct stat s;

	if (!getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n)) {
		kind = protocol == IPPROTO_TCP ? MNI_FD_TCP : MNI_FD_SOCKET;
		mni_store(&e->limit_ns[MNI_IN], socket_limit(fd, SO_RCVTIMEO), relaxed);
		mni_store(&e->limit_ns[MNI_OUT], socket_limit(fd, SO_SNDTIMEO), relaxed);
	} else if (fstat(fd, &s)) {
		return MNI_FD_STREAM; /* the call itself will say what is wrong */
	} else {
		kind = S_ISREG(s.st_mode) || S_ISDIR(s.st_mode) || S_ISBLK(s.st_mode)
			       ? MNI_FD_FILE
			       : MNI_FD_STREAM;
	}
	mni_store(&e->tries, 0, relaxed);
	mni_store(&e->kind, kind, relaxed);
	return kind;
}

__attribute__((noinline)) bool mni_fd_is_nonblock(struct mni_fd *e, int fd)
{
	int flags;

	if (mni_load(&e->owned, relaxed))
		return mni_load(&e->nonblock, relaxed);
	if (mni_load(&e->forced, relaxed))
		return false;
	flags = fcntl(fd, F_GETFL);
	return flags >= 0 && flags & O_NONBLOCK;
}

/* --- reports --- */

/* Takes all who wait in this direction out; the caller has the lock. */
static struct mni_waiter *take_all(struct mni_fd *e, enum mni_dir dir)
{
	mni_store(&e->seq[dir], mni_load(&e->seq[dir], relaxed) + 1, release);
	/* dry is at most one report old: a wrap-around would take 2^32 more. */
	return mni_waitq_take_all(&e->waiting[dir]);
}

static void to_list(struct mni_waiter *n, struct mni_list *out)
{
	while (n) {
		struct mni_waiter *next = n->next;

		mni_list_append(out, mni_wait_won(&n->wait));
		n = next;
	}
}

/* Under the entry's lock, so that the watch is still there. */
static void fire(struct mni_watch *watch, struct mni_list *out)
{
	struct mni_waiter *n;

	mni_spin_lock(&watch->guard);
	watch->fired = true;
	n = mni_waitq_take(&watch->queue);
	mni_spin_unlock(&watch->guard);
	if (n)
		mni_list_append(out, mni_wait_won(&n->wait));
}

void mni_fd_report(struct mni_fd *e, unsigned dirs, struct mni_list *out)
{
	struct mni_waiter *taken[2] = {NULL, NULL};

	mni_spin_lock(&e->lock);
	for (enum mni_dir d = MNI_IN; d <= MNI_OUT; d++)
		if (dirs >> d & 1)
			taken[d] = take_all(e, d);
	for (struct mni_watcher *x = e->watchers; x; x = x->next)
		if (x->dirs & dirs)
			fire(x->watch, out);
	mni_spin_unlock(&e->lock);
	to_list(taken[MNI_IN], out);
	to_list(taken[MNI_OUT], out);
}

void mni_fd_disarm_all(unsigned worker, struct mni_list *out)
{
	_Atomic(struct chunk *) *root = mni_load(&table.chunks, acquire);

	for (unsigned i = 0; root && i < CHUNKS; i++) {
		struct chunk *c = mni_load(&root[i], acquire);

		for (unsigned k = 0; c && k < CHUNK; k++) {
			struct mni_fd *e = &c->entry[k];
			unsigned dirs = 0;

			mni_spin_lock(&e->lock);
			for (enum mni_dir d = MNI_IN; d <= MNI_OUT; d++)
				if (e->armed[d] == worker + 1)
					dirs |= 1u << d;
			if (e->old_in == worker + 1)
				e->old_in = 0;
			if (dirs) {
				e->generation++;
				for (enum mni_dir d = MNI_IN; d <= MNI_OUT; d++)
					if (dirs >> d & 1)
						e->armed[d] = 0;
			}
			mni_spin_unlock(&e->lock);
			if (dirs)
				mni_fd_report(e, dirs, out);
		}
	}
}

static void make_ready(struct mni_list *l)
{
	struct mn_thread *t;

	while ((t = mni_list_take(l)))
		mni_ready(t);
}

void mni_fd_report_own(struct mni_fd *e, unsigned dirs)
{
	struct mni_list out = {NULL, NULL};

	mni_fd_report(e, dirs, &out);
	make_ready(&out);
}

/* Ends all waits for it: with an error, or so that they try again. */
static void end_waits(struct mni_fd *e, int result)
{
	struct mni_list out = {NULL, NULL};
	struct mni_waiter *taken[2];

	mni_spin_lock(&e->lock);
	for (enum mni_dir d = MNI_IN; d <= MNI_OUT; d++) {
		taken[d] = take_all(e, d);
		for (struct mni_waiter *n = taken[d]; n; n = n->next)
			n->wait.result = result;
	}
	for (struct mni_watcher *x = e->watchers; x; x = x->next) {
		if (result == -EBADF)
			mni_store(&x->closed, true, release);
		fire(x->watch, &out);
	}
	mni_spin_unlock(&e->lock);
	to_list(taken[MNI_IN], &out);
	to_list(taken[MNI_OUT], &out);
	make_ready(&out);
}

/* The number means another file now, of which nothing is known. */
static void unknown(struct mni_fd *e, int fd)
{
	mni_pipe_part(e, fd);
	mni_store(&e->kind, MNI_FD_UNKNOWN, relaxed);
	mni_store(&e->owned, false, relaxed);
	mni_store(&e->nonblock, false, relaxed);
	mni_store(&e->forced, false, relaxed);
	mni_store(&e->hung_up, false, relaxed);
	mni_store(&e->lingers, false, relaxed);
	mni_store(&e->tries, 0, relaxed);
	mni_store(&e->told, 0, relaxed);
	mni_store(&e->limit_ns[MNI_IN], 0, relaxed);
	mni_store(&e->limit_ns[MNI_OUT], 0, relaxed);
}

void mni_fd_made(int fd, bool nonblock, enum mni_fd_kind kind)
{
	struct mni_fd *e = mni_fd_entry(fd);
	const struct mni_io_backend *b = mni_io_running();

	if (!e)
		return; /* a foreign one: it costs more, and works */
	if (b && !b->shared)
		b->forget(e, fd); /* what was closed unseen */
	unknown(e, fd);
	mni_store(&e->kind, kind, relaxed);
	mni_store(&e->nonblock, nonblock, relaxed);
	end_waits(e, 0); /* whoever waits for the number's last file, which was closed unseen */
	mni_twin_drop(e);
	mni_store(&e->owned, true, relaxed);
}

void mni_fd_disown(int fd)
{
	struct mni_fd *e = mni_fd_known(fd);

	if (e) {
		mni_store(&e->owned, false, relaxed);
		end_waits(e, 0);
		mni_twin_drop(e);
	}
}

void mni_fd_closing(int fd)
{
	struct mni_fd *e = mni_fd_known(fd);
	const struct mni_io_backend *b = mni_io_running();

	if (!e)
		return;
	if (b)
		b->forget(e, fd);
	unknown(e, fd);
	end_waits(e, -EBADF);
	mni_twin_drop(e);
}

void mni_fd_closed(int fd)
{
	struct mni_fd *e = mni_fd_known(fd);
	const struct mni_io_backend *b = mni_io_running();
	bool anybody;

	if (!e || !b)
		return;
	mni_spin_lock(&e->lock);
	anybody = !mni_waitq_empty(&e->waiting[MNI_IN]) || !mni_waitq_empty(&e->waiting[MNI_OUT]) ||
		  e->watchers || e->armed[MNI_IN] || e->armed[MNI_OUT] ||
		  mni_load(&e->told, relaxed);
	mni_spin_unlock(&e->lock);
	if (!anybody)
		return;
	if (!b->shared)
		b->forget(e, fd);
	mni_store(&e->told, 0, relaxed);
	end_waits(e, 0);
}

/* --- waiting --- */

static void parked(struct mni_worker *w, void *guard)
{
	mni_spin_unlock(guard);
	if (w->current && mni_poll_unkept(w))
		mni_rt.poller->keep_up(w);
}

static void parked_timed(struct mni_worker *w, void *guard)
{
	parked(w, guard);
	mni_timers_keep_up(w);
}

int mni_io_park(struct mni_waiter *n, mni_spinlock *guard)
{
	if (!mni_waiter_open(n))
		return -ECANCELED;
	mni_count(&mni_self()->count.io_waits);
	mni_wait_note(&n->wait);
	if (n->wait.timed) {
		mni_timer_arm(&n->wait.timer, mni_self());
		mni_park(NULL, parked_timed, guard);
	} else {
		mni_park(NULL, parked, guard);
	}
	mni_count(&mni_self()->count.io_wakes);
	return n->wait.result;
}

struct mni_until *mni_limit(struct mni_until *u, uint64_t ns)
{
	uint64_t now;

	if (!ns)
		return NULL;
	now = mn_plat_now_ns();
	*u = (struct mni_until){MN_CLOCK_MONOTONIC, ns < MNI_NEVER - now ? now + ns : MNI_NEVER};
	return u;
}

int mni_fd_wait(struct mni_fd *e, int fd, enum mni_dir dir, uint32_t seq,
		const struct mni_until *until)
{
	const struct mni_io_backend *b;
	struct mni_waiter n;
	int error;

	b = mni_io_backend(&error);
	if (!b || (error = b->tell(e, fd)))
		return error;
	mni_waiter_init(&n, mni_self(), &e->lock,
			mni_waits(dir == MNI_IN ? MNI_WAITS_FD_IN : MNI_WAITS_FD_OUT, (void *)(intptr_t)fd));
	error = mni_wait_limit(&n.wait, until, true);
	if (error)
		return error;
	mni_spin_lock(&e->lock);
	if (mni_load(&e->seq[dir], relaxed) != seq) {
		mni_spin_unlock(&e->lock);
		return 0;
	}
	if (b->arm)
		b->arm(e, fd, dir);
	mni_waitq_append(&e->waiting[dir], &n);
	mni_trace_io(mni_self(), fd, dir);
	return mni_io_park(&n, &e->lock);
}
