/* What test/gdb/check looks at: threads in known states, then a crash. */
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"

#include "mn_io.h"

static struct mn_mutex mutex;
static struct mn_cond cond;
static struct mn_mutex beside;
static int pipe_fds[2];

static void *reader(void *arg)
{
	char byte;

	mn_read(pipe_fds[0], &byte, 1);
	return arg;
}

static void *locker(void *arg)
{
	mn_mutex_lock(&mutex);
	return arg;
}

static void *waiter(void *arg)
{
	mn_mutex_lock(&beside);
	mn_cond_wait(&cond, &beside);
	return arg;
}

static void *joiner(void *arg)
{
	return test_join((mn_thread_t)(uintptr_t)arg);
}

static mn_thread_t named(const char *name, void *(*fn)(void *), uintptr_t arg)
{
	mn_thread_t t = test_spawn(fn, (void *)arg);

	CHECK_EQ(mn_thread_set_name(t, name), 0);
	return t;
}

void all_are_there(void);
__attribute__((noipa)) void all_are_there(void)
{
	__builtin_trap();
}

int main(void)
{
	static const struct mn_config config = {.workers = 1, .preempt = MN_OFF, .spawn = MN_HELP_FIRST};
	struct rlimit core;

	getrlimit(RLIMIT_CORE, &core);
	core.rlim_cur = core.rlim_max;
	setrlimit(RLIMIT_CORE, &core);
	CHECK_EQ(mn_init(&config), 0);
	CHECK_EQ(pipe(pipe_fds), 0);
	CHECK_EQ(mn_mutex_lock(&mutex), 0);
	named("joiner", joiner, named("reader", reader, 0));
	named("locker", locker, 0);
	named("waiter", waiter, 0);
	mn_thread_yield();
	mn_thread_yield();
	named("fresh", reader, 0);
	all_are_there();
	return 0;
}
