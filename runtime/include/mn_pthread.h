/*
 * POSIX threads' names on green threads: compile a program with
 * `-include mn_pthread.h`, link it with libmn, and its threads are green.
 *
 * The first pthread_create() starts the runtime with the environment's settings
 * (mn.h), or another call before it that needs to know who calls or has to
 * block; main becomes a green thread there. Types, attribute objects and static
 * initialisers are the system's own: the runtime's objects fit into them, and
 * all-zero is a valid state of both.
 *
 * All of <pthread.h>, the unnamed semaphores of <semaphore.h>, sched_yield(),
 * sigaction(), signal(), sigwait(), sleeping and what mn_posix_io.h lists are mapped,
 * with POSIX's results and error numbers. What is not as with kernel threads:
 *
 *   - Shared between processes, robust, or with a priority protocol: refused when
 *     an object is initialised so (ENOTSUP). Named semaphores: ENOSYS.
 *   - Scheduling policies and priorities: SCHED_OTHER and 0; others are ENOTSUP.
 *     The same goes for the affinity of a thread.
 *   - Default stack size: the runtime's (MN_STACK_SIZE), not the system's.
 *   - Cancellation points are join, waiting for a condition variable or a
 *     semaphore, sleeping, input and output, and pthread_testcancel(). Type
 *     PTHREAD_CANCEL_ASYNCHRONOUS acts when the thread is next preempted;
 *     without preemption, as PTHREAD_CANCEL_DEFERRED.
 *   - pthread_kill(): signals 0, and any to the calling thread itself; to others
 *     those that run no handler, or that the caller has blocked (they go to the
 *     process, for whoever is in sigwait()); else ENOTSUP. pthread_sigmask() is
 *     about the kernel thread that happens to run the caller, and never blocks the
 *     signal that preempts threads. Blocked green threads
 *     are not interrupted by signals. A handler may call sem_post(), as POSIX has
 *     it, if it was set by sigaction() or signal(); the one whose signal preempts
 *     threads (MN_PREEMPT_SIGNAL) cannot be set. sigwait() and its like look for
 *     the signal every so often.
 *   - C++: std::thread, mutexes and condition variables are green with GCC's library
 *     (mn_std_thread.h says what is not). Of input and output see mn_posix_io.h.
 *   - Thread-local variables (_Thread_local, __thread) belong to kernel threads;
 *     errno, and pthread_getspecific(), to green ones.
 *   - After fork() the child has the calling thread only, as its main thread; other
 *     workers are started when it makes a thread.
 */
#ifndef MN_PTHREAD_H
#define MN_PTHREAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "mn.h"
#include "mn_posix_io.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* --- threads --- */
int mn_posix_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int mn_posix_join(pthread_t t, void **result);
int mn_posix_tryjoin_np(pthread_t t, void **result);
int mn_posix_timedjoin_np(pthread_t t, void **result, const struct timespec *until);
int mn_posix_clockjoin_np(pthread_t t, void **result, clockid_t clock,
			  const struct timespec *until);
int mn_posix_detach(pthread_t t);
void mn_posix_exit(void *result) __attribute__((noreturn));
pthread_t mn_posix_self(void);
int mn_posix_equal(pthread_t a, pthread_t b);
int mn_posix_yield(void);
int mn_posix_getattr_np(pthread_t t, pthread_attr_t *attr);
int mn_posix_setname_np(pthread_t t, const char *name);
int mn_posix_getname_np(pthread_t t, char *name, size_t size);

/* --- scheduling, signals (pthread_sched.c) --- */
int mn_posix_getschedparam(pthread_t t, int *policy, struct sched_param *param);
int mn_posix_setschedparam(pthread_t t, int policy, const struct sched_param *param);
int mn_posix_setschedprio(pthread_t t, int priority);
int mn_posix_getcpuclockid(pthread_t t, clockid_t *clock);
int mn_posix_getaffinity_np(pthread_t t, size_t size, cpu_set_t *set);
int mn_posix_setaffinity_np(pthread_t t, size_t size, const cpu_set_t *set);
int mn_posix_kill(pthread_t t, int sig);
int mn_posix_sigqueue(pthread_t t, int sig, const union sigval value);

/* --- cancellation --- */
int mn_posix_cancel(pthread_t t);
void mn_posix_testcancel(void);
int mn_posix_setcancelstate(int state, int *old);
int mn_posix_setcanceltype(int type, int *old);
void mn_posix_cleanup_push(struct mn_cleanup *c, void (*fn)(void *), void *arg);
void mn_posix_cleanup_pop(int call);
void mn_posix_cleanup_push_defer_np(struct mn_cleanup *c, void (*fn)(void *), void *arg);
void mn_posix_cleanup_pop_restore_np(int call);

/* --- mutex --- */
int mn_posix_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attr);
int mn_posix_mutex_lock(pthread_mutex_t *m);
int mn_posix_mutex_trylock(pthread_mutex_t *m);
int mn_posix_mutex_timedlock(pthread_mutex_t *m, const struct timespec *until);
int mn_posix_mutex_clocklock(pthread_mutex_t *m, clockid_t clock, const struct timespec *until);
int mn_posix_mutex_unlock(pthread_mutex_t *m);
int mn_posix_mutex_destroy(pthread_mutex_t *m);
int mn_posix_mutex_consistent(pthread_mutex_t *m);
int mn_posix_mutex_getprioceiling(const pthread_mutex_t *m, int *ceiling);
int mn_posix_mutex_setprioceiling(pthread_mutex_t *m, int ceiling, int *old);

/* --- condition variable --- */
int mn_posix_cond_init(pthread_cond_t *c, const pthread_condattr_t *attr);
int mn_posix_cond_wait(pthread_cond_t *c, pthread_mutex_t *m);
int mn_posix_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until);
int mn_posix_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m, clockid_t clock,
			    const struct timespec *until);
int mn_posix_cond_signal(pthread_cond_t *c);
int mn_posix_cond_broadcast(pthread_cond_t *c);
int mn_posix_cond_destroy(pthread_cond_t *c);

/* --- read-write lock --- */
int mn_posix_rwlock_init(pthread_rwlock_t *l, const pthread_rwlockattr_t *attr);
int mn_posix_rwlock_rdlock(pthread_rwlock_t *l);
int mn_posix_rwlock_tryrdlock(pthread_rwlock_t *l);
int mn_posix_rwlock_timedrdlock(pthread_rwlock_t *l, const struct timespec *until);
int mn_posix_rwlock_clockrdlock(pthread_rwlock_t *l, clockid_t clock, const struct timespec *until);
int mn_posix_rwlock_wrlock(pthread_rwlock_t *l);
int mn_posix_rwlock_trywrlock(pthread_rwlock_t *l);
int mn_posix_rwlock_timedwrlock(pthread_rwlock_t *l, const struct timespec *until);
int mn_posix_rwlock_clockwrlock(pthread_rwlock_t *l, clockid_t clock, const struct timespec *until);
int mn_posix_rwlock_unlock(pthread_rwlock_t *l);
int mn_posix_rwlock_destroy(pthread_rwlock_t *l);

/* --- barrier, spin lock, once, keys --- */
int mn_posix_barrier_init(pthread_barrier_t *b, const pthread_barrierattr_t *attr, unsigned count);
int mn_posix_barrier_wait(pthread_barrier_t *b);
int mn_posix_barrier_destroy(pthread_barrier_t *b);
int mn_posix_spin_init(pthread_spinlock_t *s, int shared);
int mn_posix_spin_lock(pthread_spinlock_t *s);
int mn_posix_spin_trylock(pthread_spinlock_t *s);
int mn_posix_spin_unlock(pthread_spinlock_t *s);
int mn_posix_spin_destroy(pthread_spinlock_t *s);
int mn_posix_once(pthread_once_t *o, void (*fn)(void));
int mn_posix_key_create(pthread_key_t *key, void (*destructor)(void *));
int mn_posix_key_delete(pthread_key_t key);
int mn_posix_setspecific(pthread_key_t key, const void *value);
void *mn_posix_getspecific(pthread_key_t key);

/* --- semaphore --- */
int mn_posix_sem_init(sem_t *s, int shared, unsigned value);
int mn_posix_sem_wait(sem_t *s);
int mn_posix_sem_trywait(sem_t *s);
int mn_posix_sem_timedwait(sem_t *s, const struct timespec *until);
int mn_posix_sem_clockwait(sem_t *s, clockid_t clock, const struct timespec *until);
int mn_posix_sem_post(sem_t *s);
int mn_posix_sem_getvalue(sem_t *s, int *value);
int mn_posix_sem_destroy(sem_t *s);
sem_t *mn_posix_sem_open(const char *name, int flags, ...);
int mn_posix_sem_close(sem_t *s);
int mn_posix_sem_unlink(const char *name);

/* --- handlers of signals, waiting for signals (signal.c) --- */
int mn_posix_sigaction(int sig, const struct sigaction *act, struct sigaction *old);
void (*mn_posix_signal(int sig, void (*handler)(int)))(int);
int mn_posix_sigmask(int how, const sigset_t *set, sigset_t *old);
int mn_posix_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int mn_posix_sigwait(const sigset_t *set, int *sig);
int mn_posix_sigwaitinfo(const sigset_t *set, siginfo_t *info);
int mn_posix_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *time);

/* --- sleeping --- */
unsigned mn_posix_sleep(unsigned seconds);
int mn_posix_usleep(useconds_t us);
int mn_posix_nanosleep(const struct timespec *time, struct timespec *left);
int mn_posix_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
			     struct timespec *left);

/* --- errno: not const as the system's, which compilers keep across switches --- */
int *mn_posix_errno(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
namespace std
{
using ::mn_posix_signal;
}
#endif

#ifndef MN_PTHREAD_NO_NAMES
#undef errno
#define errno (*mn_posix_errno())

#define pthread_create mn_posix_create
#define pthread_join mn_posix_join
#define pthread_tryjoin_np mn_posix_tryjoin_np
#define pthread_timedjoin_np mn_posix_timedjoin_np
#define pthread_clockjoin_np mn_posix_clockjoin_np
#define pthread_detach mn_posix_detach
#define pthread_exit mn_posix_exit
#define pthread_self mn_posix_self
#define pthread_equal mn_posix_equal
#define pthread_yield mn_posix_yield
#define pthread_getattr_np mn_posix_getattr_np
#define pthread_setname_np mn_posix_setname_np
#define pthread_getname_np mn_posix_getname_np
#define sched_yield mn_posix_yield

#define pthread_getschedparam mn_posix_getschedparam
#define pthread_setschedparam mn_posix_setschedparam
#define pthread_setschedprio mn_posix_setschedprio
#define pthread_getcpuclockid mn_posix_getcpuclockid
#define pthread_getaffinity_np mn_posix_getaffinity_np
#define pthread_setaffinity_np mn_posix_setaffinity_np
#define pthread_kill mn_posix_kill
#define pthread_sigqueue mn_posix_sigqueue

#define pthread_cancel mn_posix_cancel
#define pthread_testcancel mn_posix_testcancel
#define pthread_setcancelstate mn_posix_setcancelstate
#define pthread_setcanceltype mn_posix_setcanceltype
#undef pthread_cleanup_push
#undef pthread_cleanup_pop
#undef pthread_cleanup_push_defer_np
#undef pthread_cleanup_pop_restore_np
#define MN_PASTE_(a, b) a##b
#define MN_PASTE(a, b) MN_PASTE_(a, b)
/* In C++, too, handlers run by exit and cancellation; destructors do not. */
#define pthread_cleanup_push(fn, arg)                                                              \
	do {                                                                                       \
		struct mn_cleanup MN_PASTE(mn_cleanup_, __LINE__);                                 \
		mn_posix_cleanup_push(&MN_PASTE(mn_cleanup_, __LINE__), fn, arg)
#define pthread_cleanup_pop(call)                                                                  \
	mn_posix_cleanup_pop(call);                                                                \
	}                                                                                          \
	while (0)
#define pthread_cleanup_push_defer_np(fn, arg)                                                     \
	do {                                                                                       \
		struct mn_cleanup MN_PASTE(mn_cleanup_, __LINE__);                                 \
		mn_posix_cleanup_push_defer_np(&MN_PASTE(mn_cleanup_, __LINE__), fn, arg)
#define pthread_cleanup_pop_restore_np(call)                                                       \
	mn_posix_cleanup_pop_restore_np(call);                                                     \
	}                                                                                          \
	while (0)

#define pthread_mutex_init mn_posix_mutex_init
#define pthread_mutex_lock mn_posix_mutex_lock
#define pthread_mutex_trylock mn_posix_mutex_trylock
#define pthread_mutex_timedlock mn_posix_mutex_timedlock
#define pthread_mutex_clocklock mn_posix_mutex_clocklock
#define pthread_mutex_unlock mn_posix_mutex_unlock
#define pthread_mutex_destroy mn_posix_mutex_destroy
#define pthread_mutex_consistent mn_posix_mutex_consistent
#define pthread_mutex_getprioceiling mn_posix_mutex_getprioceiling
#define pthread_mutex_setprioceiling mn_posix_mutex_setprioceiling

#define pthread_cond_init mn_posix_cond_init
#define pthread_cond_wait mn_posix_cond_wait
#define pthread_cond_timedwait mn_posix_cond_timedwait
#define pthread_cond_clockwait mn_posix_cond_clockwait
#define pthread_cond_signal mn_posix_cond_signal
#define pthread_cond_broadcast mn_posix_cond_broadcast
#define pthread_cond_destroy mn_posix_cond_destroy

#define pthread_rwlock_init mn_posix_rwlock_init
#define pthread_rwlock_rdlock mn_posix_rwlock_rdlock
#define pthread_rwlock_tryrdlock mn_posix_rwlock_tryrdlock
#define pthread_rwlock_timedrdlock mn_posix_rwlock_timedrdlock
#define pthread_rwlock_clockrdlock mn_posix_rwlock_clockrdlock
#define pthread_rwlock_wrlock mn_posix_rwlock_wrlock
#define pthread_rwlock_trywrlock mn_posix_rwlock_trywrlock
#define pthread_rwlock_timedwrlock mn_posix_rwlock_timedwrlock
#define pthread_rwlock_clockwrlock mn_posix_rwlock_clockwrlock
#define pthread_rwlock_unlock mn_posix_rwlock_unlock
#define pthread_rwlock_destroy mn_posix_rwlock_destroy

#define pthread_barrier_init mn_posix_barrier_init
#define pthread_barrier_wait mn_posix_barrier_wait
#define pthread_barrier_destroy mn_posix_barrier_destroy
#define pthread_spin_init mn_posix_spin_init
#define pthread_spin_lock mn_posix_spin_lock
#define pthread_spin_trylock mn_posix_spin_trylock
#define pthread_spin_unlock mn_posix_spin_unlock
#define pthread_spin_destroy mn_posix_spin_destroy
#define pthread_once mn_posix_once
#define pthread_key_create mn_posix_key_create
#define pthread_key_delete mn_posix_key_delete
#define pthread_setspecific mn_posix_setspecific
#define pthread_getspecific mn_posix_getspecific

#define sem_init mn_posix_sem_init
#define sem_wait mn_posix_sem_wait
#define sem_trywait mn_posix_sem_trywait
#define sem_timedwait mn_posix_sem_timedwait
#define sem_clockwait mn_posix_sem_clockwait
#define sem_post mn_posix_sem_post
#define sem_getvalue mn_posix_sem_getvalue
#define sem_destroy mn_posix_sem_destroy
#define sem_open mn_posix_sem_open
#define sem_close mn_posix_sem_close
#define sem_unlink mn_posix_sem_unlink

#define sigaction(sig, act, old) mn_posix_sigaction(sig, act, old) /* not the structure */
#define signal(sig, handler) mn_posix_signal(sig, handler)
#define pthread_sigmask mn_posix_sigmask
#define sigprocmask mn_posix_sigprocmask
#define sigwait mn_posix_sigwait
#define sigwaitinfo mn_posix_sigwaitinfo
#define sigtimedwait mn_posix_sigtimedwait

#define sleep mn_posix_sleep
#define usleep mn_posix_usleep
#define nanosleep mn_posix_nanosleep
#define clock_nanosleep mn_posix_clock_nanosleep

#include "mn_std_thread.h"
#endif

#endif
