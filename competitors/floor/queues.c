/*
 * prodcons and channel: items that go through a ring one after the other, and nobody waits. For
 * prodcons each item takes the lock twice, as the definition has it; a channel may be without a
 * lock, but both of its sides must agree on each item: two atomic exchanges.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "lock.h"
#include "workload.h"

struct queue_state {
	uint64_t items, capacity;
	uint64_t sum;
	struct lock lock;
	uint64_t head, held;
	uint64_t *slots;
	_Atomic uint64_t *places; /* of a channel: 0 is empty */
};

static void run_prodcons(void *state, struct result *result)
{
	struct queue_state *s = state;

	(void)result;
	for (uint64_t item = 1; item <= s->items; item++) {
		lock_take(&s->lock);
		uint64_t tail = s->head + s->held++;
		s->slots[tail < s->capacity ? tail : tail - s->capacity] = item;
		lock_give(&s->lock);
		lock_take(&s->lock);
		s->sum += s->slots[s->head];
		s->head = s->head + 1 < s->capacity ? s->head + 1 : 0;
		s->held--;
		lock_give(&s->lock);
	}
}

static void run_channel(void *state, struct result *result)
{
	struct queue_state *s = state;
	uint64_t place = 0;

	(void)result;
	for (uint64_t item = 1; item <= s->items; item++) {
		atomic_exchange_explicit(&s->places[place], item, memory_order_acq_rel);
		s->sum += atomic_exchange_explicit(&s->places[place], 0, memory_order_acq_rel);
		place = place + 1 < s->capacity ? place + 1 : 0;
	}
}

static void finish(void *state, struct result *result)
{
	struct queue_state *s = state;

	result->units = s->items;
	result->answer = s->sum;
	free(s->slots);
	free(s->places);
	free(s);
}

static void *setup(const struct args *args)
{
	struct queue_state *s = aligned_alloc(64, sizeof *s);

	if (!s)
		return NULL;
	*s = (struct queue_state){.items = param(args, "items"),
				  .capacity = param(args, "capacity")};
	s->slots = calloc(s->capacity, sizeof *s->slots);
	s->places = calloc(s->capacity, sizeof *s->places);
	if (!s->slots || !s->places) {
		free(s->slots);
		free(s->places);
		free(s);
		return NULL;
	}
	return s;
}

WORKLOAD(prodcons) = {
	.id = "prodcons",
	.params = {{"producers", 1}, {"consumers", 1}, {"capacity", 1}, {"items", 1}},
	.setup = setup,
	.run = run_prodcons,
	.finish = finish,
};

WORKLOAD(channel) = {
	.id = "channel",
	.params = {{"producers", 1}, {"consumers", 1}, {"capacity", 1}, {"items", 1}},
	.setup = setup,
	.run = run_channel,
	.finish = finish,
};
