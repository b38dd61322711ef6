/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/host_tables.h"

#include "analysis/classify/classify_host.h"
#include "analysis/classify/classify_tls.h"
#include "analysis/tables/table.h"
#include "parsers/mail_host.h"

static const char *mode_name(unsigned mode)
{
	return mode == STS_MODE_UNSET ? "no-policy" : sts_mode_names[mode];
}

static void write_reason(struct csv *csv, const char *managed, const uint64_t *cell, unsigned reason, uint64_t of)
{
	const uint64_t *next = cell + host_stats_cell_of(reason, 0, 0);

	for (unsigned mode = 0; mode < STS_MODE_COUNT; mode++) {
		for (unsigned extent = 0; extent < EXTENT_COUNT; extent++, next++) {
			if (*next == 0)
				continue;
			csv_string(csv, managed);
			csv_string(csv, host_stats_reason_name(reason));
			csv_string(csv, mode_name(mode));
			csv_string(csv, mx_extent_names[extent]);
			csv_share_row(csv, *next, of);
		}
	}
}

void host_tables_mx_tls(struct csv *csv, const char *managed, const uint64_t reason[static HOST_STATS_CELLS])
{
	uint64_t of = 0;

	for (unsigned c = 0; c < HOST_STATS_CELLS; c++)
		of += reason[c];
	write_reason(csv, managed, reason, MX_REASON_OK, of);
	for (unsigned f = 0; f < FINDING_COUNT; f++)
		write_reason(csv, managed, reason, f, of);
	write_reason(csv, managed, reason, MX_REASON_UNKNOWN, of);
}

void host_tables_dane(struct csv *csv, const struct stats *stats)
{
	const struct host_stats *hosts = &stats->hosts;

	for (unsigned s = DANE_STATE_NOT_ASKED; s < DANE_STATE_COUNT; s++) {
		csv_string(csv, table_word(dane_state_names[s]));
		csv_share_row(csv, hosts->dane[s], hosts->population);
	}
}

void host_tables_delivery(struct csv *csv, const struct stats *stats)
{
	const struct host_stats *hosts = &stats->hosts;

	for (unsigned d = DELIVERY_NOT_JUDGED + 1; d < DELIVERY_COUNT; d++) { /* who was asked about is judged */
		csv_string(csv, delivery_names[d]);
		csv_share_row(csv, hosts->delivery[d], hosts->population);
	}
}

void host_tables_interplay(struct csv *csv, const struct stats *stats)
{
	const struct host_stats *hosts = &stats->hosts;

	for (unsigned v = VERDICT_NO_POLICY; v < VERDICT_COUNT; v++) {
		for (unsigned s = DANE_STATE_NOT_ASKED; s < DANE_STATE_COUNT; s++) {
			csv_string(csv, verdict_names[v]);
			csv_string(csv, table_word(dane_state_names[s]));
			csv_uint(csv, hosts->interplay[v][s]);
			csv_end(csv);
		}
	}
}

void host_tables_expiry(struct csv *csv, const struct stats *stats)
{
	const struct host_stats *hosts = &stats->hosts;

	for (unsigned role = 0; role < EXPIRY_ROLE_COUNT; role++) {
		for (unsigned b = 0; b < HOST_STATS_BUCKETS; b++) {
			csv_string(csv, expiry_role_names[role]);
			csv_string(csv, host_stats_buckets[b].name);
			csv_uint(csv, hosts->expiry[role][b].hosts);
			csv_uint(csv, hosts->expiry[role][b].domains);
			csv_end(csv);
		}
	}
}

void host_tables_first_break(struct csv *csv, const struct stats *stats)
{
	const struct host_stats *hosts = &stats->hosts;

	for (size_t i = 0; i < hosts->first_break.count; i++) {
		csv_text(csv, hosts->first_break.entry[i].word);
		csv_uint(csv, hosts->first_break.entry[i].counter[0]);
		csv_end(csv);
	}
}

void host_tables_host_row(struct csv *csv, struct host_stats *stats, const struct obs_host *host)
{
	const struct obs_certificate *leaf = host_stats_leaf(host);
	const uint64_t *counter = tally_at(&stats->host, host->name);
	struct host_judgement judgement;

	classify_host(host, &judgement);
	csv_text(csv, host->name);
	csv_uint(csv, host->address_count + host->address_omitted);
	csv_string(csv, judgement.finding < FINDING_COUNT ? finding_table[judgement.finding].code
							  : mx_state_names[judgement.state]);
	if (leaf && text_is_date(leaf->not_after)) {
		csv_time_ms(csv, leaf->not_after * 1000);
		csv_number(csv, (double)classify_tls_days_left(leaf, host->time_ms), 0);
	} else {
		csv_string(csv, "");
		csv_string(csv, "");
	}
	for (unsigned c = 0; c < HOST_COUNTERS; c++)
		csv_uint(csv, counter[c]);
	csv_end(csv);
}
