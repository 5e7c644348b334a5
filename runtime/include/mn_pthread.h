/*
 * POSIX threads' names on green threads: compile a program with
 * `-include mn_pthread.h`, link it with libmn, and its threads are green.
 *
 * The first pthread_create() starts the runtime with the environment's
 * settings (mn.h); main becomes a green thread there. Types and static
 * initialisers are the system's own: the runtime's objects fit into them, and
 * all-zero is a valid state of both.
 *
 * Mapped so far: pthread_create, join, detach, exit, self, equal, yield;
 * mutexes of the default type (init, lock, trylock, unlock, destroy); condition
 * variables (init, wait, signal, broadcast, destroy); unnamed semaphores (init,
 * wait, trywait, post, getvalue, destroy); sched_yield. Of a thread's
 * attributes the detach state and the stack size count. Attributes of mutexes
 * and condition variables are refused with ENOTSUP when given.
 */
#ifndef MN_PTHREAD_H
#define MN_PTHREAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#ifdef __cplusplus
extern "C" {
#endif

int mn_posix_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int mn_posix_join(pthread_t t, void **result);
int mn_posix_detach(pthread_t t);
void mn_posix_exit(void *result) __attribute__((noreturn));
pthread_t mn_posix_self(void);
int mn_posix_equal(pthread_t a, pthread_t b);
int mn_posix_yield(void);

int mn_posix_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attr);
int mn_posix_mutex_lock(pthread_mutex_t *m);
int mn_posix_mutex_trylock(pthread_mutex_t *m);
int mn_posix_mutex_unlock(pthread_mutex_t *m);
int mn_posix_mutex_destroy(pthread_mutex_t *m);

int mn_posix_cond_init(pthread_cond_t *c, const pthread_condattr_t *attr);
int mn_posix_cond_wait(pthread_cond_t *c, pthread_mutex_t *m);
int mn_posix_cond_signal(pthread_cond_t *c);
int mn_posix_cond_broadcast(pthread_cond_t *c);
int mn_posix_cond_destroy(pthread_cond_t *c);

int mn_posix_sem_init(sem_t *s, int shared, unsigned value);
int mn_posix_sem_wait(sem_t *s);
int mn_posix_sem_trywait(sem_t *s);
int mn_posix_sem_post(sem_t *s);
int mn_posix_sem_getvalue(sem_t *s, int *value);
int mn_posix_sem_destroy(sem_t *s);

#ifdef __cplusplus
}
#endif

#ifndef MN_PTHREAD_NO_NAMES
#define pthread_create mn_posix_create
#define pthread_join mn_posix_join
#define pthread_detach mn_posix_detach
#define pthread_exit mn_posix_exit
#define pthread_self mn_posix_self
#define pthread_equal mn_posix_equal
#define pthread_yield mn_posix_yield
#define sched_yield mn_posix_yield
#define pthread_mutex_init mn_posix_mutex_init
#define pthread_mutex_lock mn_posix_mutex_lock
#define pthread_mutex_trylock mn_posix_mutex_trylock
#define pthread_mutex_unlock mn_posix_mutex_unlock
#define pthread_mutex_destroy mn_posix_mutex_destroy
#define pthread_cond_init mn_posix_cond_init
#define pthread_cond_wait mn_posix_cond_wait
#define pthread_cond_signal mn_posix_cond_signal
#define pthread_cond_broadcast mn_posix_cond_broadcast
#define pthread_cond_destroy mn_posix_cond_destroy
#define sem_init mn_posix_sem_init
#define sem_wait mn_posix_sem_wait
#define sem_trywait mn_posix_sem_trywait
#define sem_post mn_posix_sem_post
#define sem_getvalue mn_posix_sem_getvalue
#define sem_destroy mn_posix_sem_destroy
#endif

#endif
