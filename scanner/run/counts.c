#include "scanner/run/worker_counts.h"

void worker_count(_Atomic uint64_t *counter, uint64_t n)
{
	/* one writer: no need for a locked addition */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

void worker_count_judged(struct worker_counts *counts, const struct observation *observation,
			 const struct classification *result)
{
	const struct judgement *judgement = &result->judgement;

	worker_count(&counts->sts, judgement->sts != RECORD_NOT_ASKED && judgement->sts != RECORD_NONE &&
					   judgement->sts != RECORD_UNKNOWN);
	worker_count(&counts->fetched, result->tls_ok && observation->policy.http.status == 200);
	worker_count(&counts->unknown, judgement->status == DOMAIN_UNKNOWN);
	worker_count(&counts->blocklisted, judgement->status == DOMAIN_BLOCKLISTED);
	worker_count(&counts->illegal, judgement->status == DOMAIN_ILLEGAL_INPUT);
}
