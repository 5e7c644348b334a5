/*
 * Proves: on one worker without preemption a schedule can be replayed: a random
 * program, run twice with one seed, takes the same steps in the same order,
 * under every policy and both spawn orders. It uses nothing that decides by the
 * clock: no sleep, no time limit, and no mutex, which is handed over to those who
 * have waited long.
 */
#include "check.h"

TEST_ONCE;

#define THREADS 40
#define STEPS 60
#define LOG (THREADS * STEPS * 2)

static uint64_t program; /* the seed that the program is made from */
static struct mn_sem sems[4];
static struct mn_sem locks[2];
static unsigned started;

static struct log {
	uint32_t n;
	uint32_t step[LOG];
} logs[2], *now;

static void note(uint64_t who, int what)
{
	if (now->n < LOG)
		now->step[now->n++] = (uint32_t)(who * 16 + (uint64_t)what);
}

static void *live(void *arg)
{
	uint64_t me = (uint64_t)(uintptr_t)arg;
	uint64_t random = program + me;
	mn_thread_t child[4];
	int children = 0;

	for (int i = 0; i < STEPS; i++) {
		int what = (int)test_below(&random, 8);
		uint64_t which = test_below(&random, 4);

		note(me, what);
		switch (what) {
		case 0:
		case 1:
			mn_thread_yield();
			break;
		case 2:
			CHECK_EQ(mn_sem_post(&sems[which]), 0);
			break;
		case 3:
			if (!mn_sem_trywait(&sems[which]))
				note(me, 8);
			break;
		case 4:
			mn_sem_wait(&locks[which % 2]);
			mn_thread_yield();
			CHECK_EQ(mn_sem_post(&locks[which % 2]), 0);
			break;
		case 5:
			if (children < 4 && started < THREADS)
				child[children++] = test_spawn(live, (void *)(uintptr_t)++started);
			break;
		case 6:
			if (children)
				test_join(child[--children]);
			break;
		}
	}
	while (children)
		test_join(child[--children]);
	note(me, 9);
	return NULL;
}

static void run(const char *policy, int spawn, struct log *log)
{
	const struct mn_config config = {
		.policy = policy, .workers = 1, .preempt = MN_OFF, .spawn = spawn, .seed = program};

	now = log;
	log->n = 0;
	started = 0;
	CHECK_EQ(mn_init(&config), 0);
	for (size_t i = 0; i < 4; i++)
		CHECK_EQ(mn_sem_init(&sems[i], 0), 0);
	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(mn_sem_init(&locks[i], 1), 0);
	live((void *)0);
	test_stop();
}

int main(void)
{
	program = test_seed();
	for (uint64_t i = test_times(20); i; i--, program++) {
		for (unsigned p = 0; mn_policy_name(p); p++) {
			for (int spawn = MN_HELP_FIRST; spawn <= MN_CHILD_FIRST; spawn++) {
				run(mn_policy_name(p), spawn, &logs[0]);
				run(mn_policy_name(p), spawn, &logs[1]);
				CHECK_REL(logs[0].n, >, STEPS);
				if (logs[0].n != logs[1].n ||
				    memcmp(logs[0].step, logs[1].step, logs[0].n * sizeof logs[0].step[0]))
					FAIL("policy %s, spawn %d: two schedules", mn_policy_name(p), spawn);
			}
		}
	}
	return 0;
}
