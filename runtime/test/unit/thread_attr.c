/*
 * Proves: what an attribute asks for is given: a stack of a larger size, or
 * not at all when there can be none such (EAGAIN, nothing is created); detached
 * from the start; a size below the runtime's own is rounded up to it.
 */
#include <stdatomic.h>

#include "check.h"

static _Atomic int runs;

/* Writes to bytes of stack below its own frame. */
__attribute__((noipa)) static void use_stack(size_t bytes)
{
	volatile char *space = __builtin_alloca(bytes);

	for (size_t i = 0; i < bytes; i += bytes / 64)
		space[i] = (char)i;
	space[bytes - 1] = 1;
}

static void *use(void *arg)
{
	use_stack((uintptr_t)arg - 512);
	atomic_fetch_add(&runs, 1);
	return arg;
}

static void sizes(void)
{
	for (size_t size = 4096; size <= (size_t)16 << 20; size *= 4) {
		struct mn_thread_attr attr = {.stack_size = size + 1};
		mn_thread_t t[5];

		for (int i = 0; i < 5; i++)
			CHECK_EQ(mn_thread_create(&t[i], &attr, use, (void *)size), 0);
		for (int i = 0; i < 5; i++)
			CHECK_EQ(test_join(t[i]), size);
	}
}

static void too_large(void)
{
	static const size_t sizes[] = {(size_t)1 << 47, (size_t)1 << 62, SIZE_MAX / 2,
				       SIZE_MAX - 65536, SIZE_MAX - 4096, SIZE_MAX - 2048, SIZE_MAX - 1,
				       SIZE_MAX};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct mn_thread_attr attr = {.stack_size = sizes[i]};
		mn_thread_t t = 0;

		CHECK_EQ(mn_thread_create(&t, &attr, use, (void *)8192), -EAGAIN);
	}
}

static void detached(void)
{
	struct mn_thread_attr attr = {.detached = 1};

	atomic_store(&runs, 0);
	for (int i = 0; i < 100; i++) {
		mn_thread_t t;

		attr.stack_size = i % 2 ? 0 : 200000;
		CHECK_EQ(mn_thread_create(i % 3 ? &t : NULL, &attr, use, (void *)8192), 0);
		if (i % 3)
			CHECK(mn_thread_detach(t) != 0);
	}
	while (atomic_load(&runs) < 100)
		test_pause();
}

int main(void)
{
	test_start();
	sizes();
	too_large();
	detached();
	test_stop();
	return 0;
}
