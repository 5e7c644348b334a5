/*
 * The first program: green threads that each print a line, and their results.
 *
 *   cc -I include examples/hello.c BUILD/libmn.a -pthread -o hello && ./hello
 */
#include <mn.h>
#include <stdio.h>

static void *greet(void *arg)
{
	printf("hello from green thread %d of 5\n", *(int *)arg);
	mn_thread_yield(); /* lets the next one go first */
	return arg;
}

int main(void)
{
	mn_thread_t thread[5];
	int number[5];

	if (mn_init(NULL)) /* as many workers as there are CPUs */
		return 1;
	for (int i = 0; i < 5; i++) {
		number[i] = i + 1;
		if (mn_thread_create(&thread[i], NULL, greet, &number[i]))
			return 1;
	}
	for (int i = 0; i < 5; i++)
		if (mn_thread_join(thread[i], NULL))
			return 1;
	printf("all joined; they ran on %u workers\n", mn_workers());
	return mn_shutdown() != 0;
}
