/* TSan without any ordering but what mn.h promises; see sanitize.h. */
#ifndef MNI_SANITIZE_STRICT_H
#define MNI_SANITIZE_STRICT_H

#include <sanitizer/tsan_interface.h>
#include <sys/mman.h>

/* What the compiler makes of atomics in code that is watched. */
uint64_t __tsan_atomic64_load(const volatile uint64_t *p, int order)
	__attribute__((visibility("default")));
void __tsan_atomic64_store(volatile uint64_t *p, uint64_t value, int order)
	__attribute__((visibility("default")));

void __tsan_ignore_thread_begin(void) __attribute__((visibility("default")));
void __tsan_ignore_thread_end(void) __attribute__((visibility("default")));
void AnnotateBenignRaceSized(const char *file, int line, const volatile void *p, size_t bytes,
			     const char *what) __attribute__((visibility("default")));

#define MNI_SAN_REUSE_STACK 0
#define MNI_SAN_RETURN 0
#define MNI_SAN_STACK_HEAD MN_PLAT_PAGE /* what lies below can be forgotten by whole pages */
#define mni_san_stack_made(s) ((void)0)
#define mni_san_stack_dropped(s) ((void)0)
#define mni_san_first_arrival() ((void)0)
#define mni_san_arrived(t) ((void)0)
#define mni_san_leave(to, w) ((void)0)
#define mni_san_run(t, w) ((void)0)
#define mni_san_scheduler_arrived(w) ((void)0)
#define mni_san_scheduler_first() ((void)0)
#define mni_san_unwind() ((void)0)

/* TSan then takes new memory for memory that nobody has touched, and not for the mapper's. */
static MNI_SAN_INLINE void mni_san_unseen_begin(void)
{
	__tsan_ignore_thread_begin();
}

static MNI_SAN_INLINE void mni_san_unseen_end(void)
{
	__tsan_ignore_thread_end();
}

/* errno belongs to the kernel thread, and is switched with the threads. */
static MNI_SAN_INLINE void mni_san_errno(int *error)
{
	AnnotateBenignRaceSized(__FILE__, __LINE__, error, sizeof *error, "errno");
}

/* --- the fiber of whoever runs --- */

/* From now on from may be found, but its fiber is in use until the after-work is done. */
static MNI_SAN_INLINE void mni_san_switch(struct mn_thread *from, struct mn_thread *to,
					  struct mni_worker *w)
{
	(void)to;
	mni_store(&from->san_busy, true, relaxed);
	w->san.left = from;
}

static MNI_SAN_INLINE void mni_san_settled(struct mni_worker *w)
{
	struct mn_thread *t = w->current;
	bool ordered = mni_rt.alone && !mni_load(&mni_rt.quantum_ns, relaxed);
	unsigned flags = ordered ? 0 : __tsan_switch_to_fiber_no_sync;

	if (__tsan_get_current_fiber() != w->san.context)
		__tsan_switch_to_fiber(w->san.context, flags);
	if (w->san.left)
		mni_store(&w->san.left->san_busy, false, release);
	w->san.left = NULL;
	if (w->san.dead)
		__tsan_destroy_fiber(w->san.dead);
	w->san.dead = NULL;
	if (!t)
		return;
	while (mni_load(&t->san_busy, acquire))
		mn_arch_relax();
	__tsan_switch_to_fiber(t->san, flags);
}

static MNI_SAN_INLINE void mni_san_worker_start(struct mni_san_context *c)
{
	c->context = __tsan_get_current_fiber();
	mni_san_errno(mn_plat_errno());
}

static MNI_SAN_INLINE void mni_san_adopt_main(struct mni_worker *w, char *lo, size_t size)
{
	(void)lo;
	(void)size;
	w->current->san = __tsan_get_current_fiber();
	mni_store(&w->current->san_busy, false, relaxed);
	w->san.context = __tsan_create_fiber(0);
	mni_san_errno(w->error);
}

/* A fiber comes after whoever makes it: the scheduler's context, and not the thread before. */
static MNI_SAN_INLINE void mni_san_thread_start(struct mn_thread *t)
{
	void *self = __tsan_get_current_fiber();

	__tsan_switch_to_fiber(mni_self()->san.context, __tsan_switch_to_fiber_no_sync);
	t->san = __tsan_create_fiber(0);
	__tsan_switch_to_fiber(self, __tsan_switch_to_fiber_no_sync);
	mni_store(&t->san_busy, false, relaxed);
}

/* In the after-work, as t. Mapping anew makes TSan forget who has been there. */
static MNI_SAN_INLINE void mni_san_thread_gone(struct mn_thread *t)
{
	struct mni_stack *s = t->stack;

	mni_self()->san.dead = t->san;
	if (!s || !s->pooled)
		return;
	mni_san_unseen_begin();
	mmap(s->lo, (size_t)((char *)s - s->lo), PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK | MAP_FIXED, -1, 0);
	mni_san_unseen_end();
}

/* --- what orders threads --- */

/* A store forgets what an earlier thread in this place has left. */
static MNI_SAN_INLINE void mni_san_release(uint64_t *word)
{
	__tsan_atomic64_store(word, 1, __ATOMIC_RELEASE);
}

static MNI_SAN_INLINE void mni_san_acquire(uint64_t *word)
{
	__tsan_atomic64_load(word, __ATOMIC_ACQUIRE);
}

static MNI_SAN_INLINE void mni_san_created(struct mn_thread *t)
{
	mni_san_release(&t->san_made);
}

static MNI_SAN_INLINE void mni_san_began(struct mn_thread *t)
{
	mni_san_acquire(&t->san_made);
}

static MNI_SAN_INLINE void mni_san_ending(struct mn_thread *t)
{
	mni_san_release(&t->san_ended);
	__tsan_release(&mni_rt);
}

static MNI_SAN_INLINE void mni_san_joined(struct mn_thread *t)
{
	mni_san_acquire(&t->san_ended);
}

static MNI_SAN_INLINE void mni_san_all_joined(void)
{
	__tsan_acquire(&mni_rt);
}

static MNI_SAN_INLINE void mni_san_waking(struct mn_thread *t)
{
	mni_san_release(&t->san_woken);
}

static MNI_SAN_INLINE void mni_san_resumed(struct mn_thread *t)
{
	mni_san_acquire(&t->san_woken);
}

/* Something that a lock or an atomic of the core hands over. */
static MNI_SAN_INLINE void mni_san_left(void *p)
{
	__tsan_release(p);
}

static MNI_SAN_INLINE void mni_san_taken(void *p)
{
	__tsan_acquire(p);
}

/* t goes on with self's fiber, as with its stack: after what self has done. */
static MNI_SAN_INLINE void mni_san_inline(struct mn_thread *t, struct mn_thread *self)
{
	t->san = self->san;
	mni_san_began(t);
}

#endif
