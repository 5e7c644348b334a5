/*
 * poll(), select() and epoll_wait(): waiting for several fds.
 *
 * The thread puts a watcher into the entry of each fd, then asks the kernel once
 * more, then parks on a guard of its own. A report of any of the fds wakes it
 * (fd.c): what is ready before it asks, it hears from the kernel; what comes
 * later is reported. It takes its watchers out before it returns.
 */
#include "io/call.h"

#include <stdlib.h>

#include "core/trace.h"

#define FEW 8 /* watchers on the stack; for more, memory is asked for */
#define FOREVER UINT64_MAX
#define NS_PER_S 1000000000u
#define NS_PER_MS 1000000u

static uint64_t ns_of_ms(int ms)
{
	return ms < 0 ? FOREVER : (uint64_t)ms * NS_PER_MS;
}

/* NULL: for ever. False: it is no length of time. */
static bool ns_of(const struct timespec *t, uint64_t *ns)
{
	if (t && (t->tv_sec < 0 || t->tv_nsec < 0 || t->tv_nsec >= NS_PER_S))
		return false;
	*ns = !t || (uint64_t)t->tv_sec >= MNI_NEVER / NS_PER_S
		      ? FOREVER
		      : (uint64_t)t->tv_sec * NS_PER_S + (uint64_t)t->tv_nsec;
	return true;
}

/* Not inlined: errno is where it is when no switch is in between. */
static __attribute__((noinline)) int ready_now(struct pollfd *fds, nfds_t n)
{
	return mni_ready_now(fds, n);
}

static unsigned dirs_of(short events)
{
	/* Errors and hang-ups, which are always wanted, are reported in both directions. */
	return (events & (POLLIN | POLLRDNORM | POLLRDBAND | POLLPRI | POLLRDHUP) ? 1u << MNI_IN
										  : 0) |
	       (events & (POLLOUT | POLLWRNORM | POLLWRBAND) ? 1u << MNI_OUT : 0);
}

static void insert(struct mni_watcher *x)
{
	struct mni_fd *e = x->entry;

	mni_spin_lock(&e->lock);
	x->next = e->watchers;
	x->before = &e->watchers;
	if (x->next)
		x->next->before = &x->next;
	e->watchers = x;
	mni_spin_unlock(&e->lock);
}

static void unwatch(struct mni_watcher *watchers, nfds_t n)
{
	for (nfds_t i = 0; i < n; i++) {
		struct mni_watcher *x = &watchers[i];

		if (!x->entry)
			continue;
		mni_spin_lock(&x->entry->lock);
		*x->before = x->next;
		if (x->next)
			x->next->before = x->before;
		mni_spin_unlock(&x->entry->lock);
	}
}

/* Puts watchers into all. Returns how many it got to: all, if there is memory. */
static nfds_t watch_all(struct mni_watcher *watchers, struct mni_watch *watch,
			const struct pollfd *fds, nfds_t n)
{
	for (nfds_t i = 0; i < n; i++) {
		struct mni_watcher *x = &watchers[i];
		unsigned dirs = dirs_of(fds[i].events);

		*x = (struct mni_watcher){.watch = watch, .dirs = dirs ? dirs : 1u << MNI_IN};
		if (fds[i].fd < 0)
			continue;
		x->entry = mni_fd_entry(fds[i].fd);
		if (!x->entry)
			return i;
		insert(x);
	}
	return n;
}

/* Sees to it that all will be reported. */
static int arm_all(struct mni_watcher *watchers, const struct pollfd *fds, nfds_t n)
{
	int error;
	const struct mni_io_backend *b = mni_io_backend(&error);

	for (nfds_t i = 0; b && i < n; i++) {
		struct mni_fd *e = watchers[i].entry;

		if (!e)
			continue;
		error = b->tell(e, fds[i].fd);
		if (error)
			break;
		if (!b->arm)
			continue;
		mni_spin_lock(&e->lock);
		for (enum mni_dir d = MNI_IN; d <= MNI_OUT; d++)
			if (watchers[i].dirs >> d & 1)
				b->arm(e, fds[i].fd, d);
		mni_spin_unlock(&e->lock);
	}
	/* What is never reported is always ready, and what is closed an answer too. */
	return error == -EPERM || error == -EBADF ? 0 : error;
}

/* ready_now(), but for fds closed since they are watched: their numbers may mean other files by now. */
static int ready_of(struct mni_watcher *watchers, struct pollfd *fds, nfds_t n)
{
	int r = ready_now(fds, n);

	for (nfds_t i = 0; r >= 0 && i < n; i++) {
		if (!mni_load(&watchers[i].closed, acquire))
			continue;
		r += !fds[i].revents;
		fds[i].revents = POLLNVAL;
	}
	return r;
}

/* 0: something has been reported since watch.fired was false; -ETIMEDOUT, -ECANCELED. */
static int park(struct mni_watch *watch, const struct mni_until *until)
{
	struct mni_waiter *n = &watch->waiter;
	int error;

	mni_waiter_init(n, mni_self(), &watch->guard, mni_waits(MNI_WAITS_POLL, watch));
	error = mni_wait_limit(&n->wait, until, true);
	if (error)
		return error;
	mni_spin_lock(&watch->guard);
	if (watch->fired) {
		mni_spin_unlock(&watch->guard);
		return 0;
	}
	mni_waitq_append(&watch->queue, n);
	mni_trace_io(mni_self(), -1, 0);
	return mni_io_park(n, &watch->guard);
}

static int wait_for_any(struct mni_watcher *watchers, struct pollfd *fds, nfds_t n,
			const struct mni_until *until)
{
	struct mni_watch watch = {.guard = 0, .queue = {NULL}};
	nfds_t watched = watch_all(watchers, &watch, fds, n);
	int r = watched < n ? -ENOMEM : 0;

	while (!r) {
		mni_spin_lock(&watch.guard);
		watch.fired = false;
		mni_spin_unlock(&watch.guard);
		r = arm_all(watchers, fds, n);
		if (!r)
			r = ready_of(watchers, fds, n);
		if (!r)
			r = park(&watch, until);
	}
	unwatch(watchers, watched);
	return r;
}

/* Of a green thread. */
static int poll_for(struct pollfd *fds, nfds_t n, uint64_t ns)
{
	struct mni_watcher few[FEW];
	struct mni_watcher *watchers = few;
	struct mni_until limit;
	struct mni_until *until = ns == FOREVER ? NULL : mni_limit(&limit, ns);
	int r;

	mn_thread_test_cancel();
	r = ready_now(fds, n);
	if (r || !ns)
		return r;
	if (n > FEW && !(watchers = malloc(n * sizeof *watchers)))
		return -ENOMEM;
	r = wait_for_any(watchers, fds, n, until);
	if (watchers != few)
		free(watchers);
	if (r == -ETIMEDOUT)
		return 0;
	return (int)mni_call_end(r);
}

int mn_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	return mni_self() ? poll_for(fds, n, ns_of_ms(timeout_ms))
			  : (int)mni_result(poll(fds, n, timeout_ms));
}

int mn_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	uint64_t ns;

	if (!mni_self())
		return (int)mni_result(ppoll(fds, n, timeout, mask));
	if (mask)
		return -ENOTSUP;
	return ns_of(timeout, &ns) ? poll_for(fds, n, ns) : -EINVAL;
}

/* --- select --- */

static short events_of(int fd, fd_set *in, fd_set *out, fd_set *except)
{
	return (short)((in && FD_ISSET(fd, in) ? POLLIN : 0) |
		       (out && FD_ISSET(fd, out) ? POLLOUT : 0) |
		       (except && FD_ISSET(fd, except) ? POLLPRI : 0));
}

/* What select() calls ready, by what poll() says. */
static int keep(fd_set *set, int fd, short got, short ready)
{
	if (!set || !FD_ISSET(fd, set))
		return 0;
	if (got & ready)
		return 1;
	FD_CLR(fd, set);
	return 0;
}

static int select_by_poll(struct pollfd *fds, int n, fd_set *in, fd_set *out, fd_set *except,
			  uint64_t ns)
{
	nfds_t count = 0;
	int r;
	int ready = 0;

	for (int fd = 0; fd < n; fd++)
		if (events_of(fd, in, out, except))
			fds[count++] = (struct pollfd){fd, events_of(fd, in, out, except), 0};
	r = poll_for(fds, count, ns);
	if (r < 0)
		return r;
	for (nfds_t i = 0; i < count; i++)
		if (fds[i].revents & POLLNVAL)
			return -EBADF;
	for (nfds_t i = 0; i < count; i++) {
		short got = fds[i].revents;

		ready += keep(in, fds[i].fd, got, POLLIN | POLLHUP | POLLERR);
		ready += keep(out, fds[i].fd, got, POLLOUT | POLLERR);
		ready += keep(except, fds[i].fd, got, POLLPRI);
	}
	return ready;
}

/* Of a green thread. */
static int select_for(int n, fd_set *in, fd_set *out, fd_set *except, uint64_t ns)
{
	struct mn_cleanup cleanup;
	struct pollfd *fds;
	int r;

	if (n < 0 || n > FD_SETSIZE)
		return -EINVAL;
	fds = malloc((size_t)(n ? n : 1) * sizeof *fds);
	if (!fds)
		return -ENOMEM;
	mn_cleanup_push(&cleanup, free, fds);
	r = select_by_poll(fds, n, in, out, except, ns);
	mn_cleanup_pop(&cleanup, 1);
	return r;
}

int mn_select(int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
	struct timespec t;
	uint64_t begin = 0;
	uint64_t ns = FOREVER;
	int r;

	if (!mni_self())
		return (int)mni_result(select(n, in, out, except, timeout));
	if (timeout) {
		if (timeout->tv_usec < 0 || timeout->tv_usec > 999999)
			return -EINVAL;
		t = (struct timespec){timeout->tv_sec, timeout->tv_usec * 1000};
		if (!ns_of(&t, &ns))
			return -EINVAL;
		begin = mn_plat_now_ns();
	}
	r = select_for(n, in, out, except, ns);
	if (r >= 0 && timeout && ns != FOREVER) { /* as Linux has it: what is left */
		uint64_t gone = mn_plat_now_ns() - begin;
		uint64_t left = ns > gone ? ns - gone : 0;

		*timeout = (struct timeval){(time_t)(left / NS_PER_S),
					    (suseconds_t)(left % NS_PER_S / 1000)};
	}
	return r;
}

int mn_pselect(int n, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
	       const sigset_t *mask)
{
	uint64_t ns;

	if (!mni_self())
		return (int)mni_result(pselect(n, in, out, except, timeout, mask));
	if (mask)
		return -ENOTSUP;
	return ns_of(timeout, &ns) ? select_for(n, in, out, except, ns) : -EINVAL;
}

/* --- epoll: an fd that can be waited for like others --- */

static __attribute__((noinline)) int events_now(int ep, struct epoll_event *events, int most)
{
	int r;

	do
		r = (int)mni_result(epoll_wait(ep, events, most, 0));
	while (r == -EINTR);
	return r;
}

int mn_epoll_wait(int ep, struct epoll_event *events, int most, int timeout_ms)
{
	struct pollfd p = {ep, POLLIN, 0};
	uint64_t ns = ns_of_ms(timeout_ms);
	uint64_t end = 0;
	int r;

	if (!mni_self())
		return (int)mni_result(epoll_wait(ep, events, most, timeout_ms));
	mn_thread_test_cancel();
	r = events_now(ep, events, most);
	if (!r && ns && ns != FOREVER)
		end = mn_plat_now_ns() + ns;
	while (!r && ns) {
		r = poll_for(&p, 1, ns);
		if (r <= 0)
			return r;
		r = events_now(ep, events, most); /* others may have been quicker */
		if (end)
			ns = end > mn_plat_now_ns() ? end - mn_plat_now_ns() : 0;
	}
	return r;
}
