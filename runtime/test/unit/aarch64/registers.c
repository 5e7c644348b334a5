/*
 * Proves, for AArch64: the registers that AAPCS64 6.1 says a call keeps (x19 to
 * x29, d8 to d15) are kept across a switch, whatever the switch was for.
 */
#include "check.h"

#define THREADS 16
#define ROUNDS 300

/*
 * Loads all of them with numbers made from seed, calls fn, and returns an or of
 * the differences afterwards.
 */
uint64_t call_with_registers(void (*fn)(void), uint64_t seed);
__asm__(".text\n"
	".globl call_with_registers\n"
	".type call_with_registers, %function\n"
	"call_with_registers:\n"
	"	hint #34\n"
	"	stp x29, x30, [sp, #-192]!\n"
	"	stp x19, x20, [sp, #16]\n"
	"	stp x21, x22, [sp, #32]\n"
	"	stp x23, x24, [sp, #48]\n"
	"	stp x25, x26, [sp, #64]\n"
	"	stp x27, x28, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	str x1, [sp, #160]\n"
	"	.irp r, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29\n"
	"	add x\\r, x1, #\\r\n"
	"	.endr\n"
	"	.irp r, 8, 9, 10, 11, 12, 13, 14, 15\n"
	"	add x9, x1, #\\r\n"
	"	fmov d\\r, x9\n"
	"	.endr\n"
	"	blr x0\n"
	"	ldr x1, [sp, #160]\n"
	"	mov x0, #0\n"
	"	.irp r, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29\n"
	"	sub x9, x\\r, x1\n"
	"	mov x10, #\\r\n"
	"	eor x9, x9, x10\n"
	"	orr x0, x0, x9\n"
	"	.endr\n"
	"	.irp r, 8, 9, 10, 11, 12, 13, 14, 15\n"
	"	fmov x9, d\\r\n"
	"	sub x9, x9, x1\n"
	"	mov x10, #\\r\n"
	"	eor x9, x9, x10\n"
	"	orr x0, x0, x9\n"
	"	.endr\n"
	"	ldp x19, x20, [sp, #16]\n"
	"	ldp x21, x22, [sp, #32]\n"
	"	ldp x23, x24, [sp, #48]\n"
	"	ldp x25, x26, [sp, #64]\n"
	"	ldp x27, x28, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	ldp x29, x30, [sp], #192\n"
	"	ret\n"
	".size call_with_registers, . - call_with_registers\n");

static struct mn_sem tokens;
static struct mn_mutex lock;

static void *nothing(void *arg)
{
	return arg;
}

static void *exits(void *arg)
{
	CHECK_EQ(call_with_registers(mn_thread_yield, 99), 0);
	mn_thread_exit(arg);
}

static void block(void)
{
	mn_sem_wait(&tokens);
	mn_thread_yield();
	mn_sem_post(&tokens);
}

static void lock_and_yield(void)
{
	mn_mutex_lock(&lock);
	mn_thread_yield();
	mn_mutex_unlock(&lock);
}

static void join_one(void)
{
	test_join(test_spawn(nothing, NULL));
}

static void join_one_that_exits(void)
{
	test_join(test_spawn(exits, NULL));
}

static void *keeps(void *arg)
{
	static void (*const calls[])(void) = {mn_thread_yield, block, lock_and_yield, join_one,
					      join_one_that_exits};

	for (int i = 0; i < ROUNDS; i++)
		CHECK_EQ(call_with_registers(calls[i % 5], (uint64_t)(uintptr_t)arg * 1000003), 0);
	return NULL;
}

int main(void)
{
	mn_thread_t t[THREADS];

	CHECK_EQ(mn_sem_init(&tokens, 2), 0);
	test_start();
	for (uintptr_t i = 0; i < THREADS; i++)
		t[i] = test_spawn(keeps, (void *)(i + 1));
	for (int i = 0; i < THREADS; i++)
		test_join(t[i]);
	test_stop();
	return 0;
}
