#include "core/config.h"

#include "core/internal.h"

/* TSan holds signals back until a blocking call, where no thread may be preempted. */
#if defined(__SANITIZE_THREAD__)
#define MNI_PREEMPT_DEFAULT MN_OFF
#else
#define MNI_PREEMPT_DEFAULT MN_ON
#endif

#define STACK_MIN 16384u
#define STACK_MAX ((size_t)1 << 30)
#define STACK_DEFAULT 65536u
#define QUANTUM_MIN_US 20u
#define QUANTUM_MAX_US 10000000u
#define QUANTUM_DEFAULT_US 10000u
#define SIGNAL_MAX 64u

struct line {
	char text[256];
	size_t n;
};

static void put(struct line *l, const char *s)
{
	while (*s && l->n < sizeof l->text - 1)
		l->text[l->n++] = *s++;
	l->text[l->n] = 0;
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

static int refuse(const char *name, const char *value, const char *want)
{
	struct line l = {{0}, 0};

	put(&l, "mn: ");
	put(&l, name);
	put(&l, "=");
	put(&l, value);
	put(&l, ": want ");
	put(&l, want);
	mn_plat_say(l.text);
	return -MNI_EINVAL;
}

static int refuse_range(const char *name, const char *value, uint64_t min, uint64_t max)
{
	struct line l = {{0}, 0};

	put(&l, "a whole number from ");
	put_number(&l, min);
	put(&l, " to ");
	put_number(&l, max);
	return refuse(name, value, l.text);
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static bool parse(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || v > (UINT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*out = v;
	return true;
}

/* One numeric setting: given, if not 0; else the environment's; else fallback(). */
static int resolve_number(const char *name, uint64_t given, uint64_t min, uint64_t max,
			  uint64_t (*fallback)(void), uint64_t *out)
{
	const char *text = mn_plat_setting(name);

	if (given) {
		struct line l = {{0}, 0};

		*out = given;
		put_number(&l, given);
		return given < min || given > max ? refuse_range(name, l.text, min, max) : 0;
	}
	if (!text) {
		*out = fallback();
		return 0;
	}
	if (!parse(text, out) || *out < min || *out > max)
		return refuse_range(name, text, min, max);
	return 0;
}

static uint64_t default_workers(void)
{
	unsigned n = mn_plat_cpus();

	return n < MNI_MAX_WORKERS ? n : MNI_MAX_WORKERS;
}

static uint64_t default_stack(void)
{
	return STACK_DEFAULT;
}

static uint64_t default_quantum(void)
{
	return QUANTUM_DEFAULT_US;
}

static uint64_t default_signal(void)
{
	return MN_PLAT_TICK_SIGNAL;
}

/* One on-off setting. */
static int resolve_switch(const char *name, int given, int fallback, int *out)
{
	const char *text = mn_plat_setting(name);

	*out = given ? given : fallback;
	if (given || !text)
		return given && given != MN_ON && given != MN_OFF
			       ? refuse(name, "?", "MN_ON or MN_OFF")
			       : 0;
	if (same(text, "on"))
		*out = MN_ON;
	else if (same(text, "off"))
		*out = MN_OFF;
	else
		return refuse(name, text, "on or off");
	return 0;
}

static int resolve_policy(const char *given, const char **out)
{
	const char *name = given ? given : mn_plat_setting("MN_POLICY");
	const struct mni_policy *p = mni_policy_find(name);
	struct line l = {{0}, 0};

	if (p) {
		*out = p->name;
		return 0;
	}
	put(&l, "one of");
	for (unsigned i = 0; mni_policy_name(i); i++) {
		put(&l, i ? ", " : " ");
		put(&l, mni_policy_name(i));
	}
	return refuse("MN_POLICY", name, l.text);
}

int mni_config_resolve(const struct mn_config *given, struct mn_config *out)
{
	static const struct mn_config nothing;
	const struct mn_config *g = given ? given : &nothing;
	uint64_t workers;
	uint64_t stack;
	uint64_t quantum;
	uint64_t signal;
	int error;

	if ((error = resolve_policy(g->policy, &out->policy)) ||
	    (error = resolve_number("MN_WORKERS", g->workers, 1, MNI_MAX_WORKERS, default_workers,
				    &workers)) ||
	    (error = resolve_number("MN_STACK_SIZE", g->stack_size, STACK_MIN, STACK_MAX,
				    default_stack, &stack)) ||
	    (error = resolve_switch("MN_PREEMPT", g->preempt, MNI_PREEMPT_DEFAULT, &out->preempt)) ||
	    (error = resolve_number("MN_QUANTUM_US", g->quantum_us, QUANTUM_MIN_US, QUANTUM_MAX_US,
				    default_quantum, &quantum)) ||
	    (error = resolve_number("MN_PREEMPT_SIGNAL", g->preempt_signal, 1, SIGNAL_MAX,
				    default_signal, &signal)) ||
	    (error = resolve_number("MN_SEED", g->seed, 1, UINT64_MAX, mn_plat_random, &out->seed)))
		return error;
	out->workers = (unsigned)workers;
	out->stack_size = stack;
	out->quantum_us = (unsigned)quantum;
	out->preempt_signal = (int)signal;
	return 0;
}
