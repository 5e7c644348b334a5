/*
 * Fibers: a stack per explored thread. They are entered once with ucontext and
 * then switched with setjmp and longjmp, which make no system call. A fiber that
 * is given up half-way is simply started again from its base.
 */
#undef _FORTIFY_SOURCE /* longjmp goes up and down here, which its check forbids */

#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "machine.h"

#define STACK_BYTES (64 * 1024)

static struct {
	jmp_buf at;   /* where it goes on */
	jmp_buf base; /* where it begins */
	_Alignas(64) char stack[STACK_BYTES];
} fiber[MODEL_THREADS];

static jmp_buf home;
static ucontext_t starter;
static unsigned starting;
static void (*fiber_body)(unsigned);

static void entry(void)
{
	unsigned n = starting;

	if (!_setjmp(fiber[n].base))
		setcontext(&starter);
	fiber_body(n);
	abort(); /* a body ends by explore_switch() and never returns */
}

void fiber_start_all(void (*body)(unsigned))
{
	fiber_body = body;
	for (starting = 0; starting < MODEL_THREADS; starting++) {
		ucontext_t c;

		getcontext(&c);
		c.uc_stack.ss_sp = fiber[starting].stack;
		c.uc_stack.ss_size = STACK_BYTES;
		c.uc_link = NULL;
		makecontext(&c, entry, 0);
		swapcontext(&starter, &c);
	}
}

void fiber_restart(unsigned n)
{
	memcpy(&fiber[n].at, &fiber[n].base, sizeof(jmp_buf));
}

void fiber_switch(int from, unsigned n)
{
	if (from < 0 || !_setjmp(fiber[from].at))
		_longjmp(fiber[n].at, 1);
}

int fiber_enter(unsigned n)
{
	int why = _setjmp(home);

	if (!why)
		fiber_switch(-1, n);
	return why;
}

int fiber_call_home(void (*fn)(void))
{
	int why = _setjmp(home);

	if (!why)
		fn();
	return why;
}

void fiber_leave(int why)
{
	_longjmp(home, why);
}

bool fiber_owns(const void *p)
{
	return (const char *)p >= (const char *)fiber && (const char *)p < (const char *)(fiber + MODEL_THREADS);
}
