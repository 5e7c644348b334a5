/*
 * Read-write lock: a word and a queue; barging while it is free, with a hand-off for
 * those who starve.
 *
 * The word: WRITER, held for writing; WAITERS, threads are queued; below them
 * the number of readers that hold it.
 *
 * rdlock:  1. nobody holds it, or readers do and WAITERS is not set: count itself in by
 *             compare-and-swap. Beside other readers with WAITERS too, if the thread has been
 *             woken for that, or holds some lock for reading already: it must not wait for a
 *             writer that may be waiting for it.
 * wrlock:  2. nobody holds it: set WRITER by compare-and-swap.
 * both:    3. Else, while the holder may be running on another worker, watch the word for a
 *             moment (mutex.c);
 *          4. under the guard, set WAITERS and queue up, unless nobody holds the lock
 *             any more, or a reader need not wait.
 *          5. Woken: begin again, unless the lock has been handed over. Who loses it to
 *             a barger goes to the head of the queue, and when that has gone on for
 *             STARVED_NS asks for a hand-off.
 * unlock:  6. without WAITERS, or as one reader of several: by compare-and-swap.
 *          7. Else, under the guard, take out who is next: after a writer all readers
 *             that are queued, or if there are none the first writer; after the last reader
 *             the first writer. If one of them starves, the lock is theirs; else it is free.
 *             Release the guard; make them runnable.
 *          8. Nobody in the queue (they gave up): clear WAITERS, release the
 *             guard, back to 6.
 * give up: 9. a writer that gives up may have kept readers waiting behind it. When it
 *             runs again and no other writer is queued, it wakes them.
 *
 * A waiter cannot be missed: WAITERS is set by a read-modify-write under the guard that
 * finds the lock held, and whoever then releases it goes to the guard and wakes somebody.
 * Who has been woken gets the lock, or finds it held by somebody who will wake the next.
 *
 * It may be freed by whoever has unlocked it last: step 6 touches it last
 * with the compare-and-swap that releases it; in step 7 those who are taken out are made
 * runnable after the guard was released, and have it yet to lock or to unlock.
 */
#include "sync/waitq.h"

#define WRITER 0x80000000u
#define WAITERS 0x40000000u
#define READERS (WAITERS - 1)
#define DESTROYED UINT32_MAX /* all of these: nobody gets it, and nobody has it */

#define PAUSES_MAX 64 /* see mutex.c */
#define STARVED_NS 1000000u

/* waiter.kind */
#define READS 0u
#define WRITES 1u
#define STARVES 2u /* besides */
#define GRANTED 4u /* besides: it has the lock */

struct rwlock {
	_Atomic uint32_t word;
	mni_spinlock guard;
	mni_waitq waiters;
	_Atomic uintptr_t owner; /* the writer, while WRITER is set; see mutex.c */
	uint32_t writers;        /* guard: how many of the waiters */
};

_Static_assert(sizeof(struct rwlock) <= 48, "glibc's initialisers set what lies at 48");
_Static_assert(sizeof(struct rwlock) <= sizeof(struct mn_rwlock), "must fit the public type");
_Static_assert(sizeof(struct mn_rwlock) == 56, "must fit glibc's pthread_rwlock_t");

void mn_rwlock_init(struct mn_rwlock *l)
{
	*l = (struct mn_rwlock)MN_RWLOCK_INIT;
}

/* The thread that runs, to count what it holds for reading, or NULL. */
static struct mn_thread *self(void)
{
	struct mni_worker *w = mni_self();

	return w ? w->current : NULL;
}

/* The same where the caller cannot have switched before, or NULL too where self() has to be asked. */
static inline struct mn_thread *self_at_once(void)
{
	struct mni_worker *w = mn_plat_self();

	return __builtin_expect(w != NULL, 1) ? w->current : NULL;
}

static bool reads_already(struct mn_thread *t)
{
	return t && t->read_locks;
}

static void count_read(struct mn_thread *t, uint32_t change)
{
	if (t)
		t->read_locks += change;
}

/*
 * The word, after another reader's change came first: looks are ever further apart, as
 * in mutex.c, for the readers that come to share it take its cache line from each other.
 */
static uint32_t look_later(struct rwlock *l, unsigned *pauses)
{
	for (unsigned i = 0; i < *pauses; i++)
		mn_arch_relax();
	if (*pauses < PAUSES_MAX)
		*pauses *= 2;
	return mni_load(&l->word, relaxed);
}

/* Step 1. */
static int try_read(struct rwlock *l, bool beside_waiters)
{
	uint32_t word = mni_load(&l->word, relaxed);
	unsigned pauses = 1;

	while (!(word & WRITER) && (beside_waiters || !(word & WAITERS) || !(word & READERS))) {
		if ((word & READERS) == READERS)
			return -MNI_EAGAIN;
		if (mni_cas_weak(&l->word, &word, word + 1, acquire, relaxed))
			return 0;
		word = look_later(l, &pauses);
	}
	return word == DESTROYED ? -MNI_EINVAL : -MNI_EBUSY;
}

/* Step 2. */
static int try_write(struct rwlock *l)
{
	uint32_t word = mni_load(&l->word, relaxed);

	while (!(word & (WRITER | READERS)))
		if (mni_cas_weak(&l->word, &word, word | WRITER, acquire, relaxed))
			return 0;
	return word == DESTROYED ? -MNI_EINVAL : -MNI_EBUSY;
}

/* Takes all readers, or the first of those left, out of the queue, under the guard. */
static struct mni_waiter *take_readers(struct rwlock *l, uint32_t *count)
{
	struct mni_waiter *taken = NULL;
	struct mni_waiter **end = &taken;
	struct mni_waiter *first = mni_waitq_first(&l->waiters);
	struct mni_waiter *n = first;
	struct mni_waiter *next;
	bool more = first;

	*count = 0;
	for (; more; n = next) {
		next = n->next;
		more = n != mni_load(&l->waiters.last, relaxed);
		if (n->kind & WRITES)
			continue;
		mni_waitq_remove(n);
		n->next = NULL;
		*end = n;
		end = &n->next;
		++*count;
	}
	return taken;
}

static struct mni_waiter *take_writer(struct rwlock *l)
{
	struct mni_waiter *n = mni_waitq_first(&l->waiters);

	while (!(n->kind & WRITES))
		n = n->next;
	mni_waitq_remove(n);
	n->next = NULL;
	l->writers--;
	return n;
}

/*
 * Step 7, under the guard. The caller has the lock for writing, so nobody else changes the
 * word. Returns those to be woken without the guard.
 */
static struct mni_waiter *release(struct rwlock *l, bool readers_first)
{
	struct mni_waiter *next = NULL;
	uint32_t word = 0;
	bool starve = false;

	if (readers_first || !l->writers)
		next = take_readers(l, &word);
	if (!next) {
		next = take_writer(l);
		word = WRITER;
	}
	for (struct mni_waiter *n = next; n; n = n->next)
		starve |= n->kind & STARVES;
	if (!starve)
		word = 0;
	for (struct mni_waiter *n = next; n && starve; n = n->next)
		n->kind |= GRANTED;
	if (!mni_waitq_empty(&l->waiters))
		word |= WAITERS;
	mni_store(&l->word, word, release);
	return next;
}

/* Step 9, and when a reader gives up. */
static void given_up(struct rwlock *l)
{
	struct mni_waiter *readers = NULL;
	uint32_t count;

	mni_spin_lock(&l->guard);
	if (!l->writers)
		readers = take_readers(l, &count);
	if (mni_waitq_empty(&l->waiters))
		mni_fetch_and(&l->word, ~WAITERS, relaxed);
	mni_spin_unlock(&l->guard);
	mni_waitq_wake_list(readers);
}

static bool may_leave(struct mni_waiter *n)
{
	struct rwlock *l = (struct rwlock *)((char *)n->guard - offsetof(struct rwlock, guard));

	if (n->kind & WRITES)
		l->writers--;
	return true;
}

/* Step 4. False: begin again; the guard is released. */
static bool queue_up(struct rwlock *l, struct mni_waiter *n, bool first)
{
	uint32_t word;

	mni_spin_lock(&l->guard);
	word = mni_fetch_or(&l->word, WAITERS, relaxed);
	/* Free, or readers hold it and nobody is queued whom a reader should not overtake. */
	if (!(word & (WRITER | READERS)) ||
	    (!(n->kind & WRITES) && !(word & WRITER) && mni_waitq_empty(&l->waiters))) {
		if (mni_waitq_empty(&l->waiters))
			mni_fetch_and(&l->word, ~WAITERS, relaxed);
		mni_spin_unlock(&l->guard);
		return false;
	}
	if (first)
		mni_waitq_prepend(&l->waiters, n);
	else
		mni_waitq_append(&l->waiters, n);
	l->writers += (n->kind & WRITES) != 0;
	return true;
}

/* 0: it has the lock; -MNI_EBUSY: others have, or are to have it first. */
static int try_as(struct rwlock *l, uint32_t kind, bool beside_waiters)
{
	return kind == WRITES ? try_write(l) : try_read(l, beside_waiters);
}

/* Step 3. */
static int watch(struct rwlock *l, uint32_t kind, bool beside_waiters)
{
	int error = try_as(l, kind, beside_waiters);

	for (unsigned pauses = 1; error == -MNI_EBUSY && pauses <= PAUSES_MAX && !mni_rt.alone;
	     pauses *= 2) {
		for (unsigned i = 0; i < pauses; i++)
			mn_arch_relax();
		error = try_as(l, kind, beside_waiters);
	}
	return error;
}

static int lock_slow(struct rwlock *l, uint32_t kind, const struct mni_until *until)
{
	bool reads = reads_already(self());
	struct mni_waiter n;
	uint64_t lost_ns = 0; /* when it first lost the lock to a barger */
	bool woken = false;
	int error;

	if (mni_load(&l->owner, relaxed) == mni_identity())
		return -MNI_EDEADLK;
	while ((error = watch(l, kind, reads || woken)) == -MNI_EBUSY) {
		mni_waiter_init(
			&n, mni_worker_to_wait(), &l->guard,
			mni_waits(kind == WRITES ? MNI_WAITS_WRITE_LOCK : MNI_WAITS_READ_LOCK, l));
		n.kind = kind;
		n.may_leave = may_leave;
		if (woken) {
			uint64_t now = mn_plat_now_ns();

			if (!lost_ns)
				lost_ns = now;
			else if (now - lost_ns >= STARVED_NS)
				n.kind |= STARVES;
		}
		error = mni_wait_limit(&n.wait, until, false);
		if (error)
			return mni_too_late(error);
		if (!queue_up(l, &n, woken))
			continue;
		error = mni_waiter_park(&n);
		if (error)
			given_up(l);
		if (error || (n.kind & GRANTED))
			return error;
		woken = true;
	}
	return error;
}

static __attribute__((noinline)) int read_lock(struct rwlock *l, const struct mni_until *until)
{
	int error = lock_slow(l, READS, until);

	if (!error)
		count_read(self(), 1);
	return error;
}

static __attribute__((noinline)) int write_lock(struct rwlock *l, const struct mni_until *until)
{
	int error = lock_slow(l, WRITES, until);

	if (!error)
		mni_store(&l->owner, mni_identity(), relaxed);
	return error;
}

/* The usual case needs no call. */
int mn_rwlock_rdlock(struct mn_rwlock *public)
{
	struct rwlock *l = (struct rwlock *)public;
	struct mn_thread *t = self_at_once();
	uint32_t word = mni_load(&l->word, relaxed);

	if (!t || word >= READERS || !mni_cas(&l->word, &word, word + 1, acquire, relaxed))
		return read_lock(l, NULL);
	t->read_locks++;
	return 0;
}

int mn_rwlock_rdlock_until(struct mn_rwlock *l, enum mn_clock clock, uint64_t ns)
{
	return read_lock((struct rwlock *)l, &(struct mni_until){clock, ns});
}

int mn_rwlock_tryrdlock(struct mn_rwlock *public)
{
	struct mn_thread *t = self();
	int error = try_read((struct rwlock *)public, reads_already(t));

	if (!error)
		count_read(t, 1);
	return error;
}

int mn_rwlock_wrlock(struct mn_rwlock *public)
{
	struct rwlock *l = (struct rwlock *)public;
	uint32_t word = 0;

	if (!mni_cas(&l->word, &word, WRITER, acquire, relaxed))
		return write_lock(l, NULL);
	mni_store(&l->owner, mni_identity(), relaxed);
	return 0;
}

int mn_rwlock_wrlock_until(struct mn_rwlock *l, enum mn_clock clock, uint64_t ns)
{
	return write_lock((struct rwlock *)l, &(struct mni_until){clock, ns});
}

int mn_rwlock_trywrlock(struct mn_rwlock *public)
{
	struct rwlock *l = (struct rwlock *)public;
	int error = try_write(l);

	if (!error)
		mni_store(&l->owner, mni_identity(), relaxed);
	return error;
}

/* Steps 7 and 8 for a reader. False: begin again. */
static bool read_unlock_slow(struct rwlock *l)
{
	struct mni_waiter *next = NULL;
	uint32_t word;
	bool done = true;

	mni_spin_lock(&l->guard);
	word = mni_load(&l->word, relaxed);
	for (;;) {
		bool last = (word & READERS) == 1;
		uint32_t then = word - 1;

		if (last && mni_waitq_empty(&l->waiters)) {
			then = word & ~WAITERS; /* step 8 */
			done = false;
		} else if (last) {
			then = WRITER | WAITERS; /* so that nobody barges meanwhile */
		}
		if (!mni_cas_weak(&l->word, &word, then, acq_rel, relaxed)) {
			done = true;
			continue;
		}
		if (then & WRITER)
			next = release(l, false);
		break;
	}
	mni_spin_unlock(&l->guard);
	mni_waitq_wake_list(next);
	return done;
}

static void read_unlock(struct rwlock *l, uint32_t word)
{
	unsigned pauses = 1;

	for (;;) {
		if ((word & WAITERS) && (word & READERS) == 1) {
			if (read_unlock_slow(l))
				return;
			word = mni_load(&l->word, relaxed);
		} else if (mni_cas_weak(&l->word, &word, word - 1, release, relaxed)) {
			return;
		} else {
			word = look_later(l, &pauses);
		}
	}
}

static void write_unlock(struct rwlock *l)
{
	uint32_t word = WRITER;

	mni_store(&l->owner, 0, relaxed);
	while (!mni_cas(&l->word, &word, 0, release, relaxed)) {
		struct mni_waiter *next = NULL;

		mni_spin_lock(&l->guard);
		if (mni_waitq_empty(&l->waiters))
			mni_store(&l->word, WRITER, relaxed); /* step 8 */
		else
			next = release(l, true);
		mni_spin_unlock(&l->guard);
		if (next) {
			mni_waitq_wake_list(next);
			return;
		}
		word = WRITER;
	}
}

static __attribute__((noinline)) int unlock_slow(struct rwlock *l)
{
	uint32_t word = mni_load(&l->word, relaxed);

	if (word & WRITER) {
		if (mni_load(&l->owner, relaxed) != mni_identity())
			return word == DESTROYED ? -MNI_EINVAL : -MNI_EPERM;
		write_unlock(l);
		return 0;
	}
	if (!(word & READERS))
		return -MNI_EPERM;
	count_read(self(), -1u);
	read_unlock(l, word);
	return 0;
}

int mn_rwlock_unlock(struct mn_rwlock *public)
{
	struct rwlock *l = (struct rwlock *)public;
	struct mn_thread *t = self_at_once();
	uint32_t word = mni_load(&l->word, relaxed);

	if (!t || !(word & READERS) || word > READERS)
		return unlock_slow(l);
	t->read_locks--;
	if (!mni_cas(&l->word, &word, word - 1, release, relaxed))
		read_unlock(l, word);
	return 0;
}

uintptr_t mni_rwlock_owner(const struct mn_rwlock *copy)
{
	const struct rwlock *l = (const struct rwlock *)copy;

	return mni_load(&l->word, relaxed) & WRITER ? mni_load(&l->owner, relaxed) : 0;
}

int mn_rwlock_destroy(struct mn_rwlock *public)
{
	struct rwlock *l = (struct rwlock *)public;
	bool busy;

	if (mni_load(&l->word, relaxed) == DESTROYED)
		return -MNI_EINVAL;
	mni_spin_lock(&l->guard);
	busy = (mni_load(&l->word, relaxed) & (WRITER | READERS)) || !mni_waitq_empty(&l->waiters);
	if (!busy)
		mni_store(&l->word, DESTROYED, relaxed);
	mni_spin_unlock(&l->guard);
	return busy ? -MNI_EBUSY : 0;
}
