/*
 * Runs litmus tests and scenarios:
 *
 *   model [-v] [NAME...]      those whose names begin like this, or all; -v: with the
 *                             execution that fails, access by access
 *   model --list              what there is
 *   model --mutations SURVIVORS [PART [NAME...]]
 *                             the mutation test (survey.c), of mutations that have
 *                             PART in their names, or all, by scenarios whose names
 *                             begin like this, or all; SURVIVORS is a file
 *
 * Exit status 1 when something fails. The last line is 'N passed, N failed'.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "pool.h"
#include "survey.h"

extern const struct model_scenario *const __start_model_scenarios[];
extern const struct model_scenario *const __stop_model_scenarios[];

/* The large ones first, so that no CPU is left alone with one of them in the end. */
static int by_size_and_name(const void *a, const void *b)
{
	const struct model_scenario *const *x = a;
	const struct model_scenario *const *y = b;

	if ((*x)->large != (*y)->large)
		return (*x)->large ? -1 : 1;
	return strcmp((*x)->name, (*y)->name);
}

/* All scenarios, by size and name. Returns how many. */
static size_t all(const struct model_scenario ***out)
{
	size_t n = (size_t)(__stop_model_scenarios - __start_model_scenarios);

	*out = malloc(n * sizeof **out);
	if (!*out)
		abort();
	memcpy(*out, __start_model_scenarios, n * sizeof **out);
	qsort(*out, n, sizeof **out, by_size_and_name);
	return n;
}

/* What is wrong with the outcomes of a litmus test, into text; blank: nothing. */
static void judge_outcomes(const struct model_scenario *s, const struct tally *tally, char *text,
			   size_t size)
{
	bool named[MAX_OUTCOMES] = {false};
	const char *p = s->outcomes;

	text[0] = 0;
	while (*p) {
		char *end;
		unsigned long v = strtoul(p, &end, 10);

		named[v % MAX_OUTCOMES] = true;
		p = end + strspn(end, " ");
	}
	for (unsigned v = 0; v < MAX_OUTCOMES; v++)
		if (named[v] != tally->outcome[v])
			snprintf(text + strlen(text), size - strlen(text), "outcome %u %s; ", v,
				 named[v] ? "is not seen" : "is seen and must not be");
}

static const struct model_scenario **scenario;
static bool verbose;
static unsigned passed, failed;

/* Explores one. Leaves what is wrong in out; blank: nothing. */
static void check(size_t i, void *out)
{
	static struct tally tally;
	const struct model_scenario *s = scenario[i];
	char *wrong = out;
	char bound[40];

	explore(s, &tally);
	if (s->failure &&
	    (!tally.failed || strncmp(machine.failure, s->failure, strlen(s->failure)) != 0))
		snprintf(wrong, POOL_RESULT, "expected \"%s\", found \"%s\"", s->failure,
			 machine.failure);
	else if (!s->failure && tally.failed)
		snprintf(wrong, POOL_RESULT, "%s", machine.failure);
	else if (s->outcomes)
		judge_outcomes(s, &tally, wrong, POOL_RESULT);
	snprintf(bound, sizeof bound, s->preemptions ? "at most %u preemptions" : "all",
		 s->preemptions);
	printf("%-4s %-32s %7" PRIu64 " executions %9" PRIu64 " states %6.2f s  %s\n",
	       *wrong ? "FAIL" : "ok", s->name, tally.executions, tally.states, tally.seconds,
	       bound);
	if (*wrong) {
		printf("     %s\n     %s\n", s->about, wrong);
		if (verbose && tally.failed)
			explore_show_failure();
	}
	fflush(stdout);
}

static void checked(size_t i, const void *out, int signal)
{
	if (signal)
		printf("FAIL %s: crashes (signal %d)\n", scenario[i]->name, signal);
	if (signal || *(const char *)out)
		failed++;
	else
		passed++;
}

static bool wanted(const struct model_scenario *s, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (strncmp(s->name, *names, strlen(*names)) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	size_t n = all(&scenario);
	size_t kept = 0;

	explore_start();
	if (argc > 1 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < n; i++)
			printf("%-32s %s\n", scenario[i]->name, scenario[i]->about);
		return 0;
	}
	if (argc > 2 && strcmp(argv[1], "--mutations") == 0) {
		for (size_t i = 0; i < n; i++)
			if (!scenario[i]->outcomes && !scenario[i]->failure &&
			    !scenario[i]->large && wanted(scenario[i], argv + (argc > 3 ? 4 : 3)))
				scenario[kept++] = scenario[i];
		return survey(scenario, kept, argv[2], argc > 3 ? argv[3] : NULL);
	}
	verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	for (size_t i = 0; i < n; i++)
		if (wanted(scenario[i], argv + 1 + verbose))
			scenario[kept++] = scenario[i];
	pool_run(kept, check, checked);
	printf("model: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}
