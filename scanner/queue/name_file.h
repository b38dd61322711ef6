/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/queue/name_file.h - names that wait, first in, first out, in a temporary file (output/temporary_file.h), so
 * that their number costs no memory. One thread at a time.
 */
#ifndef STSURVEY_SCANNER_QUEUE_NAME_FILE_H
#define STSURVEY_SCANNER_QUEUE_NAME_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "scanner/base/extra.h"

enum { NAME_FILE_MAX = 1024 }; /* octets of a name: a longest one, every octet escaped */

/* All zero is an empty one. */
struct name_file {
	int fd;          /* 0: none yet; standard input is never closed */
	off_t end, next; /* where one is written, and the next one read */
	uint64_t count;
};

struct name_entry {
	uint64_t index, rank; /* the caller's numbers */
	struct span name;
	struct span extra; /* scanner/base/extra.h */
	/* with --direct, where `extra` does not tell: the first of its name servers, as extra_first has it; and why
	 * the first pass fell back, enum obs_fall_back */
	struct span servers;
	uint8_t why;
};

/* Make the file now. 0 or errno. */
__attribute__((warn_unused_result)) int name_file_open(struct name_file *file);
void name_file_close(struct name_file *file);

/* 0; or errno, and nothing is added. */
__attribute__((warn_unused_result)) int name_file_put(struct name_file *file, const struct name_entry *entry);

/* The next one, its name in @text, which has room for @size octets, and what else it has behind it. False: there is
 * none; or, where @file counts some, it can't be read, and so nothing behind it can be found. */
__attribute__((warn_unused_result)) bool name_file_take(struct name_file *file, struct name_entry *entry, char *text,
							size_t size);

#endif
