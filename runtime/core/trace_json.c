/*
 * A recording as JSON that ui.perfetto.dev and chrome://tracing read: Google's "Trace
 * Event Format". README.md says what is in it; competitors/PROTOCOL.md what mnbench reads.
 *
 *   1. Ticks become nanoseconds, in each track (trace_times.c).
 *   2. Threads are found, and those names that they have or had.
 *   3. All tracks are gone through by time. Each is at every moment in one state (a thread,
 *      the scheduler, sleep), and a change of it ends a span ("X"). For each thread it is
 *      known who has made it runnable, and its next span gets an arrow from there ("s", "f").
 *
 * Times are CLOCK_MONOTONIC's, in microseconds with three decimals.
 */
#include "core/trace_json.h"

#define OUT_BYTES ((size_t)1 << 16)

enum state { UNKNOWN, RUNNABLE, RUNNING, WAITING };

struct thread {
	uint64_t handle; /* 0: no entry */
	char name[16];
	uint32_t number; /* by first appearance; 0: none yet */
	uint8_t state;
	bool arrow;   /* somebody has made it runnable: from_track, at from_ns */
	bool created; /* by creating it */
	uint16_t from_track;
	uint64_t from_ns;
};

enum span { NOTHING, THREAD, SCHEDULER, IDLE };

struct track {
	enum span span;
	struct thread *thread;
	uint64_t since;
	bool about; /* since is filled in */
	bool arrow; /* what runs was made runnable by ... */
	bool created;
	uint16_t from_track;
	uint64_t from_ns;
	bool stolen;     /* and was stolen from a worker */
	bool has_stolen; /* what comes next was */
	uint16_t victim;
	uint64_t stolen_ns;
	size_t at; /* the entry that comes next */
};

struct json {
	int file;
	int error;
	unsigned pid;
	size_t used;
	char *out;
	bool comma;
	struct mni_trace_copy *copy;
	struct track *track;
	unsigned tracks;
	struct thread *thread;
	size_t thread_mask;
	uint32_t threads;
	uint32_t arrows;
	uint64_t steals;
	int64_t runnable, runnable_told;
	uint64_t end;
};

/* --- text --- */

static void flush(struct json *j)
{
	if (!j->error && j->used)
		j->error = mn_plat_file_write(j->file, j->out, j->used);
	j->used = 0;
}

static void put_char(struct json *j, char c)
{
	if (j->used == OUT_BYTES)
		flush(j);
	j->out[j->used++] = c;
}

static void put(struct json *j, const char *s)
{
	while (*s)
		put_char(j, *s++);
}

static void put_number(struct json *j, uint64_t v)
{
	char digits[21];
	char *p = digits + sizeof digits - 1;

	*p = 0;
	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	put(j, p);
}

/* What stands between quotes. Bytes that are no ASCII may be no UTF-8 either. */
static void put_text(struct json *j, const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			put_char(j, '\\');
		put_char(j, *s < ' ' || *s > '~' ? '?' : *s);
	}
}

static void put_us(struct json *j, uint64_t ns)
{
	put_number(j, ns / 1000);
	put_char(j, '.');
	put_char(j, (char)('0' + ns / 100 % 10));
	put_char(j, (char)('0' + ns / 10 % 10));
	put_char(j, (char)('0' + ns % 10));
}

/* {"ph":"X","pid":1,"tid":2,"ts":3.000 */
static void begin(struct json *j, char ph, unsigned track, uint64_t ns)
{
	put(j, j->comma ? ",\n{\"ph\":\"" : "\n{\"ph\":\"");
	j->comma = true;
	put_char(j, ph);
	put(j, "\",\"pid\":");
	put_number(j, j->pid);
	put(j, ",\"tid\":");
	put_number(j, track + 1);
	put(j, ",\"ts\":");
	put_us(j, ns);
}

static void put_name(struct json *j, const char *cat, const char *name)
{
	put(j, ",\"cat\":\"");
	put(j, cat);
	put(j, "\",\"name\":\"");
	put_text(j, name);
	put(j, "\"");
}

static void put_thread(struct json *j, struct thread *t)
{
	put(j, "\"thread\":");
	put_number(j, t->number);
}

/* ,"args":{"thread":5} */
static void put_thread_args(struct json *j, struct thread *t)
{
	put(j, ",\"args\":{");
	put_thread(j, t);
	put(j, "}}");
}

static void instant(struct json *j, unsigned track, uint64_t ns, const char *cat, const char *name)
{
	begin(j, 'i', track, ns);
	put_name(j, cat, name);
	put(j, ",\"s\":\"t\"");
}

static void metadata(struct json *j, unsigned track, const char *what, const char *name)
{
	begin(j, 'M', track, 0);
	put_name(j, "__metadata", what);
	put(j, ",\"args\":{\"name\":\"");
	put_text(j, name);
	put(j, "\"}}");
}

/* --- step 2 --- */

static struct thread *find(struct json *j, uint64_t handle)
{
	uint64_t x = handle * 0x9e3779b97f4a7c15u;
	struct thread *t;

	for (size_t i = x >> 20;; i++) {
		t = &j->thread[i & j->thread_mask];
		if (t->handle == handle || !t->handle)
			break;
	}
	return t;
}

static void copy_name(char *to, const char *from)
{
	for (unsigned i = 0; i < 15 && (to[i] = from[i]); i++)
		;
}

/* The name of a thread that still is. It may change meanwhile: then it is gone after all. */
#if defined(__SANITIZE_THREAD__) || defined(MNI_SAN_STRICT)
__attribute__((no_sanitize_thread))
#endif
static void
name_of_living(struct thread *entry)
{
	struct mn_thread *t = mni_thread_lookup(entry->handle);
	char name[16] = "";

	if (!t)
		return;
	for (unsigned i = 0; i < 15 && (name[i] = ((volatile char *)t->name)[i]); i++)
		;
	if (mni_thread_lookup(entry->handle))
		__builtin_memcpy(entry->name, name, sizeof name);
	if (!entry->name[0] && t->main)
		copy_name(entry->name, "main");
}

static struct thread *add(struct json *j, uint64_t handle)
{
	struct thread *t = find(j, handle);

	if (!t->handle) {
		t->handle = handle;
		name_of_living(t);
	}
	return t;
}

static void find_threads(struct json *j, struct mni_trace_copy *c)
{
	for (size_t i = 0; i < c->count; i++) {
		uint64_t what = mni_load(&c->entry[i].what, relaxed);
		struct thread *t;

		if (mni_trace_is_rest(&c->entry[i]) || !(what & ~MNI_TRACE_EVENT))
			continue;
		t = add(j, what & ~MNI_TRACE_EVENT);
		if (mni_trace_event(&c->entry[i]) == MNI_EV_NAME && i + 1 < c->count) {
			uint64_t text[2] = {mni_load(&c->entry[i + 1].when, relaxed),
					    mni_load(&c->entry[i + 1].what, relaxed) >> 8};

			__builtin_memcpy(t->name, text, sizeof text);
			t->name[15] = 0;
		}
	}
}

/* When it first appears by time it gets a number, and a name if it has none. */
static struct thread *thread_of(struct json *j, const struct mni_trace_entry *e)
{
	uint64_t handle = mni_load(&e->what, relaxed) & ~MNI_TRACE_EVENT;
	struct thread *t;

	if (!handle)
		return NULL;
	t = find(j, handle);
	if (!t->number)
		t->number = ++j->threads;
	if (!t->name[0]) {
		char digits[8];
		char *p = digits + sizeof digits;
		uint32_t n = t->number;

		copy_name(t->name, "thread ");
		*--p = 0;
		do
			*--p = (char)('0' + n % 10);
		while ((n /= 10) && p > digits);
		copy_name(t->name + 7, p);
	}
	return t;
}

/* --- step 3 --- */

static void arrow(struct json *j, const char *cat, unsigned from, uint64_t from_ns, unsigned to,
		  uint64_t to_ns)
{
	j->arrows++;
	begin(j, 's', from, from_ns);
	put_name(j, cat, cat);
	put(j, ",\"id\":");
	put_number(j, j->arrows);
	put(j, "}");
	begin(j, 'f', to, to_ns < from_ns ? from_ns : to_ns);
	put_name(j, cat, cat);
	put(j, ",\"bp\":\"e\",\"id\":");
	put_number(j, j->arrows);
	put(j, "}");
}

static const char *const waits_text[MNI_WAITS_KINDS] = {
	[MNI_WAITS_MUTEX] = "mutex",         [MNI_WAITS_COND] = "condition",
	[MNI_WAITS_SEM] = "semaphore",       [MNI_WAITS_READ_LOCK] = "rwlock",
	[MNI_WAITS_WRITE_LOCK] = "rwlock",   [MNI_WAITS_BARRIER] = "barrier",
	[MNI_WAITS_WAITGROUP] = "waitgroup", [MNI_WAITS_ONCE] = "once",
	[MNI_WAITS_SEND] = "channel",        [MNI_WAITS_RECV] = "channel",
	[MNI_WAITS_SELECT] = "channel",      [MNI_WAITS_JOIN] = "join",
	[MNI_WAITS_INLINE] = "join",         [MNI_WAITS_OTHERS] = "others",
	[MNI_WAITS_SLEEP] = "sleep",         [MNI_WAITS_FD_IN] = "io",
	[MNI_WAITS_FD_OUT] = "io",           [MNI_WAITS_POLL] = "io",
	[MNI_WAITS_CALL] = "blocking call",
};

/* Of a park: not if it made way for a thread that it has created, or moves. */
static bool has_to_wait(unsigned arg)
{
	return arg != MNI_WAITS_NOTHING && arg != MNI_WAITS_MOVE;
}

/* How a thread's span ended: ,"end":"park","for":"mutex" */
static void put_end(struct json *j, enum mni_event ev, unsigned arg)
{
	static const char *const text[] = {
		[MNI_EV_PARK] = "park",         [MNI_EV_YIELD] = "yield",
		[MNI_EV_EXPIRED] = "preempted", [MNI_EV_PREEMPTED] = "preempted",
		[MNI_EV_END] = "end",           [MNI_EV_INLINE] = "join in place",
		[MNI_EV_INLINE_END] = "end",    [MNI_EV_BLOCKED] = "blocked",
	};

	put(j, ",\"end\":\"");
	if (ev == MNI_EV_PARK && !has_to_wait(arg))
		put(j, arg == MNI_WAITS_MOVE ? "move" : "create");
	else if (ev < sizeof text / sizeof *text && text[ev])
		put(j, text[ev]);
	else
		put(j, "still running");
	put(j, "\"");
	if (ev == MNI_EV_PARK && has_to_wait(arg)) {
		put(j, ",\"for\":\"");
		put(j, arg < MNI_WAITS_KINDS ? waits_text[arg] : "?");
		put(j, "\"");
	}
}

/* Ends the track's span and writes it, and then the arrows that lead to it. */
static void end_span(struct json *j, unsigned n, uint64_t ns, enum mni_event ev, unsigned arg)
{
	static const char *const cat[] = {"", "run", "sched", "idle"};
	struct track *k = &j->track[n];
	bool about = k->about || (ev == MNI_EV_YIELD && arg & MNI_TRACE_ABOUT);

	if (k->span == NOTHING)
		return;
	begin(j, 'X', n, k->since);
	put(j, ",\"dur\":");
	put_us(j, ns - k->since);
	put_name(j, cat[k->span],
		 k->span == THREAD ? k->thread->name
		 : k->span == IDLE ? "asleep"
				   : "scheduler");
	if (k->span == THREAD) {
		put(j, ",\"args\":{");
		put_thread(j, k->thread);
		put_end(j, ev, arg);
		if (about)
			put(j, ",\"about\":true");
		put(j, "}");
	}
	put(j, "}");
	if (k->arrow)
		arrow(j, k->created ? "spawn" : "wake", k->from_track, k->from_ns, n, k->since);
	if (k->stolen)
		arrow(j, "steal", k->victim, k->stolen_ns, n, k->since);
	k->arrow = k->stolen = false;
}

static void begin_span(struct json *j, unsigned n, enum span span, struct thread *t, uint64_t ns,
		       bool about)
{
	struct track *k = &j->track[n];

	k->span = span;
	k->thread = t;
	k->since = ns;
	k->about = about;
	if (!t)
		return;
	if (t->state == RUNNABLE)
		j->runnable--;
	t->state = RUNNING;
	k->stolen = k->has_stolen;
	k->has_stolen = false;
	k->arrow = t->arrow;
	k->created = t->created;
	k->from_track = t->from_track;
	k->from_ns = t->from_ns;
	t->arrow = false;
}

static void runnable(struct json *j, struct thread *t)
{
	if (t->state != RUNNABLE)
		j->runnable++;
	t->state = RUNNABLE;
}

/* What ran stops, and the track goes on with t. */
static void change(struct json *j, unsigned n, uint64_t ns, enum mni_event ev, unsigned arg,
		   struct thread *t)
{
	struct track *k = &j->track[n];
	struct thread *old = k->span == THREAD ? k->thread : NULL;

	if (ev == MNI_EV_EXPIRED || ev == MNI_EV_PREEMPTED) {
		instant(j, n, ns, "preempt",
			ev == MNI_EV_EXPIRED ? "preempted at a call" : "preempted");
		put(j, "}");
	}
	end_span(j, n, ns, ev, arg);
	if (old && ev != MNI_EV_END && ev != MNI_EV_INLINE_END) {
		bool waits = (ev == MNI_EV_PARK && has_to_wait(arg)) || ev == MNI_EV_INLINE ||
			     ev == MNI_EV_BLOCKED;

		if (!waits)
			runnable(j, old);
		else if (old->state == RUNNING)
			old->state = WAITING;
	}
	begin_span(j, n, t ? THREAD : SCHEDULER, t, ns, ev == MNI_EV_YIELD && arg & MNI_TRACE_ABOUT);
}

static void made_runnable(struct json *j, unsigned n, uint64_t ns, struct thread *t, bool created)
{
	runnable(j, t);
	t->arrow = true;
	t->created = created;
	t->from_track = (uint16_t)n;
	t->from_ns = ns;
}

static void counter(struct json *j, uint64_t ns, const char *name, uint64_t value)
{
	begin(j, 'C', 0, ns);
	put_name(j, "count", name);
	put(j, ",\"args\":{\"threads\":");
	put_number(j, value);
	put(j, "}}");
}

static void steal(struct json *j, unsigned n, uint64_t ns, unsigned victim, struct thread *t)
{
	struct track *k = &j->track[n];

	instant(j, n, ns, "steal", "steal");
	put(j, ",\"args\":{");
	put_thread(j, t);
	put(j, ",\"from\":\"worker ");
	put_number(j, victim);
	put(j, "\"}}");
	counter(j, ns, "steals", ++j->steals);
	k->has_stolen = victim < j->tracks && j->track[victim].span != NOTHING;
	k->victim = (uint16_t)victim;
	k->stolen_ns = ns;
}

static void io(struct json *j, unsigned n, uint64_t ns, unsigned dir, struct thread *t,
	       const struct mni_trace_entry *rest)
{
	int fd = (int)(uint32_t)(mni_load(&rest->what, relaxed) >> 8);

	instant(j, n, ns, "io", dir ? "waits to write" : "waits to read");
	put(j, ",\"args\":{");
	put_thread(j, t);
	if (fd >= 0) {
		put(j, ",\"fd\":");
		put_number(j, (uint64_t)fd);
	}
	put(j, "}}");
}

/* Something done to t, which is also its name. */
static void cause(struct json *j, unsigned n, uint64_t ns, const char *what, struct thread *t)
{
	if (n + 1 == j->tracks) { /* no span is there for an arrow to begin in */
		begin(j, 'X', n, ns);
		put(j, ",\"dur\":0.001");
		put_name(j, "outside", what);
	} else {
		instant(j, n, ns, what, what);
	}
	put_thread_args(j, t);
}

static void handle(struct json *j, unsigned n, const struct mni_trace_entry *e,
		   const struct mni_trace_entry *end)
{
	enum mni_event ev = mni_trace_event(e);
	unsigned arg = mni_load(&e->when, relaxed) & 255;
	uint64_t ns = mni_trace_ns(e);
	struct thread *t = thread_of(j, e);

	switch (ev) {
	case MNI_EV_PARK ... MNI_EV_NOW:
		change(j, n, ns, ev, arg, t);
		break;
	case MNI_EV_CREATE:
		cause(j, n, ns, "create", t);
		made_runnable(j, n, ns, t, true);
		break;
	case MNI_EV_IO_DONE:
		instant(j, n, ns, "io", "has come");
		put_thread_args(j, t);
		made_runnable(j, n, ns, t, false);
		break;
	case MNI_EV_WAKE:
		cause(j, n, ns, "wake", t);
		made_runnable(j, n, ns, t, false);
		break;
	case MNI_EV_STEAL:
		steal(j, n, ns, arg, t);
		break;
	case MNI_EV_IO:
		if (e + 1 < end)
			io(j, n, ns, arg, t, e + 1);
		break;
	case MNI_EV_IDLE:
	case MNI_EV_BUSY:
		end_span(j, n, ns, ev, arg);
		begin_span(j, n, ev == MNI_EV_IDLE ? IDLE : SCHEDULER, NULL, ns, false);
		break;
	default:
		break;
	}
	if (j->runnable != j->runnable_told) {
		j->runnable_told = j->runnable;
		counter(j, ns, "runnable", (uint64_t)j->runnable);
	}
}

static uint64_t next_ns(struct json *j, unsigned n)
{
	struct mni_trace_copy *c = &j->copy[n];
	struct track *k = &j->track[n];

	while (k->at < c->count && mni_trace_is_rest(&c->entry[k->at]))
		k->at++;
	return k->at < c->count ? mni_trace_ns(&c->entry[k->at]) : UINT64_MAX;
}

/* heap[i]: the time of the next entry of the tracks below a node, a tournament's winners. */
struct node {
	uint64_t ns;
	unsigned track;
};

static void play(struct json *j, struct node *tree, unsigned leaves, unsigned n)
{
	unsigned i = leaves + n;

	tree[i] = (struct node){n < j->tracks ? next_ns(j, n) : UINT64_MAX, n};
	for (i /= 2; i; i /= 2)
		tree[i] = tree[2 * i + 1].ns < tree[2 * i].ns ? tree[2 * i + 1] : tree[2 * i];
}

static void go_through(struct json *j, struct node *tree, unsigned leaves)
{
	for (unsigned n = 0; n < leaves; n++)
		play(j, tree, leaves, n);
	while (tree[1].ns != UINT64_MAX && !j->error) {
		unsigned n = tree[1].track;
		struct mni_trace_copy *c = &j->copy[n];

		handle(j, n, &c->entry[j->track[n].at++], c->entry + c->count);
		play(j, tree, leaves, n);
	}
	for (unsigned n = 0; n < j->tracks; n++) {
		uint64_t end = j->end > j->track[n].since ? j->end : j->track[n].since;

		end_span(j, n, end, MNI_EV_NONE, 0);
	}
}

/* --- the file --- */

static void put_head(struct json *j)
{
	uint64_t lost = 0;
	char text[32];

	for (unsigned n = 0; n < j->tracks; n++)
		lost += j->copy[n].lost;
	put(j, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"producer\":\"libmn " MN_VERSION
	       "\",\"clock\":\"CLOCK_MONOTONIC\",\"lost_events\":\"");
	put_number(j, lost);
	put(j, "\"");
	for (unsigned i = 0; mn_setting_name(i); i++) {
		if (mn_setting_text(i, text, sizeof text))
			continue;
		put(j, ",\"");
		put(j, mn_setting_name(i));
		put(j, "\":\"");
		put_text(j, text);
		put(j, "\"");
	}
	put(j, "},\"traceEvents\":[");
}

static void put_tracks(struct json *j, const char *program)
{
	metadata(j, 0, "process_name", program);
	for (unsigned n = 0; n < j->tracks; n++) {
		char name[32] = "worker ";
		unsigned track = j->copy[n].track;
		unsigned i = 7;

		if (track >= 100)
			name[i++] = (char)('0' + track / 100);
		if (track >= 10)
			name[i++] = (char)('0' + track / 10 % 10);
		name[i] = (char)('0' + track % 10);
		metadata(j, n, "thread_name", n + 1 < j->tracks ? name : "other kernel threads");
		if (j->copy[n].lost) {
			instant(j, n, j->copy[n].count ? mni_trace_ns(&j->copy[n].entry[0]) : j->end,
				"lost", "earlier events are lost");
			put(j, ",\"args\":{\"events\":");
			put_number(j, j->copy[n].lost);
			put(j, "}}");
		}
	}
}

int mni_trace_json(int file, struct mni_trace_copy *copy, unsigned tracks,
		   const struct mni_trace_clock *from, const struct mni_trace_clock *to)
{
	struct json j = {.file = file, .copy = copy, .tracks = tracks, .end = to->ns};
	const char *program = mn_plat_process(&j.pid);
	unsigned leaves = 1;
	size_t entries = 1;
	size_t bytes[4];
	size_t total = 0;
	char *room;

	for (unsigned n = 0; n < tracks; n++) {
		mni_trace_tell_times(&copy[n], from, to);
		entries += copy[n].count;
	}
	while (leaves < tracks)
		leaves *= 2;
	j.thread_mask = 1;
	while (j.thread_mask < 2 * entries)
		j.thread_mask *= 2;
	bytes[0] = j.thread_mask * sizeof *j.thread;
	bytes[1] = tracks * sizeof *j.track;
	bytes[2] = 2 * leaves * sizeof(struct node);
	bytes[3] = OUT_BYTES;
	for (unsigned i = 0; i < 4; i++)
		total += bytes[i];
	room = mn_plat_map(total);
	if (!room)
		return -MNI_ENOMEM;
	j.thread = (struct thread *)room;
	j.thread_mask--;
	j.track = (struct track *)(room + bytes[0]);
	j.out = room + bytes[0] + bytes[1] + bytes[2];
	for (unsigned n = 0; n < tracks; n++)
		find_threads(&j, &copy[n]);
	put_head(&j);
	put_tracks(&j, program);
	go_through(&j, (struct node *)(room + bytes[0] + bytes[1]), leaves);
	put(&j, "\n]}\n");
	flush(&j);
	mn_plat_unmap(room, total);
	return j.error;
}
