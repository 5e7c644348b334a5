/* What trace.c records and trace_json.c reads. */
#ifndef MNI_TRACE_RING_H
#define MNI_TRACE_RING_H

#include "core/trace.h"

/* First word: the clock's ticks << 8 | arg; ticks are 0 where the clock was not read. */
struct mni_trace_entry {
	_Atomic uint64_t when;
	_Atomic uint64_t what; /* the thread's handle, whose low six bits are 0, | enum mni_event */
};

#define MNI_TRACE_EVENT ((uint64_t)63)
#define MNI_TRACE_TICKS (UINT64_MAX >> 8)

/* Written by its worker alone; the last one, for all other kernel threads, under a lock. */
struct mni_trace {
	_Alignas(64) struct mni_trace_entry *at; /* worker: where the next entry goes, or end */
	struct mni_trace_entry *timed_at;        /* worker: so far yields need not read the clock */
	struct mni_trace_entry *end;             /* start */
	uint64_t lap;    /* worker: how many entries were written before those from entry[0] on */
	uint32_t period; /* worker: yields that do not read the clock, after one that does */
	uint64_t yielded_at;   /* worker: that one's clock */
	_Atomic uint64_t head; /* entries ever written, but for the last yields without the clock */
	_Atomic uint64_t from; /* head when the recording began */
	_Atomic uint64_t began; /* the clock then */
	_Atomic bool fresh;     /* nothing has been written since */
	size_t bytes;           /* start: of all this */
	_Alignas(64) struct mni_trace_entry entry[];
};

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
