/* SPDX-License-Identifier: BSD-2-Clause */
/* output/same_file.h - do two paths lead to one file, be it there or yet to be made? */
#ifndef STSURVEY_OUTPUT_SAME_FILE_H
#define STSURVEY_OUTPUT_SAME_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Where a path leads, symlinks followed. */
struct file_place {
	dev_t device;
	ino_t inode;
	char name[NAME_MAX + 1]; /* in the folder that these are of, where no file is there yet; else "" */
};

/* False where it leads to no place that a regular file has or could have: a device or a pipe may be given twice. */
bool file_place_of(const char *path, struct file_place *place);

bool file_place_equal(const struct file_place *a, const struct file_place *b);

/* "-" is standard input, or standard output: what can be looked at, and may be a file. */
static inline const char *file_behind(const char *path, bool is_output)
{
	if (path[0] != '-' || path[1] != '\0')
		return path;
	return is_output ? "/dev/stdout" : "/dev/stdin";
}

/* Is it what a descriptor already has open: /dev/stdout, /dev/fd/N, /proc/self/fd/N? */
bool file_is_descriptor(const char *path);

bool same_file(const char *a, const char *b);

#endif
