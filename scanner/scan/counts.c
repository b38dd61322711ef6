/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/scan/counts.h"

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

void counts_copy_servers(struct worker_counts *counts, const struct server_health *health)
{
	for (unsigned i = 0; i < health->count; i++) {
		const struct name_server *server = &health->server[i];

		atomic_store(&counts->server[i].answered, server->answered);
		atomic_store(&counts->server[i].failed, server->failed);
		atomic_store(&counts->server[i].timeouts, server->timeouts);
		atomic_store(&counts->server[i].times_down, server->times_down);
	}
}

void counts_copy_direct(struct worker_counts *counts, const struct net_direct *direct)
{
	struct net_direct_counts now;

	net_direct_counts(direct, &now);
	atomic_store(&counts->direct.host_look_ups, now.host_look_ups);
	atomic_store(&counts->direct.second_tries, now.second_tries);
	atomic_store(&counts->direct.packets, now.engine.packets);
	atomic_store(&counts->direct.answers, now.engine.answers);
	atomic_store(&counts->direct.timeouts, now.engine.timeouts);
	atomic_store(&counts->direct.late, now.engine.late);
	atomic_store(&counts->direct.strange, now.engine.strange);
	atomic_store(&counts->direct.guesses, now.engine.guesses);
	atomic_store(&counts->direct.spoofed, now.engine.spoofed);
	atomic_store(&counts->direct.dropped, now.engine.dropped);
}
