/*
 * Proves: main that blocks while all workers sleep is woken by whoever it waits
 * for: a single portion of work at a time, from a single source, with gaps so
 * chosen that the other workers are about to fall asleep, asleep, or just awake.
 * The nearest thing to a lost wake-up that can be had without a model checker.
 */
#include "check.h"

#define HAND_OVERS 400

static struct mn_sem ping;
static struct mn_sem pong;
static uint64_t main_random;
static uint64_t other_random;

static void spin(uint64_t n)
{
	for (; n; n--)
		__asm__ volatile("" ::: "memory");
}

/* Around the time that a worker takes to give up searching. */
static void gap(uint64_t *state)
{
	switch (test_below(state, 8)) {
	case 0:
		usleep((useconds_t)test_below(state, 60));
		break;
	case 1:
		spin(20000 + test_below(state, 60000));
		break;
	case 2:
		spin(test_below(state, 5000));
		break;
	default:
		break;
	}
}

static void *answer(void *arg)
{
	for (uint64_t i = 0; i < (uintptr_t)arg; i++) {
		mn_sem_wait(&ping);
		gap(&other_random);
		mn_sem_post(&pong);
		if (i % 3 == 0)
			gap(&other_random);
	}
	return NULL;
}

static void *wait_for_ping(void *arg)
{
	mn_sem_wait(&ping);
	return arg;
}

int main(void)
{
	main_random = test_seed();
	other_random = test_random(&main_random);
	CHECK_EQ(mn_sem_init(&ping, 0), 0);
	CHECK_EQ(mn_sem_init(&pong, 0), 0);
	test_start();
	for (uint64_t n = test_times(3); n; n--) {
		mn_thread_t t = test_spawn(answer, (void *)HAND_OVERS);

		for (int i = 0; i < HAND_OVERS; i++) {
			gap(&main_random);
			mn_sem_post(&ping);
			gap(&main_random);
			mn_sem_wait(&pong);
		}
		test_join(t);
		/* Created by a thread that then blocks at once. */
		for (int i = 0; i < HAND_OVERS; i++) {
			t = test_spawn(wait_for_ping, (void *)1);
			gap(&main_random);
			mn_sem_post(&ping);
			gap(&main_random);
			CHECK_EQ(test_join(t), 1);
		}
	}
	test_stop();
	return 0;
}
