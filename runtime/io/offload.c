/*
 * Calls that block the kernel thread are made on spare kernel threads, so that
 * the worker goes on with other green threads. They are started as they are
 * needed, at most MOST; what comes then waits its turn. One that has had nothing to
 * do for IDLE_NS ends.
 *
 * When the system has no kernel thread to give and there is none yet, the call is
 * made where it is: it blocks the worker, which is better than not at all.
 */
#include "io/io.h"
#include "mn_io.h"

#define MOST 64
#define IDLE_NS 5000000000u

struct job {
	void (*fn)(void *arg);
	void *arg;
	struct job *next; /* pool's lock */
	mni_spinlock guard;
	bool done;       /* guard */
	mni_waitq queue; /* guard; the caller alone */
};

/* A kernel thread, or room for one. */
struct helper {
	enum { UNUSED, RUNS, ENDED } state; /* pool's lock */
	mn_plat_kthread kthread;            /* start_lock */
};

static struct {
	mni_spinlock lock;
	struct job *first, **last; /* lock; those that nobody has begun */
	unsigned jobs;             /* lock; how many */
	unsigned idle;             /* lock; kernel threads that have nothing to do */
	bool stop;                 /* lock */
	unsigned running;          /* lock; how many helpers run */
	mni_spinlock start_lock;
	_Atomic uint32_t calls; /* changes with every job; what idle threads sleep on */
	struct helper helper[MOST];
} pool;

static void finish(struct job *j)
{
	struct mni_waiter *n;

	mni_spin_lock(&j->guard);
	j->done = true;
	n = mni_waitq_take(&j->queue);
	mni_spin_unlock(&j->guard); /* the job may be gone now, but for n */
	if (n)
		mni_wake(&n->wait);
}

static struct job *take(void)
{
	struct job *j = pool.first;

	if (j) {
		pool.first = j->next;
		pool.jobs--;
	}
	return j;
}

static void serve(void *helper)
{
	struct helper *h = helper;
	bool idled = false;

	mni_spin_lock(&pool.lock);
	for (;;) {
		struct job *j = take();
		uint32_t seen = mni_load(&pool.calls, relaxed);

		if (!j && (pool.stop || idled))
			break;
		if (!j)
			pool.idle++;
		mni_spin_unlock(&pool.lock);
		if (j) {
			j->fn(j->arg);
			finish(j);
		} else {
			mn_plat_wait(&pool.calls, seen, IDLE_NS);
		}
		mni_spin_lock(&pool.lock);
		if (!j)
			pool.idle--;
		idled = !j && seen == mni_load(&pool.calls, relaxed);
	}
	h->state = ENDED;
	pool.running--;
	mni_spin_unlock(&pool.lock);
}

/* One to start a kernel thread in, or NULL: there are as many as there may be. */
static struct helper *find_place(void)
{
	struct helper *h = pool.helper;

	mni_spin_lock(&pool.lock);
	while (h < pool.helper + MOST && h->state == RUNS)
		h++;
	mni_spin_unlock(&pool.lock);
	return h < pool.helper + MOST ? h : NULL;
}

static void set_running(struct helper *h, bool runs)
{
	mni_spin_lock(&pool.lock);
	h->state = runs ? RUNS : UNUSED;
	pool.running += runs ? 1 : -1u;
	mni_spin_unlock(&pool.lock);
}

static bool was_used(struct helper *h)
{
	bool used;

	mni_spin_lock(&pool.lock);
	used = h->state != UNUSED;
	mni_spin_unlock(&pool.lock);
	return used;
}

/* One more kernel thread, if there are too few for what waits. False: there is none at all. */
static bool start_thread(void)
{
	struct helper *h;
	bool any;

	mni_spin_lock(&pool.start_lock);
	h = find_place();
	if (h) {
		if (was_used(h))
			mn_plat_kthread_join(
				h->kthread); /* it is on its last instructions, if at all */
		set_running(h, true);
		if (mn_plat_kthread_start(&h->kthread, serve, h))
			set_running(h, false);
	}
	mni_spin_lock(&pool.lock);
	any = pool.running;
	mni_spin_unlock(&pool.lock);
	mni_spin_unlock(&pool.start_lock);
	return any;
}

/* Whether there are more kernel threads to be started for it. */
static bool submit(struct job *j)
{
	bool short_of;

	mni_spin_lock(&pool.lock);
	j->next = NULL;
	if (pool.first)
		*pool.last = j;
	else
		pool.first = j;
	pool.last = &j->next;
	pool.jobs++;
	short_of = pool.jobs > pool.idle;
	mni_store(&pool.calls, mni_load(&pool.calls, relaxed) + 1, relaxed);
	mni_spin_unlock(&pool.lock);
	mn_plat_wake(&pool.calls);
	return short_of;
}

/* Takes it back. False: somebody has begun it, who was started just now. */
static bool withdraw(struct job *j)
{
	struct job **at = &pool.first;
	bool found;

	mni_spin_lock(&pool.lock);
	while (*at && *at != j)
		at = &(*at)->next;
	found = *at;
	if (found) {
		*at = j->next;
		if (!j->next)
			pool.last = at;
		pool.jobs--;
	}
	mni_spin_unlock(&pool.lock);
	return found;
}

static void parked(struct mni_worker *w, void *guard)
{
	(void)w;
	mni_spin_unlock(guard);
}

void mni_offload(void (*fn)(void *arg), void *arg)
{
	struct job j = {.fn = fn, .arg = arg};
	struct mni_waiter n;

	if (submit(&j) && !start_thread() && withdraw(&j)) {
		fn(arg);
		return;
	}
	mni_waiter_init(&n, mni_self(), &j.guard, mni_waits(MNI_WAITS_CALL, (void *)(uintptr_t)fn));
	mni_count(&mni_self()->count.blocking_calls);
	mni_spin_lock(&j.guard);
	if (j.done) {
		mni_spin_unlock(&j.guard);
		mni_count(&mni_self()->count.blocking_returns);
		return;
	}
	mni_waitq_append(&j.queue, &n);
	mni_wait_note(&n.wait);
	mni_park(NULL, parked, &j.guard);
	mni_count(&mni_self()->count.blocking_returns);
}

void mni_offload_stop(void)
{
	mni_spin_lock(&pool.lock);
	pool.stop = true;
	mni_store(&pool.calls, mni_load(&pool.calls, relaxed) + 1, relaxed);
	mni_spin_unlock(&pool.lock);
	for (unsigned i = 0; i < MOST; i++)
		mn_plat_wake(&pool.calls);
	for (unsigned i = 0; i < MOST; i++)
		if (was_used(&pool.helper[i]))
			mn_plat_kthread_join(pool.helper[i].kthread);
	mni_offload_forget();
}

void mni_offload_forget(void)
{
	mni_store(&pool.lock, 0, relaxed);
	mni_store(&pool.start_lock, 0, relaxed);
	pool.first = NULL;
	pool.jobs = pool.running = pool.idle = 0;
	pool.stop = false;
	for (unsigned i = 0; i < MOST; i++)
		pool.helper[i].state = UNUSED;
}

/* --- for the program --- */

struct blocking {
	void *(*fn)(void *);
	void *arg;
	void *result;
	int error;
};

static void call(void *arg)
{
	struct blocking *b = arg;

	b->result = b->fn(b->arg);
	b->error = *mn_plat_errno();
}

void *mn_blocking(void *(*fn)(void *), void *arg)
{
	struct blocking b = {fn, arg, NULL, 0};

	if (!mni_self())
		return fn(arg);
	mni_offload(call, &b);
	*mni_self()->error = b.error;
	return b.result;
}
