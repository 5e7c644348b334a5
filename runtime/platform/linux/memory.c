/* Memory on Linux. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "outside.h"
#include "platform/platform.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#endif

void *mn_plat_map(size_t bytes)
{
	void *p = OUTSIDE(mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0));

	if (p == MAP_FAILED)
		return NULL;
	/* A touched byte must not cost 2 MiB. Kernels without huge pages refuse: all the better. */
	OUTSIDE(madvise(p, bytes, MADV_NOHUGEPAGE));
	return p;
}

void mn_plat_unmap(void *p, size_t bytes)
{
	OUTSIDE(munmap(p, bytes));
}

int mn_plat_guard(void *p, size_t bytes)
{
	static _Atomic int refused; /* older kernel: asked once */

	if (!atomic_load_explicit(&refused, memory_order_relaxed)) {
		if (!OUTSIDE(madvise(p, bytes, MADV_GUARD_INSTALL)))
			return 0;
		if (errno != EINVAL)
			return -errno;
		atomic_store_explicit(&refused, 1, memory_order_relaxed);
	}
	return OUTSIDE(mprotect(p, bytes, PROT_NONE)) ? -errno : 0;
}

void mn_plat_discard(void *p, size_t bytes)
{
	uintptr_t page = getauxval(AT_PAGESZ);
	uintptr_t lo = ((uintptr_t)p + page - 1) & ~(page - 1);
	uintptr_t hi = ((uintptr_t)p + bytes) & ~(page - 1);

	if (lo < hi)
		OUTSIDE(madvise((void *)lo, hi - lo, MADV_DONTNEED));
}

void mn_plat_copy(void *to, const void *from, size_t bytes)
{
	OUTSIDE(memcpy(to, from, bytes));
}
