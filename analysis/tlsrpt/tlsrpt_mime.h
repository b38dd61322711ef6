/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_mime.h - a message (RFC 5322, MIME) → its parts that may be reports, by GMime.
 *
 * Every leaf of it is looked at, also those of messages within it (forwarded ones, digests), whatever it is called:
 * octet streams, wrong labels, no multipart at all. The message lies within the limits of tlsrpt_mail.h.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_MIME_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_MIME_H

#include "analysis/tlsrpt/tlsrpt_mail.h"
#include "analysis/tlsrpt/tlsrpt_part.h"

enum { TLSRPT_MIME_DEPTH_MAX = 32 }; /* multiparts and messages within each other; what is deeper is not looked at */

struct tlsrpt_mime_events {
	/* A leaf begins, of which octets are handed to @part. */
	void (*on_part)(void *arg, unsigned number);
	/* It is all there; -1 ends the message, @error is written. NULL: nobody asks. */
	int (*on_part_end)(void *arg, struct error *error);
};

struct tlsrpt_mime_end {
	unsigned reports, bad;
	bool is_report;   /* it calls itself a TLS report */
	bool is_too_deep; /* something lies deeper than is looked at */
};

/* 0, or -1 with one line in @error: no memory, or what on_part_end says. */
__attribute__((warn_unused_result)) int tlsrpt_mime_read(const struct tlsrpt_message *message, struct tlsrpt_part *part,
							 const struct tlsrpt_mime_events *events, void *arg,
							 struct tlsrpt_mime_end *end, struct error *error);

/* Of GMime, as it runs; by one thread at a time. */
const char *tlsrpt_mime_library_version(void);

#endif
