/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scenarios/script_words.h - a line of a script as words. */
#ifndef STSURVEY_TESTS_SCENARIOS_SCRIPT_WORDS_H
#define STSURVEY_TESTS_SCENARIOS_SCRIPT_WORDS_H

#include "parsers/span.h"

enum { SCRIPT_WORDS_MAX = 300 };

/* Memory that lives as long as the script. */
struct script_memory {
	struct script_memory *next;
	char octet[];
};

/* @n octets and a NUL, zeroed. Ends the program where there is no memory: these are tests. */
char *script_keep(struct script_memory **memory, size_t n);

/* Cut @line into words: separated by white space, or "quoted" with \n \r \t \" \\ \xHH, and "…"*N for N times
 * that.
 * `#` begins a comment. Words are NUL-terminated. Returns how many, or -1 for a line that can't be read. */
int script_words(struct script_memory **memory, const char *line, struct span word[static SCRIPT_WORDS_MAX]);

/* The value of a hexadecimal digit, or -1. */
int script_hex_digit(char c);

#endif
