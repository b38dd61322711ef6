/* SPDX-License-Identifier: BSD-2-Clause */
/* output/library.h - which libraries a program runs with, for its --version.
 *
 * A room that names a library has a function that asks it: what was compiled against may be another.
 */
#ifndef STSURVEY_OUTPUT_LIBRARY_H
#define STSURVEY_OUTPUT_LIBRARY_H

#include <stddef.h>

struct library {
	const char *name;             /* as it calls itself */
	const char *(*version)(void); /* what comes behind a space is not told */
};

/* "PROGRAM VERSION" to standard output, then "NAME VERSION" of each library. */
void libraries_tell(const char *program, const struct library *library, size_t count);
/* The latter alone, of further ones. */
void libraries_list(const struct library *library, size_t count);

#endif
