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
	uint32_t tag[FIELD_NAMES_MAX]; /* hash: most are told apart without a look at the octets */
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

const char *record_state_name(enum record_state state); /* static; "" for NOT_ASKED */

/* What is read of a TXT record; the first member of the reader's own struct. */
struct txt_reading {
	struct finding_set findings;
	struct field_names names;
	bool is_whole; /* set by read_field: the one field that a record needs was there */
};

/* A kind of TXT record: how it begins, its fields, and what is found wrong with it. */
struct txt_kind {
	struct span version; /* the exact beginning, "v=STSv1" */
	struct span meant;   /* what shows that a record wants to be one, in lower case: "v=sts"; in any case, and with
			      * quotes, white space and characters without width before, in and behind its "v=" */
	void (*read_field)(struct txt_reading *reading, struct span field);
	enum finding multiple, unrelated, bad_version, syntax, not_whole;
};

/* Which of the TXT records at a name is the one that counts (RFC 8461 3.1, RFC 8460 3)? RECORD_VALID: *@text, which is
 * still to be read; NONE, MULTIPLE, INVALID: none does. Adds what is wrong with them all to @findings. */
enum record_state txt_choose(const struct span *record, size_t count, const struct txt_kind *kind,
			     struct finding_set *findings, struct span *text);

/* Read the fields of the one that counts; of @reading these members are set. */
void txt_read(struct span text, const struct txt_kind *kind, struct txt_reading *reading);

#endif
