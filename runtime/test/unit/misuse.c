/*
 * Proves: misuse gives an error and leaves what it is about as it was: unlocking what
 * another has, joining oneself or twice, destroying what is in use, using what has been
 * destroyed, counts that would be negative; waiting for one condition variable with
 * two mutexes works as with one.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "check.h"

static struct mn_mutex mutex, other;
static struct mn_cond cond;
static struct mn_rwlock rwlock;
static struct mn_sem sem;
static struct mn_barrier barrier;
static struct mn_waitgroup group;
static struct mn_spin spin;
static struct mn_chan chan;
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

static void destroyed_mutexes(void)
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
		CHECK_EQ(mn_mutex_destroy(&mutex), -EINVAL);
		CHECK_EQ(mn_cond_wait(&cond, &mutex), -EINVAL);
	}
	mn_mutex_init(&mutex);
}

static void destroyed_conds(void)
{
	uint64_t soon = mn_now_ns(MN_CLOCK_MONOTONIC) + 1;

	CHECK_EQ(mn_mutex_lock(&mutex), 0);
	CHECK_EQ(mn_cond_destroy(&cond), 0);
	CHECK_EQ(mn_cond_wait(&cond, &mutex), -EINVAL);
	CHECK_EQ(mn_cond_wait_until(&cond, &mutex, MN_CLOCK_MONOTONIC, soon), -EINVAL);
	CHECK_EQ(mn_cond_destroy(&cond), -EINVAL);
	mn_cond_init(&cond);
	CHECK_EQ(mn_cond_wait_until(&cond, &mutex, MN_CLOCK_MONOTONIC, soon), -ETIMEDOUT);
	CHECK_EQ(mn_mutex_unlock(&mutex), 0);
}

/* What returns no error ends the process: each in one of its own. */
static void aborts(void)
{
	static const struct rlimit no_core = {0, 0};

	CHECK_EQ(mn_cond_destroy(&cond), 0);
	CHECK_EQ(mn_sem_destroy(&sem), 0);
	CHECK_EQ(mn_spin_destroy(&spin), 0);
	for (int what = 0; what < 4; what++) {
		int status;
		pid_t child = fork();

		CHECK(child >= 0);
		if (!child) {
			setrlimit(RLIMIT_CORE, &no_core);
			if (what == 0)
				mn_cond_signal(&cond);
			else if (what == 1)
				mn_cond_broadcast(&cond);
			else if (what == 2)
				mn_sem_wait(&sem);
			else
				mn_spin_lock(&spin);
			_exit(0);
		}
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
	mn_cond_init(&cond);
	CHECK_EQ(mn_sem_init(&sem, 0), 0);
	mn_spin_init(&spin);
}

static void destroyed_sems(void)
{
	for (unsigned value = 0; value < 2; value++) {
		CHECK_EQ(mn_sem_init(&sem, value), 0);
		CHECK_EQ(mn_sem_destroy(&sem), 0);
		CHECK_EQ(mn_sem_wait_until(&sem, MN_CLOCK_MONOTONIC, 0), -EINVAL);
		CHECK_EQ(mn_sem_trywait(&sem), -EINVAL);
		CHECK_EQ(mn_sem_post(&sem), -EINVAL);
		CHECK_EQ(mn_sem_value(&sem), 0);
		CHECK_EQ(mn_sem_destroy(&sem), -EINVAL);
	}
	CHECK_EQ(mn_sem_init(&sem, 1), 0);
	mn_sem_wait(&sem);
}

static void destroyed_rwlocks(void)
{
	CHECK_EQ(mn_rwlock_wrlock(&rwlock), 0);
	CHECK_EQ(mn_rwlock_unlock(&rwlock), 0);
	CHECK_EQ(mn_rwlock_destroy(&rwlock), 0);
	CHECK_EQ(mn_rwlock_rdlock(&rwlock), -EINVAL);
	CHECK_EQ(mn_rwlock_rdlock_until(&rwlock, MN_CLOCK_MONOTONIC, 0), -EINVAL);
	CHECK_EQ(mn_rwlock_tryrdlock(&rwlock), -EINVAL);
	CHECK_EQ(mn_rwlock_wrlock(&rwlock), -EINVAL);
	CHECK_EQ(mn_rwlock_wrlock_until(&rwlock, MN_CLOCK_MONOTONIC, 0), -EINVAL);
	CHECK_EQ(mn_rwlock_trywrlock(&rwlock), -EINVAL);
	CHECK_EQ(mn_rwlock_unlock(&rwlock), -EINVAL);
	CHECK_EQ(mn_rwlock_destroy(&rwlock), -EINVAL);
	mn_rwlock_init(&rwlock);
	CHECK_EQ(mn_rwlock_rdlock(&rwlock), 0);
	CHECK_EQ(mn_rwlock_unlock(&rwlock), 0);
}

static void destroyed_others(void)
{
	char element = 'x';
	char room[2];

	CHECK_EQ(mn_barrier_init(&barrier, 2), 0);
	CHECK_EQ(mn_barrier_destroy(&barrier), 0);
	CHECK_EQ(mn_barrier_wait(&barrier), -EINVAL);
	CHECK_EQ(mn_barrier_destroy(&barrier), -EINVAL);

	mn_spin_lock(&spin);
	CHECK_EQ(mn_spin_destroy(&spin), -EBUSY);
	mn_spin_unlock(&spin);
	CHECK_EQ(mn_spin_destroy(&spin), 0);
	CHECK_EQ(mn_spin_trylock(&spin), -EINVAL);
	CHECK_EQ(mn_spin_destroy(&spin), -EINVAL);
	mn_spin_init(&spin);
	CHECK_EQ(mn_spin_trylock(&spin), 0);
	CHECK_EQ(mn_spin_trylock(&spin), -EBUSY);

	CHECK_EQ(mn_chan_init(&chan, room, 1, 2), 0);
	CHECK_EQ(mn_chan_send(&chan, &element), 0);
	CHECK_EQ(mn_chan_destroy(&chan), 0);
	CHECK_EQ(mn_chan_send(&chan, &element), -EINVAL);
	CHECK_EQ(mn_chan_try_send(&chan, &element), -EINVAL);
	CHECK_EQ(mn_chan_recv(&chan, &element), -EINVAL);
	CHECK_EQ(mn_chan_try_recv(&chan, &element), -EINVAL);
	CHECK_EQ(mn_chan_count(&chan), 0);
	CHECK_EQ(mn_chan_close(&chan), -EINVAL);
	CHECK_EQ(mn_chan_destroy(&chan), -EINVAL);
	CHECK_EQ(mn_chan_init(&chan, room, 1, 2), 0);
	CHECK_EQ(mn_chan_send(&chan, &element), 0);
}

static void destroyed_keys(void)
{
	mn_key_t key;

	CHECK_EQ(mn_key_create(&key, NULL), 0);
	CHECK_EQ(mn_key_set(key, &key), 0);
	CHECK_EQ(mn_key_delete(key), 0);
	CHECK_EQ(mn_key_set(key, &key), -EINVAL);
	CHECK(!mn_key_get(key));
	CHECK_EQ(mn_key_delete(key), -EINVAL);
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
	mn_cond_init(&cond);
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
	while (!(__atomic_load_n(&sem.word, __ATOMIC_RELAXED) >> 32)) /* it counts who waits */
		test_pause();
	CHECK_EQ(mn_sem_destroy(&sem), -EBUSY);
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
	aborts();
	test_start();
	not_the_owner();
	destroyed_mutexes();
	destroyed_conds();
	destroyed_sems();
	destroyed_rwlocks();
	destroyed_others();
	destroyed_keys();
	two_mutexes();
	in_use();
	counts();
	joins();
	test_stop();
	return 0;
}
