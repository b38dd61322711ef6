#include "scanner/run/counts.h"

void counts_add(_Atomic uint64_t *counter, uint64_t n)
{
	/* one writer: no need for a locked addition */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_release);
}

static void add_direct(struct domain_counts *counts, const struct observation *observation)
{
	struct direct_counts direct = { 0 };

	direct_counts_add(&direct, observation);
	for (unsigned i = 0; i < DIRECT_COUNTERS; i++)
		if (direct.counter[i] > 0)
			counts_add(&counts->direct[i], direct.counter[i]);
}

void counts_add_domain(struct domain_counts *counts, const struct observation *observation,
		       const struct judgement *judgement)
{
	counts_add(&counts->domains, 1);
	counts_add(&counts->sts, judgement_has_record(judgement, TXT_STS));
	counts_add(&counts->fetched, judgement->policy != POLICY_UNJUDGED);
	counts_add(&counts->unknown, judgement->status == DOMAIN_UNKNOWN);
	counts_add(&counts->blocklisted, judgement->status == DOMAIN_BLOCKLISTED);
	counts_add(&counts->illegal, judgement->status == DOMAIN_ILLEGAL_INPUT);
	counts_add(&counts->nxdomain, observation->mx.answer.status == DNS_NXDOMAIN);
	if (direct_counts_concern(observation))
		add_direct(counts, observation);
}
