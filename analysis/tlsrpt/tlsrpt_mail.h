/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_mail.h - octets of one message or of an mbox → messages, one after the other, each put aside
 * whole and within limits, for GMime.
 *
 * GMime keeps of a message its headers and a node for each part, and reads bodies where they lie. So what it needs for
 * a hostile message is bounded by three numbers, which are counted here before it sees the message; and of the headers
 * it sees the few fields that tell what a part is. An mbox of any size needs no more than its largest message; above
 * TLSRPT_MAIL_MEMORY that lies in a temporary file.
 *
 * In an mbox a message begins with "From " and a time, at the beginning or behind an empty line; of ">From " one >
 * is taken away, whichever of the mbox forms it is.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_MAIL_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "parsers/span.h"

enum {
	TLSRPT_MAIL_MAX = 32 * (1 << 20), /* octets of a message: a report of 16 MiB in base64, and what is around it */
	TLSRPT_MAIL_MEMORY = 1 << 20,     /* octets above which it is written to a temporary file */
	TLSRPT_MAIL_HEADERS_MAX = 512 << 10, /* octets of all headers in it, of which GMime needs seven times as many,
					      * with something for each of its objects */
	TLSRPT_MAIL_PARTS_MAX = 4096,        /* parts, of which each needs 1.3 KiB; a digest may have some hundred */
};

/* A message, as it lies. */
struct tlsrpt_message {
	char *p; /* NULL: it is in the file */
	int fd;
	size_t n;
	unsigned number; /* in its mbox, from 1 */
	bool is_report;  /* something in its headers speaks of TLSRPT */
	const char *bad; /* why it cannot be read; NULL: it can */
};

/* -1 ends it, @error is written. */
typedef int tlsrpt_on_message(void *arg, const struct tlsrpt_message *message, struct error *error);

struct tlsrpt_mail;

/* NULL: no memory. */
struct tlsrpt_mail *tlsrpt_mail_new(tlsrpt_on_message *on_message, void *arg);
void tlsrpt_mail_free(struct tlsrpt_mail *mail);

void tlsrpt_mail_begin(struct tlsrpt_mail *mail, bool is_mbox);

/* 0, or -1 with one line in @error: a temporary file cannot be had or written. */
__attribute__((warn_unused_result)) int tlsrpt_mail_feed(struct tlsrpt_mail *mail, struct span octets,
							 struct error *error);
__attribute__((warn_unused_result)) int tlsrpt_mail_end(struct tlsrpt_mail *mail, struct error *error);

#endif
