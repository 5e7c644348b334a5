/*
 * Mutex: a word with two bits and a queue.
 *
 * lock:    1. compare-and-swap 0 -> LOCKED (acquire). Done, or:
 *          2. while the owner may be running on another worker, watch the word
 *             for a moment;
 *          3. under the guard, set WAITERS. If LOCKED was not set meanwhile,
 *             take it; else queue up and park. After waking begin again.
 * unlock:  4. clear LOCKED (release). If WAITERS was set:
 *          5. under the guard, take the first waiter out; clear WAITERS if it
 *             was the last; release the guard; make the waiter runnable.
 *
 * A waiter cannot be missed: step 3 sets WAITERS and reads LOCKED in one
 * read-modify-write, step 4 clears LOCKED and reads WAITERS in one. Whoever
 * comes second sees the other.
 *
 * The mutex may be freed by the next owner as soon as it has unlocked it:
 * unlock touches the object last when it releases the guard in step 5, and
 * only then makes the waiter runnable.
 */
#include "sync/waitq.h"

#define LOCKED 1u
#define WAITERS 2u
#define SPINS 60

struct mutex {
	_Atomic uint32_t word;
	mni_spinlock guard;
	mni_waitq waiters;
};

_Static_assert(sizeof(struct mutex) <= sizeof(struct mn_mutex), "must fit the public type");
_Static_assert(sizeof(struct mn_mutex) == 40, "must fit glibc's pthread_mutex_t");

void mn_mutex_init(struct mn_mutex *m)
{
	*m = (struct mn_mutex)MN_MUTEX_INIT;
}

static bool try_lock(struct mutex *m)
{
	uint32_t word = 0;

	if (mni_cas(&m->word, &word, LOCKED, acquire, relaxed))
		return true;
	while (!(word & LOCKED))
		if (mni_cas_weak(&m->word, &word, word | LOCKED, acquire, relaxed))
			return true;
	return false;
}

/* Step 2. */
static bool watch(struct mutex *m)
{
	if (mni_rt.alone)
		return false;
	for (unsigned i = 0; i < SPINS; i++) {
		uint32_t word = mni_load(&m->word, relaxed);

		if (!(word & LOCKED) && mni_cas_weak(&m->word, &word, word | LOCKED, acquire, relaxed))
			return true;
		if (word & WAITERS)
			return false; /* others sleep already: the wait is a long one */
		mn_arch_relax();
	}
	return false;
}

static __attribute__((noinline)) void lock_slow(struct mutex *m)
{
	for (;;) {
		if (try_lock(m) || watch(m))
			return;
		mni_spin_lock(&m->guard);
		if (mni_fetch_or(&m->word, WAITERS, acquire) & LOCKED) {
			mni_waitq_wait(&m->waiters, &m->guard);
			continue;
		}
		if (!m->waiters)
			mni_fetch_and(&m->word, ~WAITERS, relaxed);
		mni_spin_unlock(&m->guard);
	}
}

void mn_mutex_lock(struct mn_mutex *public)
{
	struct mutex *m = (struct mutex *)public;
	uint32_t word = 0;

	if (!mni_cas(&m->word, &word, LOCKED, acquire, relaxed))
		lock_slow(m);
}

int mn_mutex_trylock(struct mn_mutex *m)
{
	return try_lock((struct mutex *)m) ? 0 : -MNI_EBUSY;
}

static __attribute__((noinline)) void unlock_slow(struct mutex *m)
{
	struct mn_thread *t;

	mni_spin_lock(&m->guard);
	t = mni_waitq_take(&m->waiters);
	if (!m->waiters)
		mni_fetch_and(&m->word, ~WAITERS, relaxed);
	mni_spin_unlock(&m->guard);
	if (t)
		mni_ready(t);
}

void mn_mutex_unlock(struct mn_mutex *public)
{
	struct mutex *m = (struct mutex *)public;

	if (mni_fetch_and(&m->word, ~LOCKED, release) & WAITERS)
		unlock_slow(m);
}

int mn_mutex_destroy(struct mn_mutex *m)
{
	return mni_load(&((struct mutex *)m)->word, relaxed) ? -MNI_EBUSY : 0;
}
