/* Threads, for people: name, state, what it waits for, backtrace. */
#include <string.h>

#include "diag/diag.h"
#include "sync/wait.h"

#define FRAMES 64
#define STACK_COPY (64 * 1024)

/* What is copied of one thread's stack at a time; the monitor's. */
static char copy[STACK_COPY] __attribute__((aligned(16)));

/* The used part of a stack that nothing runs on. False: none. */
static bool copy_stack(struct mn_thread *t, struct diag_stack *s)
{
	struct mni_stack *stack = t->stack;
	struct mni_stack bounds;
	uintptr_t sp = (uintptr_t)t->sp;
	size_t n;

	if (!sp || !stack || diag_copy(&bounds, (uintptr_t)stack, sizeof bounds) != sizeof bounds)
		return false;
	s->lo = sp;
	s->hi = (uintptr_t)bounds.map + bounds.bytes;
	s->copy = copy;
	if (sp < (uintptr_t)bounds.lo || sp >= s->hi)
		return false;
	n = s->hi - sp < sizeof copy ? s->hi - sp : sizeof copy;
	s->hi = sp + diag_copy(copy, sp, n);
	return s->hi >= sp + sizeof(struct mn_arch_frame) && sp == (uintptr_t)t->sp;
}

/* --- names --- */

void diag_name(struct diag_text *o, struct mn_thread *t)
{
	if (!t) {
		diag_put(o, "a kernel thread that is no worker");
		return;
	}
	diag_put(o, "thread ");
	diag_hex(o, mni_thread_handle(t));
	if (t->name[0]) {
		char name[sizeof t->name];

		memcpy(name, t->name, sizeof name);
		name[sizeof name - 1] = 0;
		diag_put(o, " \"");
		diag_put(o, name);
		diag_put(o, "\"");
	} else if (t->main) {
		diag_put(o, " \"main\"");
	}
}

/* --- what it waits for --- */

static const char *const kinds[MNI_WAITS_KINDS] = {
	[MNI_WAITS_MUTEX] = "waits for mutex ",
	[MNI_WAITS_COND] = "waits for condition variable ",
	[MNI_WAITS_SEM] = "waits for semaphore ",
	[MNI_WAITS_READ_LOCK] = "waits to read: rwlock ",
	[MNI_WAITS_WRITE_LOCK] = "waits to write: rwlock ",
	[MNI_WAITS_BARRIER] = "waits at barrier ",
	[MNI_WAITS_WAITGROUP] = "waits for waitgroup ",
	[MNI_WAITS_ONCE] = "waits for once ",
	[MNI_WAITS_SEND] = "waits to send: channel ",
	[MNI_WAITS_RECV] = "waits to receive: channel ",
	[MNI_WAITS_SELECT] = "waits for several channels: ",
	[MNI_WAITS_JOIN] = "joins ",
	[MNI_WAITS_INLINE] = "joins, and runs on its own stack, ",
	[MNI_WAITS_OTHERS] = "waits for all others to end",
	[MNI_WAITS_SLEEP] = "sleeps",
	[MNI_WAITS_FD_IN] = "waits to read: fd ",
	[MNI_WAITS_FD_OUT] = "waits to write: fd ",
	[MNI_WAITS_POLL] = "waits for several fds: poll ",
	[MNI_WAITS_CALL] = "waits for a blocking call: ",
	[MNI_WAITS_MOVE] = "waits for another worker",
};

/* t runs on the stack of u, which joins it. Nobody says when that is over. */
static bool runs_on(const struct mn_thread *t, const struct mn_thread *u)
{
	return (t->fn || t->main) && t->unwind && t->stack && t->stack == u->stack;
}

static uint64_t waits_of(struct mn_thread *t)
{
	uint64_t waits = mni_load(&t->waits, relaxed);
	struct mn_thread *other = (struct mn_thread *)(uintptr_t)(waits & MNI_WAITS_OBJECT);

	if (mni_waits_kind(waits) == MNI_WAITS_INLINE && !runs_on(other, t))
		return 0;
	return mni_waits_kind(waits) < MNI_WAITS_KINDS ? waits : 0;
}

struct mn_thread *diag_awaited(struct mn_thread *t)
{
	uint64_t waits = waits_of(t);
	uintptr_t object = waits & MNI_WAITS_OBJECT;
	uintptr_t owner = 0;
	struct mn_mutex m;
	struct mn_rwlock l;

	switch (mni_waits_kind(waits)) {
	case MNI_WAITS_JOIN:
	case MNI_WAITS_INLINE:
		return (struct mn_thread *)object;
	case MNI_WAITS_MUTEX:
		if (diag_copy(&m, object, sizeof m) == sizeof m)
			owner = mni_mutex_owner(&m);
		break;
	case MNI_WAITS_READ_LOCK:
	case MNI_WAITS_WRITE_LOCK:
		if (diag_copy(&l, object, sizeof l) == sizeof l)
			owner = mni_rwlock_owner(&l);
		break;
	default:
		break;
	}
	if (owner && owner == mni_rt.main_name)
		return mni_rt.main;
	return mni_thread_is(owner) ? (struct mn_thread *)owner : NULL;
}

/* When its time is up; only waits that can be cancelled are found. */
static void put_time_left(struct diag_text *o, struct mn_thread *t)
{
	struct mni_wait x;
	uintptr_t at = (uintptr_t)mni_load(&t->wait, relaxed);
	uint64_t now = mn_plat_now_ns();

	if (!at || diag_copy(&x, at, sizeof x) != sizeof x || !x.timed || x.thread != t)
		diag_put(o, ", not for ever");
	else if (x.timer.deadline_ns == MNI_NEVER)
		diag_put(o, ", without end");
	else if (x.timer.deadline_ns <= now)
		diag_put(o, ", its time is up");
	else {
		diag_put(o, ", at most ");
		diag_ms(o, (x.timer.deadline_ns - now) / 1000000);
		diag_put(o, " more");
	}
}

static void put_wait(struct diag_text *o, struct mn_thread *t, uint64_t waits)
{
	enum mni_waits kind = mni_waits_kind(waits);
	uintptr_t object = waits & MNI_WAITS_OBJECT;
	struct mn_thread *other = diag_awaited(t);

	diag_put(o, kinds[kind]);
	switch (kind) {
	case MNI_WAITS_JOIN:
	case MNI_WAITS_INLINE:
		diag_name(o, other);
		break;
	case MNI_WAITS_FD_IN:
	case MNI_WAITS_FD_OUT:
		diag_decimal(o, object);
		break;
	case MNI_WAITS_CALL:
		diag_place(o, object);
		break;
	case MNI_WAITS_SLEEP:
	case MNI_WAITS_OTHERS:
	case MNI_WAITS_MOVE:
		break;
	default:
		diag_hex(o, object);
		if (other) {
			diag_put(o, ", held by ");
			diag_name(o, other);
		}
	}
	if (waits & MNI_WAITS_TIMED)
		put_time_left(o, t);
}

/* Main may have, as far as its joiners are concerned, and wait for the others. */
static bool has_ended(struct mn_thread *t)
{
	return mni_load(&t->join, relaxed) == MNI_JOIN_ENDED &&
	       mni_waits_kind(mni_load(&t->waits, relaxed)) != MNI_WAITS_OTHERS && !t->main;
}

void diag_state(struct diag_text *o, struct mn_thread *t)
{
	uint64_t waits = waits_of(t);
	int carrier = diag_running_where(t);
	int worker = carrier < 0 ? -1 : diag_running_worker(carrier);

	if (has_ended(t)) {
		diag_put(o, "has ended, and nobody has joined it");
		return;
	}
	if (worker >= 0) {
		diag_put(o, "runs on worker ");
		diag_decimal(o, (unsigned)worker);
	} else if (carrier >= 0) {
		diag_put(o, "blocks a kernel thread, which is no worker meanwhile");
	} else if (waits) {
		put_wait(o, t, waits);
	} else if (!t->sp) {
		diag_put(o, "has not started: ");
		diag_place(o, (uintptr_t)t->fn);
	} else {
		diag_put(o, "can run");
	}
	diag_put(o, carrier < 0 && waits ? ", for " : "; has not waited for ");
	diag_ms(o, mn_plat_coarse_ms() - mni_load(&t->stamp, relaxed));
}

/* --- backtraces --- */

void diag_frames(struct diag_text *o, const uintptr_t *pcs, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		diag_put(o, "    #");
		diag_decimal(o, i);
		diag_put(o, i < 10 ? "  " : " ");
		diag_place(o, pcs[i]);
		diag_put(o, "\n");
	}
}

static unsigned unwind_parked(struct mn_thread *t, uintptr_t *pcs)
{
	struct diag_registers r = {.exact = true};
	struct diag_stack s;

	if (!copy_stack(t, &s))
		return 0;
	mn_arch_unwind_parked((const struct mn_arch_frame *)s.copy, s.lo, r.r);
	r.pc = r.r[MN_ARCH_DWARF_PC];
	return diag_unwind(&r, &s, pcs, FRAMES);
}

void diag_backtrace(struct diag_text *o, struct mn_thread *t)
{
	uintptr_t found[FRAMES];
	const uintptr_t *pcs = found;
	int carrier = diag_running_where(t);
	unsigned n;

	if (has_ended(t))
		return;
	if (mni_waits_kind(waits_of(t)) == MNI_WAITS_INLINE)
		return; /* its frames follow those of the one that it runs */
	if (carrier >= 0) {
		n = diag_running_frames(carrier, &pcs);
		if (!n)
			diag_put(o, "    (no answer)\n");
	} else {
		n = unwind_parked(t, found);
	}
	diag_frames(o, pcs, n);
}

struct listing {
	struct diag_text *o;
	size_t left, more;
};

static bool list_one(struct mn_thread *t, void *arg)
{
	struct listing *l = arg;

	if (!l->left) {
		l->more++;
		return true;
	}
	l->left--;
	diag_name(l->o, t);
	diag_put(l->o, ": ");
	diag_state(l->o, t);
	diag_put(l->o, "\n");
	diag_backtrace(l->o, t);
	return true;
}

void diag_list(struct diag_text *o, size_t most)
{
	struct listing l = {o, most, 0};

	mni_thread_walk(list_one, &l);
	if (l.more) {
		diag_decimal(o, l.more);
		diag_put(o, " more threads\n");
	}
}
