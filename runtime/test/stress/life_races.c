/*
 * Proves: create, join, detach and exit may meet in any order on any workers.
 * Actors put new threads' handles on a board, and take each other's off it to
 * join or detach them, at whatever point of their lives these are: not
 * started, running, blocked, ending, long ended. Every thread runs once, every
 * join gets the right result, and at the end all are gone.
 */
#include <stdatomic.h>

#include "check.h"

#define ACTORS 12
#define PLACES 32
#define STEPS 600

static _Atomic mn_thread_t board[PLACES];
static _Atomic uint64_t begun;
static _Atomic uint64_t ended;
static _Atomic uint64_t created;
static struct mn_sem tokens;

/* What a thread does and returns is in its argument: the number of yields, and so on. */
enum { QUICK, YIELDS, BLOCKS, EXITS_DEEP, HAS_CHILD, DETACHES_ITSELF, KINDS };

#define RESULT(arg) ((void *)((uintptr_t)(arg) * 31 + 7))

__attribute__((noipa)) static int exit_deep(int depth, void *result)
{
	volatile int frame[20];

	frame[0] = depth;
	if (depth == 20)
		mn_thread_exit(result);
	return depth > 20 ? 0 : exit_deep(depth + 1, result) + frame[0];
}

static void *live(void *arg);

static void end_note(void)
{
	atomic_fetch_add(&ended, 1);
}

static void live_inner(uintptr_t kind, uintptr_t amount, void *arg)
{
	mn_thread_t t;

	switch (kind) {
	case YIELDS:
		for (; amount; amount--)
			mn_thread_yield();
		break;
	case BLOCKS:
		mn_sem_wait(&tokens);
		if (amount % 2)
			mn_thread_yield();
		mn_sem_post(&tokens);
		break;
	case EXITS_DEEP:
		end_note();
		exit_deep(0, RESULT(arg));
		break;
	case HAS_CHILD:
		atomic_fetch_add(&created, 1);
		t = test_spawn(live, (void *)(amount % 4 * KINDS + amount % 4));
		if (amount % 3 == 0)
			mn_thread_yield();
		if (amount % 5)
			CHECK_EQ(test_join(t), RESULT(amount % 4 * KINDS + amount % 4));
		else
			CHECK_EQ(mn_thread_detach(t), 0);
		break;
	case DETACHES_ITSELF:
		CHECK_EQ(mn_thread_detach(mn_thread_self()), 0);
		break;
	default:
		break;
	}
}

static void *live(void *arg)
{
	atomic_fetch_add(&begun, 1);
	live_inner((uintptr_t)arg % KINDS, (uintptr_t)arg / KINDS, arg);
	end_note();
	return RESULT(arg);
}

/* The argument of the thread whose handle is in the same place. */
static _Atomic uintptr_t argument_at[PLACES];

/* Joins or detaches a thread; only the taker of its handle may. */
static void dispose(uint64_t *random, mn_thread_t t, uintptr_t arg)
{
	if (arg % KINDS == DETACHES_ITSELF)
		return;
	if (test_below(random, 3))
		CHECK_EQ(test_join(t), RESULT(arg));
	else
		CHECK_EQ(mn_thread_detach(t), 0);
}

/* A place with a handle of 1 is being changed: who exchanged the handle out owns it. */
static void *act(void *arg)
{
	uint64_t random = (uintptr_t)arg;

	for (int i = 0; i < STEPS; i++) {
		uint64_t place = test_below(&random, PLACES);
		mn_thread_t t = atomic_exchange(&board[place], 1);
		uintptr_t what = test_below(&random, KINDS * 8);
		uintptr_t old;
		mn_thread_t new;

		if (t == 1) { /* somebody else is at it */
			mn_thread_yield();
			continue;
		}
		old = atomic_load(&argument_at[place]);
		atomic_fetch_add(&created, 1);
		CHECK_EQ(mn_thread_create(&new, NULL, live, (void *)what), 0);
		atomic_store(&argument_at[place], what);
		atomic_store(&board[place], new);
		if (test_below(&random, 2))
			mn_thread_yield();
		if (t)
			dispose(&random, t, old);
	}
	return NULL;
}

int main(void)
{
	uint64_t random = test_seed();

	test_start();
	for (uint64_t n = test_times(4); n; n--) {
		mn_thread_t actor[ACTORS];

		CHECK_EQ(mn_sem_init(&tokens, 3), 0);
		for (int i = 0; i < ACTORS; i++)
			actor[i] = test_spawn(act, (void *)(uintptr_t)test_random(&random));
		for (int i = 0; i < ACTORS; i++)
			test_join(actor[i]);
		for (int i = 0; i < PLACES; i++) {
			mn_thread_t t = atomic_exchange(&board[i], 0);

			if (t)
				dispose(&random, t, atomic_load(&argument_at[i]));
		}
		while (atomic_load(&ended) != atomic_load(&created))
			test_pause();
		CHECK_EQ(atomic_load(&begun), atomic_load(&created));
	}
	test_stop();
	CHECK_EQ(atomic_load(&ended), atomic_load(&created));
	return 0;
}
