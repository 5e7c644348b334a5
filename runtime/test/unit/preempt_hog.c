/*
 * Proves: with preemption, threads that never call the runtime do not keep
 * others from their worker, main included; nested mn_preempt_disable() holds it
 * off until the last mn_preempt_enable(), which lets the waiting one run; the
 * counters tell.
 */
#include <signal.h>
#include <stdatomic.h>

#include "check.h"

#define HOGS 5

static const struct mn_config one_worker = {.workers = 1, .preempt = MN_ON, .quantum_us = 1000};

static _Atomic int stop;

static void *hog(void *arg)
{
	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		;
	return arg;
}

static void *stopper(void *arg)
{
	atomic_store(&stop, 1);
	return arg;
}

static void hogs_do_not_stop_others(void)
{
	mn_thread_t t[HOGS];
	mn_thread_t last;
	struct mn_stats s;

	atomic_store(&stop, 0);
	CHECK_EQ(mn_init(&one_worker), 0);
	for (uintptr_t i = 0; i < HOGS; i++)
		t[i] = test_spawn(hog, (void *)i);
	last = test_spawn(stopper, NULL);
	for (uintptr_t i = 0; i < HOGS; i++)
		CHECK_EQ((uintptr_t)test_join(t[i]), i);
	test_join(last);
	mn_stats_read(&s);
	CHECK_REL(s.preempts, >=, 1);
	test_stop();
}

static void main_can_be_preempted(void)
{
	mn_thread_t t;

	atomic_store(&stop, 0);
	CHECK_EQ(mn_init(&one_worker), 0);
	t = test_spawn(stopper, NULL);
	hog(NULL);
	test_join(t);
	test_stop();
}

static sig_atomic_t volatile in_section;
static _Atomic int seen_in_section;

static void *looker(void *arg)
{
	atomic_store(&seen_in_section, in_section ? 2 : 1);
	return arg;
}

/* Until several more ticks have found that they may not preempt. */
static void let_ticks_pass(void)
{
	struct mn_stats s;
	uint64_t before;

	mn_stats_read(&s);
	before = s.preempts_deferred;
	while (s.preempts_deferred < before + 3)
		mn_stats_read(&s);
}

static void disabling_nests(void)
{
	mn_thread_t t;
	struct mn_stats s;

	CHECK_EQ(mn_init(&one_worker), 0);
	mn_preempt_disable();
	mn_preempt_disable();
	in_section = 1;
	CHECK_EQ(mn_thread_create(&t, &test_creator_goes_on, looker, NULL), 0);
	let_ticks_pass();
	mn_preempt_enable();
	let_ticks_pass();
	CHECK_EQ(atomic_load(&seen_in_section), 0);
	mn_stats_read(&s);
	CHECK_EQ(s.expiries, 0);
	in_section = 0;
	mn_preempt_enable(); /* ticks are pending: the other thread's turn, if not all that it does */
	mn_stats_read(&s);
	CHECK_REL(s.expiries, >=, 1);
	mn_preempt_enable(); /* one too many does nothing */
	test_join(t);
	CHECK_EQ(atomic_load(&seen_in_section), 1);
	test_stop();
}

int main(void)
{
#if defined(__SANITIZE_THREAD__)
	SKIP("TSan holds signals back");
#endif
	hogs_do_not_stop_others();
	main_can_be_preempted();
	disabling_nests();
	return 0;
}
