/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/dnssec_stats.h"

#include "analysis/tables/counts.h"
#include "analysis/tables/table.h"

static const char *const ad_names[DNSSEC_AD_COUNT] = { [DNSSEC_NOT_ASKED] = "not-asked",
						       [DNSSEC_SECURE] = "secure",
						       [DNSSEC_INSECURE] = "insecure",
						       [DNSSEC_BOGUS] = "bogus",
						       [DNSSEC_UNKNOWN] = "unknown" };

enum { CELLS = TXT_QUESTIONS * DNSSEC_AD_COUNT * DNSSEC_AD_COUNT * RECORD_STATE_COUNT * DANE_STATE_COUNT };
_Static_assert(sizeof(struct dnssec_stats) == CELLS * sizeof(uint64_t), "they are counted one after the other");

static enum dnssec_ad ad_of(const struct obs_answer *answer)
{
	if (obs_answer_is_bogus(answer))
		return DNSSEC_BOGUS;
	if (dns_status_is_transient(answer->status))
		return DNSSEC_UNKNOWN;
	if (answer->status == DNS_SKIPPED || answer->source == SOURCE_DIRECT) /* which nobody validated */
		return DNSSEC_NOT_ASKED;
	return answer->ad ? DNSSEC_SECURE : DNSSEC_INSECURE;
}

void dnssec_stats_add(struct dnssec_stats *stats, const struct observation *observation,
		      const struct classification *result)
{
	enum dnssec_ad mx = ad_of(&observation->mx.answer);

	for (int q = 0; q < TXT_QUESTIONS; q++)
		stats->domains[q][ad_of(&observation->txt[q].answer)][mx][result->judgement.record[q]][result->dane]++;
}

void dnssec_stats_merge(struct dnssec_stats *into, const struct dnssec_stats *from)
{
	counts_add(into->domains, from->domains, sizeof(into->domains));
}

static void write_row(struct csv *csv, int question, unsigned ad, unsigned mx, unsigned state, unsigned dane,
		      uint64_t domains)
{
	csv_string(csv, txt_questions[question].key);
	csv_string(csv, ad_names[ad]);
	csv_string(csv, ad_names[mx]);
	csv_string(csv, table_word(record_state_names[state]));
	csv_string(csv, table_word(dane_state_names[dane]));
	csv_uint(csv, domains);
	csv_end(csv);
}

void dnssec_stats_write(struct csv *csv, const struct dnssec_stats *stats)
{
	const uint64_t *domains = (const uint64_t *)stats->domains;

	for (size_t i = 0; i < CELLS; i++) {
		size_t rest = i / DANE_STATE_COUNT;
		unsigned dane = i % DANE_STATE_COUNT, state = rest % RECORD_STATE_COUNT;
		unsigned mx = rest / RECORD_STATE_COUNT % DNSSEC_AD_COUNT;
		unsigned ad = rest / RECORD_STATE_COUNT / DNSSEC_AD_COUNT % DNSSEC_AD_COUNT;

		if (domains[i] > 0)
			write_row(csv, (int)(rest / RECORD_STATE_COUNT / DNSSEC_AD_COUNT / DNSSEC_AD_COUNT), ad, mx,
				  state, dane, domains[i]);
	}
}
