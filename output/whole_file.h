/* SPDX-License-Identifier: BSD-2-Clause */
/* output/whole_file.h - a text file that is complete or not there: written beside its place under a name of its own, it
 * gets its name when it is whole, and until then what was there stays.
 *
 * What is no regular file (a device, a FIFO, by way of symlinks too) is never replaced but written to as it is; so is
 * what a descriptor has open (/dev/stdout). Of a symlink to a regular file the link stays; one to nothing is refused.
 * What replaces a file has its owner, as far as we may give it, and its permissions; what may not be written is not
 * replaced either.
 */
#ifndef STSURVEY_OUTPUT_WHOLE_FILE_H
#define STSURVEY_OUTPUT_WHOLE_FILE_H

#include <stdbool.h>

#include "output/text.h"

struct whole_file {
	struct text text; /* write here */
	char *path;       /* what it is to be called; NULL: written to as it is */
	char *beside;     /* what it is called until then: ".NAME." and eight digits in the same folder; never a file
			   * that was there */
};

/* 0, or -1 and errno. @path lives as long as the file; "-" is standard output. A FIFO that nobody reads: with @waits a
 * reader is waited for, else what is written is lost. */
__attribute__((warn_unused_result)) int whole_file_open(struct whole_file *file, const char *path, bool waits);

/* Give it its name; with @sync its octets are on the disk before. 0, or -1 and errno of the first failure. Then, and
 * where @keep is false, nothing is left of it, but of what went into a device, a FIFO or standard output; without @keep
 * it is 0 always. */
__attribute__((warn_unused_result)) int whole_file_close(struct whole_file *file, bool keep, bool sync);

/* What errno says of @path, which one of the two has failed for, as one line for the user; always -1. */
int whole_file_fail(const char *path, struct error *error);

#endif
