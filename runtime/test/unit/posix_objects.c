/*
 * Proves, through mn_pthread.h: mutexes, condition variables and semaphores,
 * statically initialised or not, before the first thread is created and after,
 * with the results and error numbers of POSIX.
 */
#include <limits.h>

#include "mn_pthread.h"

#include "check.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static int turn; /* guarded by lock */

static void *every_other_turn(void *arg)
{
	int mine = (int)(uintptr_t)arg;

	for (int i = 0; i < 200; i++) {
		CHECK_EQ(pthread_mutex_lock(&lock), 0);
		while (turn % 2 != mine)
			CHECK_EQ(pthread_cond_wait(&changed, &lock), 0);
		turn++;
		CHECK_EQ(pthread_cond_broadcast(&changed), 0);
		CHECK_EQ(pthread_mutex_unlock(&lock), 0);
	}
	return NULL;
}

static void *wait_for_sem(void *arg)
{
	CHECK_EQ(sem_wait(&sem), 0);
	return arg;
}

static void mutexes(void)
{
	pthread_mutex_t m;

	CHECK_EQ(pthread_mutex_lock(&lock), 0);
	CHECK_EQ(pthread_mutex_trylock(&lock), EBUSY);
	CHECK_EQ(pthread_mutex_destroy(&lock), EBUSY);
	CHECK_EQ(pthread_mutex_unlock(&lock), 0);
	CHECK_EQ(pthread_mutex_init(&m, NULL), 0);
	CHECK_EQ(pthread_mutex_trylock(&m), 0);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
	CHECK_EQ(pthread_mutex_destroy(&m), 0);
}

static void conditions(void)
{
	pthread_cond_t c;

	CHECK_EQ(pthread_cond_init(&c, NULL), 0);
	CHECK_EQ(pthread_cond_signal(&c), 0);
	CHECK_EQ(pthread_cond_broadcast(&c), 0);
	CHECK_EQ(pthread_cond_destroy(&c), 0);
}

static void semaphores(void)
{
	sem_t s;
	int value = -1;

	errno = 0;
	CHECK_EQ(sem_init(&s, 0, SEM_VALUE_MAX + 1u), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(sem_init(&s, 0, SEM_VALUE_MAX), 0);
	CHECK_EQ(sem_post(&s), -1);
	CHECK_EQ(errno, EOVERFLOW);
	CHECK_EQ(sem_init(&s, 0, 2), 0);
	CHECK_EQ(sem_wait(&s), 0);
	CHECK_EQ(sem_trywait(&s), 0);
	CHECK_EQ(sem_trywait(&s), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(sem_post(&s), 0);
	CHECK_EQ(sem_getvalue(&s, &value), 0);
	CHECK_EQ(value, 1);
	CHECK_EQ(sem_destroy(&s), 0);
}

int main(void)
{
	pthread_t t[2];

	mutexes();
	conditions();
	semaphores();
	for (uintptr_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, every_other_turn, (void *)i), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_EQ(turn, 400);
	mutexes();
	conditions();
	semaphores();
	CHECK_EQ(sem_init(&sem, 0, 0), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, wait_for_sem, NULL), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(sem_post(&sem), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_EQ(sem_destroy(&sem), 0);
	CHECK_EQ(pthread_cond_destroy(&changed), 0);
	CHECK_EQ(pthread_mutex_destroy(&lock), 0);
	return 0;
}
