/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/explain/paper.h - what analysis/explain/explain*.c writes on: labelled lines for a person, and nothing of a
 * stranger's raw.
 */
#ifndef STSURVEY_ANALYSIS_EXPLAIN_PAPER_H
#define STSURVEY_ANALYSIS_EXPLAIN_PAPER_H

#include <stdio.h>

#include "analysis/explain/explain.h"

enum { PAPER_INDENT = 14 /* columns in front of what stands beside a label */ };

struct paper {
	FILE *out;
	bool colour;
	unsigned https_port;
	struct span domain;
};

/* Octets of a stranger's, as text_show does it, at most EXPLAIN_TEXT_MAX of them. */
void paper_text(const struct paper *paper, struct span s);

/* A text of the findings table, which says <domain> where the domain's name belongs, and speaks of port 443. */
void paper_sentence(const struct paper *paper, const char *text);

/* The beginning of a line; "": of one that goes on with what the line above told. */
void paper_label(const struct paper *paper, const char *label);

void paper_date(const struct paper *paper, int64_t seconds);
void paper_address(const struct paper *paper, const struct obs_address *address);
void paper_coloured(const struct paper *paper, const char *colour, int width, const char *text);

/* How many of @count are shown; " and 3 more", where fewer are than there are. */
size_t paper_shown_of(size_t count);
void paper_more(const struct paper *paper, size_t shown, size_t all);

/* @count texts, as far as they are shown, with what stands in front of the first and of the others. */
void paper_texts(const struct paper *paper, const char *first, const char *next, const struct span *text, size_t count,
		 size_t omitted);

/* Status, DNSSEC, aliases. */
void paper_answer(const struct paper *paper, const struct obs_answer *answer);

/* The rest of a line: what was said of a host's addresses, and those. */
void paper_addresses(const struct paper *paper, const struct obs_answer *a, const struct obs_answer *aaaa,
		     const struct obs_address *address, size_t count, size_t omitted);

/* Who a certificate is for, from when to when, and whose. */
void paper_certificate(const struct paper *paper, const struct obs_certificate *leaf);

/* What follows "TLSv1.3: ok" on a line: every error of the chain, and the server's alert. */
void paper_tls_errors(const struct paper *paper, const struct obs_tls *tls);

#endif
