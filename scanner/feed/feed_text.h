/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/feed/feed_text.h - words of a list: white space of any script around them, comments behind them. */
#ifndef STSURVEY_SCANNER_FEED_FEED_TEXT_H
#define STSURVEY_SCANNER_FEED_FEED_TEXT_H

#include <stdbool.h>

#include "parsers/span.h"

/* Without white space at its ends, that of Unicode and marks without width included. */
struct span feed_text_strip(struct span s);

/* Without a comment, which begins with # behind white space, and the white space in front of it. */
struct span feed_text_without_comment(struct span s);

/* Is it one of @words, which end with NULL? In any case of letters. */
bool feed_text_is_one_of(struct span s, const char *const words[]);

#endif
