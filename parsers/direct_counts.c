/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/direct_counts.h"

_Static_assert(sizeof(struct direct_counts) == DIRECT_COUNTERS * sizeof(uint64_t), "they lie one after the other");

void direct_counts_add(struct direct_counts *counts, const struct observation *observation)
{
	for (int q = 0; q < QUESTION_COUNT; q++) {
		const struct obs_answer *answer = obs_question_answer(observation, (enum obs_question)q);

		counts->source[answer->source] += answer->source != SOURCE_NONE;
		counts->fall_back[answer->fall_back] += answer->source != SOURCE_NONE;
	}
	for (size_t i = 0; i < observation->audit_count; i++)
		counts->audit[observation->audit[i].kind]++;
}

void direct_counts_merge(struct direct_counts *into, const struct direct_counts *from)
{
	for (unsigned i = 0; i < DIRECT_COUNTERS; i++)
		into->counter[i] += from->counter[i];
}

uint64_t direct_counts_questions(const struct direct_counts *counts)
{
	return counts->source[SOURCE_RESOLVER] + counts->source[SOURCE_DIRECT];
}

uint64_t direct_audits_decided(const uint64_t audit[static AUDIT_KIND_COUNT])
{
	return audit[AUDIT_ABSENT] + audit[AUDIT_DATA] + audit[AUDIT_CHANGED];
}

void direct_counts_word(unsigned counter, const char **what, const char **word)
{
	static const struct {
		const char *what, *const *word;
		unsigned count;
	} kind[] = {
		{ "questions of source", obs_source_names, SOURCE_COUNT },
		{ "questions of fall-back", obs_fall_back_names, FALL_BACK_COUNT },
		{ "audits of kind", obs_audit_kind_names, AUDIT_KIND_COUNT },
	};
	unsigned k = 0;

	for (; counter >= kind[k].count; k++)
		counter -= kind[k].count;
	*what = kind[k].what;
	*word = kind[k].word[counter][0] ? kind[k].word[counter] : "none";
}
