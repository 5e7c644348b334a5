/* Reads of blocks at random places in a file that is in the page cache. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "busy.h"
#include "crew.h"
#include "full.h"
#include "workload.h"

#define STEP 64      /* one word in so many is added up */
#define PIECE 131072 /* words that are written at a time when the file is made */

struct files {
	uint64_t threads;
	uint64_t reads; /* of each thread */
	uint64_t blocks;
	uint64_t words; /* of a block */
	int fd;
	struct reader *readers;
	pthread_t *ids;
	uint64_t *buffers; /* a block for each reader */
};

struct reader {
	const struct files *all;
	uint64_t *block;
	uint64_t y; /* of the sequence that chooses the blocks */
	uint64_t sum;
};

static void read_block(const struct files *s, uint64_t at, uint64_t *block)
{
	uint64_t size = s->words * sizeof *block;

	for (uint64_t done = 0; done < size;) {
		ssize_t got =
			pread(s->fd, (char *)block + done, size - done, (off_t)(at * size + done));

		if (got > 0)
			done += (uint64_t)got;
		else if (got == 0 || errno != EINTR)
			must_fail(got == 0 ? EIO : errno, "pread");
	}
}

static void *reader(void *arg)
{
	struct reader *me = arg;
	const struct files *s = me->all;
	uint64_t sum = 0, y = me->y;

	for (uint64_t i = 0; i < s->reads; i++) {
		y = busy(1, y);
		read_block(s, (y >> 32) * s->blocks >> 32, me->block);
		for (uint64_t k = 0; k < s->words; k += STEP)
			sum += me->block[k];
	}
	me->sum = sum;
	return NULL;
}

static void run(void *state, struct result *result)
{
	struct files *s = state;

	crew_join(s->ids,
		  crew_create(result, s->ids, s->threads, reader, s->readers, sizeof *s->readers));
}

static void serial(void *state)
{
	struct files *s = state;

	for (uint64_t i = 0; i < s->threads; i++)
		reader(&s->readers[i]);
}

static void finish(void *state, struct result *result)
{
	struct files *s = state;

	result->units = s->threads * s->reads;
	for (uint64_t i = 0; i < s->threads; i++)
		result->answer += s->readers[i].sum;
	if (s->fd >= 0)
		close(s->fd);
	free(s->buffers);
	free(s->ids);
	free(s->readers);
	free(s);
}

/*
 * Makes the file. It loses its name at once, so that nothing is left behind whatever happens. Returns
 * -1 when there is not enough memory.
 */
static int make_file(struct files *s)
{
	const char *folder = getenv("TMPDIR");
	uint64_t x = 1, left = s->blocks * s->words, piece = left < PIECE ? left : PIECE;
	uint64_t *words = calloc(piece, sizeof *words);
	char path[4096];

	if (!words)
		return -1;
	snprintf(path, sizeof path, "%s/mnbench-files-XXXXXX", folder && *folder ? folder : "/tmp");
	s->fd = mkstemp(path);
	if (s->fd < 0 || unlink(path) != 0)
		must_fail(errno, path);
	for (; left > 0; left -= piece) {
		piece = left < piece ? left : piece;
		for (uint64_t k = 0; k < piece; k++)
			words[k] = x = busy(1, x);
		write_full(s->fd, words, piece * sizeof *words);
	}
	free(words);
	return 0;
}

static void *setup(const struct args *args)
{
	struct files *s = calloc(1, sizeof *s);
	struct result ignored = {0};

	if (!s)
		return NULL;
	s->fd = -1;
	s->reads = param(args, "reads");
	s->blocks = param(args, "blocks");
	s->words = param(args, "words");
	uint64_t threads = param(args, "threads");
	s->readers = calloc(threads, sizeof *s->readers);
	s->ids = calloc(threads, sizeof *s->ids);
	s->buffers = calloc(threads, s->words * sizeof *s->buffers);
	if (!s->readers || !s->ids || !s->buffers) {
		finish(s, &ignored);
		return NULL;
	}
	s->threads = threads;
	for (uint64_t i = 0; i < threads; i++)
		s->readers[i] =
			(struct reader){.all = s, .block = s->buffers + i * s->words, .y = i};
	if (make_file(s) != 0) {
		finish(s, &ignored);
		return NULL;
	}
	return s;
}

WORKLOAD(files) = {
	.id = "files",
	.params = {{"threads", 1}, {"reads", 1}, {"blocks", 1}, {"words", 1}},
	.setup = setup,
	.run = run,
	.serial = serial,
	.finish = finish,
};
