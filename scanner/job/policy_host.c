#include "scanner/job/policy_host.h"

bool policy_host_end(const struct obs_answer *answer, struct span *name)
{
	bool certain = answer->status == DNS_NOERROR || answer->status == DNS_NO_ANSWER;
	struct span end = obs_cname_end(answer);

	if (!end.p || answer->cname_loop || !certain)
		return false;
	if (span_find(end, 0, '\\') < end.n)
		return false; /* octets that text can't be asked for with */
	*name = end;
	return true;
}

static bool passes(const struct obs_answer *answer, const struct domain_set *set)
{
	for (size_t i = 0; i < answer->cname_count; i++)
		if (domain_set_has(set, answer->cname[i]))
			return true;
	return false;
}

bool policy_host_is_blocked(const struct obs_policy *policy, const struct domain_set *blocked)
{
	return blocked && (passes(&policy->a, blocked) || passes(&policy->aaaa, blocked));
}

_Static_assert(OBS_ADDRESS_MAX <= 32, "a bit for each address");

uint32_t policy_host_allowed(const struct obs_policy *policy, const struct cidr_set *allow,
			     const struct cidr_set *block, bool *reserved)
{
	uint32_t allowed = 0;

	*reserved = policy->address_count > 0;
	for (size_t i = 0; i < policy->address_count; i++) {
		enum address_verdict verdict = address_check(&policy->address[i], allow, block);

		if (verdict == ADDRESS_ALLOWED)
			allowed |= UINT32_C(1) << i;
		*reserved = *reserved && verdict == ADDRESS_RESERVED;
	}
	return allowed;
}
