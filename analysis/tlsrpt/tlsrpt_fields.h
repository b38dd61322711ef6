/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_fields.h - what stands where in a report (RFC 8460 4.4), and what it is called elsewhere. */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_FIELDS_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

/* Objects of a report. */
enum tlsrpt_place { PLACE_IGNORED, PLACE_TOP, PLACE_RANGE, PLACE_ROW, PLACE_POLICY, PLACE_SUMMARY, PLACE_DETAIL };

/* What a value is taken for. From MEMBER_DETAIL_TEXT on those of a detail, in the order of enum tlsrpt_text. */
enum tlsrpt_member {
	MEMBER_OBJECT,
	MEMBER_ORGANIZATION,
	MEMBER_CONTACT,
	MEMBER_ID,
	MEMBER_START,
	MEMBER_END,
	MEMBER_TYPE,
	MEMBER_DOMAIN,
	MEMBER_LINES,
	MEMBER_HOSTS,
	MEMBER_SUCCEEDED,
	MEMBER_FAILED,
	MEMBER_SESSIONS,
	MEMBER_DETAIL_TEXT,
};

struct tlsrpt_field {
	enum tlsrpt_place within;
	const char *key;
	unsigned member;
	enum tlsrpt_place inside; /* of MEMBER_OBJECT */
	bool is_array;            /* that is what RFC 8460 has there */
	bool is_draft;            /* it has another key */
	bool marks_a_report;      /* a key that other JSON does not have */
};

extern const struct tlsrpt_field tlsrpt_fields[];
extern const size_t tlsrpt_field_count;

/* A report, or an array of them. */
extern const struct tlsrpt_field tlsrpt_field_top;

#endif
