/*
 * The mutation test: explores every scenario as it is, and then, for every
 * mutation, those scenarios that came by there, until one fails. Prints a table.
 *
 * A mutation that no scenario finds must be in the list of survivors with the
 * reason why it is no mistake; one that is on the list must survive.
 *
 * Every mutation is explored in a process of its own, as many at a time as there
 * are CPUs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mutate.h"
#include "survey.h"

#define MAX_SCENARIOS 64
#define MAX_RUNNING 16
#define MAX_SURVIVORS 64

/* What a scenario is like without mutations. */
struct plain_run {
	const struct model_scenario *scenario;
	uint64_t states;
	bool *reaches; /* by number of mutation */
};

struct survivor {
	char line[600]; /* name, then a tab, then the reason */
	const char *reason;
	bool used;
};

static struct survivor survivor[MAX_SURVIVORS];
static unsigned survivors;

static bool read_survivors(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return false;
	}
	while (survivors < MAX_SURVIVORS && fgets(survivor[survivors].line, sizeof survivor[0].line, f)) {
		struct survivor *s = &survivor[survivors];

		s->line[strcspn(s->line, "\n")] = 0;
		if (!*s->line || *s->line == '#')
			continue;
		s->reason = strstr(s->line, " | ");
		if (!s->reason) {
			fprintf(stderr, "%s: \"%s\" has no ' | ' with a reason behind it\n", path, s->line);
			fclose(f);
			return false;
		}
		s->line[s->reason - s->line] = 0;
		s->reason += 3;
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

static int by_states(const void *a, const void *b)
{
	const struct plain_run *x = a;
	const struct plain_run *y = b;

	return (x->states > y->states) - (x->states < y->states);
}

/* In a child: tries the scenarios, says on fd which one failed and how. */
static _Noreturn void try_mutation(const struct mutation *m, size_t number, const struct plain_run *run,
				   size_t runs, int fd)
{
	static struct tally tally;

	mutation_apply(m);
	for (size_t i = 0; i < runs; i++) {
		if (!run[i].reaches[number])
			continue;
		explore(run[i].scenario, &tally);
		if (tally.failed) {
			dprintf(fd, "%s: %s", run[i].scenario->name, machine.failure);
			break;
		}
	}
	_exit(0);
}

struct running {
	pid_t pid;
	int fd;
	size_t number;
};

/* Waits for a child to end and keeps what it said, in malloc'ed memory; blank: not found. */
static size_t collect(struct running *r, unsigned *count, char **verdict)
{
	int status;
	pid_t pid = wait(&status);

	for (unsigned i = 0; i < *count; i++) {
		char text[600];
		ssize_t n;
		size_t number = r[i].number;

		if (r[i].pid != pid)
			continue;
		n = read(r[i].fd, text, sizeof text - 1);
		text[n > 0 ? n : 0] = 0;
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			snprintf(text, sizeof text, "the explorer itself ended with status %#x", (unsigned)status);
		close(r[i].fd);
		r[i] = r[--*count];
		verdict[number] = strdup(text);
		return number;
	}
	fprintf(stderr, "wait: a child that nobody knows\n");
	exit(1);
}

static void start(struct running *r, const struct mutation *m, size_t number, const struct plain_run *run,
		  size_t runs)
{
	int fd[2];

	fflush(stdout);
	if (pipe(fd))
		perror("pipe"), exit(1);
	r->pid = fork();
	if (r->pid < 0)
		perror("fork"), exit(1);
	if (!r->pid)
		try_mutation(m, number, run, runs, fd[1]);
	close(fd[1]);
	r->fd = fd[0];
	r->number = number;
}

int survey(const struct model_scenario *const *scenario, size_t scenarios, const char *survivors_path,
	   const char *only)
{
	struct mutation *m;
	size_t n = mutations(&m);
	char **verdict = calloc(n, sizeof *verdict);
	struct plain_run run[MAX_SCENARIOS];
	struct running running[MAX_RUNNING];
	unsigned count = 0;
	unsigned passed = 0;
	unsigned failed = 0;
	unsigned unreached = 0;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	static struct tally tally;

	if (!read_survivors(survivors_path))
		return 1;
	if (scenarios > MAX_SCENARIOS || !verdict)
		abort();
	for (size_t i = 0; i < scenarios; i++) {
		run[i].scenario = scenario[i];
		run[i].reaches = calloc(n, sizeof(bool));
		sites_reset();
		explore(scenario[i], &tally);
		run[i].states = tally.states;
		printf("%-28s %9lu states %6.2f s %s\n", scenario[i]->name, (unsigned long)tally.states,
		       tally.seconds, tally.failed ? machine.failure : "passes as it is");
		if (tally.failed)
			failed++;
		for (size_t k = 0; k < n; k++)
			run[i].reaches[k] = mutation_reached(&m[k]);
	}
	qsort(run, scenarios, sizeof run[0], by_states);
	printf("\n");
	for (size_t k = 0; k < n; k++) {
		if (only && !strstr(m[k].name, only))
			continue;
		if (count == (cpus < 1 ? 1u : cpus > MAX_RUNNING ? MAX_RUNNING : (unsigned)cpus))
			collect(running, &count, verdict);
		start(&running[count++], &m[k], k, run, scenarios);
	}
	while (count)
		collect(running, &count, verdict);
	for (size_t k = 0; k < n; k++) {
		bool reached = false;
		const char *reason = reason_to_survive(m[k].name);

		if (!verdict[k])
			continue;
		for (size_t i = 0; i < scenarios; i++)
			reached |= run[i].reaches[k];
		if (!reached) {
			unreached++;
			continue;
		}
		if (*verdict[k] && !reason) {
			passed++;
			printf("found    %s\n         by %s\n", m[k].name, verdict[k]);
		} else if (*verdict[k]) {
			failed++;
			printf("FOUND    %s\n         by %s\n         and is on the list of survivors\n", m[k].name,
			       verdict[k]);
		} else if (reason) {
			passed++;
			printf("survives %s\n         %s\n", m[k].name, reason);
		} else {
			failed++;
			printf("SURVIVES %s\n", m[k].name);
		}
	}
	for (unsigned i = 0; i < survivors && !only; i++)
		if (!survivor[i].used) {
			failed++;
			printf("GONE     %s\n         is on the list of survivors\n", survivor[i].line);
		}
	if (unreached) {
		printf("\n%u mutations of places that no scenario comes by:\n", unreached);
		for (size_t k = 0; k < n; k++) {
			bool reached = false;

			for (size_t i = 0; i < scenarios; i++)
				reached |= run[i].reaches[k];
			if (!reached)
				printf("         %s\n", m[k].name);
		}
	}
	printf("model-mutations: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}
