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
 * Writes the tracks as Trace Event Format to the file. from, to: two moments by
 * which ticks are told from nanoseconds; to: the end of the recording.
 */
int mni_trace_json(int file, struct mni_trace_copy *track, unsigned tracks,
		   const struct mni_trace_clock *from, const struct mni_trace_clock *to);

#endif
