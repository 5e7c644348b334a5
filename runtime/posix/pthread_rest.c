/* Barriers, spin locks, once and keys by POSIX's names. */
#include "posix/posix.h"

_Static_assert(sizeof(pthread_barrier_t) >= sizeof(struct mn_barrier), "fits");
_Static_assert(sizeof(pthread_spinlock_t) == sizeof(struct mn_spin), "fits");
_Static_assert(sizeof(pthread_once_t) == sizeof(struct mn_once) && PTHREAD_ONCE_INIT == 0, "fits");
_Static_assert(sizeof(pthread_key_t) == sizeof(mn_key_t), "a key is a key");

int mn_posix_barrier_init(pthread_barrier_t *b, const pthread_barrierattr_t *attr, unsigned count)
{
	int shared = PTHREAD_PROCESS_PRIVATE;

	if (attr && pthread_barrierattr_getpshared(attr, &shared))
		return EINVAL;
	if (shared != PTHREAD_PROCESS_PRIVATE)
		return ENOTSUP;
	return -mn_barrier_init((struct mn_barrier *)b, count);
}

int mn_posix_barrier_wait(pthread_barrier_t *b)
{
	int got = mn_barrier_wait((struct mn_barrier *)b);

	return got == MN_BARRIER_SERIAL ? PTHREAD_BARRIER_SERIAL_THREAD : -got;
}

int mn_posix_barrier_destroy(pthread_barrier_t *b)
{
	return -mn_barrier_destroy((struct mn_barrier *)b);
}

static struct mn_spin *spin(pthread_spinlock_t *s)
{
	return (struct mn_spin *)s;
}

/* One word and no queue: also between processes. */
int mn_posix_spin_init(pthread_spinlock_t *s, int shared)
{
	if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)
		return EINVAL;
	mn_spin_init(spin(s));
	return 0;
}

int mn_posix_spin_lock(pthread_spinlock_t *s)
{
	mn_spin_lock(spin(s));
	return 0;
}

int mn_posix_spin_trylock(pthread_spinlock_t *s)
{
	return -mn_spin_trylock(spin(s));
}

int mn_posix_spin_unlock(pthread_spinlock_t *s)
{
	mn_spin_unlock(spin(s));
	return 0;
}

int mn_posix_spin_destroy(pthread_spinlock_t *s)
{
	return -mn_spin_destroy(spin(s));
}

int mn_posix_once(pthread_once_t *o, void (*fn)(void))
{
	if (!o || !fn)
		return EINVAL;
	mn_once((struct mn_once *)o, fn);
	return 0;
}

int mn_posix_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	return -mn_key_create(key, destructor);
}

int mn_posix_key_delete(pthread_key_t key)
{
	return -mn_key_delete(key);
}

int mn_posix_setspecific(pthread_key_t key, const void *value)
{
	return -mn_key_set(key, value);
}

void *mn_posix_getspecific(pthread_key_t key)
{
	return mn_key_get(key);
}
