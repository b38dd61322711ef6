/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_input.h - what the command is given → its files, each as a descriptor.
 *
 * A file; "-", standard input; a folder: of its files, those in folders within it included; a maildir, of which new
 * and cur are read. That one may be written to meanwhile: what moves from new to cur is read once, what is renamed is
 * found, and what is gone is not missed. Names are in order. Memory: the names of one folder.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_INPUT_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_INPUT_H

#include <stdbool.h>

enum { TLSRPT_INPUT_DEPTH_MAX = 16 }; /* folders within each other; symbolic links to folders are not followed */

struct tlsrpt_input_events {
	/* A file, open for reading; false ends everything. */
	bool (*on_file)(void *arg, const char *path, int fd);
	/* One that cannot be opened, or folder that cannot be listed or lies too deep. */
	void (*on_unreadable)(void *arg, const char *path, const char *why);
};

/* False: on_file said so. */
bool tlsrpt_input_read(const char *path, const struct tlsrpt_input_events *events, void *arg);

#endif
