/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/words/findings_list.h - the table of findings, or some of them, for people and for programs. */
#ifndef STSURVEY_ANALYSIS_WORDS_FINDINGS_LIST_H
#define STSURVEY_ANALYSIS_WORDS_FINDINGS_LIST_H

#include "output/error.h"
#include "parsers/finding.h"

enum findings_format {
	FINDINGS_TEXT, /* to be read */
	FINDINGS_CSV,  /* RFC 4180 */
	FINDINGS_JSON, /* one object a line */
};

/* The findings called @word[0 … count-1], each a code or a number; all of them where @count is 0. 0, or -1 with one
 * line in @error: there is none of that name. */
__attribute__((warn_unused_result)) int findings_list_choose(char *const word[], int count, struct finding_set *chosen,
							     struct error *error);

/* Write @chosen to the file @path ("-": standard output), in the order of their numbers. 0, or -1 with one line in
 * @error. */
__attribute__((warn_unused_result)) int findings_list_write(const char *path, enum findings_format format,
							    const struct finding_set *chosen, struct error *error);

#endif
