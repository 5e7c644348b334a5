/* Where a worker records, by the hooks of trace.h; trace.c has the protocol. */
#ifndef MNI_TRACE_RING_H
#define MNI_TRACE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Two words. In a ring, of MNI_EV_YIELDS, each is one of two yields, the older first:
 * the thread's handle | MNI_EV_YIELDS; handle 0: there is no second one. In a copy, as two
 * of MNI_EV_YIELD, without a time.
 */
struct mni_trace_entry {
	_Atomic uint64_t when; /* the clock's ticks << 8 | arg; ticks are 0 where it was not read */
	_Atomic uint64_t what; /* the thread's handle, whose low six bits are 0, | enum mni_event */
};

#define MNI_TRACE_EVENT ((uint64_t)63)
#define MNI_TRACE_TICKS (UINT64_MAX >> 8)

/* Written by its worker alone; the last one, for all other kernel threads, under a lock. */
struct mni_trace {
	_Alignas(64) _Atomic uint64_t *at; /* worker: where the next word goes, or end */
	_Atomic uint64_t *timed_at;        /* worker: so far yields need not read the clock */
	_Atomic uint64_t *timed;           /* worker: since here they have not */
	_Atomic uint64_t *end;             /* start */
	uint64_t lap;    /* worker: how many entries were written before those from entry[0] on */
	uint32_t period; /* worker: yields that do not read the clock, after one that does */
	uint64_t yielded_at;   /* worker: that one's clock */
	_Atomic uint64_t head; /* entries ever written, but for the last yields without the clock */
	_Atomic uint64_t seconds;      /* of these, with two yields */
	_Atomic uint64_t from;         /* head when the recording began */
	_Atomic uint64_t from_seconds; /* seconds then */
	_Atomic uint64_t began;        /* the clock then */
	_Atomic bool fresh;            /* nothing has been written since */
	size_t bytes;                  /* start: of all this */
	_Alignas(64) struct mni_trace_entry entry[];
};

#endif
