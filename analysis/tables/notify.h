/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/notify.h - one text for each party that is responsible for broken domains, as files; nothing is sent.
 *
 * What is said of a domain is written down while its scan is read, as a row, and the rows are sorted by party and
 * domain afterwards (analysis/pass/sorted_rows.h): memory is bounded however many there are, and the texts are the same
 * whatever the order of files, domains and threads.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_NOTIFY_H
#define STSURVEY_ANALYSIS_TABLES_NOTIFY_H

#include "analysis/classify/classify.h"
#include "analysis/pass/scan_headers.h"
#include "output/error.h"
#include "output/text.h"

struct notify_options {
	const char *directory; /* where the texts go: new, or empty, so that none of another time is taken for one */
	const char *by;        /* "domain", "label", "label=NAME", "provider" */
	const char *template_file; /* NULL: the one compiled in */
};

struct notify;

/* Read the template, make the folder. NULL: one line in @error. */
__attribute__((warn_unused_result)) struct notify *notify_new(const struct notify_options *options,
							      struct error *error);
void notify_free(struct notify *notify);

/* Ahead of the first domain: are there the labels that are needed? @headers lives as long. 0, or -1 with one line in
 * @error. */
__attribute__((warn_unused_result)) int notify_set_headers(struct notify *notify, const struct scan_headers *headers,
							   struct error *error);

/* What is to be told of the domain, if it is broken, as octets for notify_take. On any thread; no memory is a failure
 * of
 * @out, which is one in memory. */
void notify_row(const struct notify *notify, struct text *out, const struct observation *observation,
		const struct classification *result);

/* Keep rows, in any order. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int notify_take(struct notify *notify, struct span rows, struct error *error);

/* After the last: write the texts, and when all are there index.csv, the one with most domains first. *@texts: how
 * many. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int notify_write(struct notify *notify, uint64_t *texts, struct error *error);

#endif
