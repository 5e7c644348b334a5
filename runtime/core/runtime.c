/* Start, end and counters of the runtime. */
#include "core/config.h"
#include "core/handoff.h"
#include "core/internal.h"
#include "core/sanitize.h"
#include "core/trace.h"
#include "core/valgrind.h"
#include "preempt/preempt.h"
#include "sync/wait.h"

#define SCHED_STACK (64 * 1024)

/* From entry.S: the first frame of worker 0's scheduler context. */
void mn_arch_entry_worker(void);

/* Only one mn_init() or mn_shutdown() at a time. */
static mni_spinlock life;

/* splitmix64 (Steele, Lea, Flood 2014): spreads one seed over the workers. */
static uint64_t spread(uint64_t seed, uint64_t i)
{
	uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return z ? z : 1; /* xorshift needs a bit */
}

static struct mni_worker *make_worker(unsigned id, uint64_t seed)
{
	struct mni_worker *w = mn_plat_map(sizeof *w);

	if (!w)
		return NULL;
	w->id = id;
	w->carve_next = 1;
	w->rng = spread(seed, id);
	mni_store(&w->tick_armed, true, relaxed); /* there is none to arm until it starts */
	mni_store(&w->carrier, mni_carrier_of(id), relaxed);
	mni_timers_init(w);
	if (!mni_trace_join(w) || !mni_rt.policy->init(w)) {
		mn_plat_unmap(w, sizeof *w);
		return NULL;
	}
	return w;
}

static void free_worker(struct mni_worker *w)
{
	mni_rt.policy->fini(w);
	mni_timers_fini(w);
	if (w->sched_stack) {
		mni_valgrind_out(w->sched_valgrind);
		mn_plat_unmap(w->sched_stack, SCHED_STACK);
	}
	mn_plat_unmap(w, sizeof *w);
}

/* Stops and frees what start() had got to: workers [0, made), kernel threads [1, running). */
static void take_down(unsigned made)
{
	unsigned running = mni_load(&mni_rt.running, relaxed);

	mn_plat_diag_stop();
	mni_handoff_stop_watch();
	mni_store(&mni_rt.stop, true, seq_cst);
	for (unsigned i = 1; i < running; i++)
		mni_wake_worker(mni_rt.worker[i]);
	mni_handoff_stop();
	for (unsigned i = 1; i < running; i++)
		mn_plat_kthread_join(mni_carrier_of(i)->kthread);
	mni_handoff_join();
	if (mn_plat_self()) {
		mn_plat_diag_leave(mni_carrier_of(0));
		mni_preempt_worker_fini(mni_rt.worker[0]);
	}
	mni_preempt_fini();
	if (mni_rt.poller)
		mni_rt.poller->stop();
	mni_trace_finish();
	for (unsigned i = 0; i < made; i++)
		free_worker(mni_rt.worker[i]);
	mni_stack_pool_free();
	mni_thread_pool_free();
	mni_keys_free();
	mn_plat_set_self(NULL);
	mn_plat_set_carrier(NULL);
	mni_rt.main = NULL;
	mni_rt.workers = 0;
	mni_store(&mni_rt.up, false, relaxed);
}

/* Makes the caller the main green thread of worker 0. */
static int adopt_caller(struct mni_worker *w)
{
	struct mn_thread *t;
	char *here = __builtin_frame_address(0);
	char *lo;
	char *hi;
	int error = mn_plat_stack_bounds(&lo, &hi);

	if (error)
		return error;
	w->sched_stack = mn_plat_map(SCHED_STACK);
	t = w->sched_stack ? mni_thread_alloc(w) : NULL;
	if (!t)
		return -MNI_ENOMEM;
	w->sched_valgrind = mni_valgrind_in(w->sched_stack, (char *)w->sched_stack + SCHED_STACK);
	/* Elsewhere: on the stack that a forked child has kept, and the runtime has been shut down since. */
	if (!mni_rt.main_stack.map || (here >= lo && here < hi))
		mni_rt.main_stack =
			(struct mni_stack){.lo = lo, .map = lo, .bytes = (size_t)(hi - lo)};
	for (int i = 0; i < MNI_KEYS_CLOSE; i++)
		mni_rt.main_stack.values[i] = (struct mni_key_value){NULL, 0};
	mni_rt.main_name = mni_identity();
	mni_rt.main_errno = mn_plat_errno();
	mni_store(&t->join, MNI_JOIN_NONE, relaxed);
	mni_store(&mni_rt.clock_ms, mn_plat_coarse_ms(), relaxed);
	mni_note_wait(t, 0);
	t->main = true;
	t->preempt_off = 0;
	t->unwind = NULL;
	t->stack = &mni_rt.main_stack;
	t->stack_size = mni_rt.main_stack.bytes;
	t->last = w;
	if (mni_rt.policy->adopt)
		mni_rt.policy->adopt(w, t);
	w->current = t;
	w->sched_sp = mn_arch_prepare((char *)w->sched_stack + SCHED_STACK, mn_arch_fpenv_get(),
				      mn_arch_entry_worker);
	mni_rt.main = t;
	mni_carrier_begin(w);
	error = mni_preempt_worker_init(w);
	if (error)
		return error;
	mn_plat_set_self(w);
	mn_plat_diag_enter(mni_carrier_of(0));
	mni_san_adopt_main(w, w->sched_stack, SCHED_STACK);
	return 0;
}

/* Starts the next worker's kernel thread; under the lock, or before there is a second. */
static int start_next(void)
{
	unsigned n = mni_load(&mni_rt.running, relaxed);
	struct mni_worker *w = mni_rt.worker[n];
	int error;

	/* Before it can run: whoever counts idle workers must not miss it (idle.c). */
	mni_store(&mni_rt.running, n + 1, seq_cst);
	error = mn_plat_kthread_start(&mni_carrier_of(n)->kthread, mni_worker_kthread, w);
	if (error)
		mni_store(&mni_rt.running, n, seq_cst);
	return error;
}

/* The same, and waits until it is set up. */
static int start_and_wait(void)
{
	struct mni_worker *w = mni_rt.worker[mni_load(&mni_rt.running, relaxed)];
	int error = start_next();

	if (error)
		return error;
	while (!mni_load(&w->started, acquire))
		mn_plat_wait(&w->started, 0, MN_PLAT_FOREVER);
	return w->start_error;
}

void mni_worker_start(void)
{
	mni_spin_lock(&mni_rt.start_lock);
	/* A system that has no more now is not asked at every thread's creation. */
	if (mni_load(&mni_rt.running, relaxed) < mni_load(&mni_rt.startable, relaxed) && start_next())
		mni_store(&mni_rt.startable, mni_load(&mni_rt.running, relaxed), relaxed);
	mni_spin_unlock(&mni_rt.start_lock);
}

static int start(const struct mn_config *c)
{
	unsigned made = 0;
	int error;

	mni_rt.config = *c;
	mni_rt.valgrind = mni_valgrind_here();
	error = mni_trace_begin(c);
	if (error)
		return error;
	mni_idle_reset();
	mni_timers_reset();
	mni_rt.strong_fences = !mn_plat_barrier_init();
	mni_rt.shrunk = false;
	mni_fork_init();
	mni_rt.policy = mni_policy_find(c->policy);
	if (mni_rt.policy->configure)
		mni_rt.policy = mni_rt.policy->configure(c);
	mni_rt.workers = c->workers;
	mni_store(&mni_rt.startable, c->workers, relaxed);
	mni_store(&mni_rt.running, 1, relaxed);
	mni_rt.alone = c->workers == 1;
	mni_rt.child_first = c->spawn == MN_CHILD_FIRST;
	mni_rt.stack_size = c->stack_size;
	mni_store(&mni_rt.quantum_ns, c->preempt == MN_ON ? (uint64_t)c->quantum_us * 1000 : 0, relaxed);
	mni_rt.arms = c->preempt == MN_ON || c->blocking_watch == MN_ON;
	mni_store(&mni_rt.stop, false, relaxed);
	mni_store(&mni_rt.main_waits, false, relaxed);
	mni_store(&mni_rt.foreign_spawns, 0, relaxed);
	mni_store(&mni_rt.foreign_wakes, 0, relaxed);
	mni_store(&mni_rt.foreign_thread_wakes, 0, relaxed);
	mni_rt.poller = mn_plat_poller();
	error = mni_rt.poller ? mni_rt.poller->start(c) : 0;
	if (!error && (error = mni_preempt_init(c->preempt_signal)) && mni_rt.poller)
		mni_rt.poller->stop();
	if (error) {
		mni_rt.workers = 0;
		mni_trace_finish();
		return error;
	}
	while (made < c->workers && (mni_rt.worker[made] = make_worker(made, c->seed)))
		made++;
	if (made < c->workers || !mni_stack_pool_init(c->stack_size))
		error = -MNI_ENOMEM;
	else
		error = adopt_caller(mni_rt.worker[0]);
	while (!error && !mni_rt.policy->lazy && mni_load(&mni_rt.running, relaxed) < c->workers)
		error = start_and_wait();
	if (!error)
		error = mni_handoff_start();
	if (!error)
		error = mn_plat_diag_start();
	if (error)
		take_down(made);
	return error;
}

void mni_runtime_forget(void)
{
	mni_store(&life, 0, relaxed);
	mni_store(&mni_rt.start_lock, 0, relaxed);
	mni_store(&mni_rt.inject_lock, 0, relaxed);
	mni_store(&mni_rt.injected, 0, relaxed);
	mni_rt.inject = (struct mni_list){NULL, NULL};
	mni_store(&mni_rt.main_waits, false, relaxed);
	mni_store(&mni_rt.foreign_spawns, 0, relaxed);
	mni_store(&mni_rt.foreign_wakes, 0, relaxed);
	mni_store(&mni_rt.foreign_thread_wakes, 0, relaxed);
}

bool mni_workers_again(void)
{
	unsigned want = mni_rt.config.workers;
	unsigned made = 1;

	if (!mni_stack_reserve(want * (MNI_MAGAZINE + MNI_CARVE) + 1) ||
	    mni_preempt_worker_init(mni_rt.worker[0]))
		return false;
	mni_rt.shrunk = false;
	while (made < want && (mni_rt.worker[made] = make_worker(made, mni_rt.config.seed)))
		made++;
	mni_rt.workers = made;
	mni_rt.alone = made == 1;
	mni_store(&mni_rt.startable, made, relaxed);
	while (!mni_rt.policy->lazy && mni_load(&mni_rt.running, relaxed) < made)
		if (start_and_wait()) {
			/* Fewer do as well. One that has failed to set itself up has ended. */
			mni_store(&mni_rt.startable, mni_load(&mni_rt.running, relaxed), relaxed);
			break;
		}
	mni_handoff_start(); /* without it, blocking calls block their worker */
	mn_plat_diag_start(); /* or else there are no reports */
	return true;
}

int mn_init(const struct mn_config *given)
{
	struct mn_config c;
	int error = mni_config_resolve(given, &c);

	if (error)
		return error;
	mni_spin_lock(&life);
	error = mni_rt.workers ? -MNI_EBUSY : start(&c);
	if (!error)
		mni_store(&mni_rt.up, true, release); /* with mni_start_if_need_be()'s acquire */
	mni_spin_unlock(&life);
	return error;
}

int mni_start_if_need_be(void)
{
	int error;

	if (mni_load(&mni_rt.up, acquire))
		return 0;
	error = mn_init(NULL);
	return mni_load(&mni_rt.up, acquire) ? 0 : error;
}

int mn_shutdown(void)
{
	struct mni_worker *w = mni_self();

	if (!w || w->current != mni_rt.main)
		return -MNI_EPERM;
	mni_main_ended(w->current, NULL); /* a joiner is one of those that are waited for */
	mni_wait_for_others();
	/* To the kernel thread that called mn_init(), which may be waiting to be worker 0 again (handoff.c). */
	for (;;) {
		mni_move_to(mni_rt.worker[0]);
		w = mni_self();
		if (mni_load(&w->carrier, relaxed)->own == w)
			break;
		mni_store(&w->timers_due, true, relaxed);
		mn_thread_yield();
	}
	mni_spin_lock(&life);
	take_down(mni_rt.workers);
	mni_spin_unlock(&life);
	return 0;
}

unsigned mn_workers(void)
{
	return mni_rt.workers;
}

const char *mn_policy(void)
{
	return mni_rt.workers ? mni_rt.policy->name : NULL;
}

int mn_setting_text(unsigned i, char *text, size_t bytes)
{
	struct mn_config c = mni_rt.config;
	unsigned quantum = mn_quantum();

	if (!mni_rt.workers)
		return -MNI_EINVAL;
	if (quantum)
		c.quantum_us = quantum;
	return mni_config_text(&c, i, text, bytes);
}

static void add_counts(struct mn_stats *out, struct mni_counters *c)
{
	out->spawns += mni_load(&c->spawns, relaxed);
	out->ends += mni_load(&c->ends, relaxed);
	out->inline_runs += mni_load(&c->inline_runs, relaxed);
	out->switches += mni_load(&c->switches, relaxed);
	out->steal_attempts += mni_load(&c->steal_attempts, relaxed);
	out->steal_hits += mni_load(&c->steal_hits, relaxed);
	out->steal_aborts += mni_load(&c->steal_aborts, relaxed);
	out->parks += mni_load(&c->parks, relaxed);
	out->wakes += mni_load(&c->wakes, relaxed);
	out->stacks += mni_load(&c->stacks, relaxed);
	out->preempts += mni_load(&c->preempt_done, relaxed) + mni_load(&c->expiries, relaxed);
	out->preempts_deferred += mni_load(&c->preempt_deferred, relaxed);
	out->expiries += mni_load(&c->expiries, relaxed);
	out->home_wakes += mni_load(&c->home_wakes, relaxed);
	out->migrations += mni_load(&c->migrations, relaxed);
	out->affine_picks += mni_load(&c->affine_picks, relaxed);
	out->promotions += mni_load(&c->promotions, relaxed);
	out->demotions += mni_load(&c->demotions, relaxed);
	out->timed_waits += mni_load(&c->timed_waits, relaxed);
	out->io_waits += mni_load(&c->io_waits, relaxed);
	out->io_wakes += mni_load(&c->io_wakes, relaxed);
	out->blocking_calls += mni_load(&c->blocking_calls, relaxed);
	out->blocking_returns += mni_load(&c->blocking_returns, relaxed);
	out->thread_parks += mni_load(&c->thread_parks, relaxed);
	out->thread_wakes += mni_load(&c->thread_wakes, relaxed);
}

int mn_stats_read_worker(unsigned worker, struct mn_stats *out)
{
	*out = (struct mn_stats){0};
	if (worker >= mni_rt.workers)
		return -MNI_EINVAL;
	add_counts(out, &mni_rt.worker[worker]->count);
	out->workers_started = worker < mni_load(&mni_rt.running, relaxed);
	return 0;
}

void mn_stats_read(struct mn_stats *out)
{
	*out = (struct mn_stats){0};
	for (unsigned i = 0; i < mni_rt.workers; i++)
		add_counts(out, &mni_rt.worker[i]->count);
	if (mni_rt.workers)
		mni_handoff_count(&out->takeovers, &out->takebacks);
	out->workers_started = mni_rt.workers ? mni_load(&mni_rt.running, relaxed) : 0;
	out->spawns += mni_load(&mni_rt.foreign_spawns, relaxed);
	out->wakes += mni_load(&mni_rt.foreign_wakes, relaxed);
	out->thread_wakes += mni_load(&mni_rt.foreign_thread_wakes, relaxed);
}

void *mni_deque_alloc(size_t bytes)
{
	return mn_plat_map(bytes);
}

void mni_deque_release(void *array, size_t bytes)
{
	mn_plat_unmap(array, bytes);
}
