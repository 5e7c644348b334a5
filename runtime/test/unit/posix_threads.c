/*
 * Proves, through mn_pthread.h: a program on POSIX threads needs no start of
 * its own; create, join, exit, self, equal and yield do what POSIX says, main
 * included, and errors are returned as POSIX numbers.
 */
#include "mn_pthread.h"

#include "check.h"

static pthread_t seen;
static int on;

static void *tell_self(void *arg)
{
	on = 1;
	seen = pthread_self();
	CHECK(pthread_equal(seen, pthread_self()));
	return arg;
}

static void deep(int n)
{
	if (n == 1)
		pthread_exit((void *)17);
	if (n)
		deep(n - 1);
	pthread_yield();
}

static void *exits(void *arg)
{
	deep(20);
	return arg;
}

static void *join_self(void *arg)
{
	CHECK_EQ(pthread_join(pthread_self(), NULL), EDEADLK);
	CHECK_EQ(sched_yield(), 0);
	return arg;
}

static void *detach_self(void *arg)
{
	CHECK_EQ(pthread_detach(pthread_self()), 0);
	CHECK_EQ(pthread_detach(pthread_self()), EINVAL);
	__atomic_store_n(&on, 2, __ATOMIC_RELEASE);
	return arg;
}

int main(void)
{
	pthread_t main_thread;
	pthread_t t;
	void *result;

	/* Asked for before the first thread is created, and again after that. */
	main_thread = pthread_self();
	CHECK(pthread_equal(main_thread, pthread_self()));
	CHECK_EQ(sched_yield(), 0);

	CHECK_EQ(pthread_create(&t, NULL, tell_self, (void *)5), 0);
	CHECK(!pthread_equal(t, main_thread));
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK_EQ(result, 5);
	CHECK(pthread_equal(seen, t));
	CHECK_EQ(on, 1);
	CHECK_EQ(pthread_join(t, &result), ESRCH);
	CHECK_EQ(pthread_detach(t), ESRCH);
	CHECK(pthread_equal(main_thread, pthread_self()));
	CHECK_EQ(pthread_join(main_thread, NULL), EDEADLK);

	CHECK_EQ(pthread_create(&t, NULL, exits, NULL), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK_EQ(result, 17);

	CHECK_EQ(pthread_create(&t, NULL, join_self, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);

	CHECK_EQ(pthread_create(&t, NULL, detach_self, NULL), 0);
	while (__atomic_load_n(&on, __ATOMIC_ACQUIRE) != 2)
		pthread_yield();
	return 0; /* ends the process, whatever else still runs */
}
