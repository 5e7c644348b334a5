/* The tick on Linux: a POSIX timer per worker that signals its kernel thread. */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "context.h"
#include "core/internal.h"
#include "outside.h"
#include "platform/platform.h"

#define HANDLER_STACK (64 * 1024) /* AT_MINSIGSTKSZ is 12 KiB with AVX-512 */
#define VALGRIND_ROOM 8192 /* its signal frame, and the handler's frames */
#define NS_PER_S 1000000000u

/* Around all of the runtime's text: the build renames its sections (rules.mk). */
extern const char __start_mn_text[] __attribute__((visibility("hidden")));
extern const char __stop_mn_text[] __attribute__((visibility("hidden")));

#define TEXTS 8

static struct {
	int signal;
	void (*handler)(struct mn_plat_context *);
	struct sigaction before;
	/* The executable segments of the program itself. */
	struct {
		uintptr_t lo, hi;
	} text[TEXTS];
	unsigned texts;
} tick;

/*
 * The kernel thread's mask of signals, as the kernel keeps it: 64 of them. With another one it
 * is in a handler of the program's, which is not to be preempted.
 */
static __thread uint64_t usual __attribute__((tls_model("initial-exec")));

static void on_signal(int signal, siginfo_t *info, void *context)
{
	int error = errno;

	(void)signal;
	(void)info;
	tick.handler(context);
	errno = error;
}

/* The first object that the loader names is the executable. */
static int find_text(struct dl_phdr_info *o, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	for (unsigned i = 0; i < o->dlpi_phnum && tick.texts < TEXTS; i++) {
		const ElfW(Phdr) *p = &o->dlpi_phdr[i];

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		tick.text[tick.texts].lo = o->dlpi_addr + p->p_vaddr;
		tick.text[tick.texts].hi = o->dlpi_addr + p->p_vaddr + p->p_memsz;
		tick.texts++;
	}
	return 1;
}

static bool in_program(uintptr_t pc)
{
	if (pc >= (uintptr_t)__start_mn_text && pc < (uintptr_t)__stop_mn_text)
		return false;
	for (unsigned i = 0; i < tick.texts; i++)
		if (pc >= tick.text[i].lo && pc < tick.text[i].hi)
			return true;
	return false;
}

int mn_plat_tick_install(int signal, void (*handler)(struct mn_plat_context *))
{
	struct sigaction a = {.sa_sigaction = on_signal,
			      .sa_flags = SA_SIGINFO | SA_RESTART | CONTEXT_SIGNAL_FLAGS};

	/*
	 * When kernel threads take turns in a handler that has its own stack, valgrind has
	 * forgotten, once that returns, which stack it is on, and takes the next frame for garbage.
	 */
	if (mni_rt.valgrind)
		a.sa_flags &= ~SA_ONSTACK;
	tick.texts = 0;
	dl_iterate_phdr(find_text, NULL);
	/* A statically linked libc lies in the program's text: nowhere is known to be safe. */
	if (in_program((uintptr_t)malloc) && in_program((uintptr_t)memcpy))
		tick.texts = 0;
	if (sigaction(signal, NULL, &tick.before))
		return -EINVAL;
	if (tick.before.sa_handler != SIG_DFL && tick.before.sa_handler != SIG_IGN)
		return -EBUSY;
	tick.signal = signal;
	tick.handler = handler;
	return sigaction(signal, &a, NULL) ? -errno : 0;
}

void mn_plat_tick_remove(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	/* Ignoring it first drops what is still pending: the default action would end the process. */
	sigaction(tick.signal, &ignore, NULL);
	sigaction(tick.signal, &tick.before, NULL);
}

size_t mn_plat_tick_room(void)
{
	return context_tick_room() + (mni_rt.valgrind ? VALGRIND_ROOM : 0);
}

int mn_plat_tick_open(mn_plat_tick *out)
{
	struct sigevent e = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = tick.signal};
	stack_t stack = {.ss_size = HANDLER_STACK};
	timer_t timer;

	e._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	stack.ss_sp = mn_plat_map(HANDLER_STACK);
	if (!stack.ss_sp)
		return -ENOMEM;
	if (timer_create(CLOCK_MONOTONIC, &e, &timer)) {
		int error = -errno;

		mn_plat_unmap(stack.ss_sp, HANDLER_STACK);
		return error;
	}
	sigaltstack(&stack, NULL);
	mn_plat_tick_mask();
	out->timer = (uintptr_t)timer;
	out->stack = stack.ss_sp;
	return 0;
}

void mn_plat_tick_mask(void)
{
	uint64_t ours = 1ull << (tick.signal - 1);

	if (!OUTSIDE(syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &ours, &usual, sizeof ours)))
		usual &= ~ours;
}

void mn_plat_tick_close(mn_plat_tick *t)
{
	stack_t none = {.ss_flags = SS_DISABLE};

	timer_delete((timer_t)t->timer);
	sigaltstack(&none, NULL);
	mn_plat_unmap(t->stack, HANDLER_STACK);
}

static struct timespec from_ns(uint64_t ns)
{
	return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}

void mn_plat_tick_set(mn_plat_tick *t, uint64_t first_ns, uint64_t interval_ns)
{
	struct itimerspec s = {from_ns(interval_ns), from_ns(first_ns)};

	OUTSIDE(timer_settime((timer_t)t->timer, 0, &s, NULL));
}

uintptr_t mn_plat_context_sp(const struct mn_plat_context *c)
{
	return context_sp((const ucontext_t *)c);
}

bool mn_plat_context_is_program(const struct mn_plat_context *c)
{
	const ucontext_t *u = (const ucontext_t *)c;

	return !mn_plat_outside && in_program(context_pc(u)) &&
	       !memcmp(&u->uc_sigmask, &usual, sizeof usual);
}

void mn_plat_context_inject(struct mn_plat_context *c)
{
	context_inject((ucontext_t *)c);
}
