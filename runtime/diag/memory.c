/* Reading memory that may be gone: the kernel copies, and says so instead of faulting. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "diag/diag.h"

size_t diag_copy(void *to, uintptr_t from, size_t bytes)
{
	static _Atomic int refused;
	struct iovec here = {to, bytes};
	struct iovec there = {(void *)from, bytes};
	ssize_t n = -1;
	char byte;
	struct iovec probe = {&byte, 1};

	if (!mni_load(&refused, relaxed)) {
		n = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
		if (n >= 0)
			return (size_t)n;
		/* A system that forbids it forbids it for this byte, too. */
		there = (struct iovec){to, 1};
		if (process_vm_readv(getpid(), &probe, 1, &there, 1, 0) == 1)
			return 0;
		mni_store(&refused, 1, relaxed);
	}
	memcpy(to, (const void *)from, bytes);
	return bytes;
}
