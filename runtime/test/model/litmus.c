/*
 * The explorer itself, on programs whose outcomes under C11 are known. Each names
 * every outcome that has to be seen; an outcome that is missing or is not named
 * fails. x, y, z are 0 at first; r0, r1, ... are what is shown, in this order.
 */
#include "core/atomic.h"
#include "platform/platform.h"

static _Atomic uint32_t x, y, z;
static unsigned r[4];
static unsigned plain; /* not atomic, on purpose */

static void reset(void)
{
	mni_store(&x, 0, relaxed);
	mni_store(&y, 0, relaxed);
	mni_store(&z, 0, relaxed);
	r[0] = r[1] = r[2] = r[3] = 0;
	plain = 0;
}

static unsigned r0(void) { return r[0]; }
static unsigned r01(void) { return r[0] * 10 + r[1]; }
static unsigned r012(void) { return r01() * 10 + r[2]; }
static unsigned r0123(void) { return r012() * 10 + r[3]; }

static unsigned finals(void)
{
	return mni_load(&x, relaxed) * 10 + mni_load(&y, relaxed);
}

static unsigned r0_final(void)
{
	return r[0] * 10 + mni_load(&x, relaxed);
}

/* A litmus test: a body with a case for each thread, and what must be seen. */
#define LITMUS(id, count, about_, outcome_, outcomes_, ...)                                        \
	static void id##_body(unsigned thread)                                                     \
	{                                                                                          \
		switch (thread) {                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}                                                                                          \
	MODEL_SCENARIO(id) = {.name = "litmus/" #id, .about = about_, .threads = count,            \
			      .setup = reset, .body = id##_body, .outcome = outcome_,              \
			      .outcomes = outcomes_}

/* The same for a program that must fail. */
#define LITMUS_FAILS(id, count, about_, failure_, ...)                                             \
	static void id##_body(unsigned thread)                                                     \
	{                                                                                          \
		switch (thread) {                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}                                                                                          \
	MODEL_SCENARIO(id) = {.name = "litmus/" #id, .about = about_, .threads = count,            \
			      .setup = reset, .body = id##_body, .failure = failure_}

#define T(n, ...) case n: { __VA_ARGS__; break; }

/* --- store buffering --- */

LITMUS(sb, 2, "store buffering: both read 0", r01, "00 01 10 11",
       T(0, mni_store(&x, 1, release); r[0] = mni_load(&y, acquire))
       T(1, mni_store(&y, 1, release); r[1] = mni_load(&x, acquire)));

LITMUS(sb_fences, 2, "SC fences forbid it", r01, "01 10 11",
       T(0, mni_store(&x, 1, relaxed); mni_fence(seq_cst); r[0] = mni_load(&y, relaxed))
       T(1, mni_store(&y, 1, relaxed); mni_fence(seq_cst); r[1] = mni_load(&x, relaxed)));

LITMUS(sb_one_fence, 2, "one SC fence does not", r01, "00 01 10 11",
       T(0, mni_store(&x, 1, relaxed); mni_fence(seq_cst); r[0] = mni_load(&y, relaxed))
       T(1, mni_store(&y, 1, relaxed); r[1] = mni_load(&x, relaxed)));

LITMUS(sb_acq_rel_fences, 2, "nor do weaker fences", r01, "00 01 10 11",
       T(0, mni_store(&x, 1, relaxed); mni_fence(acq_rel); r[0] = mni_load(&y, relaxed))
       T(1, mni_store(&y, 1, relaxed); mni_fence(acq_rel); r[1] = mni_load(&x, relaxed)));

LITMUS(sb_rmw, 2, "an SC RMW is no fence for the load behind it (on x86 it is)", r01, "00 01 10 11",
       T(0, mni_exchange(&x, 1, seq_cst); r[0] = mni_load(&y, relaxed))
       T(1, mni_exchange(&y, 1, seq_cst); r[1] = mni_load(&x, relaxed)));

LITMUS(sb_rmw_fences, 2, "with the fence that is cheap after an SC RMW", r01, "01 10 11",
       T(0, mni_exchange(&x, 1, seq_cst); mni_fence(seq_cst); r[0] = mni_load(&y, relaxed))
       T(1, mni_exchange(&y, 1, seq_cst); mni_fence(seq_cst); r[1] = mni_load(&x, relaxed)));

LITMUS(sb_sc, 2, "SC accesses; C11 forbids 00, this model takes them as acquire and release", r01,
       "00 01 10 11",
       T(0, mni_store(&x, 1, seq_cst); r[0] = mni_load(&y, seq_cst))
       T(1, mni_store(&y, 1, seq_cst); r[1] = mni_load(&x, seq_cst)));

LITMUS(sb_light_heavy, 2, "a light and a heavy fence forbid it", r01, "01 10 11",
       T(0, mni_store(&x, 1, relaxed); mni_compiler_fence(); r[0] = mni_load(&y, relaxed))
       T(1, mni_store(&y, 1, relaxed); mn_plat_barrier(); r[1] = mni_load(&x, relaxed)));

LITMUS(sb_light, 2, "two light ones do not", r01, "00 01 10 11",
       T(0, mni_store(&x, 1, relaxed); mni_compiler_fence(); r[0] = mni_load(&y, relaxed))
       T(1, mni_store(&y, 1, relaxed); mni_compiler_fence(); r[1] = mni_load(&x, relaxed)));

LITMUS(sb_light_sc, 2, "nor a light one and an SC fence", r01, "00 01 10 11",
       T(0, mni_store(&x, 1, relaxed); mni_compiler_fence(); r[0] = mni_load(&y, relaxed))
       T(1, mni_store(&y, 1, relaxed); mni_fence(seq_cst); r[1] = mni_load(&x, relaxed)));

LITMUS(sb_heavy_sc, 2, "a heavy one is an SC fence, too", r01, "01 10 11",
       T(0, mni_store(&x, 1, relaxed); mn_plat_barrier(); r[0] = mni_load(&y, relaxed))
       T(1, mni_store(&y, 1, relaxed); mni_fence(seq_cst); r[1] = mni_load(&x, relaxed)));

/* --- message passing --- */

#define MP(store, load)                                                                            \
	T(0, mni_store(&x, 1, relaxed); mni_store(&y, 1, store))                                   \
	T(1, r[0] = mni_load(&y, load); r[1] = mni_load(&x, relaxed))

LITMUS(mp, 2, "message passing: the flag is there and the message is not", r01, "00 01 10 11",
       MP(relaxed, relaxed));
LITMUS(mp_release, 2, "release alone does not help", r01, "00 01 10 11", MP(release, relaxed));
LITMUS(mp_acquire, 2, "nor acquire alone", r01, "00 01 10 11", MP(relaxed, acquire));
LITMUS(mp_release_acquire, 2, "both together do", r01, "00 01 11", MP(release, acquire));

LITMUS(mp_fences, 2, "and so do fences", r01, "00 01 11",
       T(0, mni_store(&x, 1, relaxed); mni_fence(release); mni_store(&y, 1, relaxed))
       T(1, r[0] = mni_load(&y, relaxed); mni_fence(acquire); r[1] = mni_load(&x, relaxed)));

LITMUS(mp_fence_before, 2, "but not a release fence before the message", r01, "00 01 10 11",
       T(0, mni_fence(release); mni_store(&x, 1, relaxed); mni_store(&y, 1, relaxed))
       T(1, r[0] = mni_load(&y, relaxed); mni_fence(acquire); r[1] = mni_load(&x, relaxed)));

LITMUS(mp_plain, 2, "plain data behind a released flag: no race", r0, "0 2",
       T(0, plain = 2; mni_store(&y, 1, release))
       T(1, if (mni_load(&y, acquire)) r[0] = plain));

LITMUS_FAILS(mp_plain_relaxed, 2, "behind a relaxed flag: a race", "data race",
	     T(0, plain = 2; mni_store(&y, 1, relaxed))
	     T(1, if (mni_load(&y, acquire)) r[0] = plain));

LITMUS_FAILS(mp_plain_reused, 2, "a reader that is overtaken by the next write: a race", "data race",
	     T(0, plain = 2; mni_store(&y, 1, release); plain = 3)
	     T(1, if (mni_load(&y, acquire)) r[0] = plain));

LITMUS_FAILS(sc_fences_plain, 2, "SC fences alone do not order plain data", "data race",
	     T(0, plain = 2; mni_fence(seq_cst))
	     T(1, mni_fence(seq_cst); r[0] = plain));

/* --- three and four threads --- */

LITMUS(wrc, 3, "write to read causality, relaxed", r012, "000 001 010 011 100 101 110 111",
       T(0, mni_store(&x, 1, relaxed))
       T(1, r[0] = mni_load(&x, relaxed); mni_store(&y, 1, relaxed))
       T(2, r[1] = mni_load(&y, relaxed); r[2] = mni_load(&x, relaxed)));

LITMUS(wrc_release_acquire, 3, "is kept by release and acquire", r012, "000 001 010 011 100 101 111",
       T(0, mni_store(&x, 1, relaxed))
       T(1, r[0] = mni_load(&x, acquire); mni_store(&y, 1, release))
       T(2, r[1] = mni_load(&y, acquire); r[2] = mni_load(&x, relaxed)));

#define ALL_BUT_1010                                                                               \
	"0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111"

LITMUS(iriw, 4, "two readers see two writes in different order", r0123, ALL_BUT_1010 " 1010",
       T(0, mni_store(&x, 1, release))
       T(1, mni_store(&y, 1, release))
       T(2, r[0] = mni_load(&x, acquire); r[1] = mni_load(&y, acquire))
       T(3, r[2] = mni_load(&y, acquire); r[3] = mni_load(&x, acquire)));

LITMUS(iriw_fences, 4, "SC fences between the loads forbid it", r0123, ALL_BUT_1010,
       T(0, mni_store(&x, 1, relaxed))
       T(1, mni_store(&y, 1, relaxed))
       T(2, r[0] = mni_load(&x, relaxed); mni_fence(seq_cst); r[1] = mni_load(&y, relaxed))
       T(3, r[2] = mni_load(&y, relaxed); mni_fence(seq_cst); r[3] = mni_load(&x, relaxed)));

LITMUS(rwc_fences, 3, "read to write causality with SC fences", r012, "000 001 010 011 101 110 111",
       T(0, mni_store(&x, 1, relaxed))
       T(1, r[0] = mni_load(&x, relaxed); mni_fence(seq_cst); r[1] = mni_load(&y, relaxed))
       T(2, mni_store(&y, 1, relaxed); mni_fence(seq_cst); r[2] = mni_load(&x, relaxed)));

/* --- coherence --- */

LITMUS(corr, 2, "two loads never go back", r01, "00 01 02 11 12 22",
       T(0, mni_store(&x, 1, relaxed); mni_store(&x, 2, relaxed))
       T(1, r[0] = mni_load(&x, relaxed); r[1] = mni_load(&x, relaxed)));

LITMUS(cowr, 2, "a load behind a store never reads what was before it", r0_final, "11 12 22",
       T(0, mni_store(&x, 1, relaxed); r[0] = mni_load(&x, relaxed))
       T(1, mni_store(&x, 2, relaxed)));

LITMUS(corw, 2, "a store goes behind what was read before it", r0_final, "01 02 21",
       T(0, r[0] = mni_load(&x, relaxed); mni_store(&x, 1, relaxed))
       T(1, mni_store(&x, 2, relaxed)));

LITMUS(two_writers, 2, "2+2W: both locations end with the first store", finals, "11 12 21 22",
       T(0, mni_store(&x, 1, relaxed); mni_store(&y, 2, relaxed))
       T(1, mni_store(&y, 1, relaxed); mni_store(&x, 2, relaxed)));

LITMUS(two_writers_fences, 2, "SC fences forbid it", finals, "12 21 22",
       T(0, mni_store(&x, 1, relaxed); mni_fence(seq_cst); mni_store(&y, 2, relaxed))
       T(1, mni_store(&y, 1, relaxed); mni_fence(seq_cst); mni_store(&x, 2, relaxed)));

/* --- read-modify-writes --- */

LITMUS(rmw, 2, "each reads what the other has left", r01, "01 10",
       T(0, r[0] = mni_fetch_add(&x, 1, relaxed))
       T(1, r[1] = mni_fetch_add(&x, 1, relaxed)));

LITMUS(cas, 2, "one wins", r01, "01 10",
       T(0, uint32_t e = 0; r[0] = mni_cas(&x, &e, 1, relaxed, relaxed))
       T(1, uint32_t e = 0; r[1] = mni_cas(&x, &e, 2, relaxed, relaxed)));

LITMUS(cas_weak, 2, "nobody may win", r01, "00 01 10",
       T(0, uint32_t e = 0; r[0] = mni_cas_weak(&x, &e, 1, relaxed, relaxed))
       T(1, uint32_t e = 0; r[1] = mni_cas_weak(&x, &e, 2, relaxed, relaxed)));

LITMUS(rmw_glued, 2, "no store comes between an RMW and what it has read", r0_final, "02 23",
       T(0, r[0] = mni_fetch_add(&x, 1, relaxed))
       T(1, mni_store(&x, 2, relaxed)));

LITMUS(release_sequence, 3, "an RMW passes on what it has read", r01, "00 02 12 22",
       T(0, mni_store(&x, 2, relaxed); mni_store(&y, 1, release))
       T(1, uint32_t e = 1; mni_cas(&y, &e, 2, relaxed, relaxed))
       T(2, r[0] = mni_load(&y, acquire); r[1] = mni_load(&x, relaxed)));

LITMUS(release_sequence_store, 2, "a store of the same thread does not (as in C++20)", r01,
       "00 02 12 20 22",
       T(0, mni_store(&x, 2, relaxed); mni_store(&y, 1, release); mni_store(&y, 2, relaxed))
       T(1, r[0] = mni_load(&y, acquire); r[1] = mni_load(&x, relaxed)));

/* --- load buffering (late.c) --- */

#define LITMUS_LATE(id, about_, outcomes_, ...)                                                    \
	static void id##_body(unsigned thread)                                                     \
	{                                                                                          \
		switch (thread) {                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}                                                                                          \
	MODEL_SCENARIO(id) = {.name = "litmus/" #id, .about = about_, .threads = 2,                \
			      .setup = reset, .body = id##_body, .outcome = r01,                   \
			      .outcomes = outcomes_, .late_loads = 2}

LITMUS(lb_views, 2, "load buffering: C11 allows 11, views alone do not show it", r01, "00 01 10",
       T(0, r[0] = mni_load(&x, relaxed); mni_store(&y, 1, relaxed))
       T(1, r[1] = mni_load(&y, relaxed); mni_store(&x, 1, relaxed)));

LITMUS_LATE(lb, "with late loads 11 is seen", "00 01 10 11",
	    T(0, unsigned v = mni_load(&x, relaxed); mni_store(&y, 1, relaxed); r[0] = v)
	    T(1, unsigned v = mni_load(&y, relaxed); mni_store(&x, 1, relaxed); r[1] = v));

LITMUS_LATE(lb_one_dependency, "a dependency on one side does not forbid it", "00 01 11",
	    T(0, unsigned v = mni_load(&x, relaxed); mni_store(&y, 1, relaxed); r[0] = v)
	    T(1, unsigned v = mni_load(&y, relaxed); mni_store(&x, v, relaxed); r[1] = v));

LITMUS_LATE(lb_dependencies, "out of thin air (11), even where 1 might have been written",
	    "00 02 12 13",
	    T(0, unsigned v = mni_load(&x, relaxed); mni_store(&y, v, relaxed); r[0] = v)
	    T(1, unsigned other = model_choose(2); unsigned v = mni_load(&y, relaxed);
	      mni_store(&x, other ? 1 : v, relaxed); r[1] = 2 * other + v));

LITMUS_LATE(lb_release, "release order on one side forbids it, with acquire on the other", "00 01 10",
	    T(0, unsigned v = mni_load(&x, relaxed); mni_store(&y, 1, release); r[0] = v)
	    T(1, unsigned v = mni_load(&y, acquire); mni_store(&x, 1, relaxed); r[1] = v));

LITMUS_LATE(lb_rmw, "a compare-and-swap overtakes a load, too", "00 01 11",
	    T(0, uint32_t e = 0; unsigned v = mni_load(&x, relaxed);
	      mni_cas(&y, &e, 1, acquire, relaxed); r[0] = v)
	    T(1, unsigned v = mni_load(&y, relaxed); mni_store(&x, v, relaxed); r[1] = v));

LITMUS_LATE(lb_fence, "a fence between load and store forbids it", "00 01",
	    T(0, unsigned v = mni_load(&x, relaxed); mni_fence(release); mni_store(&y, 1, relaxed); r[0] = v)
	    T(1, unsigned v = mni_load(&y, relaxed); mni_store(&x, v, relaxed); r[1] = v));

/* --- waiting --- */

static void woken(void)
{
	r[1] = model_blocked(1);
}

#define WAITS(id, about_, outcomes_, ...)                                                          \
	static void id##_body(unsigned thread)                                                     \
	{                                                                                          \
		switch (thread) {                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}                                                                                          \
	MODEL_SCENARIO(id) = {.name = "litmus/" #id, .about = about_, .threads = 2,                \
			      .setup = reset, .body = id##_body, .finish = woken,                  \
			      .outcome = r01, .outcomes = outcomes_, .spurious_waits = 1}

WAITS(wait, "store and wake: a wait on the word itself always ends; other memory may be old",
      "00 10",
      T(0, mni_store(&y, 1, relaxed); mni_store(&x, 1, relaxed); mn_plat_wake(&x))
      T(1, mn_plat_wait(&x, 0, MN_PLAT_FOREVER); r[0] = mni_load(&y, relaxed)));

WAITS(wait_unwoken, "a store without a wake", "01 00 10",
      T(0, mni_store(&y, 1, relaxed); mni_store(&x, 1, relaxed))
      T(1, mn_plat_wait(&x, 0, MN_PLAT_FOREVER); r[0] = mni_load(&y, relaxed)));

WAITS(wait_late, "the flag is stored behind the wake: lost", "01 00 10",
      T(0, mn_plat_wake(&x); mni_store(&x, 1, relaxed); mni_store(&y, 1, relaxed))
      T(1, mn_plat_wait(&x, 0, MN_PLAT_FOREVER); r[0] = mni_load(&y, relaxed)));
