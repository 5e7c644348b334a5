/* Settings, messages, files and the end of the process on Linux. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/internal.h"
#include "outside.h"
#include "platform/platform.h"

_Static_assert(MNI_EPERM == EPERM && MNI_ESRCH == ESRCH && MNI_EAGAIN == EAGAIN &&
		       MNI_ENOMEM == ENOMEM && MNI_EBUSY == EBUSY && MNI_EINVAL == EINVAL &&
		       MNI_EDEADLK == EDEADLK && MNI_EOVERFLOW == EOVERFLOW &&
		       MNI_EPIPE == EPIPE && MNI_ERANGE == ERANGE && MNI_ETIMEDOUT == ETIMEDOUT && MNI_ECANCELED == ECANCELED,
	       "the core's error numbers are Linux's");

const char *mn_plat_setting(const char *name)
{
	return getenv(name);
}

void mn_plat_say(const char *line)
{
	struct iovec parts[] = {{(char *)line, strlen(line)}, {"\n", 1}};

	/* Nowhere to report a failure to report. */
	if (OUTSIDE(writev(STDERR_FILENO, parts, 2)) < 0)
		return;
}

int mn_plat_file_create(const char *path)
{
	int fd = OUTSIDE(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));

	return fd < 0 ? -errno : fd;
}

int mn_plat_file_write(int file, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n) {
		ssize_t done = OUTSIDE(write(file, at, n));

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			at += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

int mn_plat_file_close(int file)
{
	return OUTSIDE(close(file)) ? -errno : 0;
}

const char *mn_plat_process(unsigned *id)
{
	*id = (unsigned)getpid();
	return program_invocation_short_name;
}

void mn_plat_at_exit(void (*fn)(void))
{
	static _Atomic int done;

	if (!atomic_exchange_explicit(&done, 1, memory_order_relaxed))
		atexit(fn);
}

void mn_plat_exit(int status)
{
	exit(status);
}

void mn_plat_abort(void)
{
	abort();
}
