/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/queue/extent_file.h - a temporary file (output/temporary_file.h) of extents, which are used again: the lowest
 * free one first, so that the file stays short. A bit of memory for each. One thread at a time.
 */
#ifndef STSURVEY_SCANNER_QUEUE_EXTENT_FILE_H
#define STSURVEY_SCANNER_QUEUE_EXTENT_FILE_H

#include <stddef.h>
#include <stdint.h>

enum { EXTENT_FILE_OCTETS = 4096 }; /* of an extent */

#define EXTENT_FILE_NONE UINT32_MAX

/* All zero is one that is not made yet. */
struct extent_file {
	int fd;            /* 0: none */
	uint64_t *word;    /* of 64 extents each: which are in use */
	size_t words, low; /* below @low all are */
	uint32_t used;
	uint64_t written, read; /* octets, ever */
};

/* 0 or errno. */
__attribute__((warn_unused_result)) int extent_file_open(struct extent_file *file);
void extent_file_close(struct extent_file *file);

/* An extent to be written; EXTENT_FILE_NONE: no memory. */
uint32_t extent_file_take(struct extent_file *file);
void extent_file_give(struct extent_file *file, uint32_t extent);

/* All of it, or the @n octets from @from on. 0 or errno; EIO where the file ends before. */
__attribute__((warn_unused_result)) int extent_file_write(struct extent_file *file, uint32_t extent,
							  const char octets[static EXTENT_FILE_OCTETS]);
__attribute__((warn_unused_result)) int extent_file_read(struct extent_file *file, uint32_t extent, size_t from,
							 char *octets, size_t n);

#endif
