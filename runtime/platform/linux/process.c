/* Settings, messages and the end of the process on Linux. */
#include <errno.h>
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

void mn_plat_exit(int status)
{
	exit(status);
}

void mn_plat_abort(void)
{
	abort();
}
