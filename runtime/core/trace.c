/*
 * The recording of what workers do: a ring for each, of entries of 16 bytes.
 *
 * Only the worker writes to its ring (other kernel threads share one more, under a lock),
 * so there are no read-modify-writes. When it is full the oldest are overwritten.
 *
 *   writing:  1. the entry's two words, each with release; 2. its index + 1 to head, with
 *             release; but for PERIOD_MOST words in a row step 2 may be left out.
 *   reading:  3. head; 4. the words of all entries behind it, each with acquire;
 *             5. head again: what may have been overwritten since is dropped.
 *
 * If step 4 has read a word of a later round, it acquires what came before that: step 2 of
 * some entry shortly before. So step 5 reads a head that gives the later round away.
 *
 * Starting publishes the rings in the workers' own words (worker.trace) with release; the
 * hooks look whether there is one, and only then acquire it. Stopping takes the words away;
 * a worker in the midst of writing finishes, so rings stay until the runtime ends.
 *
 * The clock is the CPU's (mn_arch_ticks()), told from nanoseconds at the end. Reading it
 * takes as long as half a yield. So where yields follow each other closely only every 2nd,
 * 4th, ... 64th is written with the clock, such that it is read about every microsecond;
 * the others take one word each, their times are filled in evenly and marked so. All else
 * has its own time.
 */
#include "core/trace_json.h"

#include "core/config.h"

#define PERIOD_MOST 63

/* So much of a ring is touched beforehand: a page's first touch takes as long as dozens of yields. */
#define TOUCHED ((size_t)1 << 20)

static struct {
	mni_spinlock lock;
	bool on;           /* lock */
	_Atomic bool busy; /* written under the lock: somebody reads the rings */
	uint64_t events;   /* start: of a ring */
	struct mni_trace *ring[MNI_MAX_WORKERS + 1]; /* lock; NULL: none yet */
	struct mni_trace_clock from;                 /* lock: when it began */
	struct mni_trace_clock to;                   /* lock: and stopped; 0: it goes on */
	_Atomic(struct mni_trace *) foreign;         /* for kernel threads that are no workers */
	mni_spinlock foreign_lock;
	bool at_end;              /* start: it is written at the end, */
	char path[MNI_PATH_MOST]; /* start: here */
} tracer;

#define FOREIGN MNI_MAX_WORKERS /* the place of their ring */

/* --- writing --- */

static _Atomic uint64_t *word(struct mni_trace *r)
{
	return &r->entry[0].when;
}

/* After yields without the clock: the index of the entry that comes next. */
static uint64_t end_yields(struct mni_trace *r)
{
	size_t yields = (size_t)(r->at - r->timed);

	if (yields & 1)
		mni_store(r->at++, MNI_EV_YIELDS, release);
	r->timed = r->at;
	mni_store(&r->seconds, mni_load(&r->seconds, relaxed) + yields / 2, relaxed);
	return r->lap + (uint64_t)(r->at - word(r)) / 2;
}

static void write_entry(struct mni_trace *r, uint64_t when, uint64_t what)
{
	uint64_t index = end_yields(r);

	if (r->at == r->end) {
		r->at = word(r);
		r->lap = index;
	}
	mni_store(r->at++, when, release);
	mni_store(r->at++, what, release);
	r->timed = r->timed_at = r->at;
	mni_store(&r->head, index + 1, release);
}

static inline uint64_t what_of(struct mn_thread *t, enum mni_event ev)
{
	return (t ? mni_thread_handle(t) : 0) | ev;
}

/* The first entry says what ran when the recording began. */
static void begin(struct mni_trace *r, struct mn_thread *current)
{
	mni_store(&r->fresh, false, relaxed);
	mni_store(&r->from, end_yields(r), relaxed);
	mni_store(&r->from_seconds, mni_load(&r->seconds, relaxed), relaxed);
	write_entry(r, mni_load(&r->began, relaxed) << 8, what_of(current, MNI_EV_NOW));
}

static struct mni_trace *ring_of(struct mni_worker *w)
{
	struct mni_trace *r = mni_load(&w->trace, acquire);

	if (r && mni_load(&r->fresh, relaxed))
		begin(r, w->current);
	return r;
}

void mni_trace_put(struct mni_worker *w, enum mni_event ev, struct mn_thread *t, unsigned arg)
{
	struct mni_trace *r = ring_of(w);

	if (r)
		write_entry(r, mn_arch_ticks() << 8 | arg, what_of(t, ev));
}

struct mn_thread *mni_trace_put_yield(struct mni_worker *w, struct mn_thread *t)
{
	struct mni_trace *r = ring_of(w);
	uint64_t now = mn_arch_ticks();
	uint64_t gap;

	if (!r)
		return t;
	gap = now - r->yielded_at;
	r->yielded_at = now;
	if (gap < mn_arch_ticks_rare())
		r->period = r->period < PERIOD_MOST ? 2 * r->period + 1 : PERIOD_MOST;
	else if (gap > 4 * mn_arch_ticks_rare())
		r->period = 0;
	write_entry(r, now << 8, what_of(t, MNI_EV_YIELD));
	r->timed_at = r->end - r->at > r->period ? r->at + r->period : r->end;
	return t;
}

void mni_trace_put_fd(struct mni_worker *w, int fd, unsigned dir)
{
	struct mni_trace *r = ring_of(w);

	if (!r)
		return;
	write_entry(r, mn_arch_ticks() << 8 | dir, what_of(w->current, MNI_EV_IO));
	write_entry(r, 0, (uint64_t)(uint32_t)fd << 8 | MNI_EV_FD);
}

void mni_trace_put_name(struct mni_worker *w, struct mn_thread *t)
{
	struct mni_trace *r = ring_of(w);
	uint64_t text[2];

	if (!r || !t->name[0])
		return;
	__builtin_memcpy(text, t->name, sizeof text);
	write_entry(r, mn_arch_ticks() << 8, what_of(t, MNI_EV_NAME));
	write_entry(r, text[0], text[1] << 8 | MNI_EV_TEXT);
}

void mni_trace_foreign(enum mni_event ev, struct mn_thread *t)
{
	struct mni_trace *r;

	if (!mni_load(&tracer.foreign, relaxed))
		return;
	mni_spin_lock(&tracer.foreign_lock);
	r = mni_load(&tracer.foreign, acquire);
	if (r)
		write_entry(r, mn_arch_ticks() << 8, what_of(t, ev));
	mni_spin_unlock(&tracer.foreign_lock);
}

/* --- start and stop; under the lock --- */

static struct mni_trace_clock clock_now(void)
{
	struct mni_trace_clock c = {mn_arch_ticks(), mn_plat_now_ns()};

	return c;
}

static struct mni_trace *make_ring(unsigned place)
{
	size_t bytes = sizeof(struct mni_trace) + tracer.events * sizeof(struct mni_trace_entry);
	struct mni_trace *r = tracer.ring[place];

	if (r)
		return r;
	r = tracer.ring[place] = mn_plat_map(bytes);
	if (r) {
		for (size_t i = 0; i < bytes && i < TOUCHED && place != FOREIGN; i += MN_PLAT_PAGE)
			((volatile char *)r)[i] = 0;
		r->at = r->timed_at = r->timed = word(r);
		r->end = word(r) + 2 * tracer.events;
		r->bytes = bytes;
	}
	return r;
}

static void prepare(struct mni_trace *r, uint64_t now)
{
	mni_store(&r->from, mni_load(&r->head, relaxed), relaxed);
	mni_store(&r->from_seconds, mni_load(&r->seconds, relaxed), relaxed);
	mni_store(&r->began, now, relaxed);
	mni_store(&r->fresh, true, relaxed);
}

static int start(void)
{
	for (unsigned i = 0; i < mni_rt.workers; i++)
		if (!make_ring(i))
			return -MNI_ENOMEM;
	if (!make_ring(FOREIGN))
		return -MNI_ENOMEM;
	tracer.from = clock_now();
	tracer.to = (struct mni_trace_clock){0, 0};
	tracer.on = true;
	for (unsigned i = 0; i < mni_rt.workers; i++) {
		prepare(tracer.ring[i], tracer.from.ticks);
		mni_store(&mni_rt.worker[i]->trace, tracer.ring[i], release);
	}
	prepare(tracer.ring[FOREIGN], tracer.from.ticks);
	mni_store(&tracer.ring[FOREIGN]->fresh, false, relaxed);
	mni_store(&tracer.foreign, tracer.ring[FOREIGN], release);
	return 0;
}

static void stop(void)
{
	tracer.on = false;
	tracer.to = clock_now();
	for (unsigned i = 0; i < mni_rt.workers; i++)
		mni_store(&mni_rt.worker[i]->trace, NULL, relaxed);
	mni_store(&tracer.foreign, NULL, relaxed);
}

int mn_trace_start(void)
{
	int error;

	if (!mni_load(&mni_rt.up, acquire))
		return -MNI_EPERM;
	mn_preempt_disable();
	mni_spin_lock(&tracer.lock);
	error = tracer.on ? -MNI_EBUSY : start();
	mni_spin_unlock(&tracer.lock);
	mn_preempt_enable();
	return error;
}

int mn_trace_stop(void)
{
	int error;

	mn_preempt_disable();
	mni_spin_lock(&tracer.lock);
	error = tracer.on ? 0 : -MNI_EPERM;
	if (!error)
		stop();
	mni_spin_unlock(&tracer.lock);
	mn_preempt_enable();
	return error;
}

/* --- reading --- */

static struct mni_trace_entry *add(struct mni_trace_entry *to, uint64_t when, uint64_t what)
{
	mni_store(&to->when, when, relaxed);
	mni_store(&to->what, what, relaxed);
	return to + 1;
}

static bool is_thread(uint64_t what)
{
	return what & ~MNI_TRACE_EVENT;
}

/* Entries [from, end) as those of a copy, to somewhere at least as many before them. Returns its end. */
static struct mni_trace_entry *unfold(struct mni_trace_entry *to, struct mni_trace_entry *from,
				      struct mni_trace_entry *end)
{
	for (; from < end; from++) {
		uint64_t when = mni_load(&from->when, relaxed);
		uint64_t what = mni_load(&from->what, relaxed);

		if ((what & MNI_TRACE_EVENT) != MNI_EV_YIELDS) {
			to = add(to, when, what);
			continue;
		}
		to = add(to, 0, (when & ~MNI_TRACE_EVENT) | MNI_EV_YIELD);
		if (is_thread(what))
			to = add(to, 0, (what & ~MNI_TRACE_EVENT) | MNI_EV_YIELD);
	}
	return to;
}

/* Steps 3 to 5. There is room for two entries for each of the ring's. */
static void copy(struct mni_trace *r, struct mni_trace_copy *to)
{
	uint64_t size = (uint64_t)(r->end - word(r)) / 2;
	uint64_t head = mni_load(&r->head, acquire);
	uint64_t from = mni_load(&r->from, relaxed);
	uint64_t first = head - from > size ? head - size : from;
	uint64_t written =
		head - from + mni_load(&r->seconds, relaxed) - mni_load(&r->from_seconds, relaxed);
	struct mni_trace_entry *raw = to->entry + size;
	struct mni_trace_entry *end = raw;
	uint64_t kept;

	for (uint64_t i = first; i < head; i++) {
		struct mni_trace_entry *e = &r->entry[i & (size - 1)];

		end = add(end, mni_load(&e->when, acquire), mni_load(&e->what, acquire));
	}
	kept = mni_load(&r->head, acquire);
	kept += PERIOD_MOST / 2 + 2; /* so many may be written already, and one half */
	kept = kept > first + size ? kept - size : first;
	if (kept > head)
		kept = head;
	to->count = (size_t)(unfold(to->entry, raw + (kept - first), end) - to->entry);
	to->lost = kept > from ? written - to->count : 0;
}

/* Copies all rings and writes them; nobody else does. */
static int write_all(int file)
{
	struct mni_trace_clock to = tracer.to;
	struct mni_trace_copy *track;
	struct mni_trace_entry *room;
	unsigned tracks = 0;
	size_t bytes = (FOREIGN + 1) * sizeof *track;
	int error;

	for (unsigned i = 0; i <= FOREIGN; i++)
		if (tracer.ring[i])
			bytes += 2 * tracer.ring[i]->bytes;
	track = mn_plat_map(bytes);
	if (!track)
		return -MNI_ENOMEM;
	room = (struct mni_trace_entry *)(track + FOREIGN + 1);
	for (unsigned i = 0; i <= FOREIGN; i++) {
		struct mni_trace *r = tracer.ring[i];

		if (!r || (i < FOREIGN && i >= mni_rt.workers))
			continue;
		track[tracks].track = i < FOREIGN ? i : mni_rt.workers;
		track[tracks].entry = room;
		copy(r, &track[tracks]);
		room = track[tracks].entry + track[tracks].count;
		tracks++;
	}
	if (!to.ns)
		to = clock_now();
	error = mni_trace_json(file, track, tracks, &tracer.from, &to);
	mn_plat_unmap(track, bytes);
	return error;
}

static int write_file(const char *path)
{
	int file = mn_plat_file_create(path);
	int error;
	int closed;

	if (file < 0)
		return file;
	error = write_all(file);
	closed = mn_plat_file_close(file);
	return error ? error : closed;
}

/* Whether the caller may read the rings now: 0, or an error. */
static int claim(void)
{
	int error = 0;

	mn_preempt_disable();
	mni_spin_lock(&tracer.lock);
	if (mni_load(&tracer.busy, relaxed))
		error = -MNI_EBUSY;
	else if (!tracer.from.ns)
		error = -MNI_EPERM;
	else
		mni_store(&tracer.busy, true, relaxed);
	mni_spin_unlock(&tracer.lock);
	mn_preempt_enable();
	return error;
}

static void unclaim(void)
{
	mn_preempt_disable();
	mni_spin_lock(&tracer.lock);
	mni_store(&tracer.busy, false, relaxed);
	mni_spin_unlock(&tracer.lock);
	mn_preempt_enable();
}

int mn_trace_write(const char *path)
{
	int error = claim();

	if (error)
		return error;
	error = write_file(path);
	unclaim();
	return error;
}

/* --- start and end of the runtime --- */

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static void complain(const char *what, const char *path)
{
	static char text[MNI_PATH_MOST + 64]; /* at start and end, where only one is */
	size_t n = length(what);

	__builtin_memcpy(text, what, n);
	__builtin_memcpy(text + n, path, length(path) + 1);
	mn_plat_say(text);
}

/* Writes what MN_TRACE asks for, once; if somebody else is writing, after that. */
static void write_last(void)
{
	int error;

	if (!tracer.at_end)
		return;
	tracer.at_end = false;
	while ((error = mn_trace_write(tracer.path)) == -MNI_EBUSY)
		mn_plat_relinquish();
	if (error)
		complain("mn: MN_TRACE: the trace could not be written to ", tracer.path);
}

static void at_exit(void)
{
	if (mni_load(&mni_rt.up, acquire))
		write_last();
}

int mni_trace_begin(const struct mn_config *c)
{
	int file;

	tracer.events = 64;
	while (tracer.events < c->trace_events)
		tracer.events *= 2;
	tracer.at_end = false;
	if (!c->trace)
		return 0;
	file = mn_plat_file_create(c->trace);
	if (file < 0 || mn_plat_file_close(file)) {
		complain("mn: MN_TRACE: there is no writing to ", c->trace);
		return file < 0 ? file : -MNI_EINVAL;
	}
	__builtin_memcpy(tracer.path, c->trace, length(c->trace) + 1);
	mni_rt.config.trace = tracer.path; /* the program's own may go away */
	tracer.at_end = true;
	mn_plat_at_exit(at_exit);
	return start(); /* there are no workers yet: they get their rings as they are made */
}

bool mni_trace_join(struct mni_worker *w)
{
	struct mni_trace *r;

	if (!tracer.on)
		return true;
	r = make_ring(w->id);
	if (!r)
		return false;
	prepare(r, mn_arch_ticks());
	mni_store(&w->trace, r, release);
	return true;
}

void mni_trace_finish(void)
{
	while (mni_load(&tracer.busy, relaxed))
		mn_plat_relinquish();
	if (tracer.on)
		stop();
	if (mni_load(&mni_rt.up, relaxed))
		write_last();
	for (unsigned i = 0; i <= FOREIGN; i++) {
		if (tracer.ring[i])
			mn_plat_unmap(tracer.ring[i], tracer.ring[i]->bytes);
		tracer.ring[i] = NULL;
	}
	tracer.from = (struct mni_trace_clock){0, 0};
}

/* The rings' memory is the parent's matter; it stays where it is. */
void mni_trace_forget(void)
{
	mni_store(&tracer.lock, 0, relaxed);
	mni_store(&tracer.foreign_lock, 0, relaxed);
	mni_store(&tracer.foreign, NULL, relaxed);
	mni_store(&tracer.busy, false, relaxed);
	tracer.on = tracer.at_end = false;
	tracer.from = (struct mni_trace_clock){0, 0};
	for (unsigned i = 0; i <= FOREIGN; i++)
		tracer.ring[i] = NULL;
}
