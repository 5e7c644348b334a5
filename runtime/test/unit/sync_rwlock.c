/*
 * Proves: readers share, writers are alone; a writer that waits keeps new readers
 * from joining those who read, but not one that reads already; after a writer the waiting
 * readers go before the next writer; a reader or a writer that loses the lock to others
 * again and again gets it in the end; a writer that gives up lets in the
 * readers that wait behind it; every error number.
 */
#include <stdatomic.h>

#include "check.h"

static struct mn_rwlock lock = MN_RWLOCK_INIT;
static _Atomic char trace[64];
static _Atomic int notes;

static _Atomic int begun;

/* On one worker, without preemption: who has begun has gone on until it blocked. */
static void until_begun(int n)
{
	while (begun < n)
		mn_thread_yield();
}

static void note(char c)
{
	int i = atomic_fetch_add(&notes, 1);

	atomic_store(&trace[i], c);
}

static bool traced(const char *want)
{
	int n = (int)strlen(want);

	for (int i = 0; i < n; i++)
		if (atomic_load(&trace[i]) != want[i])
			return false;
	return atomic_load(&notes) == n;
}

static void *reader(void *arg)
{
	begun++;
	CHECK_EQ(mn_rwlock_rdlock(&lock), 0);
	note(*(char *)arg);
	mn_thread_yield();
	CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	return NULL;
}

static void *writer(void *arg)
{
	begun++;
	CHECK_EQ(mn_rwlock_wrlock(&lock), 0);
	note(*(char *)arg);
	mn_thread_yield();
	CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	return NULL;
}

static void *expect_busy(void *arg)
{
	(void)arg;
	CHECK_EQ(mn_rwlock_tryrdlock(&lock), -EBUSY);
	CHECK_EQ(mn_rwlock_trywrlock(&lock), -EBUSY);
	CHECK_EQ(mn_rwlock_rdlock_until(&lock, MN_CLOCK_MONOTONIC, 1), -ETIMEDOUT);
	CHECK_EQ(mn_rwlock_wrlock_until(&lock, MN_CLOCK_REALTIME, 1), -ETIMEDOUT);
	return NULL;
}

static void *unlock_of_another(void *arg)
{
	(void)arg;
	CHECK_EQ(mn_rwlock_unlock(&lock), -EPERM);
	return NULL;
}

static void errors(void)
{
	CHECK_EQ(mn_rwlock_unlock(&lock), -EPERM);
	CHECK_EQ(mn_rwlock_wrlock(&lock), 0);
	CHECK_EQ(mn_rwlock_wrlock(&lock), -EDEADLK);
	CHECK_EQ(mn_rwlock_rdlock(&lock), -EDEADLK);
	CHECK_EQ(mn_rwlock_wrlock_until(&lock, MN_CLOCK_MONOTONIC, UINT64_MAX), -EDEADLK);
	CHECK_EQ(mn_rwlock_rdlock_until(&lock, MN_CLOCK_MONOTONIC, UINT64_MAX), -EDEADLK);
	CHECK_EQ(mn_rwlock_trywrlock(&lock), -EBUSY);
	CHECK_EQ(mn_rwlock_tryrdlock(&lock), -EBUSY);
	CHECK_EQ(mn_rwlock_destroy(&lock), -EBUSY);
	test_join(test_spawn(unlock_of_another, NULL));
	test_join(test_spawn(expect_busy, NULL));
	CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	CHECK_EQ(mn_rwlock_rdlock(&lock), 0);
	CHECK_EQ(mn_rwlock_tryrdlock(&lock), 0);
	CHECK_EQ(mn_rwlock_trywrlock(&lock), -EBUSY);
	CHECK_EQ(mn_rwlock_destroy(&lock), -EBUSY);
	CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	CHECK_EQ(mn_rwlock_unlock(&lock), -EPERM);
	CHECK_EQ(mn_rwlock_destroy(&lock), 0);
	mn_rwlock_init(&lock);
}

/* On one worker, so that the order is known. */
static void turns(void)
{
	mn_thread_t t[6];

	CHECK_EQ(mn_rwlock_rdlock(&lock), 0);
	t[0] = test_spawn(writer, "A");
	until_begun(1);
	t[1] = test_spawn(reader, "b");
	t[2] = test_spawn(writer, "C");
	t[3] = test_spawn(reader, "d");
	until_begun(4);
	CHECK_EQ(notes, 0);
	/* It reads already: it may again, and must not wait for A, who waits for it. */
	CHECK_EQ(mn_rwlock_rdlock(&lock), 0);
	CHECK_EQ(mn_rwlock_tryrdlock(&lock), 0);
	CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	for (int i = 0; i < 4; i++)
		test_join(t[i]);
	/* The policy decides whether b or d runs first. */
	CHECK(traced("AbdC") || traced("AdbC"));
}

static void *impatient_writer(void *arg)
{
	(void)arg;
	CHECK_EQ(mn_rwlock_wrlock_until(&lock, MN_CLOCK_MONOTONIC,
					mn_now_ns(MN_CLOCK_MONOTONIC) + 2000000),
		 -ETIMEDOUT);
	note('W');
	return NULL;
}

static void gives_up(void)
{
	mn_thread_t t[3];

	atomic_store(&notes, 0);
	CHECK_EQ(mn_rwlock_rdlock(&lock), 0);
	t[0] = test_spawn(impatient_writer, NULL);
	mn_thread_yield();
	t[1] = test_spawn(reader, "r");
	t[2] = test_spawn(reader, "r");
	for (int i = 0; i < 3; i++)
		test_join(t[i]); /* main keeps its read lock */
	CHECK(traced("Wrr") || traced("rrW") || traced("rWr"));
	CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	CHECK_EQ(mn_rwlock_destroy(&lock), 0);
	mn_rwlock_init(&lock);
}

static int shared[2];
static _Atomic int writing;
static _Atomic int reading;

static void *mixed(void *arg)
{
	uint64_t state = (uintptr_t)arg;

	for (int i = 0; i < 300; i++) {
		uint64_t what = test_below(&state, 10);
		uint64_t until = mn_now_ns(MN_CLOCK_MONOTONIC) + test_below(&state, 30000);

		if (what < 2) {
			if (what == 0 ? mn_rwlock_wrlock(&lock)
				      : mn_rwlock_wrlock_until(&lock, MN_CLOCK_MONOTONIC, until))
				continue;
			CHECK_EQ(atomic_fetch_add(&writing, 1), 0);
			CHECK_EQ(atomic_load(&reading), 0);
			shared[0]++;
			mn_thread_yield();
			shared[1]++;
			atomic_fetch_sub(&writing, 1);
		} else {
			if (what < 6 ? mn_rwlock_rdlock(&lock)
				     : mn_rwlock_rdlock_until(&lock, MN_CLOCK_MONOTONIC, until))
				continue;
			atomic_fetch_add(&reading, 1);
			CHECK_EQ(atomic_load(&writing), 0);
			CHECK_EQ(shared[0], shared[1]);
			if (what % 2) {
				mn_thread_yield();
				CHECK_EQ(mn_rwlock_rdlock(&lock), 0);
				CHECK_EQ(mn_rwlock_unlock(&lock), 0);
			}
			atomic_fetch_sub(&reading, 1);
		}
		CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	}
	return NULL;
}

static _Atomic bool enough;
static _Atomic int served;

/* Has the lock nearly all the time, and whoever wakes up in between finds it taken. */
static void *hogs(void *writes)
{
	while (!enough) {
		CHECK_EQ(writes ? mn_rwlock_wrlock(&lock) : mn_rwlock_rdlock(&lock), 0);
		mn_thread_yield();
		CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	}
	return NULL;
}

static void *wants_it(void *writes)
{
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(writes ? mn_rwlock_wrlock(&lock) : mn_rwlock_rdlock(&lock), 0);
		CHECK_EQ(mn_rwlock_unlock(&lock), 0);
	}
	if (atomic_fetch_add(&served, 1) + 1 == 2)
		enough = true;
	return NULL;
}

static void nobody_starves(void *hogs_write)
{
	mn_thread_t t[4];

	enough = false;
	served = 0;
	t[0] = test_spawn(hogs, hogs_write);
	t[1] = test_spawn(hogs, hogs_write);
	mn_thread_yield();
	t[2] = test_spawn(wants_it, NULL);
	t[3] = test_spawn(wants_it, &lock);
	for (int i = 0; i < 4; i++)
		test_join(t[i]);
}

int main(void)
{
	mn_thread_t t[24];

	test_start_one_cooperative_worker();
	errors();
	turns();
	gives_up();
	nobody_starves(NULL);
	nobody_starves(&lock);
	test_stop();
	test_start();
	errors();
	gives_up();
	nobody_starves(NULL);
	nobody_starves(&lock);
	for (uintptr_t i = 0; i < 24; i++)
		t[i] = test_spawn(mixed, (void *)(i + 1));
	for (int i = 0; i < 24; i++)
		test_join(t[i]);
	CHECK_EQ(mn_rwlock_destroy(&lock), 0);
	mn_rwlock_init(&lock);
	test_stop();
	return 0;
}
