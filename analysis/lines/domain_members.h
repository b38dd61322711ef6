/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/domain_members.h - the members of a domain's line of JSON, as docs/domain.schema.json has them, and
 * which of them a user chose.
 *
 * A member is called by its path, results.STS.state; what stands in an array has no name of its own, so that
 * results.MX.data.records.name are the names of all records.
 */
#ifndef STSURVEY_ANALYSIS_LINES_DOMAIN_MEMBERS_H
#define STSURVEY_ANALYSIS_LINES_DOMAIN_MEMBERS_H

#include <stdint.h>

#include "output/error.h"
#include "parsers/span.h"

enum domain_member_kind {
	MEMBER_OBJECT, /* its members are its children */
	MEMBER_ARRAY,  /* its one child is what stands in it */
	MEMBER_MAP,    /* of texts or nulls, with names of the list's */
	MEMBER_TEXT,
	MEMBER_WHOLE,
	MEMBER_NUMBER,
	MEMBER_FLAG,
};

enum {
	DOMAIN_MEMBERS_MAX = 1000, /* of them all */
	DOMAIN_CHILDREN_MAX = 64,  /* of one object */
	DOMAIN_MEMBER_PATH = 256,  /* octets of a path, with NUL */
};

struct domain_member {
	struct span name;
	enum domain_member_kind kind;
	uint16_t child, children; /* the first one, the others behind it; how many */
};

extern const struct domain_member domain_members[]; /* the first is the line itself */
extern const size_t domain_member_count;

/* The child of @parent that is called @name, @hint the place where it most likely is; 0: there is none. */
uint16_t domain_member_find(uint16_t parent, struct span name, uint16_t hint);

enum domain_chosen { CHOSEN_NOT, CHOSEN_PARTLY, CHOSEN };

struct domain_choice {
	uint8_t member[DOMAIN_MEMBERS_MAX]; /* enum domain_chosen */
};

/* @list: "name,results.STS.state", with all that is below; p NULL: everything. 0, or -1 with one line in @error: what
 * there is none of. */
__attribute__((warn_unused_result)) int domain_choice_make(struct domain_choice *choice, struct span list,
							   struct error *error);

#endif
