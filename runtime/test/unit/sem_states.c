/*
 * Proves: a semaphore counts; init refuses what is over MN_SEM_MAX, post what
 * would go over it, trywait what would go below 0; all-zero is a semaphore of
 * value 0; destroy is EBUSY while threads wait.
 */
#include "check.h"

static struct mn_sem zero;
static struct mn_sem s;

static void *wait_and_post(void *arg)
{
	mn_sem_wait(arg);
	mn_sem_post(&zero);
	return NULL;
}

int main(void)
{
	mn_thread_t t;

	CHECK_EQ(mn_sem_trywait(&zero), -EAGAIN);
	CHECK_EQ(mn_sem_init(&s, MN_SEM_MAX + 1u), -EINVAL);
	CHECK_EQ(mn_sem_init(&s, UINT32_MAX), -EINVAL);
	CHECK_EQ(mn_sem_init(&s, MN_SEM_MAX), 0);
	CHECK_EQ(mn_sem_value(&s), MN_SEM_MAX);
	CHECK_EQ(mn_sem_post(&s), -EOVERFLOW);
	CHECK_EQ(mn_sem_value(&s), MN_SEM_MAX);
	CHECK_EQ(mn_sem_trywait(&s), 0);
	CHECK_EQ(mn_sem_value(&s), MN_SEM_MAX - 1);
	CHECK_EQ(mn_sem_post(&s), 0);
	CHECK_EQ(mn_sem_post(&s), -EOVERFLOW);
	CHECK_EQ(mn_sem_destroy(&s), 0);

	test_start();
	CHECK_EQ(mn_sem_init(&s, 3), 0);
	mn_sem_wait(&s);
	mn_sem_wait(&s);
	CHECK_EQ(mn_sem_value(&s), 1);
	CHECK_EQ(mn_sem_trywait(&s), 0);
	CHECK_EQ(mn_sem_trywait(&s), -EAGAIN);
	for (unsigned i = 1; i <= 100; i++) {
		CHECK_EQ(mn_sem_post(&s), 0);
		CHECK_EQ(mn_sem_value(&s), i);
	}
	for (unsigned i = 100; i-- > 0;) {
		mn_sem_wait(&s);
		CHECK_EQ(mn_sem_value(&s), i);
	}
	t = test_spawn(wait_and_post, &s);
	while (!(__atomic_load_n(&s.word, __ATOMIC_RELAXED) >> 32)) /* it counts who waits */
		test_pause();
	CHECK_EQ(mn_sem_destroy(&s), -EBUSY);
	CHECK_EQ(mn_sem_value(&s), 0);
	CHECK_EQ(mn_sem_trywait(&s), -EAGAIN);
	CHECK_EQ(mn_sem_post(&s), 0);
	mn_sem_wait(&zero);
	test_join(t);
	CHECK_EQ(mn_sem_value(&s), 0);
	CHECK_EQ(mn_sem_destroy(&s), 0);
	test_stop();
	return 0;
}
