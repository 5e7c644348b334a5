/*
 * Prints what the runtime's operations cost, with 1 and with 2 workers, beside
 * the machine's floors.
 *
 *   mn-bench [ROUNDS]    at least 11
 *
 * In each round everything is measured once, in turn, so that a slow moment of
 * the machine hits all of it alike. Settings are taken from the environment,
 * but for the number of workers.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "bench.h"

#define ROUNDS 11
#define ROUND_NS 8000000u /* of one benchmark */
#define MOST 64
#define COLUMNS 2

static struct row {
	const struct bench *bench;
	bool needs_runtime;
	uint64_t n[COLUMNS];
	double *ns[COLUMNS]; /* of one operation, by round */
} rows[MOST];

static int row_count;
static int rounds = ROUNDS;

static void add(const struct bench *list, bool needs_runtime)
{
	for (; list->name; list++) {
		struct row *r = &rows[row_count++];

		MUST(row_count < MOST);
		r->bench = list;
		r->needs_runtime = needs_runtime;
		for (int c = 0; c < COLUMNS; c++)
			MUST(r->ns[c] = malloc((size_t)rounds * sizeof *r->ns[c]));
	}
}

/* How often fills a round; finding out warms everything up as well. */
static uint64_t calibrate(const struct bench *b)
{
	uint64_t n = 16;

	for (;;) {
		struct measured m = b->run(n);

		if (b->most && n >= b->most)
			return b->most;
		if (m.ns >= ROUND_NS / 4)
			return (uint64_t)((double)n * ROUND_NS / (double)m.ns) + 1;
		n *= 4;
	}
}

static void measure(int column, bool needs_runtime, int round)
{
	for (int i = 0; i < row_count; i++) {
		/* Another order every round. */
		struct row *r = &rows[(i + round) % row_count];
		struct measured m;

		if (r->needs_runtime != needs_runtime)
			continue;
		if (!r->n[column])
			r->n[column] = calibrate(r->bench);
		m = r->bench->run(r->n[column]);
		r->ns[column][round] = (double)m.ns / (double)m.times;
	}
}

static void on_workers(int column, int round)
{
	struct mn_config config = {.workers = (unsigned)column + 1};

	MUST(!mn_init(&config));
	measure(column, true, round);
	MUST(!mn_shutdown());
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

void bench_sort(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, compare);
}

double bench_quantile(const double *sorted, int n, double part)
{
	double at = part * (n - 1);
	int i = (int)at;

	return i + 1 < n ? sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

static void print_cell(double *ns)
{
	bench_sort(ns, rounds);
	printf("  %9.1f [%9.1f %9.1f]", bench_quantile(ns, rounds, 0.5), bench_quantile(ns, rounds, 0.25),
	       bench_quantile(ns, rounds, 0.75));
}

static void print(void)
{
	printf("%-40s  %9s [%9s %9s]  %9s [%9s %9s]\n", "ns, median [quartiles]", "1 worker", "", "",
	       "2 workers", "", "");
	for (int i = 0; i < row_count; i++) {
		printf("%-40s", rows[i].bench->name);
		print_cell(rows[i].ns[0]);
		if (rows[i].needs_runtime)
			print_cell(rows[i].ns[1]);
		printf("\n");
	}
}

static void print_settings(void)
{
	struct mn_config config = {.workers = 1};
	char text[32];

	MUST(!mn_init(&config));
	printf("mn %s, %d rounds of about %u ms each:", MN_VERSION, rounds, ROUND_NS / 1000000);
	for (unsigned i = 0; mn_setting_name(i); i++)
		if (strcmp(mn_setting_name(i), "MN_WORKERS") && strcmp(mn_setting_name(i), "MN_SEED") &&
		    !mn_setting_text(i, text, sizeof text))
			printf(" %s=%s", mn_setting_name(i), text);
	printf("\n");
	MUST(!mn_shutdown());
}

int main(int argc, char **argv)
{
	if (argc > 1)
		rounds = atoi(argv[1]);
	if (argc > 2 || rounds < ROUNDS) {
		fprintf(stderr, "usage: mn-bench [ROUNDS, at least %d]\n", ROUNDS);
		return 2;
	}
	add(bench_floors, false);
	add(bench_threads, true);
	add(bench_sync, true);
	add(bench_wake, true);
	add(bench_io, true);
	print_settings();
	for (int round = 0; round < rounds; round++) {
		measure(0, false, round);
		for (int column = 0; column < COLUMNS; column++)
			on_workers(column, round);
	}
	print();
	printf("\n");
	bench_preemption(rounds);
	return 0;
}
