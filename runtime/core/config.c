/*
 * The settings, one row each: what mn_init() was given, else the environment,
 * else the default. A value that is not wanted is refused, wherever it comes
 * from; nothing is put in its place.
 *
 * A new setting is a field of struct mn_config (mn.h), a row here and a row in
 * README.md, which a test holds against this table.
 */
#include "core/config.h"

#include "core/internal.h"

/* TSan holds signals back until a blocking call, where no thread may be preempted. */
#if defined(__SANITIZE_THREAD__)
#define PREEMPT_DEFAULT MN_OFF
#else
#define PREEMPT_DEFAULT MN_ON
#endif

/* It has no idea of what handoff.c relies on (sanitize.h). */
#if defined(__SANITIZE_THREAD__) || defined(MNI_SAN_STRICT)
#define WATCH_DEFAULT MN_OFF
#else
#define WATCH_DEFAULT MN_ON
#endif

struct word {
	const char *text;
	int value; /* never 0, which in struct mn_config means "not given" */
};

/* One of kind: words for an int, label for a text, file for any text, else a number from min to max. */
struct setting {
	const char *name;
	size_t offset; /* of the field in struct mn_config */
	size_t bytes;
	const struct word *words;
	const char *(*label)(unsigned i); /* the texts there are; the first is the default */
	bool file;                          /* a path; "off", which is the default: none */
	uint64_t min, max;
	uint64_t fallback;
	uint64_t (*choose)(void); /* the default, where it is not the same everywhere */
};

static const struct word switches[] = {{"on", MN_ON}, {"off", MN_OFF}, {0}};
static const struct word spawns[] = {
	{"help-first", MN_HELP_FIRST}, {"child-first", MN_CHILD_FIRST}, {0}};
static const struct word victims[] = {
	{"random", MN_VICTIM_RANDOM}, {"ring", MN_VICTIM_RING}, {"last", MN_VICTIM_LAST}, {0}};
static const struct word backoffs[] = {{"exponential", MN_BACKOFF_EXPONENTIAL},
				       {"fixed", MN_BACKOFF_FIXED},
				       {"none", MN_BACKOFF_NONE},
				       {0}};

static const struct word deadlocks[] = {{"report", MN_DEADLOCK_REPORT},
					{"abort", MN_DEADLOCK_ABORT},
					{"off", MN_DEADLOCK_OFF},
					{0}};

static const struct word ios[] = {
	{"auto", MN_IO_AUTO}, {"uring", MN_IO_URING}, {"epoll", MN_IO_EPOLL}, {0}};

static uint64_t cpus(void)
{
	unsigned n = mn_plat_cpus();

	return n < MNI_MAX_WORKERS ? n : MNI_MAX_WORKERS;
}

#define FIELD(f) .offset = offsetof(struct mn_config, f), .bytes = sizeof(((struct mn_config *)0)->f)
#define KIB ((size_t)1 << 10)

static const struct setting settings[] = {
	{"MN_POLICY", FIELD(policy), .label = mni_policy_name},
	{"MN_WORKERS", FIELD(workers), .min = 1, .max = MNI_MAX_WORKERS, .choose = cpus},
	{"MN_STEAL", FIELD(steal), .words = switches, .fallback = MN_ON},
	{"MN_VICTIM", FIELD(victim), .words = victims, .fallback = MN_VICTIM_RANDOM},
	{"MN_BACKOFF", FIELD(backoff), .words = backoffs, .fallback = MN_BACKOFF_EXPONENTIAL},
	{"MN_SPAWN", FIELD(spawn), .words = spawns, .fallback = MN_HELP_FIRST},
	{"MN_STACK_SIZE", FIELD(stack_size), .min = 16 * KIB, .max = KIB << 20, .fallback = 64 * KIB},
	{"MN_PREEMPT", FIELD(preempt), .words = switches, .fallback = (uint64_t)PREEMPT_DEFAULT},
	{"MN_QUANTUM_US", FIELD(quantum_us), .min = 20, .max = 10000000, .fallback = 10000},
	{"MN_PREEMPT_SIGNAL", FIELD(preempt_signal), .min = 1, .max = 64,
	 .fallback = MN_PLAT_TICK_SIGNAL},
	{"MN_BLOCKING_WATCH", FIELD(blocking_watch), .words = switches,
	 .fallback = (uint64_t)WATCH_DEFAULT},
	{"MN_IO", FIELD(io), .words = ios, .fallback = MN_IO_AUTO},
	{"MN_TRACE", FIELD(trace), .file = true},
	{"MN_TRACE_EVENTS", FIELD(trace_events), .min = 64, .max = 1 << 24, .fallback = 1 << 16},
	{"MN_DUMP", FIELD(dump), .words = switches, .fallback = MN_ON},
	{"MN_DEADLOCK", FIELD(deadlock), .words = deadlocks, .fallback = MN_DEADLOCK_REPORT},
	{"MN_SEED", FIELD(seed), .min = 1, .max = UINT64_MAX, .choose = mn_plat_random},
};

#define SETTINGS (sizeof settings / sizeof settings[0])

/* --- text --- */

struct line {
	char *text;
	size_t room, n;
};

static void put(struct line *l, const char *s)
{
	while (*s && l->n + 1 < l->room)
		l->text[l->n++] = *s++;
	l->text[l->n] = 0;
	if (*s)
		l->room = 0; /* it did not fit, and nothing follows */
}

static void put_number(struct line *l, uint64_t v)
{
	char digits[21];
	char *p = digits + sizeof digits - 1;

	*p = 0;
	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	put(l, p);
}

static void put_list(struct line *l, unsigned i, const char *text)
{
	put(l, i ? ", " : "one of ");
	put(l, text);
}

static void put_wanted(struct line *l, const struct setting *s)
{
	if (s->words) {
		for (unsigned i = 0; s->words[i].text; i++)
			put_list(l, i, s->words[i].text);
	} else if (s->label) {
		for (unsigned i = 0; s->label(i); i++)
			put_list(l, i, s->label(i));
	} else if (s->file) {
		put(l, "the path of a file, of at most 4095 bytes, or off");
	} else {
		put(l, "a whole number from ");
		put_number(l, s->min);
		put(l, " to ");
		put_number(l, s->max);
	}
}

static int refuse(const struct setting *s, const char *value)
{
	char text[256];
	struct line l = {text, sizeof text, 0};

	put(&l, "mn: ");
	put(&l, s->name);
	put(&l, "=");
	put(&l, value);
	put(&l, ": want ");
	put_wanted(&l, s);
	mn_plat_say(text);
	return -MNI_EINVAL;
}

static int refuse_number(const struct setting *s, uint64_t value)
{
	char text[24];
	struct line l = {text, sizeof text, 0};

	if (s->words && (int)value < 0) {
		put(&l, "-");
		value = (uint64_t)-(int64_t)(int)value;
	}
	put_number(&l, value);
	return refuse(s, text);
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static bool parse(const char *text, uint64_t *out)
{
	uint64_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned)*text - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

/* --- fields --- */

static const char **text_of(const struct setting *s, struct mn_config *c)
{
	return (const char **)((char *)c + s->offset);
}

/* Numbers as they are; words as their value, sign-extended. */
static uint64_t number_of(const struct setting *s, const struct mn_config *c)
{
	const char *field = (const char *)c + s->offset;

	if (s->bytes == sizeof(uint64_t))
		return *(const uint64_t *)field;
	return s->words ? (uint64_t)*(const int *)field : *(const unsigned *)field;
}

static void set_number(const struct setting *s, struct mn_config *c, uint64_t v)
{
	char *field = (char *)c + s->offset;

	if (s->bytes == sizeof(uint64_t))
		*(uint64_t *)field = v;
	else
		*(unsigned *)field = (unsigned)v;
}

_Static_assert(sizeof(size_t) == sizeof(uint64_t) && sizeof(int) == sizeof(unsigned),
	       "fields of two sizes");

/* --- one setting --- */

static int resolve_text(const struct setting *s, const char *given, struct mn_config *out)
{
	const char *value = given ? given : mn_plat_setting(s->name);

	for (unsigned i = 0; s->label(i); i++) {
		if (!value || same(s->label(i), value)) {
			*text_of(s, out) = s->label(i);
			return 0;
		}
	}
	return refuse(s, value);
}

static int resolve_file(const struct setting *s, const char *given, struct mn_config *out)
{
	const char *value = given ? given : mn_plat_setting(s->name);
	size_t n = 0;

	while (value && n <= MNI_PATH_MOST && value[n])
		n++;
	if (value && (!n || n >= MNI_PATH_MOST))
		return refuse(s, value);
	*text_of(s, out) = value && !same(value, "off") ? value : NULL;
	return 0;
}

static int resolve_word(const struct setting *s, uint64_t given, struct mn_config *out)
{
	const char *text = given ? NULL : mn_plat_setting(s->name);
	uint64_t value = given ? given : s->fallback;

	for (const struct word *w = s->words; w->text; w++) {
		if (text ? same(w->text, text) : w->value == (int)value) {
			set_number(s, out, (uint64_t)w->value);
			return 0;
		}
	}
	return text ? refuse(s, text) : refuse_number(s, value);
}

static int resolve_number(const struct setting *s, uint64_t given, struct mn_config *out)
{
	const char *text = given ? NULL : mn_plat_setting(s->name);
	uint64_t value = given;

	if (text && !parse(text, &value))
		return refuse(s, text);
	if (!given && !text)
		value = s->choose ? s->choose() : s->fallback;
	if (value < s->min || value > s->max)
		return text ? refuse(s, text) : refuse_number(s, value);
	set_number(s, out, value);
	return 0;
}

int mni_config_resolve(const struct mn_config *given, struct mn_config *out)
{
	struct mn_config g = {0};

	if (given)
		g = *given;
	for (const struct setting *s = settings; s < settings + SETTINGS; s++) {
		int error = s->label	? resolve_text(s, *text_of(s, &g), out)
			    : s->file	? resolve_file(s, *text_of(s, &g), out)
			    : s->words	? resolve_word(s, number_of(s, &g), out)
					: resolve_number(s, number_of(s, &g), out);

		if (error)
			return error;
	}
	return 0;
}

const char *mn_setting_name(unsigned i)
{
	return i < SETTINGS ? settings[i].name : NULL;
}

int mni_config_text(const struct mn_config *c, unsigned i, char *text, size_t bytes)
{
	const struct setting *s = &settings[i];
	struct line l = {text, bytes, 0};
	struct mn_config copy = *c;

	if (i >= SETTINGS || !bytes)
		return -MNI_EINVAL;
	if (s->label || s->file)
		put(&l, *text_of(s, &copy) ? *text_of(s, &copy) : "off");
	else if (!s->words)
		put_number(&l, number_of(s, c));
	else
		for (const struct word *w = s->words; w->text; w++)
			if (w->value == (int)number_of(s, c))
				put(&l, w->text);
	return l.room ? 0 : -MNI_EINVAL;
}

int mni_config_check_quantum(unsigned us)
{
	for (const struct setting *s = settings; s < settings + SETTINGS; s++)
		if (s->offset == offsetof(struct mn_config, quantum_us))
			return us < s->min || us > s->max ? refuse_number(s, us) : 0;
	return -MNI_EINVAL;
}
