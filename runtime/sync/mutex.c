/*
 * Mutex: a word with two bits and a queue; barging, with a hand-off for those
 * who starve.
 *
 * lock:    1. compare-and-swap 0 -> LOCKED (acquire). Done, or:
 *          2. while the owner may be running on another worker, watch the word
 *             for a moment;
 *          3. under the guard, set WAITERS. If LOCKED was not set meanwhile,
 *             begin again; else queue up and park.
 *          4. Woken: begin again, unless the lock has been handed over. Who
 *             loses it to a barger goes to the head of the queue, and when that
 *             has gone on for STARVED_NS asks for a hand-off.
 * unlock:  5. compare-and-swap LOCKED -> 0 (release). Done, or WAITERS is set:
 *          6. under the guard, take the first waiter out. If it starves, LOCKED
 *             stays and is the waiter's; else clear LOCKED. Release the guard,
 *             make the waiter runnable.
 *          7. Nobody in the queue (a waiter's time was up): clear WAITERS,
 *             release the guard, back to 5.
 *
 * A waiter cannot be missed: while LOCKED is set only the guard's holder changes
 * the word, so step 5 fails if step 3 came first, and step 3 begins again if
 * step 5 did.
 *
 * The mutex may be freed by the next owner as soon as it has unlocked it: step
 * 5 touches it last; step 6 releases the guard after LOCKED was cleared, but
 * then the waiter is still about to lock it; step 7 clears LOCKED without the guard.
 *
 * The types that know their owner keep it beside the word: written by the
 * owner, so that what others read there is never their own name by accident.
 * Normal ones have it there for reports alone (diag/): it is not taken back.
 */
#include "sync/waitq.h"

#define LOCKED 1u
#define WAITERS 2u
#define PAUSES_MAX 64    /* about 3 us in all on x86-64 */
#define PAUSES_WAITERS 8 /* 350 ns */
#define STARVED_NS 1000000u

/* waiter.kind */
#define PATIENT 0u
#define STARVING 1u
#define GRANTED 2u

struct mutex {
	_Atomic uint32_t word;
	mni_spinlock guard;
	mni_waitq waiters;
	uint32_t kind;           /* from init on */
	uint32_t count;          /* owner: how often it is locked, less one */
	_Atomic uintptr_t owner; /* normal types: who has locked it last, if a green thread */
};

_Static_assert(sizeof(struct mutex) <= sizeof(struct mn_mutex), "must fit the public type");
_Static_assert(sizeof(struct mn_mutex) == 40, "must fit glibc's pthread_mutex_t");
_Static_assert(offsetof(struct mutex, kind) == 16, "where glibc's static initialisers put it");
_Static_assert(offsetof(struct mutex, kind) == offsetof(struct mn_mutex, kind), "one place");

void mn_mutex_init(struct mn_mutex *m)
{
	*m = (struct mn_mutex)MN_MUTEX_INIT;
}

int mn_mutex_init_type(struct mn_mutex *m, enum mn_mutex_type type)
{
	if (type > MN_MUTEX_ADAPTIVE)
		return -MNI_EINVAL;
	mn_mutex_init(m);
	m->kind = type;
	return 0;
}

/* What destroying it leaves in kind, as glibc does: it is a type that nobody can lock. */
#define DESTROYED UINT32_MAX

static bool knows_owner(struct mutex *m)
{
	return m->kind == MN_MUTEX_RECURSIVE || m->kind == MN_MUTEX_ERRORCHECK;
}

/* All types but the usual one: one comparison. */
static bool is_special(struct mutex *m)
{
	return __builtin_expect(m->kind != MN_MUTEX_NORMAL, 0);
}

/* Where the caller cannot have switched before: there the worker is still the same. */
static inline void note_owner(struct mutex *m)
{
	struct mni_worker *w = mn_plat_self();

	mni_store(&m->owner, __builtin_expect(w != NULL, 1) ? (uintptr_t)w->current : 0, relaxed);
}

/* The same after a switch. */
static void note_owner_again(struct mutex *m)
{
	struct mni_worker *w = mni_self();

	if (!knows_owner(m))
		mni_store(&m->owner, w ? (uintptr_t)w->current : 0, relaxed);
}

static bool try_lock(struct mutex *m)
{
	uint32_t word = mni_load(&m->word, relaxed);

	while (!(word & LOCKED))
		if (mni_cas_weak(&m->word, &word, word | LOCKED, acquire, relaxed))
			return true;
	return false;
}

/*
 * Step 2. Looks are ever further apart, since each takes the word's cache line
 * away from an owner that may be about to unlock, and to lock again: what one
 * worker does in a row costs a fraction of what two do in turns. When others
 * have queued up the wait is likely to be long, and queueing up is cheap.
 */
static bool watch(struct mutex *m)
{
	if (mni_rt.alone)
		return false;
	for (unsigned pauses = 1; pauses <= PAUSES_MAX; pauses *= 2) {
		uint32_t word;

		for (unsigned i = 0; i < pauses; i++)
			mn_arch_relax();
		word = mni_load(&m->word, relaxed);
		if (!(word & LOCKED) && mni_cas_weak(&m->word, &word, word | LOCKED, acquire, relaxed))
			return true;
		if (word & WAITERS && pauses >= PAUSES_WAITERS)
			return false;
	}
	return false;
}

/* Step 3's second half. False: it is not locked any more; the guard is released. */
static bool queue_up(struct mutex *m, struct mni_waiter *n, bool first)
{
	mni_spin_lock(&m->guard);
	if (!(mni_fetch_or(&m->word, WAITERS, relaxed) & LOCKED)) {
		if (mni_waitq_empty(&m->waiters))
			mni_fetch_and(&m->word, ~WAITERS, relaxed);
		mni_spin_unlock(&m->guard);
		return false;
	}
	if (first)
		mni_waitq_prepend(&m->waiters, n);
	else
		mni_waitq_append(&m->waiters, n);
	return true;
}

static __attribute__((noinline)) int lock_slow(struct mutex *m, const struct mni_until *until)
{
	struct mni_waiter n;
	uint64_t lost_ns = 0; /* when it first lost the lock to a barger */
	bool woken = false;

	while (!try_lock(m) && !watch(m)) {
		int error;

		mni_waiter_init(&n, mni_worker_to_wait(), &m->guard, mni_waits(MNI_WAITS_MUTEX, m));
		n.kind = PATIENT;
		if (woken) {
			uint64_t now = mn_plat_now_ns();

			if (!lost_ns)
				lost_ns = now;
			else if (now - lost_ns >= STARVED_NS)
				n.kind = STARVING;
		}
		error = mni_wait_limit(&n.wait, until, false);
		if (error)
			return mni_too_late(error);
		if (!queue_up(m, &n, woken))
			continue;
		error = mni_waiter_park(&n);
		if (!error && n.kind == GRANTED)
			break;
		if (error)
			return error;
		woken = true;
	}
	note_owner_again(m);
	return 0;
}

static __attribute__((noinline)) int lock_typed(struct mutex *m, const struct mni_until *until,
						bool try)
{
	uintptr_t me;
	uint32_t word = 0;
	int error;

	if (m->kind > MN_MUTEX_ADAPTIVE)
		return -MNI_EINVAL;
	me = mni_identity();
	if (knows_owner(m) && mni_load(&m->owner, relaxed) == me) {
		if (m->kind == MN_MUTEX_ERRORCHECK)
			return try ? -MNI_EBUSY : -MNI_EDEADLK;
		if (m->count == UINT32_MAX)
			return -MNI_EAGAIN;
		m->count++;
		return 0;
	}
	if (try)
		error = try_lock(m) ? 0 : -MNI_EBUSY;
	else
		error = mni_cas(&m->word, &word, LOCKED, acquire, relaxed) ? 0 : lock_slow(m, until);
	if (!error)
		mni_store(&m->owner, me, relaxed);
	return error;
}

int mn_mutex_lock(struct mn_mutex *public)
{
	struct mutex *m = (struct mutex *)public;
	uint32_t word = 0;

	if (is_special(m))
		return lock_typed(m, NULL, false);
	if (mni_cas(&m->word, &word, LOCKED, acquire, relaxed)) {
		note_owner(m);
		return 0;
	}
	return lock_slow(m, NULL);
}

int mn_mutex_lock_until(struct mn_mutex *public, enum mn_clock clock, uint64_t ns)
{
	struct mutex *m = (struct mutex *)public;
	struct mni_until until = {clock, ns};
	uint32_t word = 0;

	if (is_special(m))
		return lock_typed(m, &until, false);
	if (mni_cas(&m->word, &word, LOCKED, acquire, relaxed)) {
		note_owner(m);
		return 0;
	}
	return lock_slow(m, &until);
}

int mn_mutex_trylock(struct mn_mutex *public)
{
	struct mutex *m = (struct mutex *)public;

	if (is_special(m))
		return lock_typed(m, NULL, true);
	if (!try_lock(m))
		return -MNI_EBUSY;
	note_owner(m);
	return 0;
}

static __attribute__((noinline)) void unlock_slow(struct mutex *m)
{
	uint32_t word = LOCKED;
	struct mni_waiter *n;

	do {
		mni_spin_lock(&m->guard);
		n = mni_waitq_take(&m->waiters);
		if (n) {
			uint32_t rest = mni_waitq_empty(&m->waiters) ? 0 : WAITERS;

			if (n->kind == STARVING) {
				n->kind = GRANTED;
				rest |= LOCKED;
			}
			mni_store(&m->word, rest, release);
			mni_spin_unlock(&m->guard);
			mni_wake(&n->wait);
			return;
		}
		mni_fetch_and(&m->word, ~WAITERS, relaxed);
		mni_spin_unlock(&m->guard);
		word = LOCKED;
	} while (!mni_cas(&m->word, &word, 0, release, relaxed) && (word & LOCKED));
}

static int unlock_typed(struct mutex *m)
{
	if (m->kind > MN_MUTEX_ADAPTIVE)
		return -MNI_EINVAL;
	if (!knows_owner(m))
		return 0;
	if (mni_load(&m->owner, relaxed) != mni_identity())
		return -MNI_EPERM;
	if (m->count) {
		m->count--;
		return 1;
	}
	mni_store(&m->owner, 0, relaxed);
	return 0;
}

int mn_mutex_unlock(struct mn_mutex *public)
{
	struct mutex *m = (struct mutex *)public;
	uint32_t word = LOCKED;

	if (is_special(m)) {
		int held = unlock_typed(m);

		if (held)
			return held < 0 ? held : 0;
	}
	if (!mni_cas(&m->word, &word, 0, release, relaxed) && (word & LOCKED))
		unlock_slow(m);
	return 0;
}

int mni_mutex_may_unlock(struct mn_mutex *public)
{
	struct mutex *m = (struct mutex *)public;

	if (m->kind > MN_MUTEX_ADAPTIVE)
		return -MNI_EINVAL;
	return !knows_owner(m) || mni_load(&m->owner, relaxed) == mni_identity() ? 0 : -MNI_EPERM;
}

uintptr_t mni_mutex_owner(const struct mn_mutex *copy)
{
	const struct mutex *m = (const struct mutex *)copy;

	return mni_load(&m->word, relaxed) & LOCKED ? mni_load(&m->owner, relaxed) : 0;
}

int mn_mutex_destroy(struct mn_mutex *public)
{
	struct mutex *m = (struct mutex *)public;
	bool busy;

	if (m->kind == DESTROYED)
		return -MNI_EINVAL;
	mni_spin_lock(&m->guard); /* a timer may have just let a waiter go */
	busy = (mni_load(&m->word, relaxed) & LOCKED) || !mni_waitq_empty(&m->waiters);
	if (!busy)
		m->kind = DESTROYED;
	mni_spin_unlock(&m->guard);
	return busy ? -MNI_EBUSY : 0;
}
