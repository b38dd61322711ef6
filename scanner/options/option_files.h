/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/options/option_files.h - the files that a command's options and operands name: what it reads, what it writes.
 *
 * From the kinds of scanner/options/option_table.h, so that none is forgotten.
 */
#ifndef STSURVEY_SCANNER_OPTIONS_OPTION_FILES_H
#define STSURVEY_SCANNER_OPTIONS_OPTION_FILES_H

#include "scanner/options/options.h"

extern const char option_resolv_conf[]; /* names the name servers where no option does */

enum option_use {
	OPTION_USE_READ,
	OPTION_USE_WRITTEN,
	OPTION_USE_FOLDER, /* files in it are written */
	OPTION_USE_TOLD,   /* messages go there: standard output or error */
};

struct option_file {
	const char *option; /* without --; NULL: no option's */
	const char *path;   /* never "-" */
	enum option_use use;
};

struct option_row; /* scanner/options/option_table.h */

/* The file to be read that an option of that row names with @value; NULL .p: none, or there is no such option (@row
 * NULL). */
struct span option_file_read(const struct option_row *row, struct span value);

/* All of them in *@file, to be freed; how many, or -1 for no memory. Paths live as long as @options. */
__attribute__((warn_unused_result)) int option_files(const struct options *options, struct option_file **file);

/* No file that is written may be one that is read, or another one that is written. 0, or -1 with one line in @error.
 * To be asked before any of them is opened for writing. */
__attribute__((warn_unused_result)) int option_files_check(const struct options *options, struct error *error);

#endif
