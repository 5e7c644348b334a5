/*
 * Proves: trees of threads of random shape, whose nodes create children, join
 * them in random order (and so run some of them in place, nested in each
 * other), yield, block, exit from depth and move between workers, all at the
 * same time from several roots, come to the right sum; every frame, errno and
 * rounding mode is afterwards what it was.
 */
#include <fenv.h>

#include "check.h"

#define ROOTS 4
/* Of a tree; each is a fiber to TSan, and those are large. */
#define NODES (TEST_SLOWDOWN > 10 ? 400 : 1500)
#define FAN 5

static struct mn_sem tokens;
static struct mn_mutex lock;
static uint64_t under_lock; /* guarded by lock */

struct node {
	uint64_t seed;
	uint32_t nodes; /* of the tree under it, itself included; also what it returns */
	int depth;
};

static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

static void something(uint64_t *random)
{
	switch (test_below(random, 6)) {
	case 0:
		mn_thread_yield();
		break;
	case 1:
		mn_sem_wait(&tokens);
		mn_thread_yield();
		mn_sem_post(&tokens);
		break;
	case 2:
		mn_mutex_lock(&lock);
		under_lock++;
		if (test_below(random, 2))
			mn_thread_yield();
		mn_mutex_unlock(&lock);
		break;
	default:
		break;
	}
}

__attribute__((noipa)) static void exit_below(int depth, uintptr_t result)
{
	char frame[200];

	if (!depth)
		mn_thread_exit((void *)result);
	if (depth > 0)
		exit_below(depth - 1, result);
	__asm__ volatile("" ::"r"(frame) : "memory");
}

static void *grow(void *arg);

/* Creates and joins the children; the number of nodes below. */
static uint32_t children(const struct node *me, uint64_t *random)
{
	struct node child[FAN];
	mn_thread_t t[FAN];
	uint32_t left = me->nodes - 1;
	uint32_t sum = 0;
	int n = 0;

	while (left) {
		uint32_t share = n == FAN - 1 ? left : 1 + (uint32_t)test_below(random, left);

		child[n] = (struct node){test_random(random), share, me->depth + 1};
		t[n] = test_spawn(grow, &child[n]);
		left -= share;
		n++;
		something(random);
	}
	while (n) {
		int i = (int)test_below(random, (uint64_t)n);

		sum += (uint32_t)(uintptr_t)test_join(t[i]);
		n--;
		t[i] = t[n]; /* child[] stays: its thread may still read it */
		something(random);
	}
	return sum;
}

static void *grow(void *arg)
{
	struct node me = *(struct node *)arg;
	uint64_t random = me.seed;
	volatile uint64_t frame[24];
	mn_thread_t self = mn_thread_self();
	int mode = modes[test_below(&random, 4)];
	int error = (int)test_below(&random, 1000);
	uint32_t sum;

	fesetround(mode);
	test_set_errno(error);
	for (uint64_t i = 0; i < 24; i++)
		frame[i] = me.seed + i;
	something(&random);
	sum = 1 + children(&me, &random);
	something(&random);
	for (uint64_t i = 0; i < 24; i++)
		CHECK_EQ(frame[i], me.seed + i);
	CHECK_EQ(fegetround(), mode);
	CHECK_EQ(test_errno(), error);
	CHECK_EQ(mn_thread_self(), self);
	CHECK_EQ(sum, me.nodes);
	if (test_below(&random, 3) == 0)
		exit_below((int)test_below(&random, 10), sum);
	return (void *)(uintptr_t)sum;
}

int main(void)
{
	uint64_t random = test_seed();

	CHECK_EQ(mn_sem_init(&tokens, 3), 0);
	test_start();
	for (uint64_t n = test_times(10); n; n--) {
		struct node root[ROOTS];
		mn_thread_t t[ROOTS];

		for (int i = 0; i < ROOTS; i++) {
			root[i] = (struct node){test_random(&random), NODES, 0};
			t[i] = test_spawn(grow, &root[i]);
		}
		for (int i = 0; i < ROOTS; i++)
			CHECK_EQ(test_join(t[i]), NODES);
	}
	test_stop();
	return 0;
}
