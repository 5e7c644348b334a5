/*
 * Read-write lock: readers and writers take turns, so that neither starve.
 *
 * The word: WRITER, held for writing; WAITERS, threads are queued; below them
 * the number of readers that hold it.
 *
 * rdlock:  1. neither WRITER nor WAITERS: count itself in by compare-and-swap.
 *             With WAITERS too, if the thread holds some lock for reading already:
 *             it must not wait for a writer that may be waiting for it.
 *          2. Else, under the guard, set WAITERS and queue up, unless nobody
 *             holds the lock any more.
 * wrlock:  3. compare-and-swap 0 -> WRITER, or step 2.
 * unlock:  4. without WAITERS, or as one reader of several: by compare-and-swap.
 *          5. Else, under the guard, hand it over: a writer to all the readers
 *             that are queued, or if there are none, to the first writer; the last
 *             reader to the first writer. Release the guard; make them runnable.
 *          6. Nobody in the queue (they gave up): clear WAITERS, release the
 *             guard, back to 4.
 * give up: 7. a writer that gives up may have kept readers waiting behind it. When
 *             it runs again, it lets them in if readers hold the lock and no
 *             other writer is queued.
 *
 * A waiter cannot be missed: WAITERS is set by a read-modify-write under the
 * guard that finds the lock held, and whoever then releases it goes to the guard.
 * The lock is never free while WAITERS is set, but for step 5 and 6, so that
 * nobody can barge.
 *
 * It may be freed by whoever has unlocked it last: steps 4 and 6 touch it last
 * with the compare-and-swap that releases it; in step 5 the new owners are made
 * runnable after the guard was released.
 */
#include "sync/waitq.h"

#define WRITER 0x80000000u
#define WAITERS 0x40000000u
#define READERS (WAITERS - 1)

/* waiter.kind */
#define READS 0u
#define WRITES 1u

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

static bool reads_already(struct mn_thread *t)
{
	return t && t->read_locks;
}

static void count_read(struct mn_thread *t, uint32_t change)
{
	if (t)
		t->read_locks += change;
}

/* Step 1. */
static int try_read(struct rwlock *l, bool despite_waiters)
{
	uint32_t word = mni_load(&l->word, relaxed);

	while (!(word & (despite_waiters ? WRITER : WRITER | WAITERS))) {
		if ((word & READERS) == READERS)
			return -MNI_EAGAIN;
		if (mni_cas_weak(&l->word, &word, word + 1, acquire, relaxed))
			return 0;
	}
	return -MNI_EBUSY;
}

/* Step 3. */
static bool try_write(struct rwlock *l)
{
	uint32_t word = 0;

	return mni_cas(&l->word, &word, WRITER, acquire, relaxed);
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
		if (n->kind != READS)
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

	while (n->kind != WRITES)
		n = n->next;
	mni_waitq_remove(n);
	n->next = NULL;
	l->writers--;
	return n;
}

/*
 * Hands the lock to waiters, under the guard. The caller has it for writing, so
 * nobody else changes the word. Returns those to be woken without the guard.
 */
static struct mni_waiter *hand_over(struct rwlock *l, bool readers_first)
{
	struct mni_waiter *next = NULL;
	uint32_t word = 0;

	if (readers_first || !l->writers)
		next = take_readers(l, &word);
	if (!next) {
		next = take_writer(l);
		word = WRITER;
	}
	if (!mni_waitq_empty(&l->waiters))
		word |= WAITERS;
	mni_store(&l->word, word, release);
	return next;
}

/* Step 7, and when a reader gives up. */
static void given_up(struct rwlock *l)
{
	struct mni_waiter *readers = NULL;
	uint32_t count;

	mni_spin_lock(&l->guard);
	if (!l->writers && !(mni_load(&l->word, relaxed) & WRITER)) {
		/* Readers hold it, and the last of them has to come to the guard. */
		readers = take_readers(l, &count);
		mni_fetch_add(&l->word, count, relaxed);
	}
	if (mni_waitq_empty(&l->waiters))
		mni_fetch_and(&l->word, ~WAITERS, relaxed);
	mni_spin_unlock(&l->guard);
	mni_waitq_wake_list(readers);
}

static bool may_leave(struct mni_waiter *n)
{
	struct rwlock *l = (struct rwlock *)((char *)n->guard - offsetof(struct rwlock, guard));

	if (n->kind == WRITES)
		l->writers--;
	return true;
}

/* Step 2. False: begin again. */
static bool queue_up(struct rwlock *l, struct mni_waiter *n)
{
	uint32_t word;

	mni_spin_lock(&l->guard);
	word = mni_fetch_or(&l->word, WAITERS, relaxed);
	/* Free, or readers hold it and nobody is queued whom a reader should not overtake. */
	if (mni_waitq_empty(&l->waiters) &&
	    !(word & (n->kind == READS ? WRITER : WRITER | READERS))) {
		mni_fetch_and(&l->word, ~WAITERS, relaxed);
		mni_spin_unlock(&l->guard);
		return false;
	}
	mni_waitq_append(&l->waiters, n);
	l->writers += n->kind == WRITES;
	return true;
}

static __attribute__((noinline)) int lock_slow(struct rwlock *l, uint32_t kind,
					       const struct mni_until *until)
{
	uintptr_t me = mni_identity();
	struct mn_thread *t = self();
	struct mni_waiter n;
	int error;

	if (mni_load(&l->owner, relaxed) == me)
		return -MNI_EDEADLK;
	do {
		if (kind == WRITES ? try_write(l)
				   : (error = try_read(l, reads_already(t))) != -MNI_EBUSY)
			return kind == WRITES ? 0 : error;
		mni_waiter_init(&n, mni_worker_to_wait(), &l->guard,
				mni_waits(kind == WRITES ? MNI_WAITS_WRITE_LOCK : MNI_WAITS_READ_LOCK, l));
		mni_wait_why(&n.wait, MNI_WHY_RWLOCK);
		n.kind = kind;
		n.may_leave = may_leave;
		error = mni_wait_limit(&n.wait, until, false);
		if (error)
			return mni_too_late(error);
	} while (!queue_up(l, &n));
	error = mni_waiter_park(&n);
	if (error)
		given_up(l);
	return error;
}

static int read_lock(struct rwlock *l, const struct mni_until *until)
{
	int error = try_read(l, false);

	if (error == -MNI_EBUSY)
		error = lock_slow(l, READS, until);
	if (!error)
		count_read(self(), 1);
	return error;
}

static int write_lock(struct rwlock *l, const struct mni_until *until)
{
	int error = try_write(l) ? 0 : lock_slow(l, WRITES, until);

	if (!error)
		mni_store(&l->owner, mni_identity(), relaxed);
	return error;
}

int mn_rwlock_rdlock(struct mn_rwlock *l)
{
	return read_lock((struct rwlock *)l, NULL);
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

int mn_rwlock_wrlock(struct mn_rwlock *l)
{
	return write_lock((struct rwlock *)l, NULL);
}

int mn_rwlock_wrlock_until(struct mn_rwlock *l, enum mn_clock clock, uint64_t ns)
{
	return write_lock((struct rwlock *)l, &(struct mni_until){clock, ns});
}

int mn_rwlock_trywrlock(struct mn_rwlock *public)
{
	struct rwlock *l = (struct rwlock *)public;

	if (!try_write(l))
		return -MNI_EBUSY;
	mni_store(&l->owner, mni_identity(), relaxed);
	return 0;
}

/* Step 5 for a reader. False: begin again. */
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
			then = word & ~WAITERS; /* step 6 */
			done = false;
		} else if (last) {
			then = WRITER | WAITERS; /* so that nobody barges meanwhile */
		}
		if (!mni_cas_weak(&l->word, &word, then, acq_rel, relaxed)) {
			done = true;
			continue;
		}
		if (then & WRITER)
			next = hand_over(l, false);
		break;
	}
	mni_spin_unlock(&l->guard);
	mni_waitq_wake_list(next);
	return done;
}

static void read_unlock(struct rwlock *l, uint32_t word)
{
	for (;;) {
		if ((word & WAITERS) && (word & READERS) == 1) {
			if (read_unlock_slow(l))
				return;
			word = mni_load(&l->word, relaxed);
		} else if (mni_cas_weak(&l->word, &word, word - 1, release, relaxed)) {
			return;
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
			mni_store(&l->word, WRITER, relaxed); /* step 6 */
		else
			next = hand_over(l, true);
		mni_spin_unlock(&l->guard);
		if (next) {
			mni_waitq_wake_list(next);
			return;
		}
		word = WRITER;
	}
}

int mn_rwlock_unlock(struct mn_rwlock *public)
{
	struct rwlock *l = (struct rwlock *)public;
	uint32_t word = mni_load(&l->word, relaxed);

	if (word & WRITER) {
		if (mni_load(&l->owner, relaxed) != mni_identity())
			return -MNI_EPERM;
		write_unlock(l);
		return 0;
	}
	if (!(word & READERS))
		return -MNI_EPERM;
	count_read(self(), -1u);
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

	mni_spin_lock(&l->guard);
	busy = (mni_load(&l->word, relaxed) & (WRITER | READERS)) || !mni_waitq_empty(&l->waiters);
	mni_spin_unlock(&l->guard);
	return busy ? -MNI_EBUSY : 0;
}
