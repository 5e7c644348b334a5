/* What trace.c has recorded and trace_json.c writes. */
#ifndef MNI_TRACE_JSON_H
#define MNI_TRACE_JSON_H

#include "core/trace.h"

/* A worker's events, out of the ring. */
struct mni_trace_copy {
	unsigned track; /* the worker's number; mni_rt.workers: other kernel threads */
	uint64_t lost;
	size_t count;
	struct mni_trace_entry *entry;
};

/* Where the clock stood at a time. */
struct mni_trace_clock {
	uint64_t ticks, ns;
};

/*
 * Makes nanoseconds of the ticks: entry.when is time << 8 | arg then. from, to: two moments of
 * which both are known; nothing is later than the second. Entries without a time get one.
 */
void mni_trace_tell_times(struct mni_trace_copy *c, const struct mni_trace_clock *from,
			  const struct mni_trace_clock *to);

#define MNI_TRACE_ABOUT 1u /* a yield's arg: its time is filled in */

static inline uint64_t mni_trace_ns(const struct mni_trace_entry *e)
{
	return mni_load(&e->when, relaxed) >> 8;
}

static inline enum mni_event mni_trace_event(const struct mni_trace_entry *e)
{
	return mni_load(&e->what, relaxed) & MNI_TRACE_EVENT;
}

/* Whether it belongs to the entry before. */
static inline bool mni_trace_is_rest(const struct mni_trace_entry *e)
{
	return mni_trace_event(e) == MNI_EV_FD || mni_trace_event(e) == MNI_EV_TEXT;
}

/*
 * Writes the tracks as Trace Event Format to the file. from, to: two moments by
 * which ticks are told from nanoseconds; to: the end of the recording.
 */
int mni_trace_json(int file, struct mni_trace_copy *track, unsigned tracks,
		   const struct mni_trace_clock *from, const struct mni_trace_clock *to);

#endif
