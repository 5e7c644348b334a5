/*
 * Proves, through mn_pthread.h: mutexes of each type, from static initialisers
 * and attribute objects; trylock, timedlock and clocklock; every entry of ERRORS
 * on POSIX's pages of pthread_mutex_*. What is refused: robust, shared between
 * processes, priority protocols.
 */
#include "mn_pthread.h"

#include "check.h"

static pthread_mutex_t normal = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t errorcheck = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_mutex_t adaptive = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;

static const struct timespec past = {1, 0};
static const struct timespec before = {-5, 0};
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

/* In a thread that does not have it. */
static void *locked(void *arg)
{
	pthread_mutex_t *m = arg;
	struct timespec t = soon(CLOCK_REALTIME, 1000000);

	CHECK_EQ(pthread_mutex_trylock(m), EBUSY);
	CHECK_EQ(pthread_mutex_destroy(m), EBUSY);
	CHECK_EQ(pthread_mutex_timedlock(m, &past), ETIMEDOUT);
	CHECK_EQ(pthread_mutex_timedlock(m, &before), ETIMEDOUT);
	CHECK_EQ(pthread_mutex_timedlock(m, &t), ETIMEDOUT);
	t = soon(CLOCK_MONOTONIC, 1000000);
	CHECK_EQ(pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &t), ETIMEDOUT);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_mutex_timedlock(m, &wrong[i]), EINVAL);
	CHECK_EQ(pthread_mutex_clocklock(m, CLOCK_PROCESS_CPUTIME_ID, &past), EINVAL);
	if (m == &recursive || m == &errorcheck)
		CHECK_EQ(pthread_mutex_unlock(m), EPERM);
	return NULL;
}

static void elsewhere(pthread_mutex_t *m)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, locked, m), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

/* Unlocked, times do not matter. */
static void lockable(pthread_mutex_t *m)
{
	CHECK_EQ(pthread_mutex_timedlock(m, &past), 0);
	CHECK_EQ(pthread_mutex_unlock(m), 0);
	CHECK_EQ(pthread_mutex_timedlock(m, &wrong[0]), 0);
	CHECK_EQ(pthread_mutex_unlock(m), 0);
	CHECK_EQ(pthread_mutex_trylock(m), 0);
	elsewhere(m);
	CHECK_EQ(pthread_mutex_unlock(m), 0);
}

static void each_type(void)
{
	lockable(&normal);
	lockable(&adaptive);
	CHECK_EQ(pthread_mutex_lock(&normal), 0);
	CHECK_EQ(pthread_mutex_trylock(&normal), EBUSY);
	CHECK_EQ(pthread_mutex_timedlock(&normal, &past), ETIMEDOUT); /* it is the owner's deadlock */
	CHECK_EQ(pthread_mutex_unlock(&normal), 0);

	lockable(&recursive);
	CHECK_EQ(pthread_mutex_unlock(&recursive), EPERM);
	CHECK_EQ(pthread_mutex_lock(&recursive), 0);
	CHECK_EQ(pthread_mutex_trylock(&recursive), 0);
	CHECK_EQ(pthread_mutex_timedlock(&recursive, &wrong[0]), 0);
	for (int i = 0; i < 3; i++) {
		elsewhere(&recursive);
		CHECK_EQ(pthread_mutex_unlock(&recursive), 0);
	}
	CHECK_EQ(pthread_mutex_unlock(&recursive), EPERM);

	lockable(&errorcheck);
	CHECK_EQ(pthread_mutex_unlock(&errorcheck), EPERM);
	CHECK_EQ(pthread_mutex_lock(&errorcheck), 0);
	CHECK_EQ(pthread_mutex_lock(&errorcheck), EDEADLK);
	CHECK_EQ(pthread_mutex_timedlock(&errorcheck, &past), EDEADLK);
	CHECK_EQ(pthread_mutex_trylock(&errorcheck), EBUSY);
	elsewhere(&errorcheck);
	CHECK_EQ(pthread_mutex_unlock(&errorcheck), 0);
}

static void by_attribute(void)
{
	static const int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ERRORCHECK,
				    PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_DEFAULT};
	pthread_mutexattr_t attr;
	pthread_mutex_t m;
	int got;

	CHECK_EQ(pthread_mutexattr_init(&attr), 0);
	CHECK_EQ(pthread_mutexattr_settype(&attr, 77), EINVAL);
	CHECK_EQ(pthread_mutex_init(&m, &attr), 0);
	CHECK_EQ(pthread_mutex_destroy(&m), 0);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(pthread_mutexattr_settype(&attr, types[i]), 0);
		CHECK_EQ(pthread_mutexattr_gettype(&attr, &got), 0);
		CHECK_EQ(got, types[i]);
		CHECK_EQ(pthread_mutex_init(&m, &attr), 0);
		CHECK_EQ(pthread_mutex_lock(&m), 0);
		switch (types[i]) {
		case PTHREAD_MUTEX_ERRORCHECK:
			CHECK_EQ(pthread_mutex_lock(&m), EDEADLK);
			break;
		case PTHREAD_MUTEX_RECURSIVE:
			CHECK_EQ(pthread_mutex_lock(&m), 0);
			CHECK_EQ(pthread_mutex_unlock(&m), 0);
			break;
		default:
			CHECK_EQ(pthread_mutex_trylock(&m), EBUSY);
		}
		CHECK_EQ(pthread_mutex_destroy(&m), EBUSY);
		CHECK_EQ(pthread_mutex_unlock(&m), 0);
		CHECK_EQ(pthread_mutex_destroy(&m), 0);
	}
	CHECK_EQ(pthread_mutexattr_destroy(&attr), 0);
}

static void refused(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t m;
	int ceiling;

	CHECK_EQ(pthread_mutexattr_init(&attr), 0);
	CHECK_EQ(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_mutex_init(&m, &attr), ENOTSUP);
	CHECK_EQ(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_PRIVATE), 0);
	CHECK_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	CHECK_EQ(pthread_mutex_init(&m, &attr), ENOTSUP);
	CHECK_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_STALLED), 0);
	CHECK_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
	CHECK_EQ(pthread_mutex_init(&m, &attr), ENOTSUP);
	CHECK_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_PROTECT), 0);
	CHECK_EQ(pthread_mutex_init(&m, &attr), ENOTSUP);
	CHECK_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_NONE), 0);
	CHECK_EQ(pthread_mutex_init(&m, &attr), 0);
	CHECK_EQ(pthread_mutex_consistent(&m), EINVAL);
	CHECK_EQ(pthread_mutex_getprioceiling(&m, &ceiling), EINVAL);
	CHECK_EQ(pthread_mutex_setprioceiling(&m, 1, &ceiling), EINVAL);
	CHECK_EQ(pthread_mutex_destroy(&m), 0);
	CHECK_EQ(pthread_mutexattr_destroy(&attr), 0);
}

int main(void)
{
	/* Before the first thread is created, by a main that is not green yet. */
	CHECK_EQ(pthread_mutex_lock(&recursive), 0);
	CHECK_EQ(pthread_mutex_lock(&errorcheck), 0);
	CHECK_EQ(pthread_mutex_lock(&errorcheck), EDEADLK);
	elsewhere(&recursive);
	CHECK_EQ(pthread_mutex_unlock(&recursive), 0);
	CHECK_EQ(pthread_mutex_unlock(&errorcheck), 0);
	each_type();
	by_attribute();
	refused();
	return 0;
}
