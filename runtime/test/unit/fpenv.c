/*
 * Proves: the rounding mode belongs to the thread. A new thread inherits what
 * its creator had when it created it, on a stack of its own or run in place by
 * a joiner that has another by then; what a thread sets it keeps across yields,
 * blocking and moves; and it leaves that of its joiner alone.
 */
#include <fenv.h>

#include "check.h"

#define THREADS 24
#define ROUNDS 200

static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
static struct mn_sem tokens;

/* The mode by what it does, not by what it is called. */
__attribute__((noipa)) static int mode_in_effect(void)
{
	volatile double one = 1.0;
	volatile double tiny = 0x1p-60;
	double up = one + tiny;
	double down = -one - tiny;

	if (up > 1.0)
		return FE_UPWARD;
	if (down < -1.0)
		return FE_DOWNWARD;
	return one - tiny < 1.0 ? FE_TOWARDZERO : FE_TONEAREST;
}

/* The x87 unit has its own control word; long double uses it on x86. */
__attribute__((noipa)) static int long_mode_in_effect(void)
{
	volatile long double one = 1.0L;
	volatile long double tiny = 0x1p-120L;
	long double up = one + tiny;
	long double down = -one - tiny;

	if (up > 1.0L)
		return FE_UPWARD;
	if (down < -1.0L)
		return FE_DOWNWARD;
	return one - tiny < 1.0L ? FE_TOWARDZERO : FE_TONEAREST;
}

static void check_mode(int want)
{
	CHECK_EQ(fegetround(), want);
	CHECK_EQ(mode_in_effect(), want);
	CHECK_EQ(long_mode_in_effect(), want);
}

static void *inherits(void *arg)
{
	check_mode(modes[(uintptr_t)arg % 4]);
	fesetround(modes[((uintptr_t)arg + 1) % 4]);
	if ((uintptr_t)arg & 4)
		mn_thread_yield();
	check_mode(modes[((uintptr_t)arg + 1) % 4]);
	return NULL;
}

/* All pairs of the mode at creation and the mode at the join. */
static void inheritance(bool let_it_start)
{
	for (uintptr_t at_create = 0; at_create < 8; at_create++)
		for (uintptr_t at_join = 0; at_join < 4; at_join++) {
			mn_thread_t t;

			fesetround(modes[at_create % 4]);
			t = test_spawn(inherits, (void *)at_create);
			fesetround(modes[at_join]);
			if (let_it_start)
				mn_thread_yield();
			check_mode(modes[at_join]);
			test_join(t);
			check_mode(modes[at_join]);
		}
	fesetround(FE_TONEAREST);
}

static void *exits_with_another(void *arg)
{
	fesetround(FE_DOWNWARD);
	mn_thread_exit(arg);
}

static void *keeps(void *arg)
{
	for (uintptr_t i = (uintptr_t)arg; i < ROUNDS; i++) {
		int mine = modes[i % 4];

		fesetround(mine);
		mn_thread_yield();
		check_mode(mine);
		mn_sem_wait(&tokens);
		mn_thread_yield();
		check_mode(mine);
		mn_sem_post(&tokens);
		check_mode(mine);
		if (i % 16 == 0) {
			test_join(test_spawn(exits_with_another, NULL));
			check_mode(mine);
		}
	}
	return NULL;
}

int main(void)
{
	mn_thread_t t[THREADS];

	CHECK_EQ(mn_sem_init(&tokens, 2), 0);
	test_start();
	check_mode(FE_TONEAREST);
	inheritance(false);
	inheritance(true);
	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(keeps, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		test_join(t[i]);
		check_mode(FE_TONEAREST);
	}
	test_stop();
	return 0;
}
