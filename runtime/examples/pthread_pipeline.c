/*
 * A plain POSIX threads program that knows nothing of green threads: a pipeline
 * of stages, each of which doubles what the one before hands it. Compiled with
 * -include mn_pthread.h it runs on green threads, and ten thousand stages are
 * no burden.
 *
 *   cc -I include -include mn_pthread.h examples/pthread_pipeline.c BUILD/libmn.a -pthread
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define STAGES 10000

/* A place for one number between two stages. */
struct place {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	int full;
	uint64_t number;
};

static struct place place[STAGES + 1];

static void put(struct place *p, uint64_t number)
{
	pthread_mutex_lock(&p->lock);
	p->number = number;
	p->full = 1;
	pthread_cond_signal(&p->filled);
	pthread_mutex_unlock(&p->lock);
}

static uint64_t take(struct place *p)
{
	uint64_t number;

	pthread_mutex_lock(&p->lock);
	while (!p->full)
		pthread_cond_wait(&p->filled, &p->lock);
	p->full = 0;
	number = p->number;
	pthread_mutex_unlock(&p->lock);
	return number;
}

static void *stage(void *arg)
{
	struct place *p = arg;

	put(p + 1, 2 * take(p) + 1);
	return NULL;
}

int main(void)
{
	static pthread_t thread[STAGES];
	uint64_t last;

	for (int i = 0; i <= STAGES; i++) {
		pthread_mutex_init(&place[i].lock, NULL);
		pthread_cond_init(&place[i].filled, NULL);
	}
	for (int i = 0; i < STAGES; i++)
		if (pthread_create(&thread[i], NULL, stage, &place[i])) {
			fprintf(stderr, "cannot create stage %d\n", i);
			return EXIT_FAILURE;
		}
	put(&place[0], 0);
	last = take(&place[STAGES]);
	for (int i = 0; i < STAGES; i++)
		pthread_join(thread[i], NULL);
	printf("%d stages made %llx of 0\n", STAGES, (unsigned long long)last);
	return last == UINT64_MAX ? EXIT_SUCCESS : EXIT_FAILURE;
}
