/*
 * Proves, through mn_pthread.h: read-write locks, barriers, spin locks, once,
 * keys and semaphores do what POSIX says, with every entry of ERRORS on its
 * pages that can be brought about.
 */
#include "mn_pthread.h"

#include <limits.h>
#include <stdatomic.h>

#include "check.h"

static const struct timespec past = {1, 0};
static const struct timespec wrong[] = {{1, -1}, {1, 1000000000}};

static struct timespec soon(clockid_t clock, long ns)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += ns;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static void *in_thread(void *(*fn)(void *), void *arg)
{
	pthread_t t;
	void *result;

	CHECK_EQ(pthread_create(&t, NULL, fn, arg), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	return result;
}

/* --- read-write locks --- */

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t rw_np = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static void *written(void *arg)
{
	pthread_rwlock_t *l = arg;
	struct timespec t = soon(CLOCK_REALTIME, 500000);

	CHECK_EQ(pthread_rwlock_tryrdlock(l), EBUSY);
	CHECK_EQ(pthread_rwlock_trywrlock(l), EBUSY);
	CHECK_EQ(pthread_rwlock_timedrdlock(l, &past), ETIMEDOUT);
	CHECK_EQ(pthread_rwlock_timedwrlock(l, &past), ETIMEDOUT);
	CHECK_EQ(pthread_rwlock_timedrdlock(l, &t), ETIMEDOUT);
	t = soon(CLOCK_REALTIME, 500000);
	CHECK_EQ(pthread_rwlock_timedwrlock(l, &t), ETIMEDOUT);
	t = soon(CLOCK_MONOTONIC, 500000);
	CHECK_EQ(pthread_rwlock_clockrdlock(l, CLOCK_MONOTONIC, &t), ETIMEDOUT);
	CHECK_EQ(pthread_rwlock_clockwrlock(l, CLOCK_MONOTONIC, &t), ETIMEDOUT);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(pthread_rwlock_timedrdlock(l, &wrong[i]), EINVAL);
		CHECK_EQ(pthread_rwlock_timedwrlock(l, &wrong[i]), EINVAL);
	}
	CHECK_EQ(pthread_rwlock_clockrdlock(l, CLOCK_THREAD_CPUTIME_ID, &past), EINVAL);
	CHECK_EQ(pthread_rwlock_clockwrlock(l, CLOCK_THREAD_CPUTIME_ID, &past), EINVAL);
	CHECK_EQ(pthread_rwlock_unlock(l), EPERM);
	CHECK_EQ(pthread_rwlock_destroy(l), EBUSY);
	return NULL;
}

static void *read_here(void *arg)
{
	pthread_rwlock_t *l = arg;

	CHECK_EQ(pthread_rwlock_tryrdlock(l), 0);
	CHECK_EQ(pthread_rwlock_timedrdlock(l, &wrong[0]), 0); /* the time is not needed */
	CHECK_EQ(pthread_rwlock_trywrlock(l), EBUSY);
	CHECK_EQ(pthread_rwlock_timedwrlock(l, &past), ETIMEDOUT);
	CHECK_EQ(pthread_rwlock_unlock(l), 0);
	CHECK_EQ(pthread_rwlock_unlock(l), 0);
	CHECK_EQ(pthread_rwlock_destroy(l), EBUSY);
	return NULL;
}

static void rwlocks(pthread_rwlock_t *l)
{
	CHECK_EQ(pthread_rwlock_unlock(l), EPERM);
	CHECK_EQ(pthread_rwlock_wrlock(l), 0);
	CHECK_EQ(pthread_rwlock_wrlock(l), EDEADLK);
	CHECK_EQ(pthread_rwlock_rdlock(l), EDEADLK);
	CHECK_EQ(pthread_rwlock_timedwrlock(l, &past), EDEADLK);
	CHECK_EQ(pthread_rwlock_timedrdlock(l, &past), EDEADLK);
	in_thread(written, l);
	CHECK_EQ(pthread_rwlock_unlock(l), 0);
	CHECK_EQ(pthread_rwlock_timedwrlock(l, &wrong[1]), 0);
	CHECK_EQ(pthread_rwlock_unlock(l), 0);
	CHECK_EQ(pthread_rwlock_rdlock(l), 0);
	in_thread(read_here, l);
	CHECK_EQ(pthread_rwlock_unlock(l), 0);
	CHECK_EQ(pthread_rwlock_destroy(l), 0);
}

static void rwlock_attributes(void)
{
	pthread_rwlockattr_t attr;
	pthread_rwlock_t l;

	CHECK_EQ(pthread_rwlockattr_init(&attr), 0);
	CHECK_EQ(pthread_rwlock_init(&l, &attr), 0);
	rwlocks(&l);
	CHECK_EQ(pthread_rwlockattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_rwlock_init(&l, &attr), ENOTSUP);
	CHECK_EQ(pthread_rwlockattr_destroy(&attr), 0);
}

/* --- barriers, spin locks --- */

static _Atomic int serial;

static void *meet(void *arg)
{
	int got = pthread_barrier_wait(arg);

	CHECK(got == 0 || got == PTHREAD_BARRIER_SERIAL_THREAD);
	if (got)
		atomic_fetch_add(&serial, 1);
	return NULL;
}

static void barriers(void)
{
	pthread_barrierattr_t attr;
	pthread_barrier_t b;
	pthread_t t[3];

	CHECK_EQ(pthread_barrierattr_init(&attr), 0);
	CHECK_EQ(pthread_barrier_init(&b, &attr, 0), EINVAL);
	CHECK_EQ(pthread_barrier_init(&b, NULL, 0), EINVAL);
	CHECK_EQ(pthread_barrier_init(&b, &attr, 4), 0);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 3; i++)
			CHECK_EQ(pthread_create(&t[i], NULL, meet, &b), 0);
		meet(&b);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(pthread_join(t[i], NULL), 0);
		CHECK_EQ(atomic_load(&serial), round + 1);
	}
	CHECK_EQ(pthread_barrier_destroy(&b), 0);
	CHECK_EQ(pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_barrier_init(&b, &attr, 1), ENOTSUP);
	CHECK_EQ(pthread_barrierattr_destroy(&attr), 0);
}

static pthread_spinlock_t spin;

static void *try_spin(void *arg)
{
	CHECK_EQ(pthread_spin_trylock(&spin), EBUSY);
	CHECK_EQ(pthread_spin_destroy(&spin), EBUSY);
	return arg;
}

static void spins(void)
{
	CHECK_EQ(pthread_spin_init(&spin, 77), EINVAL);
	CHECK_EQ(pthread_spin_init(&spin, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE), 0);
	CHECK_EQ(pthread_spin_lock(&spin), 0);
	in_thread(try_spin, NULL);
	CHECK_EQ(pthread_spin_unlock(&spin), 0);
	CHECK_EQ(pthread_spin_trylock(&spin), 0);
	CHECK_EQ(pthread_spin_unlock(&spin), 0);
	CHECK_EQ(pthread_spin_destroy(&spin), 0);
}

/* --- once, keys --- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int calls;

static void call(void)
{
	calls++;
}

static void *call_once(void *arg)
{
	CHECK_EQ(pthread_once(&once, call), 0);
	return arg;
}

static void onces(void)
{
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(pthread_once(&once, call), 0);
		in_thread(call_once, NULL);
	}
	CHECK_EQ(calls, 1);
	CHECK_EQ(pthread_once(NULL, call), EINVAL);
	CHECK_EQ(pthread_once(&once, NULL), EINVAL);
}

static pthread_key_t key;
static _Atomic int destroyed;

static void destroy(void *value)
{
	CHECK(value == &key);
	CHECK(!pthread_getspecific(key));
	if (atomic_fetch_add(&destroyed, 1) < 100)
		CHECK_EQ(pthread_setspecific(key, value), 0);
}

static void *use_key(void *arg)
{
	CHECK(!pthread_getspecific(key));
	CHECK_EQ(pthread_setspecific(key, &key), 0);
	CHECK(pthread_getspecific(key) == &key);
	return arg;
}

static void keys(void)
{
	static pthread_key_t all[PTHREAD_KEYS_MAX];
	int n;

	for (n = 0; n < PTHREAD_KEYS_MAX; n++)
		if (pthread_key_create(&all[n], NULL))
			break;
	CHECK_REL(n, >=, 128); /* _POSIX_THREAD_KEYS_MAX */
	CHECK_EQ(pthread_key_create(&key, NULL), EAGAIN);
	for (int i = 0; i < n; i++)
		CHECK_EQ(pthread_key_delete(all[i]), 0);
	CHECK_EQ(pthread_key_delete(all[0]), EINVAL);
	CHECK_EQ(pthread_setspecific(all[0], &key), EINVAL);
	CHECK(!pthread_getspecific(all[0]));
	CHECK_EQ(pthread_key_create(&key, destroy), 0);
	CHECK_EQ(pthread_setspecific(key, &n), 0);
	in_thread(use_key, NULL);
	CHECK_EQ(atomic_load(&destroyed), PTHREAD_DESTRUCTOR_ITERATIONS);
	CHECK(pthread_getspecific(key) == &n);
	CHECK_EQ(pthread_setspecific(key, NULL), 0);
	CHECK_EQ(pthread_key_delete(key), 0);
}

/* --- semaphores --- */

static void fails(int result, int error)
{
	CHECK_EQ(errno, error);
	CHECK_EQ(result, -1);
	errno = 0;
}

static void *post(void *arg)
{
	sched_yield();
	CHECK_EQ(sem_post(arg), 0);
	return NULL;
}

static void semaphores(void)
{
	struct timespec t;
	pthread_t poster;
	sem_t s;
	int value;

	errno = 0;
	fails(sem_init(&s, 0, SEM_VALUE_MAX + 1u), EINVAL);
	fails(sem_init(&s, 1, 0), ENOSYS);
	CHECK_EQ(sem_init(&s, 0, 1), 0);
	CHECK_EQ(sem_timedwait(&s, &wrong[0]), 0); /* the time is not needed */
	fails(sem_trywait(&s), EAGAIN);
	fails(sem_timedwait(&s, &past), ETIMEDOUT);
	for (int i = 0; i < 2; i++)
		fails(sem_timedwait(&s, &wrong[i]), EINVAL);
	fails(sem_clockwait(&s, CLOCK_THREAD_CPUTIME_ID, &past), EINVAL);
	t = soon(CLOCK_REALTIME, 500000);
	fails(sem_timedwait(&s, &t), ETIMEDOUT);
	t = soon(CLOCK_MONOTONIC, 500000);
	fails(sem_clockwait(&s, CLOCK_MONOTONIC, &t), ETIMEDOUT);
	CHECK_EQ(pthread_create(&poster, NULL, post, &s), 0);
	CHECK_EQ(sem_wait(&s), 0);
	CHECK_EQ(pthread_join(poster, NULL), 0);
	CHECK_EQ(sem_getvalue(&s, &value), 0);
	CHECK_EQ(value, 0);
	CHECK_EQ(sem_destroy(&s), 0);
	CHECK(sem_open("/x", 0) == SEM_FAILED);
	CHECK_EQ(errno, ENOSYS);
	errno = 0;
	fails(sem_unlink("/x"), ENOENT);
	fails(sem_close(&s), EINVAL);
}

int main(void)
{
	rwlocks(&rw);
	rwlocks(&rw_np);
	rwlock_attributes();
	barriers();
	spins();
	onces();
	keys();
	semaphores();
	return 0;
}
