/*
 * Waiting for I/O by epoll: one instance for all workers, each fd in it once,
 * edge-triggered for both directions, so that a wait costs no system call.
 *
 * One idle worker at a time, the keeper, sleeps in it; the others sleep on
 * their tokens. When the keeper finds threads it becomes busy, and the place is
 * free. It looks again when its threads block, so mostly nobody need be woken
 * to take the place. But it may be busy for long:
 *
 *   - was it, the last time, another idle worker is made the keeper at once;
 *   - otherwise its tick does that after a quantum, or, when all are busy, looks
 *     whether there are events;
 *   - without preemption another idle worker is made the keeper each time.
 *
 * That nobody keeps it while somebody idles is then seen by somebody:
 *
 *   idle:    1. sets its idle bit (SC RMW, idle.c); 2. takes the place, or sees (SC)
 *               that somebody has it;
 *   leaving: 3. frees the place (SC); 4. SC fence; 5. looks for idle bits.
 *
 * If 2 sees the place taken, it precedes 3, and 5 sees the bit.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "io/io.h"
#include "outside.h"

#define EVENTS 128
#define NS_PER_S 1000000000u
#define NS_PER_MS 1000000u
/* An absence of the keeper that is worth waking another worker. */
#define LONG_ABSENCE_NS 200000u
#define WAKE UINT64_MAX

static struct {
	int fd;
	int wake_fd;                          /* in it, too: a write ends the keeper's wait */
	_Alignas(64) _Atomic uint32_t keeper; /* its id + 1; 0: nobody */
	_Atomic bool no_pwait2;               /* before Linux 5.11 */
	uint64_t left_ns[MNI_MAX_WORKERS];    /* each worker its own */
	bool was_long[MNI_MAX_WORKERS];
} ep;

static int start(void)
{
	struct epoll_event e = {EPOLLIN | EPOLLET, {.u64 = WAKE}};

	ep.fd = OUTSIDE(epoll_create1(EPOLL_CLOEXEC)); /* with a lock held */
	if (ep.fd < 0)
		return -errno;
	ep.wake_fd = OUTSIDE(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (ep.wake_fd < 0 || OUTSIDE(epoll_ctl(ep.fd, EPOLL_CTL_ADD, ep.wake_fd, &e))) {
		int error = -errno;

		if (ep.wake_fd >= 0)
			OUTSIDE(close(ep.wake_fd));
		OUTSIDE(close(ep.fd));
		return error;
	}
	mni_store(&ep.keeper, 0, relaxed);
	mni_store(&ep.no_pwait2, mni_rt.valgrind, relaxed); /* which does not know it either */
	return 0;
}

static void stop(void)
{
	close(ep.fd);
	close(ep.wake_fd);
}

static int control(int how, int fd)
{
	struct epoll_event e = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET,
				{.u64 = (unsigned)fd}};

	return OUTSIDE(epoll_ctl(ep.fd, how, fd, &e)) ? -errno : 0;
}

/* Telling it again has it look at the present state again. */
static __attribute__((noinline)) int tell(struct mni_fd *e, int fd)
{
	bool told = mni_load(&e->told, relaxed) == mni_io_epoch();
	int error;

	if (told && mni_load(&e->owned, relaxed))
		return 0;
	error = control(told ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd);
	if (error == -ENOENT)
		error = control(EPOLL_CTL_ADD, fd);
	if (error == -EEXIST)
		error = control(EPOLL_CTL_MOD, fd);
	if (!error)
		mni_store(&e->told, mni_io_epoch(), relaxed);
	return error;
}

static void forget(struct mni_fd *e, int fd)
{
	/* A copy of the fd keeps the file, and epoll would go on reporting it. */
	if (mni_load(&e->told, relaxed) == mni_io_epoch())
		OUTSIDE(epoll_ctl(ep.fd, EPOLL_CTL_DEL, fd, NULL));
}

static int wait_for_events(struct epoll_event *events, uint64_t timeout_ns)
{
	struct timespec t = {(time_t)(timeout_ns / NS_PER_S), (long)(timeout_ns % NS_PER_S)};
	uint64_t ms = timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0);

	if (timeout_ns && timeout_ns != MN_PLAT_FOREVER && !mni_load(&ep.no_pwait2, relaxed)) {
		int n = (int)OUTSIDE(syscall(SYS_epoll_pwait2, ep.fd, events, EVENTS, &t, NULL, 0));

		if (n >= 0 || errno != ENOSYS)
			return n;
		mni_store(&ep.no_pwait2, true, relaxed);
	}
	return OUTSIDE(epoll_wait(ep.fd, events, EVENTS,
				  timeout_ns == MN_PLAT_FOREVER ? -1
				  : ms > INT32_MAX              ? INT32_MAX
								: (int)ms));
}

static void wait(struct mni_worker *w, uint64_t timeout_ns, struct mni_list *out)
{
	struct epoll_event events[EVENTS];
	int n = wait_for_events(events, timeout_ns);

	(void)w;
	for (int i = 0; i < n; i++) {
		uint32_t got = events[i].events;
		struct mni_fd *e;
		unsigned dirs = 0;

		if (events[i].data.u64 == WAKE)
			continue;
		e = mni_fd_known((int)events[i].data.u64);
		if (got & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI))
			mni_store(&e->hung_up, true, relaxed);
		if (got & (EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR))
			dirs |= 1u << MNI_IN;
		if (got & (EPOLLOUT | EPOLLHUP | EPOLLERR))
			dirs |= 1u << MNI_OUT;
		mni_fd_report(e, dirs, out);
	}
}

static bool enter(struct mni_worker *w)
{
	uint32_t keeper = mni_load(&ep.keeper, relaxed);
	uint32_t me = w->id + 1;

	if (ep.left_ns[w->id]) {
		ep.was_long[w->id] = mn_plat_now_ns() - ep.left_ns[w->id] > LONG_ABSENCE_NS;
		ep.left_ns[w->id] = 0;
	}
	if (keeper == me)
		return true;
	if (!mni_io_waiting())
		return false;
	keeper = 0;
	return mni_cas(&ep.keeper, &keeper, me, seq_cst, seq_cst); /* step 2 */
}

static void leave(struct mni_worker *w)
{
	if (mni_load(&ep.keeper, relaxed) != w->id + 1)
		return;
	ep.left_ns[w->id] = mn_plat_now_ns();
	mni_store(&ep.keeper, 0, seq_cst); /* step 3 */
	if (mni_rt.alone || (mni_load(&mni_rt.quantum_ns, relaxed) && !ep.was_long[w->id]))
		return;
	mni_fence(seq_cst); /* step 4 */
	if (mni_io_waiting())
		mni_idle_nudge(); /* step 5 */
}

static void wake(struct mni_worker *w)
{
	uint64_t one = 1;

	(void)w;
	/* It can only fail when it has been done 2^64 times: nobody reads it. */
	if (OUTSIDE(write(ep.wake_fd, &one, sizeof one)) < 0)
		return;
}

static bool unkept(struct mni_worker *w)
{
	(void)w;
	return !mni_load(&ep.keeper, relaxed) && mni_io_waiting();
}

static bool has_come(struct mni_worker *w)
{
	struct pollfd p = {ep.fd, POLLIN, 0};

	(void)w;
	if (!mni_rt.alone && mni_idle_nudge())
		return false;
	return OUTSIDE(poll(&p, 1, 0)) > 0;
}

const struct mni_io_backend mni_io_epoll = {
	.name = "epoll",
	.shared = true,
	.start = start,
	.stop = stop,
	.tell = tell,
	.forget = forget,
	.enter = enter,
	.wait = wait,
	.leave = leave,
	.wake = wake,
	.unkept = unkept,
	.has_come = has_come,
};

const struct mni_poller *mn_plat_poller(void)
{
	return &mni_io_poller;
}
