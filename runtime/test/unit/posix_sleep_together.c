/*
 * Proves, through mn_pthread.h: who sleeps for whole seconds lets other threads run, and
 * so sleep, meanwhile.
 */
#include "mn_pthread.h"

#include "check.h"

TEST_ONCE;

#define THREADS 400

static void *sleep_long(void *arg)
{
	CHECK_EQ(sleep(1), 0);
	return arg;
}

/* If one held its kernel thread this would take 200 s, and the test's time is up before. */
int main(void)
{
	static const struct mn_config config = {.workers = 2, .blocking_watch = MN_OFF};
	static pthread_t t[THREADS];

	CHECK_EQ(mn_init(&config), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, sleep_long, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	return 0;
}
