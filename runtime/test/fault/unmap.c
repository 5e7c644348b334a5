/*
 * Proves: when the kernel refuses to unmap stacks of their own size, as it does where
 * that would make one mapping too many, threads end and are joined as always, the memory
 * of what they had on these stacks is given back, new threads run on them, and they are
 * unmapped when the kernel agrees again.
 */
#define _GNU_SOURCE
#include "fault/faults.h"

#include "check.h"

#define THREADS 40
#define FRAME 100000

static _Atomic(char *) lowest[THREADS];

__attribute__((noipa)) static void *fill(void *arg)
{
	volatile char frame[FRAME];

	for (size_t i = 0; i < FRAME; i += 1000)
		frame[i] = 1;
	atomic_store(&lowest[(uintptr_t)arg], (char *)frame);
	return arg;
}

static void run_all(void)
{
	static const struct mn_thread_attr large = {.stack_size = 200000};
	mn_thread_t t[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(mn_thread_create(&t[i], &large, fill, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(test_join(t[i]), i);
}

/* Whether there is memory behind the page of this address, which is mapped. */
static bool has_memory(char *p)
{
	unsigned char in = 0;

	CHECK_EQ(mincore((void *)((uintptr_t)p / 4096 * 4096), 4096, &in), 0);
	return in & 1;
}

int main(void)
{
	struct faults_held before;
	struct faults_held kept;

	faults_without_watch();
	test_start_one_cooperative_worker(); /* so that all are there before the first ends */
	run_all();
	before = faults_held();
	faults_deny(FAULT_UNMAP);
	run_all();
	kept = faults_held();
	CHECK_REL(kept.maps, >=, before.maps + THREADS);
	for (int i = 0; i < THREADS; i++)
		CHECK(!has_memory(lowest[i] + FRAME / 2));
	run_all();
	CHECK_EQ(faults_held().maps, kept.maps);
	CHECK(faults_hit());
	run_all();
	CHECK_EQ(faults_held().maps, before.maps);
	test_stop();
	CHECK_EQ(faults_held().maps, 0);
	return 0;
}
