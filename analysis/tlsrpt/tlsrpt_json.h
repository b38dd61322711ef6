/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_json.h - JSON as reporters send it, octets in, events out, in bounded memory.
 *
 * By yajl, not by jansson: yajl streams, so that a text of any size needs the memory of its longest string alone, and
 * it gives numbers as text, so that one with 30 digits is a bad count of one row rather than the end of a report.
 * (jansson builds a tree, and loses the whole text for a BOM, an octet of Latin-1, \u0000 or one large number.) What
 * yajl takes that I-JSON (RFC 7493) forbids, or what it would spoil in silence, is seen to here:
 *
 *  - a byte order mark in front is left out;
 *  - octets that are no UTF-8 are taken for Latin-1, and lone surrogates become U+FFFD: both with a note (on_mended);
 *  - a name that stands twice in one object is an error, as are depth, members, strings and numbers beyond the limits.
 *
 * A text may hold several values, one behind the other (JSON Lines).
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_JSON_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_JSON_H

#include "output/error.h"
#include "parsers/span.h"

enum {
	TLSRPT_JSON_DEPTH_MAX = 16,            /* a report has 6; the rest is for extensions */
	TLSRPT_JSON_MEMBERS_MAX = 256,         /* names in one object; a report has 7 */
	TLSRPT_JSON_TOKEN_MAX = 1 << 20,       /* octets of a string or a number; a policy has 64 KiB */
	TLSRPT_JSON_TEXT_MAX = 16 * (1 << 20), /* octets of a value; real ones have 2 KiB, others stop at 10 or 20 MB */
};

enum tlsrpt_json_kind { TLSRPT_JSON_NULL, TLSRPT_JSON_BOOL, TLSRPT_JSON_NUMBER, TLSRPT_JSON_STRING };

enum tlsrpt_json_mend { TLSRPT_JSON_LATIN1, TLSRPT_JSON_SURROGATE };

/* Spans live as long as the call. Each may return false: on_stop has said why. */
struct tlsrpt_json_events {
	bool (*on_begin)(void *arg, bool is_array);
	bool (*on_end)(void *arg);
	bool (*on_key)(void *arg, struct span key);
	/* @text: of a string, unescaped UTF-8; of a number as it stands */
	bool (*on_value)(void *arg, enum tlsrpt_json_kind kind, struct span text);
	void (*on_mended)(void *arg, enum tlsrpt_json_mend mend); /* of the key or string that comes next */
};

struct tlsrpt_json;

/* NULL: no memory. */
struct tlsrpt_json *tlsrpt_json_new(const struct tlsrpt_json_events *events, void *arg);
void tlsrpt_json_free(struct tlsrpt_json *json);

/* From the first octet on; may be called again and again. 0, or -1 for no memory. */
__attribute__((warn_unused_result)) int tlsrpt_json_begin(struct tlsrpt_json *json);

/* 0, or -1 with the reason, a place in the text included, in @error; then nothing more is taken. */
__attribute__((warn_unused_result)) int tlsrpt_json_feed(struct tlsrpt_json *json, struct span octets,
							 struct error *error);

/* The text ends. 0, or -1 as above. */
__attribute__((warn_unused_result)) int tlsrpt_json_end(struct tlsrpt_json *json, struct error *error);

/* Of yajl, as it runs; by one thread at a time. */
const char *tlsrpt_json_library_version(void);

#endif
