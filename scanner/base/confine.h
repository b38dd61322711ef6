/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/base/confine.h - what a process gives up for good before it meets strangers: new privileges, programs, and
 * files to write but those it names.
 *
 * Where the kernel has Landlock (5.13). Where it has not, nothing is said and nothing is lost. A thread's children have
 * what it has, its sisters not: to be called before there are any.
 */
#ifndef STSURVEY_SCANNER_BASE_CONFINE_H
#define STSURVEY_SCANNER_BASE_CONFINE_H

#include <stdbool.h>

struct confine {
	int ruleset;              /* below 0: this kernel, or this file system, has none */
	unsigned long long known; /* the rights it speaks of, in the kernel's bits */
};

void confine_begin(struct confine *confine);

/* A file that is to be written, there or not: a device or a FIFO itself; of what may be a regular file the folder, as
 * it may be replaced. */
void confine_allow_file(struct confine *confine, const char *path);

/* A folder in which files are to be written; it may be made where it is missing. With @links: and where the symlinks in
 * it lead. */
void confine_allow_folder(struct confine *confine, const char *path, bool links);

/* A file that is read. All may be; but one in another process's view of the files (/proc/PID/root/...) can't be reached
 * from within Landlock: then nothing is given up. Those that are written are looked at likewise. */
void confine_allow_reading(struct confine *confine, const char *path);

/* From here on no file but these is written, made or removed, and no program started. Reading is as before. True where
 * that is so; nothing is left of @confine. */
bool confine_end(struct confine *confine);

#endif
