/* The parts of make bench-scale; see scale.h. */
#define _GNU_SOURCE
#include "scale.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u
#define POINTS 16
#define APART_NS 20000u
#define MADV_GUARD_INSTALL_ 102 /* Linux 6.13 */

/* --- floors --- */

struct share {
	char *pages;
	uint64_t count;
	uint64_t stride;
};

static void *touch(void *arg)
{
	struct share *s = arg;

	for (uint64_t i = 0; i < s->count; i++) {
		char *p = s->pages + i * s->stride;

		if (s->stride > PAGE && madvise(p, PAGE, MADV_GUARD_INSTALL_))
			MUST(!mprotect(p, PAGE, PROT_NONE));
		*(volatile char *)(p + s->stride - PAGE + 100) = 1;
	}
	return NULL;
}

static double touch_all(const struct setup *s, uint64_t stride)
{
	struct share share[256];
	pthread_t t[256];
	uint64_t bytes = s->threads * stride;
	uint64_t each = s->threads / s->workers;
	uint64_t start;
	char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	MUST(pages != MAP_FAILED);
	madvise(pages, bytes, MADV_NOHUGEPAGE);
	start = scale_now();
	for (unsigned i = 0; i < s->workers; i++) {
		share[i] = (struct share){pages + i * each * stride, each, stride};
		MUST(!pthread_create(&t[i], NULL, touch, &share[i]));
	}
	for (unsigned i = 0; i < s->workers; i++)
		MUST(!pthread_join(t[i], NULL));
	return (double)(scale_now() - start) / (double)(each * s->workers);
}

void part_touch(const struct setup *s, double *number)
{
	number[0] = touch_all(s, PAGE);
}

void part_touch_guarded(const struct setup *s, double *number)
{
	number[0] = touch_all(s, (uint64_t)2 * PAGE);
}

/* --- threads --- */

static mn_thread_t *make_handles(const struct setup *s)
{
	mn_thread_t *t = malloc(s->threads * sizeof *t);

	MUST(t);
	memset(t, 1, s->threads * sizeof *t); /* in memory, before memory is measured */
	return t;
}

static void start_runtime(const struct setup *s)
{
	struct mn_config config = {.workers = s->workers};

	MUST(!mn_init(&config));
}

static struct mn_mutex lock;
static struct mn_cond changed;
static bool open;
static _Atomic uint64_t arrived;

static void *park(void *arg)
{
	mn_mutex_lock(&lock);
	atomic_fetch_add_explicit(&arrived, 1, memory_order_relaxed);
	while (!open)
		mn_cond_wait(&changed, &lock);
	mn_mutex_unlock(&lock);
	return arg;
}

static void wait_until_arrived(uint64_t n)
{
	while (atomic_load(&arrived) < n)
		mn_thread_yield();
}

void part_parked(const struct setup *s, double *number)
{
	mn_thread_t *t = make_handles(s);
	struct scale_line resident = {0};
	struct scale_line tables = {0};
	struct scale_memory before;
	struct scale_memory m;
	uint64_t ns = 0;
	uint64_t made = 0;
	uint64_t start;

	start_runtime(s);
	before = scale_memory();
	for (uint64_t point = 1; point <= POINTS; point++) {
		start = scale_now();
		for (; made < s->threads * point / POINTS; made++)
			MUST(!mn_thread_create(&t[made], NULL, park, NULL));
		wait_until_arrived(made);
		ns += scale_now() - start;
		m = scale_memory();
		scale_point(&resident, (double)made, m.resident);
		scale_point(&tables, (double)made, m.tables);
	}
	number[0] = (double)ns / (double)made;
	number[1] = scale_slope(&resident);
	number[2] = scale_slope(&tables);
	start = scale_now();
	mn_mutex_lock(&lock);
	open = true;
	mn_cond_broadcast(&changed);
	mn_mutex_unlock(&lock);
	for (uint64_t i = 0; i < made; i++)
		MUST(!mn_thread_join(t[i], NULL));
	number[3] = (double)(scale_now() - start) / (double)made;
	m = scale_memory();
	number[4] = (m.resident - before.resident) / 1e6;
	number[5] = (m.tables - before.tables) / 1e6;
	MUST(!mn_shutdown());
}

static void *nothing(void *arg)
{
	return arg;
}

/* On one worker that is not taken away nobody is started. */
void part_unstarted(const struct setup *s, double *number)
{
	struct mn_config config = {.workers = 1, .preempt = MN_OFF};
	mn_thread_t *t = make_handles(s);
	struct scale_line resident = {0};
	uint64_t ns = 0;
	uint64_t made = 0;

	MUST(!mn_init(&config));
	for (uint64_t point = 1; point <= POINTS; point++) {
		uint64_t start = scale_now();

		for (; made < s->threads * point / POINTS; made++)
			MUST(!mn_thread_create(&t[made], NULL, nothing, NULL));
		ns += scale_now() - start;
		scale_point(&resident, (double)made, scale_memory().resident);
	}
	number[0] = (double)ns / (double)made;
	number[1] = scale_slope(&resident);
	for (uint64_t i = 0; i < made; i++)
		MUST(!mn_thread_join(t[i], NULL));
	MUST(!mn_shutdown());
}

/* --- sleepers --- */

static uint64_t base_ns;
static uint64_t *ran_ns; /* by number: when it ran; the numbers are due in this order */

static uint64_t due_ns(uint64_t i)
{
	return base_ns + i * APART_NS;
}

static void *sleep_until_due(void *arg)
{
	uint64_t i = (uintptr_t)arg;

	atomic_fetch_add_explicit(&arrived, 1, memory_order_relaxed);
	mn_sleep_until(MN_CLOCK_MONOTONIC, due_ns(i));
	ran_ns[i] = scale_now();
	return NULL;
}

static int upwards(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* How many ran before one that was due a millisecond earlier or more. */
static uint64_t overtakers(uint64_t n)
{
	const uint64_t gap = 1000000 / APART_NS;
	uint64_t last = 0; /* when the last of those due so much earlier ran */
	uint64_t found = 0;

	for (uint64_t i = gap; i < n; i++) {
		if (ran_ns[i - gap] > last)
			last = ran_ns[i - gap];
		found += ran_ns[i] < last;
	}
	return found;
}

void part_sleepers(const struct setup *s, double *number)
{
	uint64_t n = s->threads;
	mn_thread_t *t = make_handles(s);
	double *late_us = malloc(n * sizeof *late_us);
	struct scale_line resident = {0};
	uint64_t made = 0;

	ran_ns = malloc(n * sizeof *ran_ns);
	MUST(ran_ns && late_us);
	memset(ran_ns, 1, n * sizeof *ran_ns);
	start_runtime(s);
	/* All are to sleep before the first is due: 20 us is more than making one takes. */
	base_ns = scale_now() + 1000000000u + n * APART_NS;
	for (uint64_t point = 1; point <= POINTS; point++) {
		for (; made < n * point / POINTS; made++) {
			/* In no order that a heap would find easy: 7919 is a prime. */
			uint64_t i = n % 7919 ? made * 7919 % n : made;

			MUST(!mn_thread_create(&t[made], NULL, sleep_until_due,
					       (void *)(uintptr_t)i));
		}
		wait_until_arrived(made);
		scale_point(&resident, (double)made, scale_memory().resident);
	}
	if (scale_now() > base_ns)
		fprintf(stderr, "bench-scale: the sleepers were not ready in time\n");
	for (uint64_t i = 0; i < n; i++)
		MUST(!mn_thread_join(t[i], NULL));
	for (uint64_t i = 0; i < n; i++) {
		MUST(ran_ns[i] >= due_ns(i));
		late_us[i] = (double)(ran_ns[i] - due_ns(i)) / 1e3;
	}
	qsort(late_us, n, sizeof *late_us, upwards);
	number[0] = late_us[n / 2];
	number[1] = late_us[n * 99 / 100];
	number[2] = late_us[n * 999 / 1000];
	number[3] = late_us[n - 1];
	number[4] = (double)overtakers(n);
	number[5] = scale_slope(&resident);
	MUST(!mn_shutdown());
}
