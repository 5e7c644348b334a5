/*
 * Proves: when there are no more addresses, for small stacks or for stacks of a
 * gigabyte, creating a thread gives -EAGAIN; those that there are wait and end as
 * always, and then about as many can be created again.
 */
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "check.h"

TEST_ONCE;

#define MOST 20000

static mn_thread_t t[MOST];
static struct mn_sem gate;
static _Atomic int parked;

static void *wait_at_gate(void *arg)
{
	atomic_fetch_add(&parked, 1);
	mn_sem_wait(&gate);
	return arg;
}

/* Creates threads until one is refused, lets them park, and ends them; how many. */
static int until_refused(void)
{
	int made = 0;
	int error;

	atomic_store(&parked, 0);
	while (!(error = mn_thread_create(&t[made], NULL, wait_at_gate, (void *)(uintptr_t)made)))
		CHECK_REL(++made, <, MOST);
	CHECK_EQ(error, -EAGAIN);
	while (atomic_load(&parked) < made)
		test_pause();
	CHECK_EQ(mn_thread_create(&t[made], NULL, wait_at_gate, NULL), -EAGAIN);
	for (int i = 0; i < made; i++)
		CHECK_EQ(mn_sem_post(&gate), 0);
	for (int i = 0; i < made; i++)
		CHECK_EQ(test_join(t[i]), i);
	return made;
}

/* In a process of its own that may have so many bytes of addresses. */
static void within(rlim_t bytes, size_t stack_size, int at_least)
{
	/* Else free descriptors may lie with a worker that main is not on. */
	struct mn_config config = {.stack_size = stack_size, .workers = 1};
	struct rlimit limit = {bytes, bytes};
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		int first;

		CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
		CHECK_EQ(mn_init(&config), 0);
		first = until_refused();
		CHECK_REL(first, >=, at_least);
		for (int i = 0; i < 3; i++)
			CHECK_REL(until_refused(), >=, first / 2);
		test_stop();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

int main(void)
{
	if (TEST_SLOWDOWN > 1 || test_emulated())
		return 0; /* a sanitizer, or an emulator, takes more addresses for itself */
	CHECK_EQ(mn_sem_init(&gate, 0), 0);
	within((rlim_t)400 << 20, 0, 500);
	within((rlim_t)400 << 20, 16384, 1000);
	within((rlim_t)10 << 40, (size_t)1 << 30, 1000);
	return 0;
}
