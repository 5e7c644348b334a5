/*
 * Calls that block the kernel thread are made on spare kernel threads, so that
 * the worker goes on with other green threads. They are started as they are
 * needed, at most MOST; what comes then waits its turn. They are kept until the
 * runtime ends, asleep.
 *
 * When the system has no kernel thread to give and there is none yet, the call is
 * made where it is: it blocks the worker, which is better than not at all.
 */
#include "io/io.h"
#include "mn_io.h"

#define MOST 64

struct job {
	void (*fn)(void *arg);
	void *arg;
	struct job *next; /* pool's lock */
	mni_spinlock guard;
	bool done;       /* guard */
	mni_waitq queue; /* guard; the caller alone */
};

static struct {
	mni_spinlock lock;
	struct job *first, **last; /* lock; those that nobody has begun */
	unsigned jobs;             /* lock; how many */
	unsigned idle;             /* lock; kernel threads that have nothing to do */
	bool stop;                 /* lock */
	mni_spinlock start_lock;
	unsigned threads;       /* start_lock */
	_Atomic uint32_t calls; /* changes with every job; what idle threads sleep on */
	mn_plat_kthread thread[MOST];
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

static void serve(void *unused)
{
	(void)unused;
	mni_spin_lock(&pool.lock);
	for (;;) {
		struct job *j = take();
		uint32_t seen = mni_load(&pool.calls, relaxed);

		if (!j && pool.stop)
			break;
		if (!j)
			pool.idle++;
		mni_spin_unlock(&pool.lock);
		if (j) {
			j->fn(j->arg);
			finish(j);
		} else {
			mn_plat_wait(&pool.calls, seen, MN_PLAT_FOREVER);
		}
		mni_spin_lock(&pool.lock);
		if (!j)
			pool.idle--;
	}
	mni_spin_unlock(&pool.lock);
}

/* One more kernel thread, if there are too few for what waits. False: there is none at all. */
static bool start_thread(void)
{
	bool any;

	mni_spin_lock(&pool.start_lock);
	if (pool.threads < MOST && !mn_plat_kthread_start(&pool.thread[pool.threads], serve, NULL))
		pool.threads++;
	any = pool.threads;
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

/* Takes it back; nobody can have begun it, as there is nobody. */
static void withdraw(struct job *j)
{
	struct job **at = &pool.first;

	mni_spin_lock(&pool.lock);
	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	if (!j->next)
		pool.last = at;
	pool.jobs--;
	mni_spin_unlock(&pool.lock);
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

	if (submit(&j) && !start_thread()) {
		withdraw(&j);
		fn(arg);
		return;
	}
	mni_waiter_init(&n, mni_self(), &j.guard, mni_waits(MNI_WAITS_CALL, (void *)(uintptr_t)fn));
	mni_wait_why(&n.wait, MNI_WHY_BLOCKING);
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
	for (unsigned i = 0; i < pool.threads; i++)
		mn_plat_wake(&pool.calls);
	for (unsigned i = 0; i < pool.threads; i++)
		mn_plat_kthread_join(pool.thread[i]);
	mni_offload_forget();
}

void mni_offload_forget(void)
{
	mni_store(&pool.lock, 0, relaxed);
	mni_store(&pool.start_lock, 0, relaxed);
	pool.first = NULL;
	pool.jobs = pool.threads = pool.idle = 0;
	pool.stop = false;
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
