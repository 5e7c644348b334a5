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
	char *bottom; /* of what it uses from there on */
	_Alignas(64) char stack[STACK_BYTES];
} fiber[MODEL_THREADS];

static jmp_buf home;
static ucontext_t starter;
static unsigned starting;
static void (*fiber_body)(unsigned);

static void entry(void)
{
	unsigned n = starting;

	fiber[n].bottom = __builtin_frame_address(0);
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

/* Nothing of an execution is to be found in another one's stack frames. */
#define CLEARED 2048

void fiber_restart(unsigned n)
{
	memset(fiber[n].stack + STACK_BYTES - CLEARED, 0,
	       (size_t)(fiber[n].bottom - 64 - (fiber[n].stack + STACK_BYTES - CLEARED)));
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
	return (const char *)p >= (const char *)fiber &&
	       (const char *)p < (const char *)(fiber + MODEL_THREADS);
}

unsigned fiber_of(const void *p)
{
	return (unsigned)(((const char *)p - (const char *)fiber) / sizeof fiber[0]);
}

uint64_t fiber_hash(unsigned n, const void *from)
{
	const uint64_t *p = from;
	const uint64_t *end = (const uint64_t *)(const void *)(fiber[n].bottom);
	uint64_t h = 0;

	for (; p < end; p++)
		h = (h ^ *p) * 0x9e3779b97f4a7c15u ^ h >> 29;
	return mix(h);
}

__attribute__((noinline)) void fiber_scrub(void)
{
	char room[1536];

	memset(room, 0, sizeof room);
	__asm__ volatile("" : : "r"(room) : "memory");
}
