/*
 * Proves, through mn_pthread.h: of an attribute object the detach state and the
 * stack size count; a thread with a large stack may use it.
 */
#include <limits.h>

#include "mn_pthread.h"

#include "check.h"

static int ended;

__attribute__((noipa)) static void use_stack(size_t bytes)
{
	volatile char *space = __builtin_alloca(bytes);

	for (size_t i = 0; i < bytes; i += 1024)
		space[i] = 1;
}

static void *use(void *arg)
{
	use_stack((uintptr_t)arg);
	__atomic_fetch_add(&ended, 1, __ATOMIC_RELEASE);
	return arg;
}

int main(void)
{
	static const size_t sizes[] = {16384, 65536, 1 << 20, 16 << 20};
	pthread_attr_t attr;
	pthread_t t;
	void *result;
	int want;

	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_create(&t, &attr, use, (void *)8192), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK_EQ(result, 8192);

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		if (sizes[i] < PTHREAD_STACK_MIN) { /* differs from architecture to architecture */
			CHECK_EQ(pthread_attr_setstacksize(&attr, sizes[i]), EINVAL);
			continue;
		}
		CHECK_EQ(pthread_attr_setstacksize(&attr, sizes[i]), 0);
		CHECK_EQ(pthread_create(&t, &attr, use, (void *)(sizes[i] - 4096)), 0);
		CHECK_EQ(pthread_join(t, NULL), 0);
	}

	want = __atomic_load_n(&ended, __ATOMIC_ACQUIRE);
	CHECK_EQ(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED), 0);
	for (int i = 0; i < 50; i++) {
		int error;

		CHECK_EQ(pthread_create(&t, &attr, use, (void *)8192), 0);
		error = pthread_join(t, NULL);
		CHECK(error == EINVAL || error == ESRCH);
		want++;
	}
	while (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) != want)
		sched_yield();
	CHECK_EQ(pthread_attr_destroy(&attr), 0);
	return 0;
}
