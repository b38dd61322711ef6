/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/feed/feed_input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parsers/hash.h"

/* What identifies a list of gigabytes at the cost of 200 KiB: an edit that keeps size and time and misses all
 * of these places would have to be made on purpose. */
enum {
	SAMPLE_END = 64 * 1024, /* octets, first and last */
	SAMPLE_SPOTS = 16,
	SAMPLE_SPOT = 4096, /* octets */
	READ_SIZE = 65536,  /* of the whole */
};

/* 0 says that there is none. */
static uint64_t never_0(uint64_t hash)
{
	return hash ? hash : 1;
}

static uint64_t hash_at(uint64_t hash, int fd, uint64_t offset, size_t n)
{
	unsigned char buffer[READ_SIZE];

	while (n > 0) {
		ssize_t got = pread(fd, buffer, n < sizeof(buffer) ? n : sizeof(buffer), (off_t)offset);

		if (got <= 0)
			break; /* shorter than it was: that, too, is another list */
		hash = hash_octets(hash, buffer, (size_t)got);
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	return hash;
}

static uint64_t hash_sample(int fd, uint64_t size)
{
	uint64_t hash = hash_octet(HASH_NOTHING, size);

	hash = hash_at(hash, fd, 0, SAMPLE_END);
	if (size > SAMPLE_END) {
		for (uint64_t spot = 1; spot <= SAMPLE_SPOTS; spot++)
			hash = hash_at(hash, fd, size / (SAMPLE_SPOTS + 1) * spot, SAMPLE_SPOT);
		hash = hash_at(hash, fd, size - SAMPLE_END, SAMPLE_END);
	}
	return never_0(hash);
}

/* A list is read once before its first name is asked: what is read later is compared with that, and what resumes a scan
 * as well. */
static uint64_t hash_whole(int fd)
{
	off_t offset = lseek(fd, 0, SEEK_CUR); /* standard input may be in its middle */

	return never_0(hash_at(HASH_NOTHING, fd, offset > 0 ? (uint64_t)offset : 0, SIZE_MAX));
}

static int look_at(struct feed_input *input, const char *path, struct error *error)
{
	struct stat about;

	if (fstat(input->fd, &about) != 0)
		return error_set(error, "%s: %s", path, strerror(errno));
	if (S_ISDIR(about.st_mode))
		return error_set(error, "%s: is a directory; give a file with one domain a line", path);
	input->is_file = S_ISREG(about.st_mode);
	input->hash = HASH_NOTHING;
	if (input->is_file)
		input->identity = (struct feed_identity){ (uint64_t)about.st_size, about.st_mtime,
							  hash_sample(input->fd, (uint64_t)about.st_size),
							  hash_whole(input->fd) };
	return 0;
}

int feed_input_open(struct feed_input *input, const char *path, struct error *error)
{
	bool is_stdin = strcmp(path, "-") == 0;

	*input = (struct feed_input){ .fd = -1, .wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
	if (input->wake < 0)
		return error_set(error, "%s: %s; raise the limit of open files", path, strerror(errno));
	/* A FIFO without a writer must not block here, where nothing could interrupt it. Standard input gets another
	 * number: libcurl without memory closes descriptor 0 (scanner/https/net_curl.c). */
	input->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
			     : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (input->fd < 0)
		error_set(error, "%s: %s; check --input-file", path, strerror(errno));
	else if (look_at(input, feed_name(path), error) == 0)
		return 0;
	feed_input_close(input);
	return -1;
}

void feed_input_close(struct feed_input *input)
{
	if (input->fd > STDIN_FILENO)
		close(input->fd);
	if (input->wake >= 0)
		close(input->wake);
	input->fd = input->wake = -1;
}

enum { WOKEN = 1, READY = 2 };

/* Wait for octets, the end, or to be woken, at most @ms (-1: as long as it takes). Which of them came? */
static int wait_for(const struct feed_input *input, int ms)
{
	struct pollfd ready[] = { { .fd = input->wake, .events = POLLIN }, { .fd = input->fd, .events = POLLIN } };

	while (poll(ready, COUNT_OF(ready), ms) < 0 && errno == EINTR)
		;
	return (ready[0].revents ? WOKEN : 0) | (ready[1].revents ? READY : 0);
}

bool feed_input_is_ready(const struct feed_input *input, int ms)
{
	return input->is_file || wait_for(input, ms) != 0;
}

ssize_t feed_input_read(struct feed_input *input, char *buffer, size_t size)
{
	ssize_t got;

	do {
		if (wait_for(input, -1) & WOKEN)
			return 0;
		got = read(input->fd, buffer, size);
	} while (got < 0 && (errno == EAGAIN || errno == EINTR));
	if (got > 0) {
		atomic_fetch_add_explicit(&input->taken, (uint64_t)got, memory_order_relaxed);
		input->hash = hash_octets(input->hash, buffer, input->is_file ? (size_t)got : 0);
	}
	return got;
}

bool feed_input_has_changed(struct feed_input *input)
{
	char rest[READ_SIZE];

	if (!input->is_file)
		return false;
	while (feed_input_read(input, rest, sizeof(rest)) > 0)
		;
	if (wait_for(input, 0) & WOKEN)
		return false; /* its end was not seen */
	return never_0(input->hash) != input->identity.hash;
}

void feed_input_wake(struct feed_input *input)
{
	(void)!eventfd_write(input->wake, 1); /* what is full wakes as well */
}
