/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/scan/domain_log.h"

#include <stdio.h>

#include "scanner/job/net.h"

static const char *or_dash(const char *word)
{
	return word[0] ? word : "-";
}

/* " code code", or " -". */
static const char *words_of(const struct finding_set *findings, char text[static LOG_LINE_MAX])
{
	size_t used = 0;

	snprintf(text, LOG_LINE_MAX, " -");
	for (enum finding f = finding_next(findings, 0); f < FINDING_COUNT && used < LOG_LINE_MAX;
	     f = finding_next(findings, f + 1))
		used += (size_t)snprintf(text + used, LOG_LINE_MAX - used, " %s", finding_table[f].code);
	return text;
}

void domain_log_write(struct span name, const struct judgement *judgement, const char *then)
{
	char findings[LOG_LINE_MAX];

	log_message(LOG_LEVEL_DEBUG, "%.*s: %s, component %s, verdict %s, findings%s: %s", (int)name.n, name.p,
		    domain_status_names[judgement->status], or_dash(component_names[judgement->component]),
		    or_dash(verdict_names[judgement->verdict]), words_of(&judgement->findings, findings), then);
}

void domain_log_write_host(struct span name, const struct host_judgement *result, const char *then)
{
	char findings[LOG_LINE_MAX];

	log_message(LOG_LEVEL_DEBUG, "%.*s: a mail server, %s, findings%s: %s", (int)name.n, name.p,
		    or_dash(mx_state_names[result->state]), words_of(&result->findings, findings), then);
}

void domain_log_fault(struct span name, int fault, const char *then)
{
	log_message(LOG_LEVEL_DEBUG, "%.*s: %s: %s", (int)name.n, name.p, net_fault_name(fault), then);
}
