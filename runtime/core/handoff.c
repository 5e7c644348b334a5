/*
 * Undeclared blocking calls: a thread that blocks its kernel thread, in a system
 * call of its own or of a library, must not block the others of its worker.
 *
 * The worker is what has queues, timers and a name; the kernel thread that it
 * is run by is its carrier. When a carrier blocks, the worker, all of it, is given to
 * a spare carrier. The thread stays on the blocked one, and both go on at the
 * same time until the thread next calls the runtime. Then it waits, on its
 * kernel thread, until the worker is given back at its next scheduling decision.
 * So a worker is one kernel thread at any time, nothing of it is shared, and no
 * operation costs more than before: mni_self() has to look whether there is a
 * worker anyway.
 *
 * Who notices: the watch, a kernel thread that looks at the workers every PERIOD_NS
 * while the tick of some busy worker is armed (preempt.h), which means that something waits
 * behind what runs there; without preemption ticks are armed just for this, and the watch disarms
 * them. It suspects a worker that has not switched between two looks, and rests since or has
 * used hardly any CPU time. One whose carrier rests is looked at again after SOON_NS. Where
 * a worker has been taken over there will be others: so from then on looks come that often, and
 * half as often after every PACE looks without, down to PERIOD_NS.
 *
 * Taking over, by the watch, with the lock:
 *
 *   1. The platform says that the carrier rests, in a system call that is not one of
 *      the runtime's (mn_plat_probe_rests()).
 *   2. Its mni_self() is made NULL; SC fence.
 *   3. Step 1 again: it has not run since. Its stack pointer is on the stack of the
 *      worker's thread. So it is in the program's own code, or a library's, and
 *      has no worker in a register; when it wakes up and calls the runtime it
 *      will read NULL. Otherwise step 2 is taken back.
 *   4. What belongs to the kernel thread goes from the worker to the carrier: the
 *      thread that runs, preempted threads (preempt.h: they stay where they
 *      are), the scheduler's context. Its tick is disarmed. The carrier is AWAY.
 *   5. A spare carrier gets the worker and is woken. What waits for I/O in a ring,
 *      which is a kernel thread's own, is made to try again (poller.h).
 *
 * Coming back, by the carrier that was away:
 *
 *   6. mni_self() reads NULL, and calls mni_handoff_back(), which takes the lock. If
 *      the carrier CARRIES, step 2 has been taken back, and so has this. That can happen in
 *      the midst of the runtime, to a thread that woke up between steps 1 and 2 and read its
 *      worker just before: so everybody who needs the worker calls mni_self(), each time.
 *   7. It puts itself in the worker's list of claims, sets claimed and then
 *      timers_due (SC), which sends the worker to its scheduler's context at its
 *      next decision; wakes it if it idles, and arms its tick.
 *   8. The worker's carrier, in its scheduler's context, finds timers_due, then
 *      claimed; does the reverse of step 4 for the first claimant, and wakes it.
 *   9. It is a spare again, unless it was the worker's first carrier or keeps preempted
 *      threads: then it claims the worker itself, behind others. That claim is not urgent:
 *      it is honoured when the worker has nothing else to run, or every so many decisions.
 *
 * So in the end each worker is back on the kernel thread that it began on.
 *
 * There are SPARES at most; with so many blocked at once, the next one blocks its
 * worker. The watch starts one before it first asks the platform; after that it can start none,
 * as those would not have the program's files (mn_plat_probe_apart()). So each that gets a
 * worker starts the next, if there is none left. They are kept until the runtime ends,
 * asleep. When none can be had, or the platform cannot tell, all is as if there
 * were no watch.
 *
 * Rejected: a signal, whose handler leaves the worker. It would end poll(),
 * usleep() and their like early. Rejected: a further worker that helps while one
 * is blocked. What a worker has for itself would need locked instructions.
 */
#include "core/handoff.h"

#include "core/sanitize.h"
#include "core/trace.h"
#include "preempt/preempt.h"

#define PERIOD_NS 5000000u
#define SOON_NS (PERIOD_NS / 128)
#define PACE 16
#define SPARES MNI_SPARE_CARRIERS
/* CPU time that one who blocks all the while may use: a share of the time between looks. */
#define HARDLY 8
/* Looks that find nothing before the watch sleeps: to wake it costs who arms a tick 3 us. */
#define LINGER 40
/* Looks that have to pass after the first spare carrier could not be started. */
#define DISCOURAGED 200

#define NO_REST UINT64_MAX

/* What the watch saw of a worker when it last looked. */
struct look {
	struct mni_carrier *carrier; /* NULL: its tick was not armed */
	uint64_t switches;
	uint64_t rest; /* the carrier's count when it rested; NO_REST: it did not */
	uint64_t cpu_ns;
	uint64_t at_ns;
};

static struct mni_carrier carriers[MNI_CARRIERS]; /* by worker; then the spare ones */

static struct {
	_Alignas(64) mni_spinlock lock;
	struct mni_carrier *spare;             /* lock: the list of those */
	uint32_t spares;                       /* lock: how many have been started */
	bool starting;                         /* lock: another one is being started */
	_Atomic uint64_t takeovers, takebacks; /* written under the lock */

	_Alignas(64) _Atomic uint32_t
		asleep; /* the watch: what it sleeps on; 1: until it is woken */
	_Atomic bool stop;
	bool runs; /* start */
	mn_plat_kthread kthread;
	bool apart; /* watch: mn_plat_probe_apart() has been called */
	uint32_t discouraged;
	struct look seen[MNI_MAX_WORKERS];
} handoff;

struct mni_carrier *mni_carrier_of(unsigned worker)
{
	return &carriers[worker];
}

void mni_handoff_count(uint64_t *takeovers, uint64_t *takebacks)
{
	*takebacks = mni_load(&handoff.takebacks, acquire);
	*takeovers = mni_load(&handoff.takeovers, relaxed);
}

/* --- from one carrier to another; all under the lock --- */

static void detach(struct mni_worker *w, struct mni_carrier *k)
{
	struct mn_thread *t;

	k->thread = w->current;
	k->sched_sp = w->sched_sp;
	k->san = w->san;
	k->pinned = w->pinned;
	w->pinned = (struct mni_list){NULL, NULL};
	while (mni_rt.policy->holds_preempted && (t = mni_rt.policy->let_go(w)))
		mni_list_append(&k->pinned, t);
	if (mni_load(&mni_rt.quantum_ns, relaxed))
		mn_plat_tick_set(&k->tick, 0, 0);
}

static void attach(struct mni_worker *w, struct mni_carrier *k)
{
	struct mn_thread *t;

	w->current = k->thread;
	k->thread = NULL;
	w->sched_sp = k->sched_sp;
	w->san = k->san;
	w->error = k->error;
	w->exceptions = k->exceptions;
	w->preempt_pending = false;
	w->quiet_ticks = 0;
	k->rests = 0;
	if (!mni_rt.policy->holds_preempted)
		w->pinned = k->pinned;
	else
		while ((t = mni_list_take(&k->pinned)))
			mni_rt.policy->hold(w, t);
	k->pinned = (struct mni_list){NULL, NULL};
	k->worker = w;
	k->state = MNI_CARRIES;
	mni_store(&w->carrier, k, release); /* with set_tick()'s acquire */
	/* Somebody may have armed the tick of the one before; so this one's is armed anyway. */
	mni_store(&w->tick_armed, false, seq_cst);
	mni_preempt_arm(w);
}

static void tell(struct mni_carrier *k)
{
	mni_fetch_add(&k->word, 1, release);
	mn_plat_wake(&k->word);
}

static uint32_t state_of(struct mni_carrier *k)
{
	uint32_t state;

	mni_spin_lock(&handoff.lock);
	state = k->state;
	mni_spin_unlock(&handoff.lock);
	return state;
}

/* Blocks until it carries. False: the runtime stops. */
static bool await(struct mni_carrier *k)
{
	for (;;) {
		uint32_t word = mni_load(&k->word, acquire);

		if (mni_load(&mni_rt.stop, acquire))
			return false;
		if (state_of(k) == MNI_CARRIES)
			return true;
		mn_plat_wait(&k->word, word, MN_PLAT_FOREVER);
	}
}

static void claim(struct mni_worker *w, struct mni_carrier *k)
{
	struct mni_carrier **end = &w->claims;

	while (*end)
		end = &(*end)->next;
	*end = k;
	k->next = NULL;
	k->state = MNI_CLAIMS;
	mni_store(&w->claimed, true, seq_cst);
}

/* Whether a thread waits for the worker to go on with it. */
static bool is_urgent(struct mni_worker *w)
{
	for (struct mni_carrier *k = w->claims; k; k = k->next)
		if (k->thread)
			return true;
	return false;
}

/* --- coming back --- */

struct mni_worker *mni_handoff_back(void)
{
	struct mni_carrier *k = mn_plat_carrier();
	struct mni_worker *w;
	bool away;
	int error;

	if (!k)
		return NULL;
	error = *mn_plat_errno();
	mni_spin_lock(&handoff.lock);
	w = k->worker;
	away = k->state == MNI_AWAY;
	if (away) {
		claim(w, k); /* step 7 */
		mni_store(&w->timers_due, true, seq_cst);
	}
	mni_spin_unlock(&handoff.lock);
	if (away) {
		mni_wake_worker(w);
		mni_preempt_arm(w);
		if (await(k))
			mni_trace(w, MNI_EV_SCHED, w->current, 0);
		mn_plat_set_self(w);
	}
	*mn_plat_errno() = error;
	return w;
}

bool mni_handoff_give(struct mni_worker *w)
{
	struct mni_carrier *k = mni_load(&w->carrier, relaxed);
	struct mni_carrier *next;
	bool again;

	if (mni_rt.poller) {
		mni_rt.poller->moved(w, &w->polled);
		mni_poll_submit(w);
	}
	if (w->searching)
		mni_search_end(w);
	mni_timers_before_run(w);
	mn_plat_set_self(NULL);
	mni_spin_lock(&handoff.lock);
	next = w->claims;
	w->claims = next->next;
	if (!w->claims)
		mni_store(&w->claimed, false, relaxed);
	detach(w, k);
	again = k->own == w || k->pinned.head;
	if (again) {
		claim(w, k); /* step 9 */
	} else {
		k->state = MNI_SPARE;
		k->worker = NULL;
		k->next = handoff.spare;
		handoff.spare = k;
	}
	if (next->thread)
		mni_store(&handoff.takebacks, mni_load(&handoff.takebacks, relaxed) + 1, release);
	attach(w, next);
	if (mni_load(&w->claimed, relaxed) && is_urgent(w))
		mni_store(&w->timers_due, true, relaxed);
	mni_spin_unlock(&handoff.lock);
	tell(next);
	if (!again || !await(k))
		return false;
	mn_plat_set_self(w);
	return true;
}

/* --- carriers --- */

void mni_carrier_begin(struct mni_worker *w)
{
	struct mni_carrier *k = mni_carrier_of(w->id);

	mn_plat_set_carrier(k);
	mn_plat_probe_open(&k->probe);
	k->error = mn_plat_errno();
	k->exceptions = mn_plat_exceptions();
	mni_spin_lock(&handoff.lock);
	k->worker = k->own = w;
	k->state = MNI_CARRIES;
	mni_spin_unlock(&handoff.lock);
	w->error = k->error;
	w->exceptions = k->exceptions;
	mni_store(&w->carrier, k, release);
}

static void serve(void *carrier);

/* Returns when it has been set up: whether it could be. */
static bool start_carrier(struct mni_carrier *k)
{
	uint32_t state;

	*k = (struct mni_carrier){.state = MNI_UNUSED};
	if (mn_plat_kthread_start(&k->kthread, serve, k))
		return false;
	for (;;) {
		uint32_t word = mni_load(&k->word, acquire);

		state = state_of(k);
		if (state != MNI_UNUSED)
			break;
		mn_plat_wait(&k->word, word, MN_PLAT_FOREVER);
	}
	if (state == MNI_GONE)
		mn_plat_kthread_join(k->kthread);
	return state != MNI_GONE;
}

/*
 * Starts spare carriers until there is one, unless somebody else is at it: what has been started
 * may be in use at once. Whether there is one then.
 */
static bool start_spare(void)
{
	bool started = true;
	bool any;

	mni_spin_lock(&handoff.lock);
	while (started && !handoff.spare && !handoff.starting && handoff.spares < SPARES) {
		struct mni_carrier *k = &carriers[MNI_MAX_WORKERS + handoff.spares];

		handoff.starting = true;
		mni_spin_unlock(&handoff.lock);
		started = start_carrier(k);
		mni_spin_lock(&handoff.lock);
		handoff.starting = false;
		handoff.spares += started;
	}
	any = handoff.spare;
	mni_spin_unlock(&handoff.lock);
	return any;
}

/* Carries one worker after the other, until the runtime stops. */
static void carry(struct mni_carrier *k)
{
	while (await(k)) {
		struct mni_worker *w = k->worker;

		start_spare(); /* for whoever blocks next */
		mn_plat_set_self(w);
		mni_trace(w, MNI_EV_BLOCKED, NULL, 0);
		if (mni_rt.poller) {
			mni_rt.poller->moved(w, &w->polled); /* step 5 */
			mni_poll_submit(w);
		}
		mni_schedule(w);
		mn_plat_set_self(NULL);
	}
}

static void serve(void *carrier)
{
	struct mni_carrier *k = carrier;
	bool ticks = mni_load(&mni_rt.quantum_ns, relaxed);
	int error;

	mn_plat_set_carrier(k);
	mn_plat_probe_open(&k->probe);
	k->error = mn_plat_errno();
	k->exceptions = mn_plat_exceptions();
	mni_san_worker_start(&k->san);
	error = ticks ? mn_plat_tick_open(&k->tick) : 0;
	mn_plat_diag_enter(k);
	mni_spin_lock(&handoff.lock);
	k->state = error ? MNI_GONE : MNI_SPARE;
	if (!error) {
		k->next = handoff.spare;
		handoff.spare = k;
	}
	mni_spin_unlock(&handoff.lock);
	tell(k);
	if (!error)
		carry(k);
	mn_plat_diag_leave(k);
	if (ticks && !error)
		mn_plat_tick_close(&k->tick);
	mn_plat_set_carrier(NULL);
}

/* --- the watch --- */

/* The worker's private state is read while its carrier rests: nothing moves. */
static bool is_in_program(struct mni_worker *w, uintptr_t sp)
{
	struct mn_thread *t = w->current;

	return t && t->stack && !w->after.fn && sp >= (uintptr_t)t->stack->lo &&
	       sp < (uintptr_t)t->stack->map + t->stack->bytes;
}

static bool take_over(struct mni_worker *w)
{
	struct mn_plat_rest before;
	struct mn_plat_rest after;
	struct mni_carrier *k;
	struct mni_carrier *spare;

	/* Without the lock at first: it may be over. */
	if (!mn_plat_probe_rests(&mni_load(&w->carrier, acquire)->probe, &before))
		return false;
	mni_spin_lock(&handoff.lock);
	k = mni_load(&w->carrier, relaxed);
	spare = handoff.spare;
	if (!spare || !mn_plat_probe_rests(&k->probe, &before)) { /* step 1 */
		mni_spin_unlock(&handoff.lock);
		return false;
	}
	mn_plat_probe_set_self(&k->probe, NULL); /* step 2 */
	mni_fence(seq_cst);
	if (!mn_plat_probe_rests(&k->probe, &after) || after.switches != before.switches ||
	    !is_in_program(w, after.sp)) { /* step 3 */
		mn_plat_probe_set_self(&k->probe, w);
		mni_spin_unlock(&handoff.lock);
		return false;
	}
	detach(w, k); /* step 4 */
	k->state = MNI_AWAY;
	handoff.spare = spare->next;
	attach(w, spare); /* step 5 */
	mni_store(&handoff.takeovers, mni_load(&handoff.takeovers, relaxed) + 1, relaxed);
	mni_spin_unlock(&handoff.lock);
	tell(spare);
	return true;
}

/* It is busy and its tick armed. When it stops idling with its tick armed, it wakes the watch (idle.c). */
static bool is_watched(struct mni_worker *w)
{
	return (!w->id || mni_load(&w->started, seq_cst) == 1) &&
	       mni_load(&w->tick_armed, seq_cst) && !mni_is_idle(w);
}

/* Whether the platform can be asked, and somebody be there to take over. */
static bool can_ask(void)
{
	if (handoff.apart)
		return true;
	if (handoff.discouraged) {
		handoff.discouraged--;
		return false;
	}
	if (!start_spare()) {
		handoff.discouraged = DISCOURAGED;
		return false;
	}
	mn_plat_probe_apart();
	handoff.apart = true;
	return true;
}

/* What a look finds; of several workers the greatest counts. */
enum found { NOTHING, WATCHED, RESTS, TAKEN_OVER };

static enum found look_at(struct mni_worker *w, struct look *seen)
{
	struct mni_carrier *k = mni_load(&w->carrier, acquire);
	struct look now = {k, mni_load(&w->count.switches, relaxed), NO_REST,
			   mn_plat_probe_cpu_ns(&k->probe), mn_plat_now_ns()};
	struct look last = *seen;
	uint64_t hardly = (now.at_ns - last.at_ns) / HARDLY;
	uint64_t used = now.cpu_ns - last.cpu_ns;
	struct mn_plat_rest rest;

	*seen = now;
	if (last.carrier == k && used >= now.at_ns - last.at_ns - hardly)
		return WATCHED; /* it has computed: asking the platform costs more than all of this */
	if (!can_ask() || !mn_plat_probe_rests(&k->probe, &rest))
		return WATCHED;
	seen->rest = rest.switches;
	if (last.carrier != k || last.switches != now.switches)
		return RESTS;
	/* It still rests, or has done hardly anything else. */
	return (last.rest == rest.switches || used <= hardly) && take_over(w) ? TAKEN_OVER : RESTS;
}

/* Looks at all. */
static enum found look_around(void)
{
	enum found most = NOTHING;

	for (unsigned i = 0; i < mni_rt.workers; i++) {
		struct mni_worker *w = mni_rt.worker[i];
		enum found found;

		if (!is_watched(w) || mni_preempt_disarm_unless_needed(w)) {
			handoff.seen[i].carrier = NULL;
			continue;
		}
		found = look_at(w, &handoff.seen[i]);
		most = found > most ? found : most;
	}
	return most;
}

static bool anything_to_watch(void)
{
	for (unsigned i = 0; i < mni_rt.workers; i++)
		if (is_watched(mni_rt.worker[i]))
			return true;
	return false;
}

/*
 * Asleep is set; SC fence; all are looked at again. Arming a tick: that is set; SC
 * fence; then asleep is read.
 */
static void sleep_until_woken(void)
{
	mni_store(&handoff.asleep, 1, seq_cst);
	mni_fence(seq_cst);
	if (anything_to_watch() || mni_load(&handoff.stop, seq_cst))
		mni_store(&handoff.asleep, 0, relaxed);
	while (mni_load(&handoff.asleep, acquire) == 1)
		mn_plat_wait(&handoff.asleep, 1, MN_PLAT_FOREVER);
}

static void watch(void *unused)
{
	uint64_t period_ns = PERIOD_NS;
	uint32_t looks = 0; /* at this period */
	uint32_t nothing = 0;
	bool soon = false;

	(void)unused;
	while (!mni_load(&handoff.stop, acquire)) {
		enum found found = look_around();

		if (found == TAKEN_OVER) {
			period_ns = SOON_NS;
			looks = 0;
		} else if (period_ns < PERIOD_NS && ++looks == PACE) {
			period_ns = 2 * period_ns < PERIOD_NS ? 2 * period_ns : PERIOD_NS;
			looks = 0;
		}
		nothing = found == NOTHING && period_ns == PERIOD_NS ? nothing + 1 : 0;
		if (nothing < LINGER) {
			/* Once: it may rest for long, and there be no spare carrier. */
			soon = found == RESTS && !soon;
			mn_plat_wait(&handoff.asleep, 0, soon ? SOON_NS : period_ns);
			continue;
		}
		nothing = 0;
		sleep_until_woken();
	}
}

void mni_handoff_watch(void)
{
	uint32_t asleep = 1;

	if (mni_load(&handoff.asleep, seq_cst) == 1 &&
	    mni_cas(&handoff.asleep, &asleep, 0, seq_cst, relaxed))
		mn_plat_wake(&handoff.asleep);
}

int mni_handoff_start(void)
{
	int error;

	if (mni_rt.config.blocking_watch != MN_ON)
		return 0;
	mni_store(&handoff.stop, false, relaxed);
	mni_store(&handoff.asleep, 0, relaxed);
	handoff.apart = false;
	error = mn_plat_kthread_start(&handoff.kthread, watch, NULL);
	handoff.runs = !error;
	return error;
}

void mni_handoff_stop_watch(void)
{
	if (!handoff.runs)
		return;
	mni_store(&handoff.stop, true, seq_cst);
	mni_exchange(&handoff.asleep, 2, seq_cst);
	mn_plat_wake(&handoff.asleep);
	mn_plat_kthread_join(handoff.kthread);
	handoff.runs = false;
}

static uint32_t spares_started(void)
{
	uint32_t n;

	mni_spin_lock(&handoff.lock);
	n = handoff.spares;
	mni_spin_unlock(&handoff.lock);
	return n;
}

void mni_handoff_stop(void)
{
	for (unsigned i = 0; i < mni_load(&mni_rt.running, relaxed); i++)
		tell(&carriers[i]);
	for (unsigned i = 0; i < spares_started(); i++)
		tell(&carriers[MNI_MAX_WORKERS + i]);
}

void mni_handoff_join(void)
{
	/* The last one may be just started, and not have been told: by one of those before it. */
	for (unsigned i = 0; i < spares_started(); i++) {
		tell(&carriers[MNI_MAX_WORKERS + i]);
		mn_plat_kthread_join(carriers[MNI_MAX_WORKERS + i].kthread);
	}
	handoff.spares = 0;
	handoff.spare = NULL;
	handoff.discouraged = 0;
	mni_store(&handoff.takeovers, 0, relaxed);
	mni_store(&handoff.takebacks, 0, relaxed);
	for (unsigned i = 0; i < MNI_MAX_WORKERS; i++)
		handoff.seen[i].carrier = NULL;
}

struct mni_worker *mni_handoff_forget(void)
{
	struct mni_carrier *k = mn_plat_carrier();
	struct mni_carrier *first = mni_carrier_of(0);
	struct mni_worker *w = k ? k->worker : NULL;

	mni_store(&handoff.lock, 0, relaxed);
	if (w && k->state == MNI_AWAY) {
		w->current = k->thread;
		w->sched_sp = k->sched_sp;
		w->san = k->san;
	}
	handoff.runs = false;
	handoff.starting = false;
	handoff.spares = 0;
	mni_handoff_join();
	if (!w)
		return NULL;
	w->claims = NULL;
	mni_store(&w->claimed, false, relaxed);
	*first = (struct mni_carrier){.own = w, .worker = w, .state = MNI_CARRIES};
	first->error = w->error = mn_plat_errno();
	first->exceptions = w->exceptions = mn_plat_exceptions();
	mn_plat_probe_open(&first->probe);
	mni_store(&w->carrier, first, relaxed);
	mn_plat_set_carrier(first);
	mn_plat_set_self(w);
	return w;
}
