/*
 * Proves: under policy local, the new threads of a creator are dealt to the
 * workers in turn, and each runs on one worker for all its life, wherever it is
 * woken from; nothing is stolen.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <unistd.h>

#include "check.h"

TEST_ONCE;

#define WORKERS 3
#define THREADS (WORKERS * 8)
#define ROUNDS 200

static struct mn_sem turn[THREADS];
static pid_t place[THREADS];

__attribute__((noipa)) static pid_t kernel_thread(void)
{
	return gettid();
}

/* Each is woken by the one before, which lives on another worker, and yields. */
static void *stay(void *arg)
{
	size_t me = (size_t)(uintptr_t)arg;
	pid_t here = kernel_thread();

	place[me] = here;
	for (int i = 0; i < ROUNDS; i++) {
		mn_sem_wait(&turn[me]);
		CHECK_EQ(kernel_thread(), here);
		mn_thread_yield();
		CHECK_EQ(kernel_thread(), here);
		CHECK_EQ(mn_sem_post(&turn[(me + 1) % THREADS]), 0);
	}
	return NULL;
}

static void *create_own(void *arg)
{
	mn_thread_t t[WORKERS];
	pid_t here = kernel_thread();

	for (size_t i = 0; i < WORKERS; i++)
		t[i] = test_spawn(stay, (void *)i);
	for (size_t i = 0; i < WORKERS; i++)
		test_join(t[i]);
	CHECK_EQ(kernel_thread(), here);
	return arg;
}

static void check_places(size_t n)
{
	for (size_t i = WORKERS; i < n; i++)
		CHECK_EQ(place[i], place[i - WORKERS]);
	for (size_t i = 0; i < WORKERS; i++)
		for (size_t j = 0; j < i; j++)
			CHECK(place[i] != place[j]);
}

int main(void)
{
	const struct mn_config config = {.policy = "local", .workers = WORKERS};
	mn_thread_t t[THREADS];
	struct mn_stats s;

	CHECK_EQ(mn_init(&config), 0);
	for (size_t i = 0; i < THREADS; i++)
		CHECK_EQ(mn_sem_init(&turn[i], 0), 0);
	for (size_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(stay, (void *)i);
	for (size_t i = 0; i < THREADS; i += 5)
		CHECK_EQ(mn_sem_post(&turn[i]), 0); /* several tokens go round */
	for (size_t i = 0; i < THREADS; i++)
		test_join(t[i]);
	check_places(THREADS);
	CHECK_EQ(place[0], kernel_thread()); /* the creator's own worker comes first */

	for (size_t i = 0; i < WORKERS; i++)
		CHECK_EQ(mn_sem_init(&turn[i], ROUNDS), 0);
	t[0] = test_spawn(create_own, NULL);
	test_join(t[0]);
	check_places(WORKERS);

	mn_stats_read(&s);
	CHECK_EQ(s.steal_hits, 0);
	CHECK_EQ(s.migrations, 0);
	CHECK_REL(s.home_wakes, >, 0);
	test_stop();
	return 0;
}
