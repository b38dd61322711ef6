/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/classify_mxtls.h"

#include "analysis/classify/classify_host.h"
#include "parsers/domain.h"

/* An MX of which no host is known. Only a domain's own record makes us ask in every scan. */
static void judge_missing(const struct judgement *judgement, struct span name, struct host_judgement *host)
{
	if (!domain_is_name(name)) {
		host->state = MX_FAILS;
		host->finding = FINDING_MX_INVALID;
	} else if (judgement_has_record(judgement, TXT_STS)) {
		host->state = MX_UNKNOWN;
		host->finding = FINDING_MXTLS_UNKNOWN;
		finding_add(&host->findings, FINDING_MXTLS_UNKNOWN);
	}
}

static enum mx_state state_of_domain(const unsigned count[MX_STATE_COUNT])
{
	if (count[MX_USABLE] > 0 && count[MX_FAILS] > 0)
		return MX_PARTIAL;
	if (count[MX_UNKNOWN] > 0)
		return MX_UNKNOWN;
	if (count[MX_FAILS] > 0)
		return MX_FAILS;
	return count[MX_USABLE] > 0 ? MX_USABLE : MX_NOT_ASKED;
}

void classify_mxtls(const struct observation *observation, struct classification *result)
{
	const struct obs_mx *mx = &observation->mx;
	unsigned count[MX_STATE_COUNT] = { [MX_UNKNOWN] = mx->omitted > 0 };

	for (size_t i = 0; i < mx->count; i++) {
		struct host_judgement host = { .state = MX_NOT_ASKED, .finding = FINDING_COUNT };

		if (mx->host[i])
			classify_host(mx->host[i], &host);
		else if (!obs_mx_is_null(mx))
			judge_missing(&result->judgement, mx->record[i].name, &host);
		result->mx[i] = (struct mx_judgement){
			.state = host.state,
			.finding = host.finding,
			.findings = host.findings,
			.result = result_of_finding(host.finding),
		};
		count[host.state]++;
		finding_join(&result->judgement.findings, &host.findings);
		if (host.state == MX_UNKNOWN && !(mx->host[i] && mx->host[i]->blocklisted))
			result->judgement.status = DOMAIN_UNKNOWN;
	}
	result->mx_tls = state_of_domain(count);
}
