/*
 * Proves, for x86-64: the registers that the ABI says a call keeps (rbx, rbp,
 * r12 to r15) are kept across a switch, whatever the switch was for, and the
 * direction flag is clear after it.
 */
#include "check.h"

#define THREADS 16
#define ROUNDS 300

/*
 * Loads all six with numbers made from seed, calls fn, and returns an or of
 * the differences afterwards.
 */
uint64_t call_with_registers(void (*fn)(void), uint64_t seed);
__asm__(".text\n"
	".globl call_with_registers\n"
	".type call_with_registers, @function\n"
	"call_with_registers:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	pushq %rsi\n"
	"	leaq 1(%rsi), %rbx\n"
	"	leaq 2(%rsi), %rbp\n"
	"	leaq 3(%rsi), %r12\n"
	"	leaq 4(%rsi), %r13\n"
	"	leaq 5(%rsi), %r14\n"
	"	leaq 6(%rsi), %r15\n"
	"	call *%rdi\n"
	"	popq %rsi\n"
	"	pushfq\n"
	"	popq %rax\n"
	"	andq $0x400, %rax\n"
	"	subq %rsi, %rbx\n"
	"	subq %rsi, %rbp\n"
	"	subq %rsi, %r12\n"
	"	subq %rsi, %r13\n"
	"	subq %rsi, %r14\n"
	"	subq %rsi, %r15\n"
	"	xorq $1, %rbx\n"
	"	xorq $2, %rbp\n"
	"	xorq $3, %r12\n"
	"	xorq $4, %r13\n"
	"	xorq $5, %r14\n"
	"	xorq $6, %r15\n"
	"	orq %rbx, %rax\n"
	"	orq %rbp, %rax\n"
	"	orq %r12, %rax\n"
	"	orq %r13, %rax\n"
	"	orq %r14, %rax\n"
	"	orq %r15, %rax\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
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
