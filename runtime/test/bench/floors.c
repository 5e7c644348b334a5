/*
 * What the machine takes for the least that each operation needs: no runtime
 * can be faster than these.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "bench.h"

__attribute__((noipa)) static void *called(void *arg)
{
	return arg;
}

static void *(*volatile function)(void *) = called;

static struct measured call(uint64_t n)
{
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++)
		function(NULL);
	return (struct measured){bench_now() - start, n};
}

/* --- two contexts that switch to each other, by the runtime's own switch --- */

static void *here;
static void *there;

static void other_context(void)
{
	for (;;)
		mn_arch_switch(&there, here);
}

static struct measured register_switch(uint64_t n)
{
	static _Alignas(64) char stack[65536];
	uint64_t start;

	there = mn_arch_prepare(stack + sizeof stack - 64, mn_arch_fpenv_get(), other_context);
	start = bench_now();
	for (uint64_t i = 0; i < n; i += 2)
		mn_arch_switch(&here, there);
	return (struct measured){bench_now() - start, n};
}

static struct measured system_call(uint64_t n)
{
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++)
		syscall(SYS_getppid);
	return (struct measured){bench_now() - start, n};
}

static struct measured locked_add(uint64_t n)
{
	static _Atomic uint64_t word;
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++)
		atomic_fetch_add(&word, 1);
	return (struct measured){bench_now() - start, n};
}

static struct measured clock_read(uint64_t n)
{
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++)
		bench_now();
	return (struct measured){bench_now() - start, n};
}

static struct measured glibc_mutex(uint64_t n)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		pthread_mutex_lock(&lock);
		pthread_mutex_unlock(&lock);
	}
	return (struct measured){bench_now() - start, n};
}

static struct measured kernel_thread(uint64_t n)
{
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		pthread_t t;

		MUST(!pthread_create(&t, NULL, called, NULL));
		MUST(!pthread_join(t, NULL));
	}
	return (struct measured){bench_now() - start, n};
}

const struct bench bench_floors[] = {
	{"function call", call, 0},
	{"register switch", register_switch, 0},
	{"locked add", locked_add, 0},
	{"clock read", clock_read, 0},
	{"system call", system_call, 0},
	{"glibc: mutex lock + unlock", glibc_mutex, 0},
	{"glibc: create + join, one at a time", kernel_thread, 200},
	{NULL, NULL, 0},
};
