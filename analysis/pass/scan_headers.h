/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/pass/scan_headers.h - what the headers of several scan files say together: which part of its list each took,
 * and the columns of it that are kept with each domain.
 */
#ifndef STSURVEY_ANALYSIS_PASS_SCAN_HEADERS_H
#define STSURVEY_ANALYSIS_PASS_SCAN_HEADERS_H

#include "output/error.h"
#include "output/scan_file/record.h"

enum { SCAN_HEADERS_CONTACT_MAX = 512 }; /* octets: a URL or a mail address; a longer one is none */

struct scan_headers {
	double sample;          /* the share of the list that was taken, by a hash of the name; 0: all of it */
	uint8_t sample_key[16]; /* of that hash */
	struct span label[OBS_LABEL_MAX]; /* --label columns of any file, in the order they are first met; each once */
	size_t label_count;
	struct span contact; /* scan --contact: who surveyed, and how they are reached; of the first file that says */
	bool hosts;          /* of some file mail servers were looked at */
	const char *first;   /* the file that was added first; NULL: none was */
	char contact_text[SCAN_HEADERS_CONTACT_MAX];
	char label_text[OBS_LABEL_MAX][OBS_LABEL_OCTETS_MAX];
};

/* One more file: what differs in its sample cannot be counted with those before. @headers begins as zeroes. 0, or -1
 * with one line in @error. */
__attribute__((warn_unused_result)) int scan_headers_add(struct scan_headers *headers, const char *path,
							 const struct record_header *header, struct error *error);

/* Which label is called so, as scan --label compares names: without regard to case, where none is called exactly so.
 * headers->label_count: none. */
size_t scan_headers_find(const struct scan_headers *headers, struct span name);

/* The value that a domain has in the column headers->label[@label]; empty where its line or its list has none. */
struct span scan_headers_value(const struct scan_headers *headers, const struct observation *observation, size_t label);

#endif
