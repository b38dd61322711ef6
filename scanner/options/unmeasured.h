/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/options/unmeasured.h - whether too much of a survey could not be found out: exit status 3 of `scan`, and of
 * `fleet collect`, which makes the same file.
 */
#ifndef STSURVEY_SCANNER_OPTIONS_UNMEASURED_H
#define STSURVEY_SCANNER_OPTIONS_UNMEASURED_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "parsers/observation.h"

enum unmeasured_part {
	UNMEASURED_DOMAINS,
	UNMEASURED_HOSTS,
	UNMEASURED_AUDITS, /* of --direct (parsers/direct_counts.h): where a name server had said that nothing is there,
			    * the resolver had data. One of few is enough. */
	UNMEASURED_PARTS
};

/* What was surveyed. */
struct unmeasured {
	uint64_t domains, unknown;
	uint64_t hosts, hosts_unknown;
	const uint64_t *audit; /* by kind: AUDIT_KIND_COUNT */
	double audit_limit;    /* percent */
};

/* Is it more than may be? */
bool unmeasured_part(const struct unmeasured *of, enum unmeasured_part part);
bool unmeasured(const struct unmeasured *of);

/* Of a part of which it is, one line that says so, which names the limit and the exit status. */
void unmeasured_explain(const struct unmeasured *of, enum unmeasured_part part, struct error *why);

#endif
