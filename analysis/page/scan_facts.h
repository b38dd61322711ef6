/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/page/scan_facts.h - how a scan was made, as its files' headers tell: what a reader wants to know of it.
 *
 * Everything has a place of its own and a limit: a header may come from anywhere.
 */
#ifndef STSURVEY_ANALYSIS_PAGE_SCAN_FACTS_H
#define STSURVEY_ANALYSIS_PAGE_SCAN_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "output/scan_file/record.h"
#include "parsers/mail_host.h"

enum {
	SCAN_FACTS_TEXT_MAX = 256,   /* octets of a text with NUL; what is longer ends with … */
	SCAN_FACTS_OPTIONS_MAX = 48, /* that a scan was given; there are some fifty in all */
	SCAN_FACTS_LISTS_MAX = 4,    /* that are named; behind them it says how many more */
};

struct scan_facts_option {
	char name[SCAN_FACTS_TEXT_MAX];
	char value[SCAN_FACTS_TEXT_MAX];
	unsigned files; /* whose scans were given it */
};

struct scan_facts {
	unsigned files;
	char tool[SCAN_FACTS_TEXT_MAX];                       /* of the first file */
	char list[SCAN_FACTS_LISTS_MAX][SCAN_FACTS_TEXT_MAX]; /* names without folders, each once */
	unsigned lists;                                       /* all, those without a place, too */
	uint32_t shards;                                      /* of the first file */
	struct scan_facts_option option[SCAN_FACTS_OPTIONS_MAX];
	unsigned options;
	uint64_t list_hash; /* of the content of the one list; 0: not known, or there are several */
	/* the test of our own way to port 25, where mail servers were probed */
	bool has_vantage;
	char ehlo[SCAN_FACTS_TEXT_MAX];
	char source[VANTAGE_FAMILIES][SCAN_FACTS_TEXT_MAX];
};

/* @facts begins as zeroes. */
void scan_facts_add(struct scan_facts *facts, const struct record_header *header);
void scan_facts_add_vantage(struct scan_facts *facts, const struct obs_vantage *vantage);

/* The option as it was given, where it was several times the first; NULL: it was not. */
const char *scan_facts_option(const struct scan_facts *facts, const char *name);

#endif
