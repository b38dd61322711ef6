/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fake/every_way.h - all ways through a run of choices: what is answered next, of all that is open.
 *
 * A run takes choice[d] at its choice number d, and notes in choices[d] among how many; it returns how many there were.
 */
#ifndef STSURVEY_TESTS_FAKE_EVERY_WAY_H
#define STSURVEY_TESTS_FAKE_EVERY_WAY_H

#include <stdbool.h>

/* The next way through, after one of @depth choices: the last one that has another left is changed. @choice all zeros
 * is the first way. False: there is none, and @choice is the first again. */
static inline bool next_way(unsigned *choice, const unsigned *choices, unsigned depth)
{
	while (depth-- > 0) {
		if (choice[depth] + 1 < choices[depth]) {
			choice[depth]++;
			return true;
		}
		choice[depth] = 0;
	}
	return false;
}

#endif
