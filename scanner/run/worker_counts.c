#include "scanner/run/worker_counts.h"

void worker_count(_Atomic uint64_t *counter, uint64_t n)
{
	/* one writer: no need for a locked addition */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

void worker_count_judged(struct worker_counts *counts, const struct classification *result)
{
	const struct judgement *judgement = &result->judgement;

	worker_count(&counts->sts, judgement_has_record(judgement, TXT_STS));
	worker_count(&counts->fetched, judgement->policy != POLICY_UNJUDGED);
	worker_count(&counts->unknown, judgement->status == DOMAIN_UNKNOWN);
	worker_count(&counts->blocklisted, judgement->status == DOMAIN_BLOCKLISTED);
	worker_count(&counts->illegal, judgement->status == DOMAIN_ILLEGAL_INPUT);
}
