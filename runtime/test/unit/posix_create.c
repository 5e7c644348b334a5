/*
 * Proves, through mn_pthread.h: what attribute objects say about stacks, guards
 * and scheduling; joining by deadline; names; signals to oneself; errno is the
 * thread's own; every entry of ERRORS on POSIX's pages of pthread_create, join,
 * detach, kill, getschedparam, setschedparam and setschedprio.
 */
#include "mn_pthread.h"

#include <sys/mman.h>

#include "check.h"

#define ESRCH_OR_EINVAL(e) CHECK((e) == ESRCH || (e) == EINVAL)

static const struct timespec past = {1, 0};

static void *self(void *arg)
{
	*(pthread_t *)arg = pthread_self();
	return arg;
}

static void *yield_often(void *arg)
{
	for (int i = 0; i < 20; i++)
		sched_yield();
	return arg;
}

static sem_t gate;
static sem_t detached_gate;

static void *wait_detached(void *arg)
{
	while (sem_wait(&detached_gate))
		;
	return arg;
}

static void *wait_gate(void *arg)
{
	while (sem_wait(&gate))
		;
	return arg;
}

static void joins(void)
{
	struct timespec soon;
	pthread_t t;
	pthread_t me;
	void *result;

	CHECK_EQ(pthread_create(&t, NULL, self, &me), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK(result == &me && pthread_equal(me, t));
	ESRCH_OR_EINVAL(pthread_join(t, NULL));
	ESRCH_OR_EINVAL(pthread_detach(t));
	CHECK_EQ(pthread_join(pthread_self(), NULL), EDEADLK);

	CHECK_EQ(sem_init(&gate, 0, 0), 0);
	CHECK_EQ(pthread_create(&t, NULL, wait_gate, &me), 0);
	CHECK_EQ(pthread_tryjoin_np(t, NULL), EBUSY);
	CHECK_EQ(pthread_timedjoin_np(t, NULL, &past), ETIMEDOUT);
	CHECK_EQ(pthread_timedjoin_np(t, NULL, &(struct timespec){0, -1}), EINVAL);
	clock_gettime(CLOCK_MONOTONIC, &soon);
	soon.tv_nsec = (soon.tv_nsec + 1000000) % 1000000000;
	CHECK_EQ(pthread_clockjoin_np(t, NULL, CLOCK_MONOTONIC, &soon), ETIMEDOUT);
	CHECK_EQ(sem_post(&gate), 0);
	CHECK_EQ(pthread_timedjoin_np(t, &result, NULL), 0);
	CHECK(result == &me);

	CHECK_EQ(sem_init(&detached_gate, 0, 0), 0);
	CHECK_EQ(pthread_create(&t, NULL, wait_detached, NULL), 0);
	CHECK_EQ(pthread_detach(t), 0);
	CHECK_EQ(pthread_detach(t), EINVAL);
	CHECK_EQ(pthread_join(t, NULL), EINVAL);
	CHECK_EQ(pthread_tryjoin_np(t, NULL), EINVAL);
	CHECK_EQ(sem_post(&detached_gate), 0);
}

static void *joiner(void *arg)
{
	CHECK_EQ(pthread_join(*(pthread_t *)arg, NULL), 0);
	return NULL;
}

static void two_joiners(void)
{
	pthread_t target;
	pthread_t t;
	int error;

	CHECK_EQ(pthread_create(&target, NULL, wait_gate, NULL), 0);
	sched_yield(); /* so that it has been started */
	CHECK_EQ(pthread_create(&t, NULL, joiner, &target), 0);
	do {
		error = pthread_timedjoin_np(target, NULL, &past);
		sched_yield();
	} while (error == ETIMEDOUT);
	CHECK_EQ(error, EINVAL);
	CHECK_EQ(pthread_detach(target), EINVAL);
	CHECK_EQ(sem_post(&gate), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

__attribute__((noipa)) static uintptr_t here(void)
{
	char c;

	return (uintptr_t)__builtin_frame_address(0) + 0 * (uintptr_t)sizeof c;
}

struct stack {
	char *lo;
	size_t size;
};

static void *on_given_stack(void *arg)
{
	struct stack *s = arg;
	pthread_attr_t attr;
	void *lo;
	size_t size;

	CHECK(here() > (uintptr_t)s->lo && here() < (uintptr_t)s->lo + s->size);
	CHECK_EQ(pthread_getattr_np(pthread_self(), &attr), 0);
	CHECK_EQ(pthread_attr_getstack(&attr, &lo, &size), 0);
	CHECK(lo == s->lo);
	CHECK_REL(size, <=, s->size);
	CHECK_REL(size, >, s->size - 128);
	CHECK_EQ(pthread_attr_destroy(&attr), 0);
	yield_often(NULL);
	return NULL;
}

#define MOST_PAGE 65536 /* of any architecture: what every guard has */

static void *on_own_stack(void *arg)
{
	pthread_attr_t attr;
	void *lo;
	size_t size;
	size_t guard;
	int state;

	CHECK_EQ(pthread_getattr_np(pthread_self(), &attr), 0);
	CHECK_EQ(pthread_attr_getstack(&attr, &lo, &size), 0);
	CHECK_EQ(pthread_attr_getguardsize(&attr, &guard), 0);
	CHECK_EQ(pthread_attr_getdetachstate(&attr, &state), 0);
	CHECK_EQ(state, PTHREAD_CREATE_JOINABLE);
	CHECK(here() > (uintptr_t)lo && here() < (uintptr_t)lo + size);
	if ((uintptr_t)arg > MOST_PAGE) /* else it may be on its joiner's stack */
		CHECK_REL(guard, >=, (uintptr_t)arg);
	CHECK_EQ(pthread_attr_destroy(&attr), 0);
	yield_often(NULL);
	return NULL;
}

static void stacks(void)
{
	pthread_attr_t attr;
	pthread_t t[4];
	struct stack s = {.size = 1 << 18};

	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_create(&t[0], &attr, on_own_stack, NULL), 0);
	sched_yield();
	CHECK_EQ(pthread_join(t[0], NULL), 0);
	for (uintptr_t guard = 1; guard <= 1 << 20; guard *= 32) {
		CHECK_EQ(pthread_attr_setguardsize(&attr, guard), 0);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_create(&t[i], &attr, on_own_stack, (void *)guard), 0);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_join(t[i], NULL), 0);
	}
	CHECK_EQ(pthread_attr_destroy(&attr), 0);

	/* The program's memory; given back as soon as it has been joined. */
	for (int round = 0; round < 50; round++) {
		s.lo = mmap(NULL, s.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(s.lo != MAP_FAILED);
		CHECK_EQ(pthread_attr_init(&attr), 0);
		CHECK_EQ(pthread_attr_setstack(&attr, s.lo, s.size), 0);
		CHECK_EQ(pthread_create(&t[0], &attr, on_given_stack, &s), 0);
		if (round % 2)
			sched_yield();
		CHECK_EQ(pthread_join(t[0], NULL), 0);
		CHECK_EQ(munmap(s.lo, s.size), 0);
		CHECK_EQ(pthread_attr_destroy(&attr), 0);
	}
}

static void scheduling(void)
{
	struct sched_param param = {.sched_priority = 1};
	pthread_attr_t attr;
	pthread_t t;
	cpu_set_t cpus;
	clockid_t clock;
	int policy;

	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_attr_setschedpolicy(&attr, SCHED_FIFO), 0);
	CHECK_EQ(pthread_attr_setschedparam(&attr, &param), 0);
	CHECK_EQ(pthread_create(&t, &attr, yield_often, NULL), 0); /* inherited all the same */
	CHECK_EQ(pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED), 0);
	CHECK_EQ(pthread_create(&t, &attr, yield_often, NULL), ENOTSUP);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(pthread_attr_destroy(&attr), 0);

	CHECK_EQ(pthread_create(&t, NULL, wait_gate, NULL), 0);
	CHECK_EQ(pthread_getschedparam(t, &policy, &param), 0);
	CHECK_EQ(policy, SCHED_OTHER);
	CHECK_EQ(param.sched_priority, 0);
	CHECK_EQ(pthread_setschedparam(t, policy, &param), 0);
	param.sched_priority = 1;
	CHECK_EQ(pthread_setschedparam(t, SCHED_OTHER, &param), EINVAL);
	CHECK_EQ(pthread_setschedparam(t, SCHED_FIFO, &param), ENOTSUP);
	CHECK_EQ(pthread_setschedparam(t, 77, &param), EINVAL);
	CHECK_EQ(pthread_setschedprio(t, 0), 0);
	CHECK_EQ(pthread_setschedprio(t, 1), EINVAL);
	CHECK_EQ(pthread_getcpuclockid(t, &clock), ENOENT);
	CHECK_EQ(pthread_getaffinity_np(t, sizeof cpus, &cpus), 0);
	CHECK_REL(CPU_COUNT(&cpus), >=, 1);
	CHECK_EQ(pthread_setaffinity_np(t, sizeof cpus, &cpus), ENOTSUP);
	CHECK_EQ(sem_post(&gate), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(pthread_getschedparam(t, &policy, &param), ESRCH);
	CHECK_EQ(pthread_setschedparam(t, SCHED_OTHER, &param), ESRCH);
	CHECK_EQ(pthread_setschedprio(t, 0), ESRCH);
	CHECK_EQ(pthread_getcpuclockid(t, &clock), ESRCH);
	CHECK_EQ(pthread_getaffinity_np(t, sizeof cpus, &cpus), ESRCH);
	CHECK_EQ(pthread_setaffinity_np(t, sizeof cpus, &cpus), ESRCH);
}

static void names(void)
{
	pthread_attr_t attr;
	pthread_t t;
	char name[16];

	CHECK_EQ(pthread_create(&t, NULL, wait_gate, NULL), 0);
	CHECK_EQ(pthread_getname_np(t, name, sizeof name), 0);
	CHECK(!strcmp(name, ""));
	CHECK_EQ(pthread_setname_np(t, "fifteen letters"), 0);
	CHECK_EQ(pthread_setname_np(t, "sixteen letters!"), ERANGE);
	CHECK_EQ(pthread_getname_np(t, name, sizeof name), 0);
	CHECK(!strcmp(name, "fifteen letters"));
	CHECK_EQ(pthread_getname_np(t, name, 15), ERANGE);
	CHECK_EQ(sem_post(&gate), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(pthread_getname_np(t, name, sizeof name), ESRCH);
	CHECK_EQ(pthread_setname_np(t, "x"), ESRCH);
	CHECK_EQ(pthread_getattr_np(t, &attr), ESRCH);
}

static volatile sig_atomic_t got_signal;

static void on_signal(int sig)
{
	got_signal = sig;
}

static void *signal_self(void *arg)
{
	CHECK_EQ(pthread_kill(pthread_self(), SIGUSR1), 0);
	CHECK_EQ(got_signal, SIGUSR1);
	CHECK_EQ(pthread_sigqueue(pthread_self(), SIGUSR2, (union sigval){0}), 0);
#if !defined(__SANITIZE_THREAD__) /* it delivers this one later */
	CHECK_EQ(got_signal, SIGUSR2);
#endif
	return arg;
}

static void signals(void)
{
	pthread_t t;

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	CHECK_EQ(pthread_create(&t, NULL, signal_self, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(pthread_create(&t, NULL, wait_gate, NULL), 0);
	CHECK_EQ(pthread_kill(t, 0), 0);
	CHECK_EQ(pthread_kill(t, -1), EINVAL);
	CHECK_EQ(pthread_kill(t, 1000), EINVAL);
	CHECK_EQ(pthread_kill(t, SIGUSR1), ENOTSUP);
	CHECK_EQ(sem_post(&gate), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(pthread_kill(t, 0), ESRCH);
}

/* The compiler may keep the address that errno has in one function: it must not. */
static void *own_errno(void *arg)
{
	for (int i = 0; i < 200; i++) {
		errno = (int)(intptr_t)arg;
		sched_yield();
		CHECK_EQ(errno, (intptr_t)arg);
	}
	return arg;
}

static void errnos(void)
{
	pthread_t t[8];

	for (intptr_t i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, own_errno, (void *)(i + 1)), 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
}

int main(void)
{
	joins();
	two_joiners();
	stacks();
	scheduling();
	names();
	signals();
	errnos();
	return 0;
}
