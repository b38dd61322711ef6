/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/letter.h - the template of a text to who is responsible for broken domains (stats --notify).
 *
 * Plain text with places in braces: {party}. {{ is a brace. Between a line {each} and a line {end}, which may be there
 * once, stands what is written for each domain. A line whose places are all empty is left out: what is not known is not
 * spoken of. What is put into a place is never looked at for places again.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_LETTER_H
#define STSURVEY_ANALYSIS_TABLES_LETTER_H

#include "analysis/pass/scan_headers.h"
#include "output/text.h"

enum {
	LETTER_FILE_MAX = 64 * 1024, /* octets of a template; the one compiled in has 1.5 KiB */
};

enum letter_place {
	/* of the party, anywhere but between {each} and {end} */
	LETTER_PARTY,
	LETTER_CONTACT,
	LETTER_COUNT,
	LETTER_WHICH,
	LETTER_WHY,
	LETTER_SURVEY,
	/* of one domain, there alone */
	LETTER_DOMAIN,
	LETTER_COMPONENT,
	LETTER_FINDING,
	LETTER_FINDINGS,
	LETTER_WHAT,
	LETTER_RULE,
	LETTER_EVIDENCE,
	LETTER_VERDICT,
	LETTER_EFFECT,
	LETTER_ADVICE,
	LETTER_MEASURED,
	LETTER_LABEL, /* {label:NAME} */
	LETTER_PLACES
};

/* The parts of a template, each of whole lines. */
struct letter {
	char *text; /* of a file; NULL: of the program */
	const char *path;
	struct span all, above, each, below;
};

/* Read and check the template in the file @path; NULL: the one compiled in. 0, or -1 with one line in @error, which
 * names file and line. letter_free in both cases. */
__attribute__((warn_unused_result)) int letter_read(struct letter *letter, const char *path, struct error *error);
void letter_free(struct letter *letter);

/* The same of @text, which lives as long, and is called @path where it has a fault. */
__attribute__((warn_unused_result)) int letter_parse(struct letter *letter, struct span text, const char *path,
						     struct error *error);

/* Are there all the labels it speaks of? 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int letter_check_labels(const struct letter *letter,
							    const struct scan_headers *headers, struct error *error);

/* Writes what stands in a place, or nothing; @label: the name in {label:NAME}. */
typedef void letter_value(const void *arg, enum letter_place place, struct span label, struct text *out);

/* One part of it, to a text in memory. */
void letter_put(struct text *out, struct span part, letter_value *value, const void *arg);

#endif
