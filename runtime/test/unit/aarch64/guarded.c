/*
 * Proves, for AArch64: with branch protection compiled in
 * (-mbranch-protection=standard) the runtime works where the CPU checks it: return
 * addresses are signed, and every jump through a register within the program
 * lands on a landing pad. Without it the same program runs unchecked.
 *
 * A program is checked by itself only when all that is linked into it is
 * marked, the C library's startup code too. So this one has its own text
 * checked, from main on, and leaves by _exit().
 */
#define _GNU_SOURCE
#include <link.h>
#include <sys/mman.h>

#include "check.h"

#define THREADS 8
#define ROUNDS 100
#ifndef PROT_BTI
#define PROT_BTI 0x10
#endif

#ifdef __ARM_FEATURE_BTI_DEFAULT
/* The first object that the loader names is the executable. */
static int guard(struct dl_phdr_info *o, size_t size, void *unused)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)unused;
	for (unsigned i = 0; i < o->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &o->dlpi_phdr[i];
		uintptr_t lo = (o->dlpi_addr + p->p_vaddr) & ~(page - 1);
		uintptr_t hi = (o->dlpi_addr + p->p_vaddr + p->p_memsz + page - 1) & ~(page - 1);

		if (p->p_type == PT_LOAD && (p->p_flags & PF_X))
			CHECK_EQ(mprotect((void *)lo, hi - lo, PROT_READ | PROT_EXEC | PROT_BTI), 0);
	}
	return 1;
}
#endif

static struct mn_sem tokens;

static void *exits(void *arg)
{
	mn_thread_yield();
	mn_thread_exit(arg);
}

static void *spins(void *arg)
{
	for (volatile int i = 0; i < 20000; i++)
		;
	return arg;
}

static void *works(void *arg)
{
	for (uintptr_t i = 0; i < ROUNDS; i++) {
		mn_thread_t t = test_spawn(i % 2 ? exits : spins, (void *)i);

		if (i % 3)
			mn_thread_yield();
		mn_sem_wait(&tokens);
		mn_thread_yield();
		mn_sem_post(&tokens);
		CHECK_EQ((uintptr_t)test_join(t), i);
	}
	return arg;
}

int main(void)
{
	mn_thread_t t[THREADS];

#ifdef __ARM_FEATURE_BTI_DEFAULT
	/* The C library links pthread_atfork() into the program, unmarked: let that be over. */
	CHECK_EQ(mn_init(NULL), 0);
	CHECK_EQ(mn_shutdown(), 0);
	dl_iterate_phdr(guard, NULL);
#endif
	CHECK_EQ(mn_sem_init(&tokens, 2), 0);
	test_start();
	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(works, (void *)i);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ((uintptr_t)test_join(t[i]), i);
	test_stop();
	_exit(0);
}
