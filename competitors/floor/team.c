/*
 * Tickets: the upper half of `next` is the number of the round, the lower that of the next part.
 *
 *  1. team_run closes the round (no part has the number CLOSED), writes the job, and opens it:
 *     `next` is stored with release.
 *  2. Everybody loads `next` with acquire, so whoever sees an open round sees its job, and takes
 *     the part by exchanging `next` for the number after it. That fails when the round has
 *     changed, for no value comes back; so a `count` of another round does no harm.
 *  3. A part that is done adds 1 to `done` with release.
 *  4. team_run takes parts, too, and waits until `done` (acquire) says that all are done. Then
 *     nobody has a ticket, and nobody without one looks at more of the job than `count`.
 *
 * So a member that the kernel does not run right now is not waited for. Waiting is spinning,
 * because waking somebody up would cost more than what is measured.
 */
#include "team.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define CLOSED UINT32_MAX

static struct {
	unsigned members; /* besides the caller */
	pthread_t *threads;
	uint64_t round;
	atomic_int ending;

	/* The job: written between closing and opening a round. */
	void (*part)(void *arg, uint64_t i);
	void *arg;
	_Atomic uint64_t count;

	_Alignas(64) _Atomic uint64_t next;
	_Alignas(64) _Atomic uint64_t done;
} team;

static void relax(unsigned *spins)
{
	if (++*spins % 1024 == 0)
		sched_yield(); /* more workers than CPUs */
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

/* Steps 2 and 3. Returns 0 when there was no part to take. */
static int take_part(void)
{
	uint64_t ticket = atomic_load_explicit(&team.next, memory_order_acquire);
	uint32_t i = (uint32_t)ticket;

	if (i == CLOSED || i >= atomic_load_explicit(&team.count, memory_order_relaxed))
		return 0;
	if (atomic_compare_exchange_strong_explicit(&team.next, &ticket, ticket + 1,
						    memory_order_acq_rel, memory_order_relaxed)) {
		team.part(team.arg, i);
		atomic_fetch_add_explicit(&team.done, 1, memory_order_release);
	}
	return 1;
}

static void *member(void *unused)
{
	unsigned spins = 0;

	(void)unused;
	while (!atomic_load_explicit(&team.ending, memory_order_relaxed))
		if (!take_part())
			relax(&spins);
	return NULL;
}

void team_run(uint64_t count, void (*part)(void *arg, uint64_t i), void *arg)
{
	unsigned spins = 0;

	if (team.members == 0 || count >= CLOSED) {
		for (uint64_t i = 0; i < count; i++)
			part(arg, i);
		return;
	}
	team.round++;
	atomic_store_explicit(&team.next, team.round << 32 | CLOSED, memory_order_relaxed);
	atomic_store_explicit(&team.done, 0, memory_order_relaxed);
	team.part = part;
	team.arg = arg;
	atomic_store_explicit(&team.count, count, memory_order_relaxed);
	atomic_store_explicit(&team.next, team.round << 32, memory_order_release);
	while (take_part())
		;
	while (atomic_load_explicit(&team.done, memory_order_acquire) < count)
		relax(&spins);
}

unsigned team_size(void)
{
	return team.members + 1;
}

int team_start(unsigned workers)
{
	atomic_store_explicit(&team.next, CLOSED, memory_order_relaxed);
	team.threads = calloc(workers, sizeof *team.threads);
	if (!team.threads)
		return ENOMEM;
	for (unsigned wanted = workers - 1; team.members < wanted; team.members++) {
		int error = pthread_create(&team.threads[team.members], NULL, member, NULL);
		if (error) {
			team_stop();
			return error;
		}
	}
	return 0;
}

void team_stop(void)
{
	atomic_store_explicit(&team.ending, 1, memory_order_relaxed);
	while (team.members > 0)
		pthread_join(team.threads[--team.members], NULL);
	free(team.threads);
	team.threads = NULL;
}
