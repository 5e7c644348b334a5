/*
 * Proves: no wake-up is lost: producers and consumers around a buffer of one to
 * three places, which wait and signal at nearly every step, all come to their
 * end, and every item is taken once.
 */
#include "check.h"

#define PRODUCERS 5
#define CONSUMERS 3
#define ITEMS 600 /* of each producer */

static struct mn_mutex lock;
static struct mn_cond not_full;
static struct mn_cond not_empty;

/* Guarded by lock. */
static uint64_t buffer[3];
static int capacity;
static int used;
static int next_in;
static int next_out;

static void put(uint64_t item)
{
	mn_mutex_lock(&lock);
	while (used == capacity)
		mn_cond_wait(&not_full, &lock);
	buffer[next_in] = item;
	next_in = (next_in + 1) % capacity;
	used++;
	mn_cond_signal(&not_empty);
	mn_mutex_unlock(&lock);
}

static uint64_t take(void)
{
	uint64_t item;

	mn_mutex_lock(&lock);
	while (!used)
		mn_cond_wait(&not_empty, &lock);
	item = buffer[next_out];
	next_out = (next_out + 1) % capacity;
	used--;
	mn_cond_signal(&not_full);
	mn_mutex_unlock(&lock);
	return item;
}

static void *produce(void *arg)
{
	for (uint64_t i = 0; i < ITEMS; i++)
		put((uintptr_t)arg * ITEMS + i + 1);
	return NULL;
}

/* Takes until it gets a 0; the sum of what it took. */
static void *consume(void *arg)
{
	uint64_t sum = 0;
	uint64_t item;

	(void)arg;
	while ((item = take()))
		sum += item;
	return (void *)sum;
}

int main(void)
{
	uint64_t n = PRODUCERS * ITEMS;

	test_start();
	for (capacity = 1; capacity <= 3; capacity++) {
		mn_thread_t p[PRODUCERS];
		mn_thread_t c[CONSUMERS];
		uint64_t sum = 0;

		used = next_in = next_out = 0;
		for (int i = 0; i < CONSUMERS; i++)
			c[i] = test_spawn(consume, NULL);
		for (uintptr_t i = 0; i < PRODUCERS; i++)
			p[i] = test_spawn(produce, (void *)i);
		for (int i = 0; i < PRODUCERS; i++)
			test_join(p[i]);
		for (int i = 0; i < CONSUMERS; i++)
			put(0);
		for (int i = 0; i < CONSUMERS; i++)
			sum += (uintptr_t)test_join(c[i]);
		CHECK_EQ(sum, n * (n + 1) / 2);
	}
	test_stop();
	return 0;
}
