/*
 * Proves: who has a reason to be the last user of an object may free it at
 * once, while others may still be about to leave its functions: a mutex by its
 * last owner right after unlock, a semaphore when all posts have been waited
 * for, a condition variable after the wake-up. Freed objects are overwritten
 * and looked at in the end: nobody may have written to one, or got stuck in it.
 */
#include <stdatomic.h>

#include "check.h"

#define USERS 5
#define OBJECTS 3000
#define RUBBISH 0xa5

enum { MUTEX, SEM, COND, KINDS };

struct object {
	struct mn_mutex lock;
	struct mn_cond opened;
	struct mn_sem sem;
	int users; /* guarded by lock */
	bool open; /* guarded by lock */
};

static struct object object[OBJECTS];
static _Atomic int freed;
static int kind;

static void free_object(struct object *o)
{
	memset(o, RUBBISH, sizeof *o);
	atomic_fetch_add(&freed, 1);
}

static void linger(uint64_t *random)
{
	switch (test_below(random, 16)) {
	case 0:
		mn_thread_yield();
		break;
	case 1:
		sched_yield();
		break;
	case 2:
		for (uint64_t n = test_below(random, 1000); n; n--)
			__asm__ volatile("" ::: "memory");
		break;
	default:
		break;
	}
}

/* The classic: the lock guards the number of users. */
static void drop(struct object *o, uint64_t *random)
{
	bool last;

	mn_mutex_lock(&o->lock);
	linger(random);
	last = --o->users == 0;
	mn_mutex_unlock(&o->lock);
	if (last)
		free_object(o);
}

static void use_sem(struct object *o, bool waits)
{
	if (!waits) {
		CHECK_EQ(mn_sem_post(&o->sem), 0);
		return;
	}
	for (int i = 1; i < USERS; i++)
		mn_sem_wait(&o->sem);
	free_object(o);
}

static void use_cond(struct object *o, bool opens, uint64_t *random)
{
	mn_mutex_lock(&o->lock);
	if (opens) {
		o->open = true;
		mn_cond_broadcast(&o->opened);
	}
	while (!o->open)
		mn_cond_wait(&o->opened, &o->lock);
	mn_mutex_unlock(&o->lock);
	drop(o, random);
}

/* Each goes through all objects at its own speed. */
static void *use_all(void *arg)
{
	int me = (int)(uintptr_t)arg;
	uint64_t random = test_seed_used + (uint64_t)me;

	for (int i = 0; i < OBJECTS; i++) {
		if (kind == MUTEX)
			drop(&object[i], &random);
		else if (kind == SEM)
			use_sem(&object[i], i % USERS == me);
		else
			use_cond(&object[i], i % USERS == me, &random);
		linger(&random);
	}
	return NULL;
}

static void untouched(const struct object *o)
{
	const unsigned char *bytes = (const unsigned char *)o;

	for (size_t i = 0; i < sizeof *o; i++)
		if (bytes[i] != RUBBISH)
			FAIL("byte %zu of object %d, kind %d, was written to after the free", i,
			     (int)(o - object), kind);
}

int main(void)
{
	test_seed();
	test_start();
	for (uint64_t n = test_times(3); n; n--) {
		mn_thread_t t[USERS];

		kind = (int)(n % KINDS);
		atomic_store(&freed, 0);
		memset(object, 0, sizeof object);
		for (int i = 0; i < OBJECTS; i++)
			object[i].users = USERS;
		for (uintptr_t i = 0; i < USERS; i++)
			t[i] = test_spawn(use_all, (void *)i);
		for (int i = 0; i < USERS; i++)
			test_join(t[i]);
		CHECK_EQ(atomic_load(&freed), OBJECTS);
		for (int i = 0; i < OBJECTS; i++)
			untouched(&object[i]);
	}
	test_stop();
	return 0;
}
