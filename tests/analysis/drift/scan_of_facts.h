/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/analysis/drift/scan_of_facts.h - a scan file of a few domains, in the folder of run_command.h.
 */
#ifndef STSURVEY_TESTS_ANALYSIS_DRIFT_SCAN_OF_FACTS_H
#define STSURVEY_TESTS_ANALYSIS_DRIFT_SCAN_OF_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/analysis/facts.h"

/* Facts of a domain that has another name than the good one's. */
#define OF(name, lines) "name " name "\nsan mta-sts." name "\n" lines

enum { SCAN_OF_FACTS_MAX = 16 }; /* domains */

struct scan_of_facts {
	const char *name;
	const char *domain[SCAN_OF_FACTS_MAX];
	int64_t start_ms;
	uint32_t shards, shard;
	bool piped;    /* nothing is known of the list */
	bool of_hosts; /* it says that it holds mail servers alone */
	bool smtp;     /* it says that mail servers were looked at */
	double sample;
	uint8_t key;               /* the first octet of the sample's */
	const char *label, *value; /* of every domain; NULL: none */
};

/* 0, or -1. */
int scans_of_facts_write(const struct scan_of_facts *scan, size_t count);

#endif
