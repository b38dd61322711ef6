/* SPDX-License-Identifier: BSD-2-Clause */
/* output/error.h - one line for the user: what is wrong, with which file, and the remedy.
 *
 * What strangers wrote may stand in it: it is one that may be shown (text_show).
 *
 * A function that can fail with one takes it as its last parameter, and writes it where it fails and nowhere else.
 */
#ifndef STSURVEY_OUTPUT_ERROR_H
#define STSURVEY_OUTPUT_ERROR_H

#include <stdarg.h>

enum { ERROR_TEXT_MAX = 512 }; /* octets with NUL: room for a path and what to do about it; the rest is cut */

struct error {
	char text[ERROR_TEXT_MAX]; /* "": nothing is wrong */
};

/* Write it; always -1, so that `return error_set(error, ...)` reads well. No argument may point into @error. */
__attribute__((format(printf, 2, 3))) int error_set(struct error *error, const char *format, ...);

__attribute__((format(printf, 2, 0))) int error_set_list(struct error *error, const char *format, va_list arguments);

/* Write what is in front of it, and ": "; always -1. */
__attribute__((format(printf, 2, 3))) int error_prefix(struct error *error, const char *format, ...);

#endif
