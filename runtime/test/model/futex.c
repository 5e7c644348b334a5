/*
 * The platform contract (platform/platform.h) as far as explored code uses it.
 *
 * mn_plat_wait() compares and blocks in one step, and returns early without a
 * reason once per thread. What it promises, and no more: when a thread stores to
 * the word and then calls mn_plat_wake(), a wait that comes later sees the store,
 * and one that came earlier is woken. Neither side learns anything about other
 * memory: that is left to the orders in the code. (Linux's futexes do order
 * other memory; another platform's wait need not.)
 *
 * A timed wait may end while others run, as often as the scenario allows, and
 * ends when everything else is blocked. In that case whatever was stored has
 * become visible meanwhile (but has not been acquired): stores take no longer.
 */
#include <string.h>

#include "machine.h"

#include "platform/platform.h"

static __attribute__((noinline)) void wait(_Atomic uint32_t *word, uint32_t expect,
					   uint64_t timeout_ns)
{
	struct thread *t = machine.self;

	late_barrier();
	machine.self->just_fenced = false;
	explore_before_load();
	t->past_loads = true;
	if (t->spurious_waits && model_choose(2)) {
		t->spurious_waits--;
		trace(NULL, "waits and returns early");
		return;
	}
	if (memory_kernel_read(word) != expect) {
		trace(NULL, "does not wait: the word is not %u", expect);
		return;
	}
	trace(NULL, "waits");
	t->waits_on = word;
	t->status = timeout_ns == MN_PLAT_FOREVER ? WAITING : WAITING_TIMED;
	t->timed_out = false;
	explore_switch();
	t->waits_on = NULL;
	if (t->timed_out)
		machine.time_ns += timeout_ns;
	remember(t->timed_out);
	trace(NULL, t->timed_out ? "has waited long enough" : "is woken");
}

void mn_plat_wait(_Atomic uint32_t *word, uint32_t expect, uint64_t timeout_ns)
{
	model_entry(mix2((uintptr_t)word ^ expect, timeout_ns));
	wait(word, expect, timeout_ns);
	fiber_scrub();
}

static __attribute__((noinline)) void wake(_Atomic uint32_t *word)
{
	struct thread *can[MODEL_THREADS];
	unsigned n = 0;

	if (!machine.self)
		return;
	late_barrier();
	machine.self->just_fenced = false;
	explore_before_load();
	machine.self->past_loads = true;
	memory_kernel_saw(word);
	for (unsigned i = 0; i < machine.scenario->threads; i++)
		if (machine.thread[i].waits_on == word && machine.thread[i].status != READY)
			can[n++] = &machine.thread[i];
	if (n)
		can[explore_choose(n)]->status = READY;
	trace(NULL, n ? "wakes" : "wakes nobody");
}

void mn_plat_wake(_Atomic uint32_t *word)
{
	model_entry((uintptr_t)word);
	wake(word);
	fiber_scrub();
}

/*
 * Time passes when a timed wait ends by it. Besides, each look at the clock finds
 * it further on, by turns: a little, and so much that searches give up.
 */
uint64_t mn_plat_now_ns(void)
{
	static const uint64_t later[] = {0, 2000, 50000};
	unsigned looks = machine.self ? machine.self->looks_at_clock : 0;

	if (machine.self)
		machine.self->looks_at_clock = (looks + 1) % 3;
	return machine.time_ns + later[looks];
}

void *mn_plat_map(size_t bytes)
{
	return memset(model_alloc(bytes), 0, bytes);
}

struct mni_worker *model_self_worker(void)
{
	return machine.self ? machine.self->worker : NULL;
}

void model_play_worker(struct mni_worker *w)
{
	machine.self->worker = w;
}

_Atomic(struct mni_worker *) *model_self_word(unsigned thread)
{
	static _Atomic(struct mni_worker *) word[MODEL_THREADS + 1];

	return machine.scenario->self_is_shared ? &word[thread] : NULL;
}

static struct mni_carrier *carrier[MODEL_THREADS];

struct mni_carrier *mn_plat_carrier(void)
{
	return carrier[model_thread()];
}

void mn_plat_set_carrier(struct mni_carrier *k)
{
	carrier[model_thread()] = k;
}

int *mn_plat_errno(void)
{
	static int error[MODEL_THREADS];

	return &error[model_thread()];
}

struct mn_plat_exceptions *mn_plat_exceptions(void)
{
	return NULL;
}

void mn_plat_say(const char *line)
{
	model_fail("the runtime says: %s", line);
}

void mn_plat_relinquish(void) {}

/* Reports take no part in what is explored. */
void mn_plat_diag_look(void) {}

/* Stands among the shipped sources' sites, for mutations. */
static struct model_site barrier = {
	.file = "core/internal.h",
	.line = 1,
	.function = "mni_heavy_fence",
	.name = "mn_plat_barrier",
	.expression = "",
	.kind = MODEL_HEAVY_FENCE,
	.order = MODEL_seq_cst,
};
static struct model_site *const barrier_entry __attribute__((section("model_sites"), used)) =
	&barrier;
static struct model_site own_barrier = {.file = "", .kind = MODEL_FENCE, .order = MODEL_seq_cst};

void mn_plat_barrier(void)
{
	if (barrier.order != MODEL_removed)
		model_fence(&own_barrier); /* in the caller it is a whole one */
	model_fence(&barrier);
}

void mn_plat_tick_mask(void) {}

void mn_plat_tick_set(mn_plat_tick *t, uint64_t first_ns, uint64_t interval_ns)
{
	(void)t;
	(void)first_ns;
	(void)interval_ns;
}
