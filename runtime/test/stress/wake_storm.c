/*
 * Proves: no wake-up of an idle worker is lost. Work comes in random small
 * portions, with random gaps between them, short ones and such that the workers
 * really go to sleep; from a green thread, from several at once, from kernel
 * threads that are no workers; as new threads and as posts to blocked ones. Each
 * portion is waited for before the next one comes, so that a lost one hangs.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

#define STANDING 6 /* threads that wait to be posted to */
#define SOURCES 3
#define PORTIONS 60

struct source {
	uint64_t random;
	struct mn_sem done;         /* posted by green threads for a green source */
	_Atomic uint64_t done_seen; /* counted by green threads for a kernel thread */
	bool green;
};

static struct mn_sem standing; /* units of work for the standing threads */
static struct mn_mutex lock;
static struct source *queue[SOURCES * 64]; /* whose they are; guarded by lock */
static int queued;                         /* guarded by lock */
static bool stop;                          /* guarded by lock */

static void finished(struct source *s)
{
	if (s->green)
		mn_sem_post(&s->done);
	else
		atomic_fetch_add(&s->done_seen, 1);
}

static void *work(void *arg)
{
	finished(arg);
	return NULL;
}

static void *yield_and_work(void *arg)
{
	mn_thread_yield();
	finished(arg);
	return NULL;
}

static void *stand(void *arg)
{
	for (;;) {
		struct source *s;

		mn_sem_wait(&standing);
		mn_mutex_lock(&lock);
		if (stop && !queued) {
			mn_mutex_unlock(&lock);
			return arg;
		}
		s = queue[--queued];
		mn_mutex_unlock(&lock);
		finished(s);
	}
}

/* A kernel thread cannot block on a green mutex. */
static void post_to_standing(struct source *s)
{
	if (s->green)
		mn_mutex_lock(&lock);
	else
		while (mn_mutex_trylock(&lock))
			sched_yield();
	queue[queued++] = s;
	mn_mutex_unlock(&lock);
	CHECK_EQ(mn_sem_post(&standing), 0);
}

static void gap(struct source *s)
{
	switch (test_below(&s->random, 6)) {
	case 0:
		usleep((useconds_t)test_below(&s->random, 200));
		break;
	case 1:
		for (uint64_t n = test_below(&s->random, 3000); n; n--)
			__asm__ volatile("" ::: "memory");
		break;
	default:
		break;
	}
}

static void *bring(void *arg)
{
	static const struct mn_thread_attr detached = {.detached = 1};
	struct source *s = arg;

	for (int i = 0; i < PORTIONS; i++) {
		uint64_t n = 1 + test_below(&s->random, test_below(&s->random, 4) ? 3 : 40);

		gap(s);
		for (uint64_t k = 0; k < n; k++) {
			if (test_below(&s->random, 2))
				post_to_standing(s);
			else
				CHECK_EQ(mn_thread_create(NULL, &detached,
							  test_below(&s->random, 2) ? work
										    : yield_and_work,
							  s),
					 0);
			if (!test_below(&s->random, 5))
				gap(s);
		}
		if (s->green) {
			for (uint64_t k = 0; k < n; k++)
				mn_sem_wait(&s->done);
		} else {
			while (atomic_load(&s->done_seen) < n)
				sched_yield();
			atomic_store(&s->done_seen, 0);
		}
	}
	return NULL;
}

static void round_of(uint64_t *random)
{
	struct source green[SOURCES];
	struct source foreign[SOURCES];
	mn_thread_t g[SOURCES];
	pthread_t f[SOURCES];
	mn_thread_t standing_thread[STANDING];
	int greens = (int)test_below(random, SOURCES + 1);
	int foreigns = greens ? (int)test_below(random, SOURCES + 1) : 1;

	stop = false;
	CHECK_EQ(mn_sem_init(&standing, 0), 0);
	for (int i = 0; i < STANDING; i++)
		standing_thread[i] = test_spawn(stand, NULL);
	for (int i = 0; i < foreigns; i++) {
		foreign[i] = (struct source){.random = test_random(random)};
		CHECK_EQ(pthread_create(&f[i], NULL, bring, &foreign[i]), 0);
	}
	for (int i = 0; i < greens; i++) {
		green[i] = (struct source){.random = test_random(random), .green = true};
		g[i] = test_spawn(bring, &green[i]);
	}
	for (int i = 0; i < greens; i++)
		test_join(g[i]);
	/* pthread_join() would block this worker, perhaps the only one. */
	for (int i = 0; i < foreigns; i++)
		while (pthread_tryjoin_np(f[i], NULL))
			test_pause();
	mn_mutex_lock(&lock);
	stop = true;
	mn_mutex_unlock(&lock);
	for (int i = 0; i < STANDING; i++)
		CHECK_EQ(mn_sem_post(&standing), 0);
	for (int i = 0; i < STANDING; i++)
		test_join(standing_thread[i]);
}

int main(void)
{
	uint64_t random = test_seed();

	test_start();
	for (uint64_t n = test_times(6); n; n--)
		round_of(&random);
	test_stop();
	return 0;
}
