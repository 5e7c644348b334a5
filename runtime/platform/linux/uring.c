/*
 * Waiting for I/O by io_uring: a ring per worker, by raw system calls.
 *
 * A thread that has to wait puts a poll request into its worker's ring, in
 * memory. The requests are submitted together: when the worker goes idle, in the
 * call in which it sleeps; when it looks for I/O that has come, every so many
 * scheduling decisions; at its tick; when the ring is full. Looking costs a system
 * call only if something is to be submitted or has come: the kernel says so in memory.
 *
 * A ring belongs to its worker's kernel thread (SINGLE_ISSUER, DEFER_TASKRUN):
 * nobody else submits or reaps. Requests are for one report. What a request's
 * user_data says: the fd, the direction, and the entry's generation. Entry.armed
 * is the id + 1 of the worker in whose ring the present generation's request is.
 *
 * A request holds the file: as long as it is in a ring, a socket that is closed
 * does not tell the other end. So closing takes requests back, by the worker
 * whose they are:
 *
 *   closing: 1. under the entry's lock: a new generation, nothing armed;
 *            2. the old key goes into that worker's cancel list, count (SC); 3. SC
 *            fence; 4. asleep: wakes it by its eventfd; else sees to its tick.
 *   worker:  5. sets asleep (SC); 6. SC fence; 7. looks at its cancel list, then
 *            waits. What has not been submitted is made void, else a
 *            cancellation is submitted.
 *
 * Results of an old generation are dropped. A new one is also begun when the program itself has
 * done what a request waits for (disarm()); then the old request is entry.old_key. A request that is submitted after
 * its fd has been closed and made anew holds the wrong file until step 7.
 *
 * The completion queue cannot lose anything (IORING_FEAT_NODROP): what does not
 * fit waits in the kernel and is fetched when there is room.
 */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "io/io.h"
#include "outside.h"
#include "preempt/preempt.h"

#define ENTRIES 256
#define RESULTS 4096
#define CANCELS 256
#define NS_PER_S 1000000000u

/* user_data of what is no poll request for an fd; no fd is that large. */
#define WAKE UINT64_MAX
#define VOID (UINT64_MAX - 1)

struct ring {
	int fd;
	int wake_fd;
	bool enabled;        /* worker: submits and reaps */
	bool wake_armed;     /* worker */
	unsigned in_flight;  /* worker: requests for fds without a result yet */
	unsigned tail;       /* worker: of the submission queue */
	_Atomic bool asleep; /* written by worker */

	_Atomic unsigned *sq_head, *sq_tail, *sq_flags;
	_Atomic unsigned *cq_head, *cq_tail;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned entries, cq_mask;
	void *map;
	size_t map_bytes, sqes_bytes;

	mni_spinlock cancel_lock;
	_Atomic unsigned cancel_count; /* written under the lock */
	uint64_t cancel[CANCELS];      /* lock: keys */
};

static struct ring *rings[MNI_MAX_WORKERS]; /* start; after a fork, the worker itself */

/* --- a ring --- */

/* What of it is the kernel's. Its requests are void. */
static void unmake(struct ring *r)
{
	if (r->sqes)
		OUTSIDE(munmap(r->sqes, r->sqes_bytes));
	if (r->map)
		OUTSIDE(munmap(r->map, r->map_bytes));
	if (r->fd >= 0)
		OUTSIDE(close(r->fd));
	r->sqes = r->map = NULL;
	r->fd = -1;
}

static void destroy(struct ring *r)
{
	unmake(r);
	if (r->wake_fd >= 0)
		OUTSIDE(close(r->wake_fd));
	mn_plat_unmap(r, sizeof *r);
}

static void *map_part(struct ring *r, size_t bytes, uint64_t what)
{
	void *p = OUTSIDE(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			       r->fd, (off_t)what));

	return p == MAP_FAILED ? NULL : p;
}

static int set_up(struct ring *r)
{
	struct io_uring_params p = {
		.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
			 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE,
		.cq_entries = RESULTS,
	};
	const unsigned need = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
	size_t sq_bytes;
	size_t cq_bytes;
	unsigned *array;

	r->fd = (int)OUTSIDE(syscall(SYS_io_uring_setup, ENTRIES, &p));
	if (r->fd < 0)
		return -errno;
	if ((p.features & need) != need)
		return -ENOSYS;
	if (r->wake_fd < 0)
		r->wake_fd = OUTSIDE(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (r->wake_fd < 0)
		return -errno;
	sq_bytes = p.sq_off.array + p.sq_entries * sizeof(unsigned);
	cq_bytes = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	r->map_bytes = sq_bytes > cq_bytes ? sq_bytes : cq_bytes;
	r->sqes_bytes = p.sq_entries * sizeof(struct io_uring_sqe);
	r->map = map_part(r, r->map_bytes, IORING_OFF_SQ_RING);
	r->sqes = map_part(r, r->sqes_bytes, IORING_OFF_SQES);
	if (!r->map || !r->sqes)
		return -ENOMEM;
	r->entries = p.sq_entries;
	r->cq_mask = p.cq_entries - 1;
	r->sq_head = (void *)((char *)r->map + p.sq_off.head);
	r->sq_tail = (void *)((char *)r->map + p.sq_off.tail);
	r->sq_flags = (void *)((char *)r->map + p.sq_off.flags);
	r->cq_head = (void *)((char *)r->map + p.cq_off.head);
	r->cq_tail = (void *)((char *)r->map + p.cq_off.tail);
	r->cqes = (void *)((char *)r->map + p.cq_off.cqes);
	array = (void *)((char *)r->map + p.sq_off.array);
	for (unsigned i = 0; i < r->entries; i++)
		array[i] = i;
	return 0;
}

static int make(unsigned id)
{
	struct ring *r = mn_plat_map(sizeof *r);
	int error;

	if (!r)
		return -ENOMEM;
	r->fd = r->wake_fd = -1;
	error = set_up(r);
	if (error)
		destroy(r);
	else
		rings[id] = r;
	return error;
}

static void stop(void)
{
	for (unsigned i = 0; i < MNI_MAX_WORKERS; i++) {
		if (rings[i])
			destroy(rings[i]);
		rings[i] = NULL;
	}
}

static int start(void)
{
	int error = 0;

	for (unsigned i = 0; !error && i < mni_rt.workers; i++)
		error = make(i);
	if (error)
		stop();
	return error;
}

/* The running worker's ring, ready for use. NULL: *error says why there is none. */
static struct ring *own_ring(int *error)
{
	struct mni_worker *w = mni_self();
	struct ring *r = rings[w->id];

	*error = 0;
	if (!r && (*error = make(w->id)))
		return NULL;
	r = rings[w->id];
	if (r->fd < 0 && (*error = set_up(r))) { /* it was another kernel thread's */
		unmake(r);
		return NULL;
	}
	if (!r->enabled &&
	    OUTSIDE(syscall(SYS_io_uring_register, r->fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0))) {
		*error = -errno;
		return NULL;
	}
	r->enabled = true;
	return r;
}

/* --- submission --- */

static unsigned unsubmitted(struct ring *r)
{
	return r->tail - mni_load(r->sq_head, acquire);
}

static int enter_kernel(struct ring *r, unsigned least, unsigned flags,
			const struct io_uring_getevents_arg *arg)
{
	long n = OUTSIDE(syscall(SYS_io_uring_enter, r->fd, unsubmitted(r), least, flags, arg,
				 arg ? sizeof *arg : 0));

	return n < 0 ? -errno : 0;
}

/* There must be room. */
static void push(struct ring *r, struct io_uring_sqe sqe)
{
	r->sqes[r->tail & (r->entries - 1)] = sqe;
	mni_store(r->sq_tail, ++r->tail, release);
}

static uint64_t key_of(int fd, enum mni_dir dir, uint32_t generation)
{
	return (uint64_t)generation << 32 | (uint64_t)dir << 31 | (unsigned)fd;
}

/* The request with this key, if it has not been submitted yet; the newest first. */
static struct io_uring_sqe *find_unsubmitted(struct ring *r, uint64_t key)
{
	unsigned head = mni_load(r->sq_head, acquire);

	for (unsigned i = r->tail; i != head; i--) {
		struct io_uring_sqe *s = &r->sqes[(i - 1) & (r->entries - 1)];

		if (s->opcode == IORING_OP_POLL_ADD && s->user_data == key)
			return s;
	}
	return NULL;
}

/* Whether a request that has not been submitted yet had this key; it is void now. */
static bool make_void(struct ring *r, uint64_t key)
{
	struct io_uring_sqe *s = find_unsubmitted(r, key);

	if (!s)
		return false;
	*s = (struct io_uring_sqe){.opcode = IORING_OP_NOP, .user_data = VOID};
	r->in_flight--;
	return true;
}

/* Step 7. */
static void take_back(struct ring *r)
{
	if (!mni_load(&r->cancel_count, seq_cst))
		return;
	mni_spin_lock(&r->cancel_lock);
	while (mni_load(&r->cancel_count, relaxed) && unsubmitted(r) < r->entries) {
		unsigned i = mni_load(&r->cancel_count, relaxed) - 1;

		mni_store(&r->cancel_count, i, relaxed);
		if (!make_void(r, r->cancel[i]))
			push(r, (struct io_uring_sqe){.opcode = IORING_OP_ASYNC_CANCEL,
						      .fd = -1,
						      .addr = r->cancel[i],
						      .user_data = VOID});
	}
	mni_spin_unlock(&r->cancel_lock);
}

/* --- results --- */

static void complete(struct mni_worker *w, struct ring *r, const struct io_uring_cqe *c,
		     struct mni_list *out)
{
	enum mni_dir dir = c->user_data >> 31 & 1 ? MNI_OUT : MNI_IN;
	unsigned dirs = 1u << dir;
	struct mni_fd *e;
	bool present;

	if (c->user_data == WAKE && !(c->flags & IORING_CQE_F_MORE))
		r->wake_armed = false;
	if (c->user_data == WAKE || c->user_data == VOID)
		return;
	r->in_flight--;
	e = mni_fd_known((int)(c->user_data & INT32_MAX));
	mni_spin_lock(&e->lock);
	present = e->generation == c->user_data >> 32;
	if (present && e->armed[dir] == w->id + 1)
		e->armed[dir] = 0;
	if (!present && e->old_in == w->id + 1 && e->old_key == c->user_data)
		e->old_in = 0;
	mni_spin_unlock(&e->lock);
	if (c->res < 0 || c->res & (POLLHUP | POLLERR))
		dirs = 1u << MNI_IN | 1u << MNI_OUT;
	if (present)
		mni_fd_report(e, dirs, out);
}

static bool results(struct ring *r)
{
	return mni_load(r->cq_head, relaxed) != mni_load(r->cq_tail, acquire);
}

static void reap(struct mni_worker *w, struct ring *r, struct mni_list *out)
{
	for (;;) {
		while (results(r)) {
			unsigned head = mni_load(r->cq_head, relaxed);
			struct io_uring_cqe c = r->cqes[head & r->cq_mask];

			mni_store(r->cq_head, head + 1, release);
			complete(w, r, &c, out);
		}
		if (!(mni_load(r->sq_flags, relaxed) & IORING_SQ_CQ_OVERFLOW) ||
		    enter_kernel(r, 0, IORING_ENTER_GETEVENTS, NULL))
			return;
	}
}

static bool kernel_has_some(struct ring *r)
{
	return mni_load(r->sq_flags, relaxed) & (IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN);
}

static void arm_wake(struct ring *r)
{
	if (r->wake_armed || unsubmitted(r) == r->entries)
		return;
	push(r, (struct io_uring_sqe){.opcode = IORING_OP_POLL_ADD,
				      .fd = r->wake_fd,
				      .len = IORING_POLL_ADD_MULTI,
				      .poll32_events = POLLIN,
				      .user_data = WAKE});
	r->wake_armed = true;
}

static void wait(struct mni_worker *w, uint64_t timeout_ns, struct mni_list *out)
{
	struct ring *r = rings[w->id];
	struct __kernel_timespec t = {(int64_t)(timeout_ns / NS_PER_S),
				      (long long)(timeout_ns % NS_PER_S)};
	struct io_uring_getevents_arg arg = {.ts = timeout_ns == MN_PLAT_FOREVER ? 0
										 : (uintptr_t)&t};
	int error = 0;

	take_back(r);
	if (timeout_ns)
		arm_wake(r);
	if (timeout_ns && r->wake_armed && !results(r))
		error = enter_kernel(r, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg);
	else if (unsubmitted(r) || kernel_has_some(r))
		error = enter_kernel(r, 0, IORING_ENTER_GETEVENTS, NULL);
	reap(w, r, out);
	/* No memory for requests, say: whoever is idle tries again in a moment. */
	if (timeout_ns && !out->head && error && error != -EINTR && error != -ETIME &&
	    error != -EBUSY)
		poll(NULL, 0, 1);
}

/* --- the backend --- */

/* Makes room for requests. */
static __attribute__((noinline)) int tell(struct mni_fd *e, int fd)
{
	struct mni_list out = {NULL, NULL};
	struct mn_thread *t;
	int error;
	struct ring *r = own_ring(&error);

	(void)e;
	(void)fd;
	if (!r) /* -EPERM would say that it is the fd that cannot be waited for */
		return error == -EPERM ? -ENOSYS : error;
	while (unsubmitted(r) > r->entries - 4) {
		error = enter_kernel(r, 0, 0, NULL);
		if (error && error != -EINTR && error != -EBUSY && error != -EAGAIN)
			return error;
		if (error)
			wait(mni_self(), 0, &out);
	}
	while ((t = mni_list_take(&out)))
		mni_ready(t);
	return 0;
}

static void arm(struct mni_fd *e, int fd, enum mni_dir dir)
{
	struct mni_worker *w = mni_self();
	struct ring *r = rings[w->id];

	if (e->armed[dir])
		return;
	e->armed[dir] = w->id + 1;
	r->in_flight++;
	push(r, (struct io_uring_sqe){
			.opcode = IORING_OP_POLL_ADD,
			.fd = fd,
			.poll32_events = dir == MNI_IN ? POLLIN | POLLRDHUP | POLLPRI : POLLOUT,
			.user_data = key_of(fd, dir, e->generation),
		});
}

/*
 * What this worker has not submitted is taken out: the kernel reads the queue only when it
 * does. What may have been submitted stays, and its result is dropped; there can be one of these
 * for each fd, which is remembered for closing.
 */
static bool disarm(struct mni_fd *e, int fd, enum mni_dir dir)
{
	struct mni_worker *w = mni_self();
	struct ring *r = rings[w->id];
	struct io_uring_sqe *s = NULL;
	uint64_t key;
	bool done = false;

	mni_spin_lock(&e->lock);
	key = key_of(fd, dir, e->generation);
	if (e->armed[dir] == w->id + 1)
		s = find_unsubmitted(r, key);
	if (s) {
		*s = r->sqes[--r->tail & (r->entries - 1)];
		mni_store(r->sq_tail, r->tail, release);
		r->in_flight--;
		done = true;
	} else if (e->armed[dir] && !e->armed[!dir] && !e->old_in) {
		e->old_in = e->armed[dir];
		e->old_key = key;
		e->generation++;
		done = true;
	}
	if (done)
		e->armed[dir] = 0;
	mni_spin_unlock(&e->lock);
	return done;
}

static void wake(struct mni_worker *w)
{
	uint64_t one = 1;

	/* It can only fail when it has been done 2^64 times: nobody reads it. */
	if (OUTSIDE(write(rings[w->id]->wake_fd, &one, sizeof one)) < 0)
		return;
}

static void submit_now(struct ring *r)
{
	if (r->fd < 0)
		return;
	take_back(r);
	if (unsubmitted(r))
		enter_kernel(r, 0, 0, NULL);
}

/* Steps 2 to 4. */
static void cancel(unsigned id, uint64_t key)
{
	struct mni_worker *self = mni_self();
	struct ring *r = rings[id];

	for (;;) {
		unsigned n;

		mni_spin_lock(&r->cancel_lock);
		n = mni_load(&r->cancel_count, relaxed);
		if (n < CANCELS) {
			r->cancel[n] = key;
			mni_store(&r->cancel_count, n + 1, seq_cst);
		}
		mni_spin_unlock(&r->cancel_lock);
		mni_fence(seq_cst);
		if (self && self->id == id)
			submit_now(r);
		else if (mni_load(&r->asleep, seq_cst))
			wake(mni_rt.worker[id]);
		else
			mni_preempt_arm(mni_rt.worker[id]);
		if (n < CANCELS)
			return;
		/* The list is full: its worker has to come by. It may be waiting for this one. */
		if (self && rings[self->id] && rings[self->id]->enabled)
			submit_now(rings[self->id]);
		mn_plat_relinquish();
	}
}

static void forget(struct mni_fd *e, int fd)
{
	unsigned armed[2];
	uint32_t generation;
	uint32_t old_in;
	uint64_t old_key;

	mni_spin_lock(&e->lock);
	old_in = e->old_in;
	old_key = e->old_key;
	e->old_in = 0;
	generation = e->generation++; /* step 1 */
	for (enum mni_dir d = MNI_IN; d <= MNI_OUT; d++) {
		armed[d] = e->armed[d];
		e->armed[d] = 0;
	}
	mni_spin_unlock(&e->lock);
	for (enum mni_dir d = MNI_IN; d <= MNI_OUT; d++)
		if (armed[d])
			cancel(armed[d] - 1, key_of(fd, d, generation));
	if (old_in)
		cancel(old_in - 1, old_key);
}

static bool has_work(struct ring *r)
{
	return r->in_flight || mni_load(&r->cancel_count, relaxed);
}

static bool enter(struct mni_worker *w)
{
	struct ring *r = rings[w->id];

	if (!r || !r->enabled || !has_work(r))
		return false;
	mni_store(&r->asleep, true, seq_cst); /* step 5 */
	mni_fence(seq_cst);                   /* step 6 */
	return true;
}

static void leave(struct mni_worker *w)
{
	struct ring *r = rings[w->id];

	if (r)
		mni_store(&r->asleep, false, relaxed);
}

static bool unkept(struct mni_worker *w)
{
	struct ring *r = rings[w->id];

	return r && r->enabled && !mni_load(&r->asleep, relaxed) && has_work(r);
}

static bool has_come(struct mni_worker *w)
{
	struct ring *r = rings[w->id];

	return results(r) || kernel_has_some(r) || unsubmitted(r) ||
	       mni_load(&r->cancel_count, relaxed);
}

/*
 * The ring is another kernel thread's, and stays with it: nobody else can submit or
 * reap. A new one is made when it is needed. What others use of it stays: its
 * eventfd and its list of cancellations, which is void with all requests.
 */
static void moved(struct mni_worker *w, struct mni_list *out)
{
	struct ring *r = rings[w->id];

	if (!r || r->fd < 0 || !r->enabled)
		return;
	r->enabled = false;
	mni_compiler_fence(); /* its tick looks into it */
	unmake(r);
	r->wake_armed = false;
	r->in_flight = r->tail = 0;
	mni_fd_disarm_all(w->id, out);
	/* Not before: until then others add to it, and nobody would take from a full one. */
	mni_spin_lock(&r->cancel_lock);
	mni_store(&r->cancel_count, 0, relaxed);
	mni_spin_unlock(&r->cancel_lock);
}

const struct mni_io_backend mni_io_uring = {
	.name = "uring",
	.start = start,
	.stop = stop,
	.tell = tell,
	.arm = arm,
	.disarm = disarm,
	.forget = forget,
	.enter = enter,
	.wait = wait,
	.leave = leave,
	.wake = wake,
	.unkept = unkept,
	.has_come = has_come,
	.moved = moved,
};
