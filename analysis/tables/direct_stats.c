/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/direct_stats.h"

#include "analysis/tables/counts.h"

static bool is_negative(const struct obs_answer *answer)
{
	return answer->source == SOURCE_DIRECT && (answer->status == DNS_NXDOMAIN || answer->status == DNS_NO_ANSWER);
}

void direct_stats_add(struct direct_stats *stats, const struct observation *observation)
{
	if (!direct_counts_concern(observation)) /* most scans have none */
		return;
	for (int q = 0; q < QUESTION_COUNT; q++) {
		const struct obs_answer *answer = obs_question_answer(observation, (enum obs_question)q);

		stats->domains[q][answer->source][answer->fall_back] += answer->source != SOURCE_NONE;
		stats->negative[q] += is_negative(answer);
	}
	for (size_t i = 0; i < observation->audit_count; i++)
		stats->audit[observation->audit[i].question][observation->audit[i].kind]++;
}

void direct_stats_merge(struct direct_stats *into, const struct direct_stats *from)
{
	counts_add(into, from, sizeof(*into));
}

struct direct_counts direct_stats_counts(const struct direct_stats *stats)
{
	struct direct_counts sum = { 0 };

	for (int q = 0; q < QUESTION_COUNT; q++) {
		for (unsigned source = 0; source < SOURCE_COUNT; source++) {
			for (unsigned why = 0; why < FALL_BACK_COUNT; why++) {
				sum.source[source] += stats->domains[q][source][why];
				sum.fall_back[why] += stats->domains[q][source][why];
			}
		}
		counts_add(sum.audit, stats->audit[q], sizeof(sum.audit));
	}
	return sum;
}

double direct_stats_audited(const struct direct_stats *stats, double sample)
{
	uint64_t audited = 0, negative = 0;
	double of_list = sample > 0 ? sample : 1;

	for (int q = 0; q < QUESTION_COUNT; q++) {
		negative += stats->negative[q];
		for (unsigned kind = AUDIT_NONE + 1; kind < AUDIT_KIND_COUNT; kind++)
			audited += stats->audit[q][kind];
	}
	/* more than there are, as a stranger's file may have: it says nothing of others */
	return audited < negative && audited > 0 ? of_list * (double)audited / (double)negative : of_list;
}

void direct_stats_write(struct csv *csv, const struct direct_stats *stats)
{
	for (int q = 0; q < QUESTION_COUNT; q++) {
		for (unsigned source = 0; source < SOURCE_COUNT; source++) {
			for (unsigned why = 0; why < FALL_BACK_COUNT; why++) {
				if (stats->domains[q][source][why] == 0)
					continue;
				csv_string(csv, obs_question_name((enum obs_question)q));
				csv_string(csv, obs_source_names[source]);
				csv_string(csv, obs_fall_back_names[why]);
				csv_uint(csv, stats->domains[q][source][why]);
				csv_end(csv);
			}
		}
	}
}

static void write_kinds(struct csv *csv, const char *question, const uint64_t audit[static AUDIT_KIND_COUNT])
{
	uint64_t decided = direct_audits_decided(audit);

	for (unsigned kind = AUDIT_NONE + 1; kind < AUDIT_KIND_COUNT; kind++) {
		csv_string(csv, question);
		csv_string(csv, obs_audit_kind_names[kind]);
		csv_share_row(csv, audit[kind], kind == AUDIT_FAILED ? decided + audit[kind] : decided);
	}
}

void direct_stats_write_audit(struct csv *csv, const struct direct_stats *stats)
{
	struct direct_counts all = direct_stats_counts(stats);

	if (direct_audits_decided(all.audit) + all.audit[AUDIT_FAILED] == 0)
		return;
	write_kinds(csv, "all", all.audit);
	for (int q = 0; q < QUESTION_COUNT; q++)
		write_kinds(csv, obs_question_name((enum obs_question)q), stats->audit[q]);
}
