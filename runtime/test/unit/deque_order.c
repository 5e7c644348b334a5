/*
 * Proves, with one thread: the deque is first in, first out at the top, last
 * in, first out at the bottom, and one of the newest can be taken out from among
 * the others, for any mixture of its operations, through growth and around its
 * array many times, as a plain list is; in both flavours of the owner's
 * operations. When there is no memory to grow, push says so and
 * the deque is as it was.
 */
#include "check.h"
#include "sched/deque.h"

TEST_ONCE;

static uint64_t allocations;
static uint64_t live_bytes;
static bool refuse;

#if defined(MN_TEST_PERTURB_H) /* its delays want it; there is no library here */
__thread volatile unsigned mn_plat_outside;
#endif

void *mni_deque_alloc(size_t bytes)
{
	if (refuse)
		return NULL;
	allocations++;
	live_bytes += bytes;
	return aligned_alloc(64, (bytes + 63) / 64 * 64);
}

void mni_deque_release(void *array, size_t bytes)
{
	live_bytes -= bytes;
	free(array);
}

/* The reference: what is in the deque, oldest first. */
#define MOST 100000
static uintptr_t list[2 * MOST];
static size_t first;
static size_t last;

static void *expect_oldest(void)
{
	return first < last ? (void *)list[first++] : NULL;
}

static void *expect_newest(void)
{
	return first < last ? (void *)list[--last] : NULL;
}

/* Whether x, at any place but the oldest, is among the newest; then it is gone. */
static bool expect_out(uintptr_t x)
{
	for (size_t i = last; i-- > first + 1 && i + MNI_DEQUE_NEAR >= last;)
		if (list[i] == x) {
			memmove(list + i, list + i + 1, (last - i - 1) * sizeof *list);
			last--;
			return true;
		}
	return false;
}

static void push(struct mni_deque *d, uintptr_t x)
{
	if (last == 2 * MOST) {
		memmove(list, list + first, (last - first) * sizeof *list);
		last -= first;
		first = 0;
	}
	CHECK(mni_deque_push(d, (void *)x));
	list[last++] = x;
}

static void check_size(struct mni_deque *d)
{
	CHECK_EQ(mni_deque_size(d), last - first);
	CHECK_EQ(mni_deque_peek(d, true), first < last ? list[first] : 0);
	CHECK_EQ(mni_deque_peek(d, false), first < last ? list[last - 1] : 0);
}

/* bias: of 16 operations so many are pushes. */
static void mixture(struct mni_deque *d, uint64_t *random, int operations, uint64_t bias, bool alone)
{
	static uintptr_t next = 1;

	for (int i = 0; i < operations; i++) {
		if (test_below(random, 16) < bias && last - first < MOST) {
			push(d, 8 * next++);
		} else {
			uint64_t which = test_below(random, 4);
			uintptr_t x;

			if (which == 0)
				CHECK_EQ(alone ? mni_deque_take_alone(d) : mni_deque_take(d),
					 expect_newest());
			else if (which == 1)
				CHECK_EQ(alone ? mni_deque_take_oldest_alone(d)
					       : mni_deque_take_oldest(d),
					 expect_oldest());
			else if (which == 2)
				CHECK_EQ(mni_deque_steal(d), expect_oldest());
			else {
				x = last ? list[last - 1 -
						test_below(random, last < 20 ? last : 20)]
					 : 8;
				CHECK_EQ(alone ? mni_deque_take_out_alone(d, (void *)x)
					       : mni_deque_take_out(d, (void *)x),
					 expect_out(x));
			}
		}
		check_size(d);
	}
}

static void empty(struct mni_deque *d)
{
	CHECK_EQ(mni_deque_size(d), 0);
	CHECK_EQ(mni_deque_take(d), NULL);
	CHECK_EQ(mni_deque_take_oldest(d), NULL);
	CHECK_EQ(mni_deque_steal(d), MNI_DEQUE_EMPTY);
	CHECK_EQ(mni_deque_take_alone(d), NULL);
	CHECK_EQ(mni_deque_take_oldest_alone(d), NULL);
	CHECK_EQ(mni_deque_peek(d, true), NULL);
	CHECK_EQ(mni_deque_peek(d, false), NULL);
	CHECK_EQ(mni_deque_size(d), 0);
}

static void no_memory(void)
{
	struct mni_deque d;

	refuse = true;
	CHECK(!mni_deque_init(&d, 4));
	refuse = false;
	CHECK(mni_deque_init(&d, 4));
	for (uintptr_t i = 1; i <= 4; i++)
		CHECK(mni_deque_push(&d, (void *)(8 * i)));
	refuse = true;
	for (int i = 0; i < 3; i++)
		CHECK(!mni_deque_push(&d, (void *)80));
	CHECK_EQ(mni_deque_size(&d), 4);
	CHECK_EQ(mni_deque_steal(&d), 8);
	CHECK(mni_deque_push(&d, (void *)40)); /* there is room again */
	CHECK(!mni_deque_push(&d, (void *)48));
	for (uintptr_t i = 2; i <= 5; i++)
		CHECK_EQ(mni_deque_take_oldest(&d), 8 * i);
	empty(&d);
	refuse = false;
	mni_deque_free(&d);
}

int main(void)
{
	uint64_t random = test_seed();

	for (int64_t size = 1; size <= 256; size *= 4)
		for (int alone = 0; alone < 2; alone++) {
			struct mni_deque d;

			first = last = 0;
			CHECK(mni_deque_init(&d, size));
			empty(&d);
			mixture(&d, &random, 20000, 8, alone); /* short, many times around */
			mixture(&d, &random, 5000, 14, alone); /* growing */
			mixture(&d, &random, 20000, 4, alone); /* and down to nothing */
			while (first < last)
				CHECK_EQ(mni_deque_take(&d), expect_newest());
			empty(&d);
			CHECK_REL(allocations, >, 1);
			mni_deque_free(&d);
			CHECK_EQ(live_bytes, 0);
		}
	no_memory();
	CHECK_EQ(live_bytes, 0);
	return 0;
}
