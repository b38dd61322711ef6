/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/base/line_file.h - small text files, line by line: blocklists, name server lists, configuration.
 *
 * White space around a line is trimmed; blank lines are skipped; `#` begins a comment at the start of a line
 * or after white space. What can't be read to its last octet is not read at all: a line longer than any may be, a NUL
 * octet, a read that fails. Lists of domains to survey are far too long for this: they are scanner/feed/feed.h's.
 */
#ifndef STSURVEY_SCANNER_BASE_LINE_FILE_H
#define STSURVEY_SCANNER_BASE_LINE_FILE_H

#include "output/error.h"
#include "parsers/span.h"

enum { LINE_FILE_LINE_MAX = 65536 }; /* octets of a line, its end left out; sixty-four name servers need 4,000 */

/* One line. 0 to go on; -1 with what is wrong in @error (without file and line number). */
typedef int line_file_on_line(void *arg, struct span line, struct error *error);

/* Call @on_line for every line of @path. 0; or -1 with "FILE:LINE: what" or "FILE: why it cannot be read" in
 * @error. */
__attribute__((warn_unused_result)) int line_file_read(const char *path, line_file_on_line *on_line, void *arg,
						       struct error *error);

#endif
