/*
 * The choice of a backend, and the scheduler's side of it (core/poller.h).
 *
 * Nothing is asked of the kernel before the first thread has to wait for I/O,
 * unless a backend is asked for by name: then its refusal is mn_init()'s.
 */
#include "io/io.h"
#include "preempt/preempt.h"

static struct {
	_Atomic(const struct mni_io_backend *) running;
	mni_spinlock lock; /* for starting it */
	int wanted;        /* MN_IO_* */
	_Atomic uint32_t epoch;
} io;

static int start_backend(const struct mni_io_backend *b)
{
	int error = b->start();

	if (!error)
		mni_store(&io.running, b, release);
	return error;
}

/* Rings only where they are asked for: see HACKING.md. */
static int start_wanted(void)
{
	return start_backend(io.wanted == MN_IO_URING ? &mni_io_uring : &mni_io_epoll);
}

const struct mni_io_backend *mni_io_running(void)
{
	return mni_load(&io.running, acquire);
}

const struct mni_io_backend *mni_io_backend(int *error)
{
	const struct mni_io_backend *b = mni_io_running();

	*error = 0;
	if (b)
		return b;
	mn_preempt_disable(); /* a program's own mmap() may be called with the lock held */
	mni_spin_lock(&io.lock);
	if (!mni_load(&io.running, relaxed))
		*error = start_wanted();
	mni_spin_unlock(&io.lock);
	mn_preempt_enable();
	return mni_io_running();
}

uint32_t mni_io_epoch(void)
{
	return mni_load(&io.epoch, relaxed);
}

uint64_t mni_io_waiting(void)
{
	uint64_t wakes = 0;
	uint64_t waits = 0;

	for (unsigned i = 0; i < mni_rt.workers; i++)
		wakes += mni_load(&mni_rt.worker[i]->count.io_wakes, acquire);
	for (unsigned i = 0; i < mni_rt.workers; i++)
		waits += mni_load(&mni_rt.worker[i]->count.io_waits, acquire);
	return waits - wakes;
}

/* --- the poller --- */

static void next_epoch(void)
{
	uint32_t e = mni_load(&io.epoch, relaxed) + 1;

	mni_store(&io.epoch, e ? e : 1, relaxed);
}

static int say_why(int error)
{
	switch (error) {
	case 0:
		return 0;
	case -EPERM:
	case -EACCES:
		mn_plat_say("mn: MN_IO=uring: not permitted here (by seccomp, or sysctl "
			    "kernel.io_uring_disabled); take MN_IO=epoll, or leave it out");
		return -ENOSYS;
	case -ENOSYS:
	case -EINVAL:
		mn_plat_say("mn: MN_IO=uring: this kernel has no io_uring, or one older than "
			    "Linux 6.1; take MN_IO=epoll, or leave it out");
		return -ENOSYS;
	default:
		mn_plat_say("mn: MN_IO=uring: no fds or no memory for the rings");
		return error;
	}
}

static int start(const struct mn_config *c)
{
	next_epoch();
	io.wanted = c->io;
	mni_twin_prepare();
	return io.wanted == MN_IO_URING ? say_why(start_wanted()) : 0;
}

static void stop(void)
{
	const struct mni_io_backend *b = mni_exchange(&io.running, NULL, relaxed);

	mni_offload_stop();
	if (b)
		b->stop();
	mni_fd_table_free();
}

static void forget(void)
{
	const struct mni_io_backend *b = mni_exchange(&io.running, NULL, relaxed);

	mni_store(&io.lock, 0, relaxed);
	next_epoch();
	mni_offload_forget();
	if (b)
		b->stop();
	mni_fd_table_forget();
}

static bool enter(struct mni_worker *w)
{
	const struct mni_io_backend *b = mni_io_running();

	return b && b->enter(w);
}

static void wait(struct mni_worker *w, uint64_t timeout_ns, struct mni_list *out)
{
	mni_io_running()->wait(w, timeout_ns, out);
}

static void leave(struct mni_worker *w)
{
	const struct mni_io_backend *b = mni_io_running();

	if (b)
		b->leave(w);
}

static void wake(struct mni_worker *w)
{
	mni_io_running()->wake(w);
}

static void look(struct mni_worker *w, struct mni_list *out)
{
	mni_io_running()->wait(w, 0, out);
}

static bool unkept(struct mni_worker *w)
{
	const struct mni_io_backend *b = mni_io_running();

	return b && b->unkept(w);
}

static bool has_come(struct mni_worker *w)
{
	const struct mni_io_backend *b = mni_io_running();

	return b && b->has_come(w);
}

static bool awaited(void)
{
	return mni_io_running() && mni_io_waiting();
}

static void moved(struct mni_worker *w, struct mni_list *out)
{
	const struct mni_io_backend *b = mni_io_running();

	if (b && b->moved)
		b->moved(w, out);
}

static void keep_up(struct mni_worker *w)
{
	mni_preempt_arm(w);
	if (!mni_load(&mni_rt.quantum_ns, relaxed) && mni_io_running()->shared)
		mni_idle_nudge();
}

const struct mni_poller mni_io_poller = {
	.start = start,
	.stop = stop,
	.forget = forget,
	.enter = enter,
	.wait = wait,
	.leave = leave,
	.wake = wake,
	.look = look,
	.unkept = unkept,
	.has_come = has_come,
	.awaited = awaited,
	.moved = moved,
	.keep_up = keep_up,
};
