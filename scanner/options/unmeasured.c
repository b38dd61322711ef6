/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/options/unmeasured.h"

#include <inttypes.h>

#include "parsers/direct_counts.h"
#include "scanner/options/exit_status.h"

/* So many @of what. */
static uint64_t amiss(const struct unmeasured *of, enum unmeasured_part part, uint64_t *all)
{
	switch (part) {
	case UNMEASURED_DOMAINS:
		*all = of->domains;
		return of->unknown;
	case UNMEASURED_HOSTS:
		*all = of->hosts;
		return of->hosts_unknown;
	default:
		*all = direct_audits_decided(of->audit);
		return of->audit[AUDIT_DATA];
	}
}

bool unmeasured_part(const struct unmeasured *of, enum unmeasured_part part)
{
	uint64_t all, n = amiss(of, part, &all);

	if (part == UNMEASURED_AUDITS)
		return (double)n * 100 > of->audit_limit * (double)all;
	return n * 100 > all * EXIT_UNKNOWN_PERCENT_MAX;
}

bool unmeasured(const struct unmeasured *of)
{
	for (enum unmeasured_part part = 0; part < UNMEASURED_PARTS; part++)
		if (unmeasured_part(of, part))
			return true;
	return false;
}

void unmeasured_explain(const struct unmeasured *of, enum unmeasured_part part, struct error *why)
{
	uint64_t all, n = amiss(of, part, &all);
	double share = (double)n * 100 / (double)all;

	if (part == UNMEASURED_AUDITS)
		error_set(why,
			  "%" PRIu64 " of %" PRIu64
			  " audited answers of name servers (%.1f %%) say that nothing is there where the resolver "
			  "has data, more than --audit-limit %.10g %%: exit status %d",
			  n, all, share, of->audit_limit, EXIT_UNMEASURED);
	else
		error_set(why,
			  "%" PRIu64 " of %" PRIu64
			  " %s (%.1f %%) could not be measured, more than %d %%: exit status %d",
			  n, all, part == UNMEASURED_HOSTS ? "mail servers" : "domains", share,
			  EXIT_UNKNOWN_PERCENT_MAX, EXIT_UNMEASURED);
}
