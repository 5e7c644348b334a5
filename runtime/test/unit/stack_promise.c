/*
 * Proves: a thread may use all of the stack that it was promised, whatever
 * else goes on: on a fresh stack and a used one, run in place by its joiner at
 * any depth of the joiner's stack, with a size of its own; and what it has on
 * its stack stays there when others run.
 */
#include "check.h"

/* What the functions here need themselves, and what a sanitizer adds. */
#define OWN (TEST_SLOWDOWN > 1 ? 6000 : 700)

__attribute__((noipa)) static void fill_and_yield(size_t bytes, unsigned char seed, bool yields)
{
	unsigned char *space = __builtin_alloca(bytes);

	for (size_t i = 0; i < bytes; i += 61)
		space[i] = (unsigned char)(i * 7 + seed);
	if (yields)
		mn_thread_yield();
	for (size_t i = 0; i < bytes; i += 61)
		if (space[i] != (unsigned char)(i * 7 + seed))
			FAIL("byte %zu of %zu is %u", i, bytes, space[i]);
}

struct job {
	size_t promise;
	bool yields;
};

static void *use_all(void *arg)
{
	const struct job *j = arg;

	fill_and_yield(j->promise - OWN, (unsigned char)(uintptr_t)mn_thread_self(), j->yields);
	return NULL;
}

/* Threads that live at the same time. */
static void together(size_t promise, const struct mn_thread_attr *attr)
{
	struct job jobs[2] = {{promise, true}, {promise, false}};
	mn_thread_t t[30];

	for (int i = 0; i < 30; i++)
		CHECK_EQ(mn_thread_create(&t[i], attr, use_all, &jobs[i % 2]), 0);
	mn_thread_yield();
	for (int i = 0; i < 30; i++)
		test_join(t[i]);
}

/* Joins a thread that uses its promise with `below` bytes of the own stack used. */
__attribute__((noipa)) static void join_at_depth(struct job *j, size_t below)
{
	unsigned char *space = __builtin_alloca(below);

	memset(space, 0x5a, below);
	test_join(test_spawn(use_all, j));
	for (size_t i = 0; i < below; i += 8)
		CHECK_EQ(space[i], 0x5a);
}

static void *join_at_all_depths(void *arg)
{
	struct job j = {*(size_t *)arg, false};

	for (size_t below = 64; below < j.promise - OWN; below += 1 + j.promise / 40) {
		join_at_depth(&j, below);
		j.yields = !j.yields;
	}
	return NULL;
}

/*
 * More than was promised is there in fact, which is not for programs to use,
 * but the runtime uses it to run threads in place. Near its end, too.
 */
static void *join_at_the_end(void *arg)
{
	struct job j = {*(size_t *)arg, false};

	for (size_t below = j.promise; below < 2 * j.promise - 4096; below += j.promise / 50)
		join_at_depth(&j, below);
	return NULL;
}

int main(void)
{
	static const size_t sizes[] = {0, 16384, 1 << 19};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct mn_config config = {.stack_size = sizes[i]};
		size_t promise = sizes[i] ? sizes[i] : 65536;
		struct mn_thread_attr attr = {.stack_size = 3 * promise};
		mn_thread_t t;

		CHECK_EQ(mn_init(&config), 0);
		together(promise, NULL);
		together(promise, NULL); /* on used stacks */
		together(3 * promise, &attr);
		t = test_spawn(join_at_all_depths, &promise);
		mn_thread_yield();
		test_join(t);
		if (promise <= 65536 && TEST_SLOWDOWN == 1) {
			t = test_spawn(join_at_the_end, &promise);
			mn_thread_yield();
			test_join(t);
		}
		test_stop();
	}
	return 0;
}
