/*
 * What the sanitizers have to be told about stacks that are switched. Without
 * a sanitizer all of it is nothing.
 *
 * ASan: which stack is entered, so that it knows what is on it.
 * TSan: one "fiber" per thread. Switches are announced as not synchronising
 * (flag 1): an order between two threads comes from the runtime's own atomics
 * or it does not exist, so no race is hidden by running on one worker.
 */
#ifndef MNI_SANITIZE_H
#define MNI_SANITIZE_H

#include "core/internal.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

#define MNI_SAN_REUSE_STACK 1
#define MNI_SAN_INLINE_JOIN 1

static inline void mni_san_thread_start(struct mn_thread *t) { (void)t; }
static inline void mni_san_first_arrival(void) {}
static inline void mni_san_thread_gone(struct mn_thread *t) { (void)t; }
static inline void mni_san_switch(struct mn_thread *from, struct mn_thread *to,
				  struct mni_worker *w) { (void)from; (void)to; (void)w; }
static inline void mni_san_arrived(struct mn_thread *t) { (void)t; }
static inline void mni_san_leave(struct mn_thread *to, struct mni_worker *w) { (void)to; (void)w; }
static inline void mni_san_run(struct mn_thread *t, struct mni_worker *w) { (void)t; (void)w; }
static inline void mni_san_scheduler_arrived(struct mni_worker *w) { (void)w; }
static inline void mni_san_adopt_main(struct mni_worker *w) { (void)w; }
static inline void mni_san_worker_start(struct mni_worker *w) { (void)w; }
static inline void mni_san_scheduler_first(struct mni_worker *w) { (void)w; }

#endif
