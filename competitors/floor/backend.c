/*
 * No runtime: kernel threads that share out what is independent (team.h), and nothing between
 * them and the work.
 */
#include "backend.h"

#include "emit.h"
#include "team.h"

const char *const backend_runtime = "floor";

const char *backend_model(void)
{
	return "1:1";
}

const char *backend_declines(unsigned workers)
{
	(void)workers;
	return NULL;
}

const char *backend_version(void)
{
	return "1";
}

int backend_start(unsigned workers)
{
	return team_start(workers);
}

void backend_config(void)
{
	line_string("threads_kind", "none");
}

size_t backend_counters(struct counter *into, size_t room)
{
	(void)into, (void)room;
	return 0;
}

void backend_stop(void)
{
	team_stop();
}
