/*
 * When what a recording says has happened. Entries have ticks of the CPU's clock, and
 * some, to be cheap, no time at all: those get one evenly between their neighbours.
 */
#include "core/trace_json.h"

static bool has_time(const struct mni_trace_entry *e)
{
	return !mni_trace_is_rest(e) && mni_load(&e->when, relaxed) >> 8;
}

static void set_ns(struct mni_trace_entry *e, uint64_t ns, uint64_t arg)
{
	mni_store(&e->when, ns << 8 | arg, relaxed);
}

/* Entries [from, to) lie between two times. */
static void fill_in(struct mni_trace_entry *e, size_t from, size_t to, uint64_t begin_ns,
		    uint64_t end_ns)
{
	uint64_t gap = (end_ns - begin_ns) / (to - from + 1);

	for (size_t i = from; i < to; i++)
		if (!mni_trace_is_rest(&e[i]))
			set_ns(&e[i], begin_ns + gap * (i - from + 1), MNI_TRACE_ABOUT);
}

void mni_trace_tell_times(struct mni_trace_copy *c, const struct mni_trace_clock *from,
			  const struct mni_trace_clock *to)
{
	double ns_per_tick = to->ticks > from->ticks ? (double)(to->ns - from->ns) /
							       (double)(to->ticks - from->ticks)
						     : 1;
	/* What is written while others go on may be a little late. */
	uint64_t latest = to->ticks + ((uint64_t)1 << 40);
	uint64_t last = from->ns;
	uint64_t group = 100; /* what a yield took lately */
	size_t untimed = 0;

	for (size_t i = 0; i < c->count; i++) {
		struct mni_trace_entry *e = &c->entry[i];
		uint64_t when = mni_load(&e->when, relaxed);
		uint64_t ns;

		if (!has_time(e)) {
			untimed++;
			continue;
		}
		when = latest - ((latest - (when >> 8)) & MNI_TRACE_TICKS);
		ns = when > from->ticks
			     ? from->ns + (uint64_t)((double)(when - from->ticks) * ns_per_tick)
			     : from->ns;
		if (ns < last)
			ns = last;
		if (ns > to->ns)
			ns = to->ns;
		fill_in(c->entry, i - untimed, i, last, ns);
		if (untimed)
			group = (ns - last) / (untimed + 1);
		set_ns(e, ns, mni_load(&e->when, relaxed) & 255);
		last = ns;
		untimed = 0;
	}
	if (untimed) {
		uint64_t end = last + group * (untimed + 1);

		fill_in(c->entry, c->count - untimed, c->count, last, end < to->ns ? end : to->ns);
	}
}
