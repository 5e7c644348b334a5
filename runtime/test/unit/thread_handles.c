/*
 * Proves: join and detach say what is wrong. ESRCH: no such thread, or one
 * that is gone, its memory reused or not. EDEADLK: oneself. EINVAL: detached,
 * or somebody else joins it.
 */
#include "check.h"

static struct mn_sem gate;
static struct mn_sem arrived;

static void *nothing(void *arg)
{
	return arg;
}

static void *wait_at_gate(void *arg)
{
	mn_sem_post(&arrived);
	mn_sem_wait(&gate);
	return arg;
}

static void *join_it(void *arg)
{
	mn_thread_t t = *(mn_thread_t *)arg;

	mn_sem_post(&arrived);
	CHECK_EQ(test_join(t), 7);
	return NULL;
}

static void gone(mn_thread_t t)
{
	void *result = &result;

	CHECK_EQ(mn_thread_join(t, &result), -ESRCH);
	CHECK_EQ(result, &result); /* left alone */
	CHECK_EQ(mn_thread_detach(t), -ESRCH);
}

static void no_such_thread(void)
{
	mn_thread_t old;

	gone(0);
	old = test_spawn(nothing, NULL);
	test_join(old);
	gone(old);
	/* The descriptor is used again, by many threads. */
	for (int i = 0; i < 1000; i++) {
		mn_thread_t t = test_spawn(nothing, NULL);

		CHECK(t != old);
		gone(old);
		test_join(t);
		gone(t);
	}
}

static void gone_by_itself(void)
{
	static const struct mn_thread_attr detached = {.detached = 1};
	mn_thread_t t;

	CHECK_EQ(mn_thread_create(&t, &detached, wait_at_gate, NULL), 0);
	CHECK_EQ(mn_thread_join(t, NULL), -EINVAL);
	CHECK_EQ(mn_thread_detach(t), -EINVAL);
	mn_sem_wait(&arrived);
	mn_sem_post(&gate);
	while (mn_thread_detach(t) != -ESRCH)
		test_pause();
	gone(t);
}

static void detached_later(void)
{
	mn_thread_t t = test_spawn(wait_at_gate, NULL);

	mn_sem_wait(&arrived);
	CHECK_EQ(mn_thread_detach(t), 0);
	CHECK_EQ(mn_thread_detach(t), -EINVAL);
	CHECK_EQ(mn_thread_join(t, NULL), -EINVAL);
	mn_sem_post(&gate);
	while (mn_thread_detach(t) != -ESRCH)
		test_pause();
}

static void detached_before_the_start(void)
{
	mn_thread_t t = test_spawn(nothing, NULL);
	int error = mn_thread_detach(t);

	CHECK_EQ(error, 0);
	while (mn_thread_detach(t) != -ESRCH)
		test_pause();
}

static void *detach_self(void *arg)
{
	mn_thread_t self = mn_thread_self();

	CHECK_EQ(mn_thread_join(self, NULL), -EDEADLK);
	mn_sem_post(&arrived);
	mn_sem_wait(&gate);
	CHECK_EQ(mn_thread_detach(self), 0);
	CHECK_EQ(mn_thread_detach(self), -EINVAL);
	mn_sem_post(&arrived);
	return arg;
}

static void detached_by_itself(void)
{
	mn_thread_t t = test_spawn(detach_self, NULL);

	mn_sem_wait(&arrived);
	mn_sem_post(&gate);
	mn_sem_wait(&arrived);
	while (mn_thread_detach(t) != -ESRCH)
		test_pause();
}

/* A detach of a thread that has ended already lets it go. */
static void detached_after_the_end(void)
{
	mn_thread_t t = test_spawn(wait_at_gate, NULL);

	mn_sem_wait(&arrived);
	mn_sem_post(&gate);
	for (int i = 0; i < 100; i++)
		mn_thread_yield();
	CHECK_EQ(mn_thread_detach(t), 0);
	while (mn_thread_detach(t) != -ESRCH)
		test_pause();
}

static void joined_by_another(void)
{
	mn_thread_t t = test_spawn(wait_at_gate, (void *)7);
	mn_thread_t joiner;

	mn_sem_wait(&arrived);
	joiner = test_spawn(join_it, &t);
	mn_sem_wait(&arrived);
	for (int i = 0; i < 1000; i++)
		mn_thread_yield(); /* the joiner blocks */
	if (test_in_order()) {
		CHECK_EQ(mn_thread_join(t, NULL), -EINVAL);
		CHECK_EQ(mn_thread_detach(t), -EINVAL);
	}
	mn_sem_post(&gate);
	test_join(joiner);
	gone(t);
}

/* A thread that its joiner runs in place is being joined, too. */
static void *detach_what_is_joined(void *arg)
{
	mn_thread_t self = mn_thread_self();

	(void)arg;
	CHECK_EQ(mn_thread_join(self, NULL), -EDEADLK);
	return (void *)(intptr_t)mn_thread_detach(self);
}

static void joined_in_place(void)
{
	test_start_one_cooperative_worker();
	for (int i = 0; i < 10; i++) {
		struct mn_stats before;
		struct mn_stats after;
		mn_thread_t t;

		mn_stats_read(&before);
		t = test_spawn(detach_what_is_joined, NULL);
		CHECK_EQ((intptr_t)test_join(t), -EINVAL);
		mn_stats_read(&after);
		/* Not in place means: switched to by its joiner, which waits already. */
		CHECK_REL(after.inline_runs - before.inline_runs, <=, 1);
	}
	test_stop();
}

int main(void)
{
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	CHECK_EQ(mn_sem_init(&arrived, 0), 0);
	test_start();
	CHECK_EQ(mn_thread_join(mn_thread_self(), NULL), -EDEADLK);
	no_such_thread();
	gone_by_itself();
	detached_later();
	detached_before_the_start();
	detached_by_itself();
	detached_after_the_end();
	joined_by_another();
	test_stop();
	joined_in_place();
	return 0;
}
