/*
 * Proves: invariants hold and everybody gets on when many threads use a few
 * mutexes, condition variables and semaphores in random order with yields
 * everywhere: money moved between accounts stays the same sum; no more threads
 * than tokens are inside; a gate that all threads must pass together lets none
 * pass alone.
 */
#include <stdatomic.h>

#include "check.h"

#define THREADS 20
#define STEPS 120
#define ACCOUNTS 5
#define TOKENS 3

static struct {
	struct mn_mutex lock;
	int64_t money; /* guarded by lock */
} account[ACCOUNTS];

static struct mn_sem tokens;
static _Atomic int inside;

static struct {
	struct mn_mutex lock;
	struct mn_cond opened;
	int waiting;      /* guarded by lock */
	uint64_t opening; /* guarded by lock */
} gate;

static void perhaps_yield(uint64_t *random)
{
	if (!test_below(random, 3))
		mn_thread_yield();
}

static void move_money(uint64_t *random)
{
	uint64_t a = test_below(random, ACCOUNTS);
	uint64_t b = (a + 1 + test_below(random, ACCOUNTS - 1)) % ACCOUNTS;
	int64_t amount = (int64_t)test_below(random, 100);
	uint64_t low = a < b ? a : b;
	uint64_t high = a < b ? b : a;

	mn_mutex_lock(&account[low].lock);
	perhaps_yield(random);
	if (test_below(random, 2)) {
		mn_mutex_lock(&account[high].lock);
	} else if (mn_mutex_trylock(&account[high].lock)) {
		mn_mutex_unlock(&account[low].lock);
		return;
	}
	account[a].money -= amount;
	perhaps_yield(random);
	account[b].money += amount;
	if (test_below(random, 2)) {
		mn_mutex_unlock(&account[low].lock);
		perhaps_yield(random);
		mn_mutex_unlock(&account[high].lock);
	} else {
		mn_mutex_unlock(&account[high].lock);
		mn_mutex_unlock(&account[low].lock);
	}
}

static void use_token(uint64_t *random)
{
	if (test_below(random, 4)) {
		mn_sem_wait(&tokens);
	} else {
		while (mn_sem_trywait(&tokens))
			test_pause();
	}
	CHECK_REL(atomic_fetch_add(&inside, 1), <, TOKENS);
	perhaps_yield(random);
	atomic_fetch_sub(&inside, 1);
	CHECK_EQ(mn_sem_post(&tokens), 0);
}

static void pass_gate(void)
{
	uint64_t mine;

	mn_mutex_lock(&gate.lock);
	mine = gate.opening;
	if (++gate.waiting == THREADS) {
		gate.waiting = 0;
		gate.opening++;
		mn_cond_broadcast(&gate.opened);
	}
	while (gate.opening == mine)
		mn_cond_wait(&gate.opened, &gate.lock);
	mn_mutex_unlock(&gate.lock);
}

static void *act(void *arg)
{
	uint64_t random = (uintptr_t)arg;

	for (int i = 0; i < STEPS; i++) {
		if (test_below(&random, 2))
			move_money(&random);
		else
			use_token(&random);
		if (i % 10 == 0) /* everybody as often */
			pass_gate();
	}
	return NULL;
}

int main(void)
{
	uint64_t random = test_seed();

	test_start();
	for (uint64_t n = test_times(8); n; n--) {
		mn_thread_t t[THREADS];
		int64_t sum = 0;

		CHECK_EQ(mn_sem_init(&tokens, TOKENS), 0);
		for (int i = 0; i < THREADS; i++)
			t[i] = test_spawn(act, (void *)(uintptr_t)test_random(&random));
		for (int i = 0; i < THREADS; i++)
			test_join(t[i]);
		for (int i = 0; i < ACCOUNTS; i++) {
			sum += account[i].money;
			CHECK_EQ(mn_mutex_destroy(&account[i].lock), 0);
			mn_mutex_init(&account[i].lock);
		}
		CHECK_EQ(sum, 0);
		CHECK_EQ(mn_sem_value(&tokens), TOKENS);
		CHECK_EQ(gate.waiting, 0);
		CHECK_EQ(mn_cond_destroy(&gate.opened), 0);
		mn_cond_init(&gate.opened);
	}
	test_stop();
	return 0;
}
