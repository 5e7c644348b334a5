/*
 * Runs tests. Each line of standard input is one run:
 *
 *   [NAME=VALUE]... PROGRAM
 *
 * A run passes with exit status 0 and is skipped with 77; all else is a
 * failure, and so is a run that goes on past the time limit. A failure is one
 * line on stdout, with what the program wrote indented below it (only for the
 * first failure of each program). For a run past its time that includes where
 * each of its kernel threads is. The last
 * line of all is "N passed, N failed, N skipped"; exit status 1 when something
 * failed or nothing was run. LOGS/times says how long each run took, in seconds, and
 * how much CPU time; where that went stands above the last line, if many were run.
 *
 *   runner [-j JOBS] [-t SECONDS] [-l LOGS] [-p PREFIX] [-x WRAPPER]
 *
 *   -j  runs at a time (the number of CPUs)   -t  time limit of a run (60)
 *   -l  folder for the logs of failed runs (.)
 *   -p  what to leave out at the start of a PROGRAM's path when naming it
 *   -x  a program that each PROGRAM is run by, with its arguments
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_JOBS 64
#define MAX_WORDS 32
#define DUMP_SECONDS 30
#define SHOWN_LINES 40
#define SHOWN_LINES_HUNG 400
#define MANY 500   /* runs, from which on the end says where the time went */
#define LONGEST 15 /* programs that are named then */
#define SKIPPED 77
#define NS_PER_S 1000000000

struct run {
	char *line; /* the words below point into it */
	char *word[MAX_WORDS + 1];
	int settings; /* so many words are settings, then comes the program */
	char *label;
	char *log;
	pid_t pid; /* 0: this place is free */
	int64_t started;
	int64_t deadline;
	bool hung;
};

static struct {
	int jobs;
	int seconds;
	const char *logs;
	const char *prefix;
	char *wrapper[MAX_WORDS + 1];
	int wrapper_words;
} options = {.seconds = 60, .logs = ".", .prefix = ""};

/* The programs whose failures have been shown in full. */
static struct shown {
	struct shown *next;
	char program[];
} *shown;

static FILE *times; /* LOGS/times */

/* What the runs of a program, or of a group of them (TREE/GROUP), took together. */
struct total {
	struct total *next;
	double seconds, cpu_seconds;
	int runs;
	char name[];
};

static struct total *programs, *groups;

static struct {
	int passed, failed, skipped, started;
} count;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "runner: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int split(char *text, char **words)
{
	int n = 0;

	for (char *w = strtok(text, " \t\n"); w; w = strtok(NULL, " \t\n")) {
		if (n == MAX_WORDS) {
			errno = E2BIG;
			die(w);
		}
		words[n++] = w;
	}
	words[n] = NULL;
	return n;
}

/* --- starting --- */

/* The program, then the settings. */
static char *label_of(const struct run *r)
{
	const char *p = r->word[r->settings];
	size_t n = strlen(options.prefix);
	char *label;

	if (!strncmp(p, options.prefix, n))
		p += n;
	n = strlen(p) + 1;
	for (int i = 0; i < r->settings; i++)
		n += strlen(r->word[i]) + 1;
	label = malloc(n);
	if (!label)
		die("malloc");
	strcpy(label, p);
	for (int i = 0; i < r->settings; i++)
		strcat(strcat(label, " "), r->word[i]);
	return label;
}

static void child(struct run *r)
{
	char *argv[2 * MAX_WORDS + 1];
	int n = 0;
	int log = open(r->log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* lets the debugger in */
	/* ThreadSanitizer of GCC 12 does not bear much address randomisation. */
	if (getenv("MN_TEST_NO_ASLR"))
		personality(ADDR_NO_RANDOMIZE);
	if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 || close(log))
		_exit(126);
	for (int i = 0; i < r->settings; i++)
		putenv(r->word[i]);
	for (int i = 0; i < options.wrapper_words; i++)
		argv[n++] = options.wrapper[i];
	argv[n++] = r->word[r->settings];
	argv[n] = NULL;
	execvp(argv[0], argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Reads the next line and starts it. False: there is none. */
static bool start(struct run *r)
{
	size_t size = 0;
	int words;

	*r = (struct run){0};
	do {
		if (getline(&r->line, &size, stdin) < 0) {
			free(r->line);
			return false;
		}
		words = split(r->line, r->word);
	} while (!words);
	while (r->settings < words - 1 && strchr(r->word[r->settings], '='))
		r->settings++;
	r->label = label_of(r);
	if (asprintf(&r->log, "%s/%d.log", options.logs, ++count.started) < 0)
		die("asprintf");
	r->started = now();
	r->deadline = r->started + (int64_t)options.seconds * NS_PER_S;
	r->pid = fork();
	if (r->pid < 0)
		die("fork");
	if (!r->pid)
		child(r);
	setpgid(r->pid, r->pid); /* whoever comes first; the other's fails harmlessly */
	return true;
}

/* --- a run past its time --- */

static void copy_file(FILE *out, const char *what, const char *path)
{
	char text[4096];
	FILE *in = fopen(path, "r");
	size_t n = in ? fread(text, 1, sizeof text - 1, in) : 0;

	if (in)
		fclose(in);
	while (n && text[n - 1] == '\n')
		n--;
	text[n] = 0;
	if (n)
		fprintf(out, "  %s: %s\n", what, text);
}

static void dump_from_proc(FILE *out, pid_t pid)
{
	static const char *const files[] = {"comm", "wchan", "syscall", "stack"};
	char path[300];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		fprintf(out, "kernel thread %s\n", e->d_name);
		for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
			snprintf(path, sizeof path, "/proc/%d/task/%.16s/%s", pid, e->d_name, files[i]);
			copy_file(out, files[i], path);
		}
	}
	if (d)
		closedir(d);
}

/* Lets gdb write all backtraces. False: there is none, or it failed. */
static bool dump_by_gdb(const char *log, pid_t pid)
{
	char number[16];
	int status;
	pid_t gdb;
	int64_t deadline = now() + (int64_t)DUMP_SECONDS * NS_PER_S;

	snprintf(number, sizeof number, "%d", pid);
	gdb = fork();
	if (gdb < 0)
		return false;
	if (!gdb) {
		int fd = open(log, O_WRONLY | O_APPEND);
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
			_exit(126);
		unsetenv("DEBUGINFOD_URLS");
		execlp("gdb", "gdb", "-nx", "-batch", "-p", number, "-ex", "set pagination off", "-ex",
		       "thread apply all backtrace 40", (char *)NULL);
		_exit(127);
	}
	while (waitpid(gdb, &status, WNOHANG) == 0) {
		if (now() > deadline) {
			kill(gdb, SIGKILL);
			waitpid(gdb, &status, 0);
			return false;
		}
		nanosleep(&(struct timespec){0, 20000000}, NULL);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void end_hung(struct run *r)
{
	FILE *out;

	r->hung = true;
	if (!dump_by_gdb(r->log, r->pid) && (out = fopen(r->log, "a"))) {
		fprintf(out, "no backtrace from gdb; from /proc:\n");
		dump_from_proc(out, r->pid);
		fclose(out);
	}
	kill(-r->pid, SIGKILL);
	kill(r->pid, SIGKILL);
}

/* --- the result --- */

/* What the program wrote, or its first line only. */
static void show(const struct run *r, int lines, const char *indent)
{
	char *line = NULL;
	size_t size = 0;
	FILE *in = fopen(r->log, "r");

	while (in && lines && getline(&line, &size, in) >= 0) {
		line[strcspn(line, "\n")] = 0;
		if (!*line || !strncmp(line, "seed ", 5) || !strncmp(line, "[New LWP", 8))
			continue;
		printf("%s%s\n", indent, line);
		lines--;
	}
	free(line);
	if (in)
		fclose(in);
}

/* Whether this program fails for the first time. */
static bool first_failure(const struct run *r)
{
	const char *program = r->word[r->settings];
	struct shown *s;

	for (s = shown; s; s = s->next)
		if (!strcmp(s->program, program))
			return false;
	s = malloc(sizeof *s + strlen(program) + 1);
	if (!s)
		die("malloc");
	strcpy(s->program, program);
	s->next = shown;
	shown = s;
	return true;
}

static void add(struct total **list, const char *name, size_t length, double seconds, double cpu)
{
	struct total *t = *list;

	while (t && (strlen(t->name) != length || strncmp(t->name, name, length)))
		t = t->next;
	if (!t) {
		t = calloc(1, sizeof *t + length + 1);
		if (!t)
			die("calloc");
		memcpy(t->name, name, length);
		t->next = *list;
		*list = t;
	}
	t->seconds += seconds;
	t->cpu_seconds += cpu;
	t->runs++;
}

static void note_time(const struct run *r, const struct rusage *used)
{
	double seconds = (double)(now() - r->started) / NS_PER_S;
	double cpu = (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) +
		     1e-6 * (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
	size_t program = strcspn(r->label, " ");
	size_t group = program;

	while (group && r->label[group] != '/')
		group--;
	fprintf(times, "%7.3f %7.3f %s\n", seconds, cpu, r->label);
	add(&programs, r->label, program, seconds, cpu);
	add(&groups, r->label, group, seconds, cpu);
}

static int by_seconds(const void *a, const void *b)
{
	const struct total *const *x = a;
	const struct total *const *y = b;

	return ((*x)->seconds < (*y)->seconds) - ((*x)->seconds > (*y)->seconds);
}

/* The first so many by time. */
static void show_totals(struct total *list, int most)
{
	int n = 0;
	struct total **sorted;

	for (struct total *t = list; t; t = t->next)
		n++;
	sorted = calloc((size_t)n + 1, sizeof(struct total *));
	if (!sorted)
		die("calloc");
	n = 0;
	for (struct total *t = list; t; t = t->next)
		sorted[n++] = t;
	qsort(sorted, (size_t)n, sizeof *sorted, by_seconds);
	for (int i = 0; i < n && i < most; i++)
		printf("%8.1f %8.1f %6d  %s\n", sorted[i]->seconds, sorted[i]->cpu_seconds,
		       sorted[i]->runs, sorted[i]->name);
	free(sorted);
}

static void finish(struct run *r, int status, const struct rusage *used)
{
	note_time(r, used);
	kill(-r->pid, SIGKILL); /* what it may have left behind */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !r->hung) {
		count.passed++;
		unlink(r->log);
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED && !r->hung) {
		count.skipped++;
		printf("skip %s: ", r->label);
		show(r, 1, "");
		unlink(r->log);
	} else {
		count.failed++;
		if (r->hung)
			printf("FAIL %s: still running after %d s\n", r->label, options.seconds);
		else if (WIFSIGNALED(status))
			printf("FAIL %s: %s (signal %d)\n", r->label, strsignal(WTERMSIG(status)),
			       WTERMSIG(status));
		else
			printf("FAIL %s: exit status %d\n", r->label, WEXITSTATUS(status));
		if (first_failure(r))
			show(r, r->hung ? SHOWN_LINES_HUNG : SHOWN_LINES, "     ");
		printf("     %s\n", r->log);
	}
	fflush(stdout);
	free(r->line);
	free(r->label);
	free(r->log);
	r->pid = 0;
}

/* Waits until some run has ended or is past its time, and deals with those. */
static void wait_for_some(struct run *runs, const sigset_t *sigchld)
{
	int64_t first = INT64_MAX;
	int64_t left;
	int status;
	struct rusage used;

	for (int i = 0; i < options.jobs; i++)
		if (runs[i].pid && !runs[i].hung && runs[i].deadline < first)
			first = runs[i].deadline;
	left = first == INT64_MAX ? NS_PER_S : first - now();
	if (left > 0)
		sigtimedwait(sigchld, NULL, &(struct timespec){left / NS_PER_S, left % NS_PER_S});
	for (int i = 0; i < options.jobs; i++) {
		struct run *r = &runs[i];

		if (!r->pid)
			continue;
		if (wait4(r->pid, &status, WNOHANG, &used) == r->pid)
			finish(r, status, &used);
		else if (!r->hung && now() > r->deadline)
			end_hung(r);
	}
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "j:t:l:p:x:")) != -1) {
		if (c == 'j')
			options.jobs = atoi(optarg);
		else if (c == 't')
			options.seconds = atoi(optarg);
		else if (c == 'l')
			options.logs = optarg;
		else if (c == 'p')
			options.prefix = optarg;
		else if (c == 'x')
			options.wrapper_words = split(optarg, options.wrapper);
		else
			exit(2);
	}
	if (options.jobs <= 0)
		options.jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (options.jobs < 1 || options.jobs > MAX_JOBS)
		options.jobs = options.jobs < 1 ? 1 : MAX_JOBS;
	if (options.seconds < 1 || optind != argc) {
		fprintf(stderr, "usage: runner [-j JOBS] [-t SECONDS] [-l LOGS] [-p PREFIX] [-x WRAPPER] <RUNS\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static struct run runs[MAX_JOBS];
	sigset_t sigchld;
	char *path;
	int running = 0;
	bool more = true;

	parse(argc, argv);
	if (mkdir(options.logs, 0755) && errno != EEXIST)
		die(options.logs);
	if (asprintf(&path, "%s/times", options.logs) < 0 || !(times = fopen(path, "we")))
		die(options.logs);
	free(path);
	sigemptyset(&sigchld);
	sigaddset(&sigchld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &sigchld, NULL);
	do {
		for (int i = 0; more && i < options.jobs; i++)
			if (!runs[i].pid)
				more = start(&runs[i]);
		wait_for_some(runs, &sigchld);
		running = 0;
		for (int i = 0; i < options.jobs; i++)
			running += runs[i].pid != 0;
	} while (more || running);
	if (count.started > MANY) {
		printf(" seconds      CPU   runs\n");
		show_totals(groups, LONGEST);
		printf("the longest:\n");
		show_totals(programs, LONGEST);
	}
	printf("%d passed, %d failed, %d skipped\n", count.passed, count.failed, count.skipped);
	return count.failed || !count.started;
}
