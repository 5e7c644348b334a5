/* Memory on Linux. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/sanitize.h"
#include "outside.h"
#include "platform/platform.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#endif
#define SELF (-10000) /* instead of a pidfd, the caller: PIDFD_SELF_THREAD, Linux 6.14 */
#define RANGES 32     /* of one call */

/*
 * madvise() for several ranges at once: a call less for each. How many of the first
 * ones it has done; 0 on kernels that have it for other processes alone.
 */
static unsigned advise_many(const struct mn_plat_range *r, unsigned n, int advice)
{
#if defined(SYS_process_madvise)
	struct iovec v[RANGES];
	unsigned done = 0;
	ssize_t bytes;

	if (mni_rt.valgrind)
		return 0; /* it does not know the call */
	for (unsigned i = 0; i < n; i++)
		v[i] = (struct iovec){r[i].lo, r[i].bytes};
	bytes = OUTSIDE(syscall(SYS_process_madvise, (long)SELF, v, (long)n, (long)advice, 0L));
	while (done < n && bytes >= (ssize_t)r[done].bytes)
		bytes -= (ssize_t)r[done++].bytes;
	return done;
#else
	(void)r, (void)n, (void)advice;
	return 0;
#endif
}

void *mn_plat_map(size_t bytes)
{
	void *p;

	mni_san_unseen_begin();
	p = OUTSIDE(mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0));
	mni_san_unseen_end();
	if (p == MAP_FAILED)
		return NULL;
	/* A touched byte must not cost 2 MiB. Kernels without huge pages refuse: all the better. */
	OUTSIDE(madvise(p, bytes, MADV_NOHUGEPAGE));
	return p;
}

bool mn_plat_unmap(void *p, size_t bytes)
{
	return !OUTSIDE(munmap(p, bytes));
}

/* An older kernel: there is one mapping more for every guard, of vm.max_map_count. */
static _Atomic bool by_mprotect;

int mn_plat_guard(void *p, size_t bytes)
{
	if (!atomic_load_explicit(&by_mprotect, memory_order_relaxed) &&
	    !OUTSIDE(madvise(p, bytes, MADV_GUARD_INSTALL)))
		return 0;
	return OUTSIDE(mprotect(p, bytes, PROT_NONE)) ? -errno : 0;
}

unsigned mn_plat_guard_many(char *first, size_t stride, unsigned n)
{
	unsigned done = 0;

	while (done < n && !atomic_load_explicit(&by_mprotect, memory_order_relaxed)) {
		struct mn_plat_range r[RANGES];
		unsigned some = n - done < RANGES ? n - done : RANGES;
		unsigned ok;

		for (unsigned i = 0; i < some; i++)
			r[i] = (struct mn_plat_range){first + (done + i) * stride, MN_PLAT_PAGE};
		ok = some > 1 ? advise_many(r, some, MADV_GUARD_INSTALL) : 0;
		done += ok;
		if (ok < some)
			break;
	}
	while (done < n && !mn_plat_guard(first + done * stride, MN_PLAT_PAGE))
		done++;
	return done;
}

bool mn_plat_guards_scarce(void)
{
	size_t bytes = MN_PLAT_PAGE;
	void *p = OUTSIDE(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	bool scarce = p == MAP_FAILED || OUTSIDE(madvise(p, bytes, MADV_GUARD_INSTALL));

	if (p != MAP_FAILED)
		OUTSIDE(munmap(p, bytes));
	atomic_store_explicit(&by_mprotect, scarce, memory_order_relaxed);
	return scarce;
}

void mn_plat_discard(void *p, size_t bytes)
{
	uintptr_t page = getauxval(AT_PAGESZ);
	uintptr_t lo = ((uintptr_t)p + page - 1) & ~(page - 1);
	uintptr_t hi = ((uintptr_t)p + bytes) & ~(page - 1);

	if (lo < hi)
		OUTSIDE(madvise((void *)lo, hi - lo, MADV_DONTNEED));
}

void mn_plat_discard_many(const struct mn_plat_range *r, unsigned n)
{
	while (n) {
		unsigned some = n < RANGES ? n : RANGES;
		unsigned done = advise_many(r, some, MADV_DONTNEED);

		for (; done < some; done++)
			OUTSIDE(madvise(r[done].lo, r[done].bytes, MADV_DONTNEED));
		r += some;
		n -= some;
	}
}

void mn_plat_copy(void *to, const void *from, size_t bytes)
{
	OUTSIDE(memcpy(to, from, bytes));
}
