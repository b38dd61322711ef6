/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/edit_distance.h - how many octets lie between two short words: is one the other misspelt? */
#ifndef STSURVEY_PARSERS_EDIT_DISTANCE_H
#define STSURVEY_PARSERS_EDIT_DISTANCE_H

#include "parsers/span.h"

enum { EDIT_DISTANCE_WORD_MAX = 63 }; /* octets of a word: a DNS label fits */

/* Levenshtein's: octets to insert, drop or change, ASCII case ignored; @most + 1 where there are more, or a word is
 * longer than EDIT_DISTANCE_WORD_MAX. */
unsigned edit_distance(struct span a, struct span b, unsigned most);

#endif
