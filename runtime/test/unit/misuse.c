/*
 * Proves: misuse gives an error and leaves what it is about as it was: unlocking what
 * another has, joining oneself or twice, destroying what is in use, using a mutex that
 * has been destroyed, counts that would be negative; waiting for one condition variable with
 * two mutexes works as with one.
 */
#include "check.h"

static struct mn_mutex mutex, other;
static struct mn_cond cond;
static struct mn_rwlock rwlock;
static struct mn_sem sem;
static struct mn_barrier barrier;
static struct mn_waitgroup group;
static unsigned waiting;

static void *unlocks(void *arg)
{
	return (void *)(intptr_t)mn_mutex_unlock(arg);
}

static void not_the_owner(void)
{
	static const enum mn_mutex_type types[] = {MN_MUTEX_RECURSIVE, MN_MUTEX_ERRORCHECK};

	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(mn_mutex_init_type(&mutex, types[i]), 0);
		CHECK_EQ(mn_mutex_unlock(&mutex), -EPERM);
		CHECK_EQ(mn_mutex_lock(&mutex), 0);
		CHECK_EQ((intptr_t)test_join(test_spawn(unlocks, &mutex)), -EPERM);
		CHECK_EQ(mn_mutex_destroy(&mutex), -EBUSY);
		CHECK_EQ(mn_mutex_unlock(&mutex), 0);
		CHECK_EQ(mn_mutex_destroy(&mutex), 0);
	}
	CHECK_EQ(mn_rwlock_unlock(&rwlock), -EPERM);
}

static void destroyed(void)
{
	for (enum mn_mutex_type type = MN_MUTEX_NORMAL; type <= MN_MUTEX_ADAPTIVE; type++) {
		CHECK_EQ(mn_mutex_init_type(&mutex, type), 0);
		CHECK_EQ(mn_mutex_lock(&mutex), 0);
		CHECK_EQ(mn_mutex_unlock(&mutex), 0);
		CHECK_EQ(mn_mutex_destroy(&mutex), 0);
		CHECK_EQ(mn_mutex_lock(&mutex), -EINVAL);
		CHECK_EQ(mn_mutex_trylock(&mutex), -EINVAL);
		CHECK_EQ(mn_mutex_lock_until(&mutex, MN_CLOCK_MONOTONIC, 0), -EINVAL);
		CHECK_EQ(mn_mutex_unlock(&mutex), -EINVAL);
	}
	mn_mutex_init(&mutex);
	CHECK_EQ(mn_barrier_init(&barrier, 2), 0);
	CHECK_EQ(mn_barrier_destroy(&barrier), 0);
	CHECK_EQ(mn_barrier_wait(&barrier), -EINVAL);
}

static void *waits(void *arg)
{
	CHECK_EQ(mn_mutex_lock(arg), 0);
	waiting++; /* the two mutexes: so main looks with both */
	CHECK_EQ(mn_cond_wait(&cond, arg), 0);
	CHECK_EQ(mn_mutex_trylock(arg), -EBUSY); /* it has its own again */
	CHECK_EQ(mn_mutex_unlock(arg), 0);
	return NULL;
}

static void two_mutexes(void)
{
	mn_thread_t a;
	mn_thread_t b;

	waiting = 0;
	a = test_spawn(waits, &mutex);
	for (unsigned seen = 0; seen < 1; test_pause()) {
		CHECK_EQ(mn_mutex_lock(&mutex), 0);
		seen = waiting;
		CHECK_EQ(mn_mutex_unlock(&mutex), 0);
	}
	b = test_spawn(waits, &other);
	for (unsigned seen = 0; seen < 2; test_pause()) {
		CHECK_EQ(mn_mutex_lock(&other), 0);
		seen = waiting;
		CHECK_EQ(mn_mutex_unlock(&other), 0);
	}
	CHECK_EQ(mn_cond_destroy(&cond), -EBUSY);
	mn_cond_broadcast(&cond);
	test_join(a);
	test_join(b);
	CHECK_EQ(mn_cond_destroy(&cond), 0);
	CHECK_EQ(mn_mutex_destroy(&mutex), 0);
	CHECK_EQ(mn_mutex_destroy(&other), 0);
	mn_mutex_init(&mutex);
	mn_mutex_init(&other);
}

static void *takes_one(void *arg)
{
	mn_sem_wait(&sem);
	return arg;
}

static void in_use(void)
{
	mn_thread_t t;

	CHECK_EQ(mn_sem_init(&sem, 0), 0);
	t = test_spawn(takes_one, NULL);
	while (mn_sem_destroy(&sem) != -EBUSY)
		test_pause();
	CHECK_EQ(mn_sem_post(&sem), 0);
	test_join(t);
	CHECK_EQ(mn_sem_destroy(&sem), 0);
	CHECK_EQ(mn_rwlock_rdlock(&rwlock), 0);
	CHECK_EQ(mn_rwlock_destroy(&rwlock), -EBUSY);
	CHECK_EQ(mn_rwlock_unlock(&rwlock), 0);
	CHECK_EQ(mn_rwlock_destroy(&rwlock), 0);
}

static void counts(void)
{
	CHECK_EQ(mn_sem_init(&sem, MN_SEM_MAX + 1u), -EINVAL);
	CHECK_EQ(mn_sem_init(&sem, -1u), -EINVAL);
	CHECK_EQ(mn_sem_init(&sem, MN_SEM_MAX), 0);
	CHECK_EQ(mn_sem_post(&sem), -EOVERFLOW);
	CHECK_EQ(mn_sem_value(&sem), MN_SEM_MAX);
	CHECK_EQ(mn_waitgroup_done(&group), -EINVAL);
	CHECK_EQ(mn_waitgroup_add(&group, 1), 0);
	CHECK_EQ(mn_waitgroup_add(&group, -2), -EINVAL);
	CHECK_EQ(mn_waitgroup_done(&group), 0);
}

static void *ends(void *arg)
{
	return arg;
}

static void joins(void)
{
	mn_thread_t t = test_spawn(ends, NULL);

	CHECK_EQ(mn_thread_join(mn_thread_self(), NULL), -EDEADLK);
	test_join(t);
	CHECK_EQ(mn_thread_join(t, NULL), -ESRCH);
	CHECK_EQ(mn_thread_detach(t), -ESRCH);
	CHECK_EQ(mn_thread_join(0, NULL), -ESRCH);
}

int main(void)
{
	test_start();
	not_the_owner();
	destroyed();
	two_mutexes();
	in_use();
	counts();
	joins();
	test_stop();
	return 0;
}
