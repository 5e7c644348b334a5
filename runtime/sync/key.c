/*
 * Keys: values of which every thread has its own.
 *
 * A key is an index into the table of keys. Its sequence number is odd while it
 * exists and goes up by one when it is made and when it is deleted; a value is
 * kept together with that number, so that values of a deleted key are not
 * found under the key that takes its place.
 *
 * The first few values lie at the top of the thread's stack, which is in memory
 * anyway, while a descriptor has to be small for threads that have not begun; the
 * others in a chain of blocks that grows as needed. A thread that runs on its joiner's
 * stack has all of them in blocks. Free stacks and descriptors have no values.
 */
#include "sync/wait.h"

#define PER_BLOCK 31

struct mni_key_block {
	struct mni_key_block *next; /* of the chain, or in the depot */
	uint64_t unused;
	struct mni_key_value value[PER_BLOCK];
};

_Static_assert(sizeof(struct mni_key_block) == 512, "eight to the page");

static struct {
	_Atomic uint32_t seq;
	_Atomic(void (*)(void *)) destructor; /* written before seq becomes odd */
} keys[MN_KEYS_MAX];

static struct {
	mni_spinlock lock;
	struct mni_key_block *free; /* under the lock */
	struct page {
		struct page *next;
	} *pages; /* under the lock; each begins with the link and holds 7 blocks */
} depot;

static mni_spinlock one_at_a_time; /* for making keys */

int mn_key_create(mn_key_t *out, void (*destructor)(void *value))
{
	mni_spin_lock(&one_at_a_time);
	for (uint32_t i = 0; i < MN_KEYS_MAX; i++) {
		uint32_t seq = mni_load(&keys[i].seq, relaxed);

		if (seq % 2)
			continue;
		mni_store(&keys[i].destructor, destructor, relaxed);
		mni_store(&keys[i].seq, seq + 1, release);
		mni_spin_unlock(&one_at_a_time);
		*out = i;
		return 0;
	}
	mni_spin_unlock(&one_at_a_time);
	return -MNI_EAGAIN;
}

int mn_key_delete(mn_key_t key)
{
	uint32_t seq = key < MN_KEYS_MAX ? mni_load(&keys[key].seq, relaxed) : 0;

	if (seq % 2 && mni_cas(&keys[key].seq, &seq, seq + 1, release, relaxed))
		return 0;
	return -MNI_EINVAL;
}

/* --- blocks --- */

static struct mni_key_block *take_block(void)
{
	struct mni_key_block *b;

	mni_spin_lock(&depot.lock);
	if (!depot.free) {
		struct page *p = mn_plat_map(MN_PLAT_PAGE);

		if (p) {
			p->next = depot.pages;
			depot.pages = p;
			for (size_t i = 1; i < MN_PLAT_PAGE / sizeof *b; i++) {
				b = (struct mni_key_block *)p + i;
				b->next = depot.free;
				depot.free = b;
			}
		}
	}
	b = depot.free;
	if (b) {
		depot.free = b->next;
		b->next = NULL;
	}
	mni_spin_unlock(&depot.lock);
	return b;
}

static void give_blocks(struct mni_key_block *first)
{
	struct mni_key_block *last = first;

	while (last->next)
		last = last->next;
	mni_spin_lock(&depot.lock);
	last->next = depot.free;
	depot.free = first;
	mni_spin_unlock(&depot.lock);
}

void mni_keys_free(void)
{
	while (depot.pages) {
		struct page *p = depot.pages;

		depot.pages = p->next;
		mn_plat_unmap(p, MN_PLAT_PAGE);
	}
	depot.free = NULL;
}

void mni_keys_forget(void)
{
	mni_store(&one_at_a_time, 0, relaxed);
	mni_store(&depot.lock, 0, relaxed);
	depot.pages = NULL;
	depot.free = NULL;
}

/* --- values --- */

/* How many of its values lie on its stack. */
static uint32_t values_close(const struct mn_thread *t)
{
	return t->unwind ? 0 : MNI_KEYS_CLOSE;
}

/* Where a thread keeps the value, or NULL: nowhere yet, or with make, no memory. */
static struct mni_key_value *find(struct mn_thread *t, uint32_t key, bool make)
{
	struct mni_key_block **link = &t->more_values;
	uint32_t close = values_close(t);

	if (key < close)
		return &t->stack->values[key];
	for (key -= close;; key -= PER_BLOCK) {
		if (!*link && make)
			*link = take_block();
		if (!*link)
			return NULL;
		if (key < PER_BLOCK)
			return &(*link)->value[key];
		link = &(*link)->next;
	}
}

int mn_key_set(mn_key_t key, const void *value)
{
	struct mn_thread *t = mni_worker_to_wait()->current;
	uint32_t seq = key < MN_KEYS_MAX ? mni_load(&keys[key].seq, relaxed) : 0;
	struct mni_key_value *v;

	if (!(seq % 2))
		return -MNI_EINVAL;
	v = find(t, key, value != NULL);
	if (!v)
		return value ? -MNI_ENOMEM : 0;
	v->value = (void *)value;
	v->seq = seq;
	if (value)
		t->has_values = true;
	return 0;
}

void *mn_key_get(mn_key_t key)
{
	struct mni_worker *w = mni_self();
	struct mni_key_value *v;

	if (!w || key >= MN_KEYS_MAX)
		return NULL;
	v = find(w->current, key, false);
	return v && v->seq == mni_load(&keys[key].seq, relaxed) ? v->value : NULL;
}

/* --- the end of a thread --- */

/* Calls the destructors of some values. Whether there were any. */
static bool destroy(struct mni_key_value *v, uint32_t first, uint32_t n)
{
	bool any = false;

	for (uint32_t i = 0; i < n && first + i < MN_KEYS_MAX; i++) {
		uint32_t seq = mni_load(&keys[first + i].seq, acquire); /* with create's release */
		void (*destructor)(void *) = mni_load(&keys[first + i].destructor, relaxed);
		void *value = v[i].value;

		v[i].value = NULL;
		if (value && v[i].seq == seq && destructor) {
			destructor(value);
			any = true;
		}
	}
	return any;
}

void mni_keys_finish(struct mn_thread *t)
{
	uint32_t close = values_close(t);
	bool any = true;

	for (int i = 0; any && i < MN_DESTRUCTOR_ITERATIONS; i++) {
		uint32_t first = close;

		any = destroy(t->stack->values, 0, close);
		for (struct mni_key_block *b = t->more_values; b; b = b->next) {
			any |= destroy(b->value, first, PER_BLOCK);
			first += PER_BLOCK;
		}
	}
	for (uint32_t i = 0; i < close; i++)
		t->stack->values[i].value = NULL;
	for (struct mni_key_block *b = t->more_values; b; b = b->next)
		for (uint32_t i = 0; i < PER_BLOCK; i++)
			b->value[i].value = NULL;
	if (t->more_values)
		give_blocks(t->more_values);
	t->more_values = NULL;
	t->has_values = false;
}
