#include "full.h"

#include <errno.h>
#include <unistd.h>

#include "workload.h"

int read_full(int fd, void *buffer, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = read(fd, (char *)buffer + done, n - done);

		if (got > 0)
			done += (size_t)got;
		else if (got == 0 && done == 0)
			return 0;
		else if (got == 0)
			must_fail(EPIPE, "read: the message breaks off");
		else if (errno != EINTR)
			must_fail(errno, "read");
	}
	return 1;
}

void write_full(int fd, const void *buffer, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t put = write(fd, (const char *)buffer + done, n - done);

		if (put >= 0)
			done += (size_t)put;
		else if (errno != EINTR)
			must_fail(errno, "write");
	}
}
