/*
 * What the sanitizers have to be told about stacks that are switched. Without
 * a sanitizer all of it is nothing.
 *
 * ASan: which stack is entered, so that it knows what lies on it; and that a
 * stack given back holds nothing any more.
 *
 * TSan: one "fiber" per context. A switch is announced as synchronising: what a
 * worker keeps for itself (free lists, the owner's end of the deque) is handed
 * from context to context by being on one kernel thread. This build finds races
 * between workers, in the runtime and in its users; but two threads that a worker
 * runs one after the other look ordered to it, whatever they do.
 *
 * TSan with MNI_SAN_STRICT: a switch orders nothing, and neither does anything
 * that schedulers do: core/, sched/, preempt/ and platform/ are not watched, while
 * sync/, posix/ and the program are. What orders threads there is what mn.h
 * promises, and no more:
 *
 *   - creating a thread and its beginning (mni_san_created(), mni_san_began());
 *   - its end and who joins it, and mn_shutdown() (mni_san_ending(), mni_san_joined());
 *   - waking a thread and its going on (mni_san_waking(), mni_san_resumed());
 *   - beginning a wait and ending it, by its timer or otherwise (mni_san_left(), mni_san_taken());
 *   - the atomics of the objects in sync/.
 *
 * After-work belongs to the thread that was left, so the fiber changes after it
 * (mni_san_settled()); whoever takes that thread meanwhile waits for it. Each thread has
 * a fiber of its own, and its stack is forgotten when it ends. One worker without
 * preemption does promise an order, and there switches make one. What is still ordered
 * without a promise: a thread that its joiner runs in place comes after all that the
 * joiner has done, and the creator of a thread after the one that had its descriptor before.
 *
 * TSan keeps signals back until the thread makes a call that TSan knows, and shows
 * the handler a copy of a context that is no more. So threads are not preempted in
 * their own code there (MNI_SAN_LATE_SIGNALS): a tick takes effect when the thread
 * next calls the runtime.
 *
 * Nor does TSan know that a kernel thread that sleeps in the kernel does nothing: a worker
 * that is taken over (handoff.c) looks like a race from then on. So there
 * MN_BLOCKING_WATCH is off unless asked for.
 */
#ifndef MNI_SANITIZE_H
#define MNI_SANITIZE_H

#include "core/internal.h"

/* Inlined always: TSan counts calls and returns per fiber, and these switch in between. */
#define MNI_SAN_INLINE inline __attribute__((always_inline))

#if defined(__SANITIZE_THREAD__) || defined(MNI_SAN_STRICT)
#define MNI_SAN_LATE_SIGNALS true
#else
#define MNI_SAN_LATE_SIGNALS false
#endif

#if !defined(MNI_SAN_STRICT)
#define MNI_SAN_STACK_HEAD 64 /* the description at a stack's top: rounded up to this */
#define mni_san_created(t) ((void)0)
#define mni_san_began(t) ((void)0)
#define mni_san_ending(t) ((void)0)
#define mni_san_joined(t) ((void)0)
#define mni_san_all_joined() ((void)0)
#define mni_san_waking(t) ((void)0)
#define mni_san_resumed(t) ((void)0)
#define mni_san_settled(w) ((void)0)
#define mni_san_unseen_begin() ((void)0)
#define mni_san_unseen_end() ((void)0)
#define mni_san_left(p) ((void)0)
#define mni_san_taken(p) ((void)0)
#endif

#if defined(__SANITIZE_ADDRESS__)

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

/* A stack that is left by a jump keeps the marks of its dead frames. */
#define MNI_SAN_REUSE_STACK 0
#define MNI_SAN_RETURN 0 /* a context is left where the sanitizer is told */
#define mni_san_stack_made(s) ((void)0)
#define mni_san_stack_dropped(s) ((void)0)

static MNI_SAN_INLINE void mni_san_enter(void **save, struct mn_thread *to, struct mni_worker *w)
{
	if (to)
		__sanitizer_start_switch_fiber(save, to->stack->lo,
					       (size_t)(to->stack->map + to->stack->bytes - to->stack->lo));
	else
		__sanitizer_start_switch_fiber(save, w->san.lo, w->san.size);
}

static MNI_SAN_INLINE void mni_san_thread_start(struct mn_thread *t)
{
	t->san = NULL;
}

static MNI_SAN_INLINE void mni_san_inline(struct mn_thread *t, struct mn_thread *self)
{
	(void)self;
	t->san = NULL;
}

static MNI_SAN_INLINE void mni_san_first_arrival(void)
{
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
}

static MNI_SAN_INLINE void mni_san_switch(struct mn_thread *from, struct mn_thread *to, struct mni_worker *w)
{
	mni_san_enter(&from->san, to, w);
}

static MNI_SAN_INLINE void mni_san_arrived(struct mn_thread *t)
{
	__sanitizer_finish_switch_fiber(t->san, NULL, NULL);
}

static MNI_SAN_INLINE void mni_san_leave(struct mn_thread *to, struct mni_worker *w)
{
	mni_san_enter(NULL, to, w);
}

static MNI_SAN_INLINE void mni_san_thread_gone(struct mn_thread *t)
{
	if (t->stack)
		__asan_unpoison_memory_region(
			t->stack->lo, (size_t)((char *)mni_stack_top(t->stack) - t->stack->lo));
}

static MNI_SAN_INLINE void mni_san_run(struct mn_thread *t, struct mni_worker *w)
{
	mni_san_enter(&w->san.context, t, w);
}

static MNI_SAN_INLINE void mni_san_scheduler_arrived(struct mni_worker *w)
{
	__sanitizer_finish_switch_fiber(w->san.context, NULL, NULL);
}

static MNI_SAN_INLINE void mni_san_worker_start(struct mni_san_context *c)
{
	char *lo;
	char *hi;

	if (!mn_plat_stack_bounds(&lo, &hi)) {
		c->lo = lo;
		c->size = (size_t)(hi - lo);
	}
}

static MNI_SAN_INLINE void mni_san_adopt_main(struct mni_worker *w, char *lo, size_t size)
{
	w->san.lo = lo;
	w->san.size = size;
}

static MNI_SAN_INLINE void mni_san_scheduler_first(void)
{
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
}

static MNI_SAN_INLINE void mni_san_unwind(void)
{
	__asan_handle_no_return();
}

#elif defined(MNI_SAN_STRICT)

#include "core/sanitize_strict.h"

#elif defined(__SANITIZE_THREAD__)

#include <sanitizer/tsan_interface.h>

#define MNI_SAN_REUSE_STACK 0
#define MNI_SAN_RETURN 0

static MNI_SAN_INLINE void mni_san_stack_made(struct mni_stack *s)
{
	s->san = NULL;
}

static MNI_SAN_INLINE void mni_san_stack_dropped(struct mni_stack *s)
{
	if (s->san)
		__tsan_destroy_fiber(s->san);
}

static MNI_SAN_INLINE void mni_san_thread_start(struct mn_thread *t)
{
	struct mni_stack *s = t->stack;

	/*
	 * Making a fiber takes 100 us, so a stack keeps its own; but the calls that
	 * a thread ends in never return, and TSan's record of them fills up.
	 */
	if (s->san && s->san_uses++ >= 500) {
		__tsan_destroy_fiber(s->san);
		s->san = NULL;
	}
	if (!s->san) {
		s->san = __tsan_create_fiber(0);
		s->san_uses = 0;
	}
	t->san = s->san;
}

/* t runs in self's context from now on. */
static MNI_SAN_INLINE void mni_san_inline(struct mn_thread *t, struct mn_thread *self)
{
	t->san = self->san;
}

static MNI_SAN_INLINE void mni_san_first_arrival(void) {}

static MNI_SAN_INLINE void mni_san_switch(struct mn_thread *from, struct mn_thread *to, struct mni_worker *w)
{
	(void)from;
	__tsan_switch_to_fiber(to ? to->san : w->san.context, 0);
}

static MNI_SAN_INLINE void mni_san_arrived(struct mn_thread *t)
{
	(void)t;
}

static MNI_SAN_INLINE void mni_san_leave(struct mn_thread *to, struct mni_worker *w)
{
	__tsan_switch_to_fiber(to ? to->san : w->san.context, 0);
}

static MNI_SAN_INLINE void mni_san_thread_gone(struct mn_thread *t)
{
	if (t->stack && !t->stack->pooled)
		__tsan_destroy_fiber(t->stack->san);
}

static MNI_SAN_INLINE void mni_san_run(struct mn_thread *t, struct mni_worker *w)
{
	(void)w;
	__tsan_switch_to_fiber(t->san, 0);
}

static MNI_SAN_INLINE void mni_san_scheduler_arrived(struct mni_worker *w)
{
	(void)w;
}

static MNI_SAN_INLINE void mni_san_worker_start(struct mni_san_context *c)
{
	c->context = __tsan_get_current_fiber();
}

static MNI_SAN_INLINE void mni_san_adopt_main(struct mni_worker *w, char *lo, size_t size)
{
	(void)lo;
	(void)size;
	w->current->san = __tsan_get_current_fiber();
	w->san.context = __tsan_create_fiber(0);
}

static MNI_SAN_INLINE void mni_san_scheduler_first(void) {}
static MNI_SAN_INLINE void mni_san_unwind(void) {}

#else

#define MNI_SAN_REUSE_STACK 1
#define MNI_SAN_RETURN 1
#define mni_san_stack_made(s) ((void)0)
#define mni_san_stack_dropped(s) ((void)0)
#define mni_san_thread_start(t) ((void)0)
#define mni_san_inline(t, self) ((void)0)
#define mni_san_first_arrival() ((void)0)
#define mni_san_switch(from, to, w) ((void)0)
#define mni_san_arrived(t) ((void)0)
#define mni_san_leave(to, w) ((void)0)
#define mni_san_thread_gone(t) ((void)0)
#define mni_san_run(t, w) ((void)0)
#define mni_san_scheduler_arrived(w) ((void)0)
#define mni_san_worker_start(c) ((void)0)
#define mni_san_adopt_main(w, lo, size) ((void)0)
#define mni_san_scheduler_first() ((void)0)
#define mni_san_unwind() ((void)0)

#endif

#endif
