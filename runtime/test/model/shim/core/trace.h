/* Stands in for core/trace.h: nothing is recorded in the model. */
#ifndef MNI_TRACE_H
#define MNI_TRACE_H

enum mni_event { MNI_EV_YIELD, MNI_EV_EXPIRED, MNI_EV_PREEMPTED };

#define mni_trace(w, ev, t, arg) ((void)0)
#define mni_trace_yield(w, next) (next)
#define mni_trace_park(w, next) ((void)0)
#define mni_trace_end(w, next) ((void)0)
#define mni_trace_foreign(ev, t) ((void)0)

#endif
