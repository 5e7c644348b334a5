/*
 * Proves: threads that hand a turn to each other, many pairs and rings at a time
 * on few workers, by semaphore or by mutex and condition variable, each lose no
 * turn and get none twice, though their workers keep going idle and being woken.
 */
#include "check.h"

#define MOST 9 /* in a ring */
#define RINGS 16
#define ROUNDS 60

struct ring {
	int members;
	bool by_sem;
	uint64_t seed;
	uint64_t count; /* by whoever has the turn */
	int turn;       /* guarded by lock */
	struct mn_mutex lock;
	struct mn_cond changed;
	struct mn_sem sem[MOST];
};

struct member {
	struct ring *ring;
	int place;
};

static void take_turn(struct ring *r, int place)
{
	if (r->by_sem) {
		mn_sem_wait(&r->sem[place]);
		return;
	}
	mn_mutex_lock(&r->lock);
	while (r->turn != place)
		mn_cond_wait(&r->changed, &r->lock);
	mn_mutex_unlock(&r->lock);
}

static void pass_turn(struct ring *r, int place)
{
	int next = (place + 1) % r->members;

	if (r->by_sem) {
		CHECK_EQ(mn_sem_post(&r->sem[next]), 0);
		return;
	}
	mn_mutex_lock(&r->lock);
	CHECK_EQ(r->turn, place);
	r->turn = next;
	if (r->members == 2)
		mn_cond_signal(&r->changed);
	else
		mn_cond_broadcast(&r->changed);
	mn_mutex_unlock(&r->lock);
}

static void *play(void *arg)
{
	struct member *m = arg;
	struct ring *r = m->ring;
	uint64_t random = r->seed + (uint64_t)m->place;

	for (uint64_t i = 0; i < ROUNDS; i++) {
		take_turn(r, m->place);
		CHECK_EQ(r->count, i * (uint64_t)r->members + (uint64_t)m->place);
		r->count++;
		if (!test_below(&random, 10))
			mn_thread_yield();
		pass_turn(r, m->place);
	}
	return NULL;
}

int main(void)
{
	static struct ring rings[RINGS];
	static struct member members[RINGS][MOST];
	static mn_thread_t t[RINGS][MOST];
	uint64_t random = test_seed();

	test_start();
	for (uint64_t n = test_times(6); n; n--) {
		for (int i = 0; i < RINGS; i++) {
			struct ring *r = &rings[i];

			*r = (struct ring){.members = 2 + (int)test_below(&random, MOST - 1),
					   .by_sem = test_below(&random, 2),
					   .seed = test_random(&random)};
			CHECK_EQ(mn_sem_init(&r->sem[0], 1), 0);
			for (int k = 0; k < r->members; k++) {
				members[i][k] = (struct member){r, k};
				t[i][k] = test_spawn(play, &members[i][k]);
			}
		}
		for (int i = 0; i < RINGS; i++) {
			for (int k = 0; k < rings[i].members; k++)
				test_join(t[i][k]);
			CHECK_EQ(rings[i].count, ROUNDS * rings[i].members);
		}
	}
	test_stop();
	return 0;
}
