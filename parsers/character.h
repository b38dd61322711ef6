/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/character.h - what a Unicode character is to the eye: one table for all who strip, compare, show or guard
 * text.
 */
#ifndef STSURVEY_PARSERS_CHARACTER_H
#define STSURVEY_PARSERS_CHARACTER_H

#include <stdint.h>

enum character_class {
	CHARACTER_SPACE = 1,   /* White_Space, and ASCII's separators of files, groups, records, units */
	CHARACTER_QUOTE = 2,   /* Quotation_Mark, what else is typed for one, and the backslash before one */
	CHARACTER_CONTROL = 4, /* C0, DEL, C1 */
	CHARACTER_UNSEEN = 8,  /* Default_Ignorable_Code_Point, marks of direction, separators of lines */
};

/* Bits of the above; 0: an ordinary character. */
unsigned character_class(uint32_t c);

#endif
