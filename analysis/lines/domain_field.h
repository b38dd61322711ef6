/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/domain_field.h - what is told of a domain in one word, by name: the columns of `export --format csv`,
 * and what `export --where` asks about. One table, so that both mean the same.
 */
#ifndef STSURVEY_ANALYSIS_LINES_DOMAIN_FIELD_H
#define STSURVEY_ANALYSIS_LINES_DOMAIN_FIELD_H

#include "analysis/classify/classify.h"

enum domain_field_kind {
	FIELD_TEXT,   /* what a stranger wrote; empty where there is none */
	FIELD_WORD,   /* one of ours, or none: `word` lists them */
	FIELD_NUMBER, /* in value.number */
	FIELD_FLAG,   /* true or false: in value.number */
	FIELD_TIME,   /* in value.ms */
	FIELD_TEXTS,  /* several texts: `next` gives them */
	FIELD_WORDS,  /* several words */
};

struct domain_value {
	bool known; /* of a number, a flag and a time: else the field is empty */
	uint64_t number;
	int64_t ms;       /* since 1970 */
	struct span text; /* of a text, or a word */
};

struct domain_field {
	const char *name;
	enum domain_field_kind kind;
	void (*get)(const struct observation *observation, const struct classification *result,
		    struct domain_value *value);
	/* The next of several; false behind the last. @at begins as 0. */
	bool (*next)(const struct observation *observation, const struct classification *result, size_t *at,
		     struct span *item);
	const char *(*word)(unsigned i); /* in any order; "" is none, NULL ends them */
};

enum {
	DOMAIN_FIELDS_WRITTEN = 24, /* the columns of a CSV, in their order */
	DOMAIN_FIELDS = 36,         /* and those that are told where they are asked for */
};

extern const struct domain_field domain_fields[DOMAIN_FIELDS];

#endif
