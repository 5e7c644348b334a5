/*
 * Proves: declared blocking calls leave the worker to others, any number of them,
 * run on no more kernel threads than promised, and give back result and errno; files
 * are read, written, synced and opened with what POSIX promises of them, also
 * while as many green threads do so as there are; opening a fifo blocks the green thread alone.
 */
#include "io_test.h"

#include <stdatomic.h>
#include <sys/stat.h>

#define CALLS 200

static _Atomic int inside, most;
static _Atomic int go;

static void *block(void *arg)
{
	int now = ++inside;
	int seen = most;

	while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
		;
	while (!go)
		sched_yield();
	inside--;
	errno = (int)(uintptr_t)arg;
	return arg;
}

static void *call(void *arg)
{
	CHECK_EQ(mn_blocking(block, arg), arg);
	CHECK_EQ(test_errno(), (uintptr_t)arg);
	return arg;
}

static void calls(void)
{
	static mn_thread_t t[CALLS];

	for (int round = 0; round < 3; round++) {
		go = 0;
		for (uintptr_t i = 0; i < CALLS; i++)
			t[i] = test_spawn(call, (void *)(i + 1));
		while (inside < 64) /* more there will not be; the rest waits */
			test_pause();
		go = 1;
		for (int i = 0; i < CALLS; i++)
			CHECK_EQ(test_join(t[i]), i + 1);
		CHECK_EQ(inside, 0);
	}
	CHECK_EQ(most, 64);
}

static char folder[100];

static const char *path_of(char *path, uintptr_t i)
{
	sprintf(path, "%s/%d", folder, (int)i);
	return path;
}

#define BYTES 100000

/* From the page cache, so often in a row that the library takes it for granted; then it is not. */
static void read_often(int fd, const char *bytes, char *back, uint64_t *state)
{
	for (int i = 0; i < 300; i++) {
		size_t at = test_below(state, BYTES);
		size_t n = at + 1000 < BYTES ? 1000 : BYTES - at;

		if (i == 200)
			CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
		CHECK_EQ(mn_pread(fd, back, 1000, (off_t)at), n);
		CHECK(!memcmp(bytes + at, back, n));
		if (i % 100 == 99)
			CHECK_EQ(mn_pread(fd, back, 1, BYTES), 0);
	}
	CHECK_EQ(mn_pread(fd, NULL, 1, 0), -EFAULT);
	CHECK_EQ(mn_pread(fd, back, 100, -1), -EINVAL);
}

static void *use_file(void *arg)
{
	uint64_t state = (uintptr_t)arg;
	char path[120];
	char *bytes = malloc(BYTES);
	char *back = calloc(1, BYTES + 1);
	struct iovec parts[3] = {{back, 10}, {back + 10, 0}, {back + 10, BYTES}};
	int fd = mn_open(path_of(path, (uintptr_t)arg), O_RDWR | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0);
	for (int i = 0; i < BYTES; i++)
		bytes[i] = (char)test_random(&state);
	CHECK_EQ(mn_write(fd, bytes, BYTES / 2), BYTES / 2);
	CHECK_EQ(mn_pwrite(fd, bytes + BYTES / 2, BYTES / 2, BYTES / 2), BYTES / 2);
	CHECK_EQ(mn_fdatasync(fd), 0);
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	CHECK_EQ(mn_pread(fd, back, BYTES, 0), BYTES);
	CHECK(!memcmp(bytes, back, BYTES));
	memset(back, 0, BYTES);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(mn_readv(fd, parts, 3), BYTES);
	CHECK(!memcmp(bytes, back, BYTES));
	CHECK_EQ(mn_read(fd, back, 1), 0);
	CHECK_EQ(mn_pread(fd, back, 100, BYTES - 3), 3);
	CHECK_EQ(mn_pread(fd, back, 100, -1), -EINVAL);
	read_often(fd, bytes, back, &state);
	CHECK_EQ(mn_fsync(fd), 0);
	CHECK_EQ(mn_close(fd), 0);
	CHECK_EQ(mn_open(path, O_RDWR | O_CREAT | O_EXCL, 0600), -EEXIST);
	fd = mn_open(path, O_WRONLY | O_APPEND, 0);
	CHECK_EQ(mn_write(fd, bytes, 5), 5);
	CHECK_EQ(mn_read(fd, bytes, 5), -EBADF);
	CHECK_EQ(lseek(fd, 0, SEEK_END), BYTES + 5);
	CHECK_EQ(mn_close(fd), 0);
	CHECK_EQ(unlink(path), 0);
	free(bytes);
	free(back);
	return NULL;
}

static void files(void)
{
	mn_thread_t t[20];

	for (uintptr_t i = 0; i < 20; i++)
		t[i] = test_spawn(use_file, (void *)i);
	for (int i = 0; i < 20; i++)
		test_join(t[i]);
	CHECK_EQ(mn_open("/nowhere/at/all", O_RDONLY, 0), -ENOENT);
	CHECK_EQ(mn_fsync(-1), -EBADF);
}

static void *open_to_read(void *path)
{
	return (void *)(uintptr_t)mn_open(path, O_RDONLY, 0);
}

static void fifo(void)
{
	char path[120];
	mn_thread_t t;
	int out;
	int in;
	char c;

	CHECK_EQ(mkfifo(path_of(path, 1000), 0600), 0);
	t = test_spawn(open_to_read, path);
	for (int i = 0; i < 100; i++)
		test_pause();
	out = mn_open(path, O_WRONLY, 0);
	in = (int)(uintptr_t)test_join(t);
	CHECK_EQ(mn_write(out, "x", 1), 1);
	CHECK_EQ(mn_read(in, &c, 1), 1);
	CHECK_EQ(mn_close(in), 0);
	CHECK_EQ(mn_close(out), 0);
	CHECK_EQ(unlink(path), 0);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%.60s/mn-io-XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(folder));
	test_start();
	calls();
	files();
	fifo();
	test_stop();
	CHECK_EQ(rmdir(folder), 0);
	return 0;
}
