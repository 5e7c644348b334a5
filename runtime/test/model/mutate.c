/*
 * The list of mutations is made from the sites themselves, so none is forgotten
 * when the sources change.
 *
 * A step weakens as little as can be told apart: seq_cst and acq_rel to acquire
 * and to release, these to relaxed; an SC fence to acq_rel and to none. seq_cst
 * accesses are no more than acq_rel to begin with (model.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

extern struct model_site *const __start_model_sites[];
extern struct model_site *const __stop_model_sites[];

static const char *const order_name[] = {
	[MODEL_relaxed] = "relaxed", [MODEL_acquire] = "acquire", [MODEL_release] = "release",
	[MODEL_acq_rel] = "acq_rel", [MODEL_seq_cst] = "seq_cst", [MODEL_removed] = "none",
};

/* The weaker orders to try. Returns how many. */
static unsigned weaker(enum model_kind kind, enum model_order o, enum model_order *out)
{
	bool fence = kind >= MODEL_FENCE;
	unsigned n = 0;

	switch (o) {
	case MODEL_seq_cst:
		if (kind == MODEL_FENCE)
			out[n++] = MODEL_acq_rel;
		if (fence) {
			out[n++] = MODEL_removed;
			return n;
		}
		/* fall through */
	case MODEL_acq_rel:
		if (kind == MODEL_LOAD || kind == MODEL_STORE) {
			out[n++] = MODEL_relaxed;
			return n;
		}
		out[n++] = MODEL_acquire;
		out[n++] = MODEL_release;
		return n;
	case MODEL_acquire:
	case MODEL_release:
		out[n++] = fence ? MODEL_removed : MODEL_relaxed;
		return n;
	default:
		return 0;
	}
}

/* The last two components. */
static const char *short_path(const char *path)
{
	const char *cut = path;
	const char *last = path;

	for (const char *p = path; *p; p++)
		if (*p == '/') {
			cut = last;
			last = p + 1;
		}
	return cut;
}

static int by_place(const void *a, const void *b)
{
	const struct model_site *const *x = a;
	const struct model_site *const *y = b;
	int c = strcmp(short_path((*x)->file), short_path((*y)->file));

	if (!c)
		c = ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
	return c ? c : strcmp((*x)->expression, (*y)->expression);
}

static bool same_place(const struct model_site *a, const struct model_site *b)
{
	return a->line == b->line && strcmp(short_path(a->file), short_path(b->file)) == 0 &&
	       strcmp(a->name, b->name) == 0 && strcmp(a->expression, b->expression) == 0;
}

static bool same_text(const struct model_site *a, const struct model_site *b)
{
	return strcmp(short_path(a->file), short_path(b->file)) == 0 &&
	       strcmp(a->function, b->function) == 0 && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->expression, b->expression) == 0;
}

static bool is_explored(const struct model_site *s)
{
	return !strstr(s->file, "test/model/");
}

static void add(struct mutation *m, struct model_site *s, unsigned nth, bool of_failure,
		enum model_order to)
{
	char number[12] = "";

	if (nth > 1)
		snprintf(number, sizeof number, "#%u", nth);
	m->at = s;
	m->of_failure = of_failure;
	m->to = to;
	snprintf(m->name, sizeof m->name, "%s %s: %s%s%s%s%s: %s -> %s", short_path(s->file),
		 s->function, s->name, number, *s->expression ? " " : "", s->expression,
		 of_failure ? ", failing" : "", order_name[of_failure ? s->fail : s->order],
		 order_name[to]);
}

size_t mutations_list(struct mutation **out)
{
	size_t sites = (size_t)(__stop_model_sites - __start_model_sites);
	struct model_site **site = malloc(sites * sizeof *site);
	struct mutation *m = malloc(4 * sites * sizeof *m);
	size_t n = 0;

	if (!site || !m)
		abort();
	memcpy(site, __start_model_sites, sites * sizeof *site);
	qsort(site, sites, sizeof *site, by_place);
	for (size_t i = 0; i < sites; i++) {
		enum model_order to[4];
		unsigned nth = 1;
		unsigned k;

		if (!is_explored(site[i]) || (i && same_place(site[i - 1], site[i])))
			continue;
		for (size_t j = 0; j < i; j++)
			nth += same_text(site[j], site[i]) && !same_place(site[j], site[j + 1]);
		k = weaker(site[i]->kind, site[i]->order, to);
		for (unsigned o = 0; o < k; o++)
			add(&m[n++], site[i], nth, false, to[o]);
		k = weaker(MODEL_LOAD, site[i]->fail, to);
		for (unsigned o = 0; o < k; o++)
			add(&m[n++], site[i], nth, true, to[o]);
	}
	free(site);
	*out = m;
	return n;
}

void mutation_apply(const struct mutation *m)
{
	struct model_site *at = m->at;

	for (struct model_site *const *s = __start_model_sites; s < __stop_model_sites; s++) {
		if (!same_place(*s, at))
			continue;
		if (m->of_failure)
			(*s)->fail = m->to;
		else
			(*s)->order = m->to;
	}
}

bool mutation_reached(const struct mutation *m)
{
	for (struct model_site *const *s = __start_model_sites; s < __stop_model_sites; s++)
		if ((*s)->reached && same_place(*s, m->at))
			return true;
	return false;
}

void sites_reset(void)
{
	for (struct model_site *const *s = __start_model_sites; s < __stop_model_sites; s++)
		(*s)->reached = false;
}
