#include "scanner/run/domain_log.h"

#include <stdio.h>

#include "scanner/job/net.h"

static const char *or_dash(const char *word)
{
	return word[0] ? word : "-";
}

void domain_log_write(struct span name, const struct judgement *judgement, const char *then)
{
	char findings[LOG_LINE_MAX] = " -";
	size_t used = 0;

	for (enum finding f = finding_next(&judgement->findings, 0); f < FINDING_COUNT && used < sizeof(findings);
	     f = finding_next(&judgement->findings, f + 1))
		used += (size_t)snprintf(findings + used, sizeof(findings) - used, " %s", finding_table[f].code);
	log_message(LOG_LEVEL_DEBUG, "%.*s: %s, component %s, verdict %s, findings%s: %s", (int)name.n, name.p,
		    domain_status_name(judgement->status), or_dash(component_name(judgement->component)),
		    or_dash(judgement_verdict_name(judgement)), findings, then);
}

void domain_log_fault(struct span name, int fault, const char *then)
{
	log_message(LOG_LEVEL_DEBUG, "%.*s: %s: %s", (int)name.n, name.p, net_fault_name(fault), then);
}
