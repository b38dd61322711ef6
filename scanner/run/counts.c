#include "scanner/run/counts.h"

void counts_add(_Atomic uint64_t *counter, uint64_t n)
{
	/* one writer: no need for a locked addition */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

void counts_add_domain(struct domain_counts *counts, const struct observation *observation,
		       const struct classification *result)
{
	enum domain_status status = result->judgement.status;

	counts_add(&counts->domains, 1);
	counts_add(&counts->sts, classification_has_sts(result));
	counts_add(&counts->fetched, result->tls_ok && observation->policy.http.status == 200);
	counts_add(&counts->unknown, status == DOMAIN_UNKNOWN);
	counts_add(&counts->blocklisted, status == DOMAIN_BLOCKLISTED);
	counts_add(&counts->illegal, status == DOMAIN_ILLEGAL_INPUT);
}
