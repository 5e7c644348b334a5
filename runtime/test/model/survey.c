/*
 * The mutation test: explores every scenario as it is, and then, for every
 * mutation, those scenarios that came by there, until one fails. Prints a table.
 *
 * A mutation that no scenario finds must be in the list of survivors with the
 * reason why it is no mistake; one that is on the list must survive.
 */
#include "survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "mutate.h"
#include "pool.h"

#define MAX_SURVIVORS 64

/* A scenario without mutations. */
struct result {
	uint64_t states;
	bool failed;
	char failure[400];
	bool reaches[POOL_RESULT - 512]; /* by number of mutation */
};

_Static_assert(sizeof(struct result) <= POOL_RESULT, "goes through the pool");

/* A mutation that a scenario has found. */
struct found {
	size_t by; /* 1 + its number */
	char text[POOL_RESULT - sizeof(size_t)];
};

struct run {
	const struct model_scenario *scenario;
	struct result result;
};

static struct run *run;
static size_t runs;
static struct mutation *mutation;
static size_t *found_by; /* by number of mutation: 1 + the scenario that has found it, or 0 */
static size_t mutations;
static const char *only;
static unsigned passed, failed;

/* --- survivors --- */

static struct survivor {
	char line[800];
	const char *reason;
	bool used;
} survivor[MAX_SURVIVORS];
static unsigned survivors;

static bool read_survivors(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f) {
		perror(path);
		return false;
	}
	while (survivors < MAX_SURVIVORS &&
	       fgets(survivor[survivors].line, sizeof survivor[0].line, f)) {
		struct survivor *s = &survivor[survivors];
		char *bar;

		s->line[strcspn(s->line, "\n")] = 0;
		if (!*s->line || *s->line == '#')
			continue;
		bar = strstr(s->line, " | ");
		if (!bar) {
			fprintf(stderr, "%s: \"%s\" has no ' | ' with a reason behind it\n", path,
				s->line);
			fclose(f);
			return false;
		}
		*bar = 0;
		s->reason = bar + 3;
		survivors++;
	}
	fclose(f);
	return true;
}

static const char *reason_to_survive(const char *name)
{
	for (unsigned i = 0; i < survivors; i++)
		if (strcmp(survivor[i].line, name) == 0) {
			survivor[i].used = true;
			return survivor[i].reason;
		}
	return NULL;
}

/* --- the scenarios as they are --- */

static void explore_plainly(size_t i, void *out)
{
	static struct tally tally;
	struct result *r = out;

	sites_reset();
	explore(run[i].scenario, &tally);
	r->states = tally.states;
	r->failed = tally.failed;
	memcpy(r->failure, machine.failure, sizeof r->failure);
	for (size_t k = 0; k < mutations; k++)
		r->reaches[k] = mutation_reached(&mutation[k]);
}

static void explored_plainly(size_t i, const void *out, int signal)
{
	run[i].result = *(const struct result *)out;
	if (run[i].result.failed || signal) {
		failed++;
		printf("FAIL     %s as it is: %s (signal %d)\n", run[i].scenario->name,
		       run[i].result.failure, signal);
	}
}

static int by_states(const void *a, const void *b)
{
	const struct run *x = a;
	const struct run *y = b;

	return (x->result.states > y->result.states) - (x->result.states < y->result.states);
}

/* --- mutations --- */

static bool is_reached(size_t number)
{
	for (size_t i = 0; i < runs; i++)
		if (run[i].result.reaches[number])
			return true;
	return false;
}

static bool is_asked_for(size_t number)
{
	return !only || strstr(mutation[number].name, only);
}

/* The scenario that has found another mutation of the same function will often find this one. */
static size_t best_guess(size_t number)
{
	const struct model_site *at = mutation[number].at;

	for (size_t k = mutations; k--;)
		if (found_by[k] && strcmp(mutation[k].at->function, at->function) == 0 &&
		    run[found_by[k] - 1].result.reaches[number])
			return found_by[k] - 1;
	return 0;
}

static void explore_mutated(size_t number, void *out)
{
	struct found *found = out;
	size_t first;

	static struct tally tally;

	if (!is_asked_for(number))
		return;
	mutation_apply(&mutation[number]);
	first = best_guess(number);
	for (size_t n = 0; n <= runs; n++) {
		size_t i = n ? n - 1 : first;

		if (!run[i].result.reaches[number] || (n && i == first))
			continue;
		explore(run[i].scenario, &tally);
		if (tally.failed) {
			found->by = i + 1;
			snprintf(found->text, sizeof found->text, "%s: %s", run[i].scenario->name,
				 machine.failure);
			return;
		}
	}
}

static void explored_mutated(size_t number, const void *out, int signal)
{
	const struct found *found = out;
	const char *name = mutation[number].name;
	const char *by = signal ? "a crash" : found->text;
	const char *reason;

	if (!is_asked_for(number) || !is_reached(number))
		return;
	found_by[number] = found->by;
	reason = reason_to_survive(name);
	if (*by) {
		printf("%s    %s\n         by %s\n", reason ? "FOUND" : "found", name, by);
		if (reason)
			printf("         and is on the list of survivors\n");
		reason ? failed++ : passed++;
	} else {
		printf("%s %s\n", reason ? "survives" : "SURVIVES", name);
		if (reason)
			printf("         %s\n", reason);
		reason ? passed++ : failed++;
	}
	fflush(stdout);
}

static void list_the_rest(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < survivors; i++)
		if (!survivor[i].used) {
			failed++;
			printf("GONE     %s\n         is on the list of survivors\n",
			       survivor[i].line);
		}
	for (size_t k = 0; k < mutations; k++)
		if (!is_reached(k) && !n++)
			printf("\nPlaces that no scenario comes by:\n");
	for (size_t k = 0; k < mutations; k++)
		if (!is_reached(k))
			printf("         %s\n", mutation[k].name);
}

int survey(const struct model_scenario *const *scenario, size_t scenarios,
	   const char *survivors_path, const char *only_these)
{
	struct rusage used;

	only = only_these;
	mutations = mutations_list(&mutation);
	runs = scenarios;
	run = calloc(runs, sizeof *run);
	found_by = calloc(mutations + 1, sizeof *found_by);
	if (!run || !found_by || mutations > sizeof run->result.reaches)
		abort();
	if (!read_survivors(survivors_path))
		return 1;
	for (size_t i = 0; i < runs; i++)
		run[i].scenario = scenario[i];
	pool_run(runs, explore_plainly, explored_plainly);
	qsort(run, runs, sizeof *run, by_states);
	pool_run(mutations, explore_mutated, explored_mutated);
	if (!only)
		list_the_rest();
	getrusage(RUSAGE_CHILDREN, &used);
	printf("model-mutations: %.0f s of CPU\n", (double)used.ru_utime.tv_sec);
	printf("model-mutations: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}
