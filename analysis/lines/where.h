/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/where.h - which domains are told of: `export --where 'finding = policy-tls-expired and mode =
 * enforce'`.
 *
 *   expression   conditions with and, or, not and parentheses; and binds closer than or, not closer than both
 *   condition    FIELD OPERATOR VALUE
 *   FIELD        a column of the CSV, a label's too; or finding, which is findings
 *   OPERATOR     =  !=  <  >  <=  >=  ~
 *   VALUE        a word, or '…' or "…" with anything else in it; '' is the empty field
 *
 * A field is what it is in the CSV. Of a field that holds several (findings, mx), = and ~ ask whether one of them is
 * so,
 * != whether none is. ~ compares with a pattern in which * stands for any octets, and a case of ASCII letters is none;
 * < and > compare numbers, and times as they are written. An empty field is = '' and nothing else: no number, so
 * neither smaller nor larger than one.
 *
 * A word that a field cannot have, and a finding that there is none of, are errors, not conditions that never hold.
 */
#ifndef STSURVEY_ANALYSIS_LINES_WHERE_H
#define STSURVEY_ANALYSIS_LINES_WHERE_H

#include "analysis/lines/domain_columns.h"

enum {
	WHERE_TEXT_MAX = 16384, /* octets; a few hundred names fit */
	WHERE_NODES_MAX = 1024, /* conditions and what joins them */
	WHERE_DEPTH_MAX = 64,   /* parentheses and nots within each other: the parser's stack */
};

enum where_operator {
	WHERE_EQUAL,
	WHERE_UNEQUAL,
	WHERE_LESS,
	WHERE_MORE,
	WHERE_AT_MOST,
	WHERE_AT_LEAST,
	WHERE_LIKE,
	WHERE_OPERATORS
};

enum where_kind { WHERE_CONDITION, WHERE_AND, WHERE_OR, WHERE_NOT };

struct where_node {
	enum where_kind kind;
	uint16_t left, right; /* nodes; of NOT, left alone */
	unsigned column;      /* as in domain_columns */
	enum where_operator compare;
	struct span value; /* points into the text */
	uint64_t number;   /* of a number */
};

/* Some 50 KiB. */
struct where {
	const struct domain_columns *columns;
	struct where_node node[WHERE_NODES_MAX];
	uint16_t count, root;
};

/* Read @text. It and @columns live as long as @where. 0, or -1 with one line in @error that says where in it. */
__attribute__((warn_unused_result)) int where_parse(struct where *where, struct span text,
						    const struct domain_columns *columns, struct error *error);

bool where_holds(const struct where *where, const struct observation *observation, const struct classification *result);

/* Is @text like @pattern, in which * stands for any octets? ASCII case is ignored. */
bool where_like(struct span text, struct span pattern);

#endif
