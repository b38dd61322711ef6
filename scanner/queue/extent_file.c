/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/queue/extent_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "output/temporary_file.h"

enum { WORD_EXTENTS = 64, WORDS_FIRST = 64 };

int extent_file_open(struct extent_file *file)
{
	int fd = temporary_file();

	file->fd = fd < 0 ? 0 : fd;
	return fd < 0 ? -fd : 0;
}

void extent_file_close(struct extent_file *file)
{
	if (file->fd > 0)
		close(file->fd);
	free(file->word);
	*file = (struct extent_file){ 0 };
}

uint32_t extent_file_take(struct extent_file *file)
{
	uint64_t bit;

	while (file->low < file->words && file->word[file->low] == UINT64_MAX)
		file->low++;
	if (file->low == file->words) {
		size_t words = file->words > 0 ? 2 * file->words : WORDS_FIRST;
		uint64_t *word = words <= EXTENT_FILE_NONE / WORD_EXTENTS ? realloc(file->word, words * sizeof(*word))
									  : NULL;

		if (!word)
			return EXTENT_FILE_NONE;
		memset(word + file->words, 0, (words - file->words) * sizeof(*word));
		file->word = word;
		file->words = words;
	}
	bit = (uint64_t)__builtin_ctzll(~file->word[file->low]);
	file->word[file->low] |= UINT64_C(1) << bit;
	file->used++;
	return (uint32_t)(file->low * WORD_EXTENTS + bit);
}

void extent_file_give(struct extent_file *file, uint32_t extent)
{
	size_t word = extent / WORD_EXTENTS;

	file->word[word] &= ~(UINT64_C(1) << extent % WORD_EXTENTS);
	file->used--;
	if (word < file->low)
		file->low = word;
}

static off_t place(uint32_t extent, size_t from)
{
	return (off_t)extent * EXTENT_FILE_OCTETS + (off_t)from;
}

int extent_file_write(struct extent_file *file, uint32_t extent, const char octets[static EXTENT_FILE_OCTETS])
{
	int failure = file->fd == 0 ? extent_file_open(file) : 0;
	size_t done = 0;

	if (failure != 0)
		return failure;
	while (done < EXTENT_FILE_OCTETS) {
		ssize_t n = pwrite(file->fd, octets + done, EXTENT_FILE_OCTETS - done, place(extent, done));

		if (n < 0 && errno != EINTR)
			return errno;
		done += n > 0 ? (size_t)n : 0;
	}
	file->written += EXTENT_FILE_OCTETS;
	return 0;
}

int extent_file_read(struct extent_file *file, uint32_t extent, size_t from, char *octets, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(file->fd, octets + done, n - done, place(extent, from + done));

		if (got == 0)
			return EIO;
		if (got < 0 && errno != EINTR)
			return errno;
		done += got > 0 ? (size_t)got : 0;
	}
	file->read += n;
	return 0;
}
