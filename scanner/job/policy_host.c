#include "scanner/job/policy_host.h"

bool policy_host_end(const struct obs_answer *answer, struct span *name)
{
	bool certain = answer->status == DNS_NOERROR || answer->status == DNS_NO_ANSWER;
	struct span end;

	if (answer->cname_count == 0 || answer->cname_loop || !certain)
		return false;
	end = answer->cname[answer->cname_count - 1];
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

size_t policy_host_addresses(struct obs_policy *policy, const struct cidr_set *allow, const struct cidr_set *block,
			     struct obs_address *allowed)
{
	size_t count = 0;

	policy->reserved = policy->address_count > 0;
	for (size_t i = 0; i < policy->address_count; i++) {
		enum address_verdict verdict = address_check(&policy->address[i], allow, block);

		if (verdict == ADDRESS_ALLOWED)
			allowed[count++] = policy->address[i];
		policy->reserved = policy->reserved && verdict == ADDRESS_RESERVED;
	}
	return count;
}
