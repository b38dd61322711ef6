#include "scanner/rules/fetch_pace.h"

#include <stdlib.h>

#include "analysis/classify/public_suffix.h"
#include "scanner/rules/pace_table.h"

struct fetch_pace {
	struct pace_table *host, *provider;
	const struct cidr_set *exempt;
};

struct fetch_pace *fetch_pace_new(double host_rate, double provider_rate, const struct cidr_set *exempt)
{
	struct fetch_pace *pace = calloc(1, sizeof(*pace));

	if (!pace)
		return NULL;
	pace->exempt = exempt;
	pace->host = pace_table_new(PACE_TABLE_KEYS, host_rate, host_rate * FETCH_PACE_BURST_S);
	pace->provider = pace_table_new(PACE_TABLE_KEYS, provider_rate, provider_rate * FETCH_PACE_BURST_S);
	if (pace->host && pace->provider)
		return pace;
	fetch_pace_free(pace);
	return NULL;
}

void fetch_pace_free(struct fetch_pace *pace)
{
	if (!pace)
		return;
	pace_table_free(pace->host);
	pace_table_free(pace->provider);
	free(pace);
}

uint64_t fetch_pace_reserve(struct fetch_pace *pace, const struct obs_address *address, struct span target,
			    uint64_t now_us)
{
	uint64_t host, provider = 0;

	if (pace->exempt && cidr_set_has(pace->exempt, address))
		return 0;
	host = pace_table_reserve(pace->host, pace_key_address(address), now_us);
	if (target.n > 0)
		provider = pace_table_reserve(pace->provider, pace_key_text(public_suffix_cut(target).registrable),
					      now_us);
	return host > provider ? host : provider;
}
