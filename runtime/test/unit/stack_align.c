/*
 * Proves: a thread's first frame is aligned as the ABI says, so that its
 * locals that must be are, on fresh and used stacks, of any size, and run in
 * place; and that functions with variable arguments, which use aligned stores,
 * work there.
 */
#include "check.h"

typedef float vector __attribute__((vector_size(16)));

/* 16 bytes is what the ABI promises without the compiler realigning. */
__attribute__((noipa)) static uintptr_t place_of_local(void)
{
	volatile vector v = {1, 2, 3, 4};

	CHECK(v[3] == 4);
	return (uintptr_t)&v;
}

static void *check(void *arg)
{
	char text[100];
	_Alignas(16) volatile vector v = {0, 1};
	_Alignas(64) volatile char line[64] = {0};

	CHECK_EQ((uintptr_t)&v % 16, 0);
	CHECK_EQ((uintptr_t)line % 64, 0);
	CHECK_EQ(place_of_local() % 16, 0);
	CHECK_EQ(snprintf(text, sizeof text, "%.3f %.1f", 2.5, 1e10), 19);
	CHECK(!strcmp(text, "2.500 10000000000.0"));
	if (arg)
		mn_thread_yield();
	return NULL;
}

static void *check_in_place(void *arg)
{
	volatile char odd[33];

	odd[0] = 1;
	for (int i = 0; i < 10; i++)
		test_join(test_spawn(check, arg));
	return (void *)(uintptr_t)odd[0];
}

int main(void)
{
	mn_thread_t t[40];

	test_start();
	for (int round = 0; round < 3; round++) {
		for (uintptr_t i = 0; i < 40; i++) {
			struct mn_thread_attr attr = {.stack_size = i % 4 ? 0 : 100001 + 1000 * i};

			CHECK_EQ(mn_thread_create(&t[i], &attr, i % 3 ? check : check_in_place,
						  (void *)(i % 2)),
				 0);
		}
		if (round)
			mn_thread_yield();
		for (int i = 0; i < 40; i++)
			test_join(t[i]);
	}
	test_stop();
	return 0;
}
