/*
 * Prints what many threads cost at once: memory, time, and how late sleepers wake.
 *
 *   mn-scale [THREADS [ROUNDS]]    1000000 and 3
 *
 * Each part runs in a process of its own, the parts of a round one after the other,
 * so that a slow moment of the machine hits all alike. Figures are medians over the
 * rounds. It asserts nothing. Settings come from the environment, but for MN_WORKERS.
 */
#include "scale.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_ROUNDS 101
#define BYTES_EACH 5000 /* of memory; more than any part takes for a thread */

struct scale_memory scale_memory(void)
{
	struct scale_memory m = {0, 0};
	char line[200];
	double kb;
	FILE *f = fopen("/proc/self/smaps_rollup", "r");

	MUST(f);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "Rss: %lf kB", &kb) == 1)
			m.resident = kb * 1024;
	fclose(f);
	MUST(f = fopen("/proc/self/status", "r"));
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "VmPTE: %lf kB", &kb) == 1)
			m.tables = kb * 1024;
	fclose(f);
	return m;
}

static void run(part *p, const struct setup *s, double *number)
{
	int ends[2];
	int status;
	pid_t pid;

	MUST(!pipe(ends));
	pid = fork();
	MUST(pid >= 0);
	if (!pid) {
		double out[NUMBERS] = {0};

		p(s, out);
		MUST(write(ends[1], out, sizeof out) == sizeof out);
		_exit(0);
	}
	close(ends[1]);
	MUST(read(ends[0], number, NUMBERS * sizeof *number) == NUMBERS * sizeof *number);
	close(ends[0]);
	MUST(waitpid(pid, &status, 0) == pid && !status);
}

static int upwards(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, upwards);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* --- what is measured and printed --- */

enum which { TOUCH, GUARDED, PARKED, UNSTARTED, PARTS };

static part *const parts[PARTS] = {part_touch, part_touch_guarded, part_parked, part_unstarted};

static double results[2][PARTS][NUMBERS][MOST_ROUNDS]; /* by number of workers, less one */
static double ratios[2][2][MOST_ROUNDS];

static void measure_round(uint64_t threads, int round)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		struct setup s = {threads, workers};

		for (int p = 0; p < PARTS; p++) {
			double number[NUMBERS];

			run(parts[p], &s, number);
			for (int i = 0; i < NUMBERS; i++)
				results[workers - 1][p][i][round] = number[i];
		}
		for (int floor = TOUCH; floor <= GUARDED; floor++)
			ratios[workers - 1][floor][round] = results[workers - 1][PARKED][0][round] /
							    results[workers - 1][floor][0][round];
	}
}

static void row(const char *what, enum which p, int number, int rounds)
{
	printf("%-56s %10.1f %10.1f\n", what, median(results[0][p][number], rounds),
	       median(results[1][p][number], rounds));
}

static void ratio(const char *what, enum which floor, int rounds)
{
	printf("%-56s %10.2f %10.2f\n", what, median(ratios[0][floor], rounds),
	       median(ratios[1][floor], rounds));
}

static void print(uint64_t threads, int rounds)
{
	printf("%" PRIu64 " threads, medians of %d rounds %22s %10s\n", threads, rounds, "1 worker",
	       "2 workers");
	row("floor: touching a fresh page, ns", TOUCH, 0, rounds);
	row("floor: the same, below it a guard page, ns", GUARDED, 0, rounds);
	row("create + park, ns", PARKED, 0, rounds);
	ratio("  as a multiple of touching a page", TOUCH, rounds);
	ratio("  as a multiple of the same with a guard page", GUARDED, rounds);
	row("wake + join, ns", PARKED, 3, rounds);
	row("memory of a parked thread, bytes", PARKED, 1, rounds);
	row("  and page tables, which RSS leaves out, bytes", PARKED, 2, rounds);
	row("memory kept when all have been joined, MB", PARKED, 4, rounds);
	row("  and page tables, MB", PARKED, 5, rounds);
	row("create, not started, ns", UNSTARTED, 0, rounds);
	row("memory of a thread not started, bytes", UNSTARTED, 1, rounds);
}

static void print_sleepers(uint64_t threads)
{
	printf("\n%-22s %10s %10s %10s %10s %10s %10s\n", "sleepers, 20 us apart", "late: p50",
	       "p99", "p99.9", "most, us", "out of order", "bytes each");
	for (uint64_t n = 1000; n <= threads; n *= 10) {
		struct setup s = {n, 2};
		double number[NUMBERS];

		run(part_sleepers, &s, number);
		printf("%-22" PRIu64 " %10.0f %10.0f %10.0f %10.0f %12.0f %10.0f\n", n, number[0],
		       number[1], number[2], number[3], number[4], number[5]);
	}
}

/* Bytes that a program may still take. */
static double available(void)
{
	char line[200];
	double kb = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	MUST(f);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "MemAvailable: %lf kB", &kb) == 1)
			break;
	fclose(f);
	return kb * 1024;
}

int main(int argc, char **argv)
{
	uint64_t threads = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	int rounds = argc > 2 ? atoi(argv[2]) : 3;

	if (argc > 3 || threads < 1000 || rounds < 1 || rounds > MOST_ROUNDS) {
		fprintf(stderr, "usage: mn-scale [THREADS, at least 1000 [ROUNDS, at most %d]]\n",
			MOST_ROUNDS);
		return 2;
	}
	if ((double)threads * BYTES_EACH > available()) {
		fprintf(stderr,
			"mn-scale: %" PRIu64
			" threads need %.1f GB of memory, and %.1f are free: ask for fewer\n",
			threads, (double)threads * BYTES_EACH / 1e9, available() / 1e9);
		return 2;
	}
	for (int round = 0; round < rounds; round++)
		measure_round(threads, round);
	print(threads, rounds);
	fflush(stdout);
	print_sleepers(threads);
	return 0;
}
