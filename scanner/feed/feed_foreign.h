/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/feed/feed_foreign.h - what was given for a list and is none: other files by their first octets, other text
 * by its first line. For messages: each says what it looks like, and the remedy.
 */
#ifndef STSURVEY_SCANNER_FEED_FEED_FOREIGN_H
#define STSURVEY_SCANNER_FEED_FEED_FOREIGN_H

#include "parsers/span.h"

enum { FEED_FOREIGN_HEAD = 262 }; /* octets that tell each of them: the mark of tar ends there */

/* @head: the first octets behind a compression. "is compressed with xz: …", or NULL: it may be a list. */
const char *feed_foreign_file(struct span head);

/* Has it control octets? A file in which most of the first lines have is no text, though some of its octets may look
 * like a name between two line ends. */
bool feed_foreign_is_binary(struct span line);

/* Is @line, the first, of a page or XML? Some words of its text may stand in lines of their own, as names do. */
bool feed_foreign_is_markup(struct span line);

/* @line: the first of a text in which none is a domain name, not empty. Never NULL. */
const char *feed_foreign_line(struct span line);

#endif
