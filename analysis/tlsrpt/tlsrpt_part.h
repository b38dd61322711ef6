/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_part.h - octets of which nobody can be sure what they are → reports.
 *
 * A file, or a part of a message. Its first octets decide; what its name and type say is a hint, for notes and for
 * whether something that cannot be read was meant as a report. JSON, plain or in gzip, is read here; mail, which may
 * be in gzip, too, is handed on. A zip archive is refused where it holds JSON: nobody is known to send reports so.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_PART_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_PART_H

#include "analysis/tlsrpt/tlsrpt_report.h"
#include "output/error.h"

/* What the octets are. */
enum tlsrpt_form {
	TLSRPT_FORM_UNKNOWN,
	TLSRPT_FORM_EMPTY,
	TLSRPT_FORM_JSON,
	TLSRPT_FORM_GZIP,
	TLSRPT_FORM_ZIP,
	TLSRPT_FORM_UTF16,
	TLSRPT_FORM_MBOX,
	TLSRPT_FORM_MESSAGE,
	TLSRPT_FORM_OTHER, /* of DMARC, for instance */
};

enum { TLSRPT_HEAD = 512 }; /* octets that decide it */

/* By the first octets, TLSRPT_HEAD of them or all there are. */
enum tlsrpt_form tlsrpt_form_of(struct span head);

struct tlsrpt_part_events {
	void (*on_report)(void *arg, struct tlsrpt_report *report);
	/* What was meant as a report, and is none that can be read. */
	void (*on_bad)(void *arg, const char *why);
	/* Octets of mail, from the first on; -1 ends it, @error is written. NULL: mail is nothing to us. */
	int (*on_mail)(void *arg, bool is_mbox, struct span octets, struct error *error);
};

/* What is said of it. */
struct tlsrpt_hints {
	bool is_report;            /* it is called a TLS report: what is none is bad, else it is another thing */
	bool is_json;              /* … or JSON at least: what cannot be read is bad */
	bool is_text;              /* for reading: that it begins as mail does says nothing */
	bool has_type;             /* there is a Content-Type, … */
	bool says_json, says_gzip; /* … which is the right one for these (RFC 8460 6.4) */
};

/* What was there. */
struct tlsrpt_part_end {
	unsigned reports, bad;
	bool is_mail;
};

struct tlsrpt_part;

/* NULL: no memory. */
struct tlsrpt_part *tlsrpt_part_new(const struct tlsrpt_part_events *events, void *arg);
void tlsrpt_part_free(struct tlsrpt_part *part);

/* 0, or -1 for no memory. */
__attribute__((warn_unused_result)) int tlsrpt_part_begin(struct tlsrpt_part *part, const struct tlsrpt_hints *hints);

/* True: more is of interest. False: the rest may be left out. */
bool tlsrpt_part_feed(struct tlsrpt_part *part, struct span octets);

/* All is there, or as much as was of interest. @cut: why there is no more, or NULL. */
struct tlsrpt_part_end tlsrpt_part_end(struct tlsrpt_part *part, const char *cut);

#endif
