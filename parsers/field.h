/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/field.h - what the three texts of RFC 8461 3.1, 3.2 and RFC 8460 3 have in common:
 * names, values, `;` between fields, which TXT record is the one, and the words for how that ended.
 *
 *   ext-name  = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")
 *   ext-value = 1*( %x21-3A / %x3C / %x3E-7E )
 *   delim     = *WSP ";" *WSP
 */
#ifndef STSURVEY_PARSERS_FIELD_H
#define STSURVEY_PARSERS_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/finding.h"
#include "parsers/span.h"

enum {
	FIELD_NAME_MAX = 32,  /* octets, RFC 8461 3.1 */
	FIELD_NAMES_MAX = 64, /* distinct unknown names that are remembered: 20 times what honest
			       * texts hold, and a bound on the work a hostile one can ask for */
};

bool field_is_name(struct span name);

/* ext-value of the two TXT records; the policy's differs. */
bool field_is_value(struct span value);

/* Names seen so far. A set needs only count = 0 before its first use. */
struct field_names {
	struct span name[FIELD_NAMES_MAX];
	unsigned count;
};

/* Was @name seen before? Remembers it if not; names beyond FIELD_NAMES_MAX are not remembered. */
bool field_names_saw(struct field_names *names, struct span name);

/* A walk over the fields of a TXT record: 1*( delim field ) [ delim ]. */
struct field_walk {
	struct span text;
	size_t at;        /* set to where the version ends */
	bool loose;       /* seen: an empty field, or white space and no semicolon behind the last */
	bool undelimited; /* ended where a semicolon is due and none stands: what follows cannot be read */
};

/* The next field, without the white space around it; false behind the last. */
bool field_next(struct field_walk *walk, struct span *field);

/* The name in front of the `=`, and the value; false without a `=`. */
bool field_split(struct span field, struct span *name, struct span *value);

/* Is @name the known name @known with white space behind it? Then it is neither that field
 * nor an extension. */
bool field_is_spaced(struct span name, struct span known);

/* How the TXT records at a name were read; the first and the last where there was nothing to read. */
enum record_state {
	RECORD_NOT_ASKED,
	RECORD_NONE,
	RECORD_VALID,
	RECORD_INVALID,
	RECORD_MULTIPLE,
	RECORD_UNKNOWN,
	RECORD_STATE_COUNT
};

extern const char *const record_state_names[RECORD_STATE_COUNT]; /* "" for NOT_ASKED */

/* What is read of a TXT record; the first member of the reader's own struct. */
struct txt_reading {
	struct span text; /* the record that counts */
	struct finding_set findings;
	struct field_names names;
	bool is_whole; /* set by read_field: the one field that a record needs was there */
};

/* A kind of TXT record: how it begins, its fields, and what is found wrong with it. */
struct txt_kind {
	struct span version; /* the exact beginning, "v=STSv1" */
	struct span meant;   /* what shows that a record wants to be one, for meant_as: "v=sts" */
	void (*read_field)(struct txt_reading *reading, struct span field);
	enum finding multiple, unrelated, bad_version, syntax, not_whole;
};

/* How near a TXT record comes to being one of @kind, the nearest last. */
enum txt_likeness {
	TXT_UNRELATED,
	TXT_BAD_VERSION, /* meant as one, but another version or misspelt */
	TXT_LOOSE,       /* the version, and no semicolon right behind it */
	TXT_EXACT
};
enum txt_likeness txt_likeness(struct span record, const struct txt_kind *kind);

/* Choose the one of the TXT records at a name that counts (RFC 8461 3.1, RFC 8460 3) and read its fields. RECORD_VALID:
 * the members above of @reading are set, and the caller judges them; NONE, MULTIPLE, INVALID: no record counts. Adds
 * all that is wrong to @findings. @unrelated more records stood there. */
enum record_state txt_read(const struct span *record, size_t count, size_t unrelated, const struct txt_kind *kind,
			   struct finding_set *findings, struct txt_reading *reading);

#endif
