#include "args.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "registry.h"

static int usage(void)
{
    fputs("usage: driver describe\n"
          "       driver run WORKLOAD [--workers N] [--warmup W] [--iterations I] [--seed S]\n"
          "              [--mode parallel|serial] --param NAME=NUMBER...\n",
          stderr);
    return -1;
}

/* Digits only: strtoull alone would take a sign, blanks and other bases. */
static int number(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    errno = 0;
    *value = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || errno || *value < min || *value > max) {
        complain("%s %s: want a whole number from %ju to %ju", what, text, (uintmax_t)min,
                 (uintmax_t)max);
        return -1;
    }
    return 0;
}

static int find_workload(struct args *args, const char *id)
{
    args->workload = registry_find(id);
    if (args->workload)
        return 0;
    complain("unknown workload %s; there is:", id);
    for (size_t i = 0; i < registry_count(); i++)
        fprintf(stderr, "  %s\n", registry_at(i)->id);
    return -1;
}

/* NAME=NUMBER */
static int assign(struct args *args, unsigned *given, const char *assignment)
{
    const struct param_spec *specs = args->workload->params;
    const char *equals = strchr(assignment, '=');
    size_t length = equals ? (size_t)(equals - assignment) : 0;

    if (length == 0) {
        complain("--param %s: want NAME=NUMBER", assignment);
        return -1;
    }
    for (size_t i = 0; i < WORKLOAD_MAX_PARAMS && specs[i].name; i++) {
        if (strlen(specs[i].name) != length || strncmp(specs[i].name, assignment, length) != 0)
            continue;
        if (*given & 1u << i) {
            complain("--param %s: %s is given twice", assignment, specs[i].name);
            return -1;
        }
        *given |= 1u << i;
        return number(specs[i].name, equals + 1, specs[i].min, UINT64_MAX, &args->values[i]);
    }
    complain("--param %s: %s has no such parameter", assignment, args->workload->id);
    return -1;
}

static int all_given(const struct args *args, unsigned given)
{
    const struct param_spec *specs = args->workload->params;

    for (size_t i = 0; i < WORKLOAD_MAX_PARAMS && specs[i].name; i++) {
        if (!(given & 1u << i) && !specs[i].optional) {
            complain("parameter %s is missing: give --param %s=NUMBER", specs[i].name,
                     specs[i].name);
            return 0;
        }
    }
    return 1;
}

static int parse_run(struct args *args, int argc, char **argv)
{
    enum { WORKERS = 1, WARMUP, ITERATIONS, SEED, MODE, PARAM };
    static const struct option flags[] = {
        {"workers", required_argument, NULL, WORKERS}, {"warmup", required_argument, NULL, WARMUP},
        {"iterations", required_argument, NULL, ITERATIONS}, {"seed", required_argument, NULL, SEED},
        {"mode", required_argument, NULL, MODE}, {"param", required_argument, NULL, PARAM}, {0},
    };
    unsigned given = 0;
    uint64_t workers = 1;
    int flag, bad = 0;

    args->iterations = 1;
    if (argc < 2 || argv[1][0] == '-') {
        complain("run: no workload given");
        return usage();
    }
    if (find_workload(args, argv[1]) != 0)
        return -1;
    argc--, argv++; /* getopt takes the first for the program's name */
    opterr = 0;
    while (!bad && (flag = getopt_long(argc, argv, "+:", flags, NULL)) != -1) {
        switch (flag) {
        case WORKERS:
            bad = number("--workers", optarg, 1, UINT_MAX, &workers);
            break;
        case WARMUP:
            bad = number("--warmup", optarg, 0, UINT64_MAX, &args->warmup);
            break;
        case ITERATIONS:
            bad = number("--iterations", optarg, 1, UINT64_MAX, &args->iterations);
            break;
        case SEED:
            bad = number("--seed", optarg, 0, UINT64_MAX, &args->seed);
            break;
        case MODE:
            args->serial = strcmp(optarg, "serial") == 0;
            if (!args->serial && strcmp(optarg, "parallel") != 0) {
                complain("--mode %s: want parallel or serial", optarg);
                bad = -1;
            }
            break;
        case PARAM:
            bad = assign(args, &given, optarg);
            break;
        case ':':
            complain("%s: without a value", argv[optind - 1]);
            return usage();
        default:
            complain("%s: unknown flag", argv[optind - 1]);
            return usage();
        }
    }
    if (bad)
        return -1;
    if (optind < argc) {
        complain("%s: unexpected", argv[optind]);
        return usage();
    }
    args->workers = (unsigned)workers;
    if (args->serial && args->workers != 1) {
        complain("serial mode has 1 worker, not %u", args->workers);
        return -1;
    }
    return all_given(args, given) ? 0 : -1;
}

int args_parse(struct args *args, int argc, char **argv)
{
    memset(args, 0, sizeof *args);
    if (argc == 2 && strcmp(argv[1], "describe") == 0) {
        args->verb = VERB_DESCRIBE;
        return 0;
    }
    if (argc >= 2 && strcmp(argv[1], "run") == 0) {
        args->verb = VERB_RUN;
        return parse_run(args, argc - 1, argv + 1);
    }
    if (argc >= 2)
        complain("%s: want describe alone, or run", argv[1]);
    return usage();
}

uint64_t param(const struct args *args, const char *name)
{
    const struct param_spec *specs = args->workload->params;

    for (size_t i = 0; i < WORKLOAD_MAX_PARAMS && specs[i].name; i++)
        if (strcmp(specs[i].name, name) == 0)
            return args->values[i];
    complain("%s asks for the parameter %s, which it does not declare", args->workload->id, name);
    abort();
}

uint64_t seed(const struct args *args)
{
    return args->seed;
}
