/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/tally.c */
#include "tests/bench/tally.h"
#include "parsers/span.h"

#include <inttypes.h>
#include <stdlib.h>

int tally_init(struct tally *tally, uint64_t questions)
{
	uint64_t size = 1024;

	*tally = (struct tally){ 0 };
	if (questions == 0)
		return 0;
	while (size < 2 * questions) /* half full at most: short probes */
		size *= 2;
	tally->table = calloc(size, sizeof(*tally->table));
	tally->mask = size - 1;
	return !tally->table ? -1 : 0;
}

void tally_fini(struct tally *tally)
{
	free(tally->table);
}

/* An entry is 56 bits of hash over 8 of count; its hash is never 0. */
static void note(struct tally *tally, enum answer_kind kind, uint64_t hash)
{
	uint64_t at = hash & tally->mask;

	if (tally->kept > tally->mask - tally->mask / 8)
		return; /* more questions than announced: the counts of this run say nothing, and distinct
			   shows it */
	hash = (hash | UINT64_C(1) << 63) & ~UINT64_C(0xff);
	while (tally->table[at] != 0 && (tally->table[at] & ~UINT64_C(0xff)) != hash)
		at = (at + 1) & tally->mask;
	if (tally->table[at] == 0) {
		tally->table[at] = hash | 1;
		tally->distinct[kind]++;
		tally->kept++;
		return;
	}
	tally->again++;
	if ((tally->table[at] & 0xff) < 0xff)
		tally->table[at]++;
}

void tally_question(struct tally *tally, const struct answer_question *question)
{
	tally->asked[question->kind]++;
	if (tally->table) {
		/* the type, and by its place what stands before the domain */
		const uint64_t which = (uint64_t)question->kind << 8 | question->domain;

		note(tally, question->kind,
		     (question->hash ^ which * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93));
	}
}

/* The most often one question came. */
static unsigned most(const struct tally *tally)
{
	uint64_t max = 0;

	for (uint64_t i = 0; tally->table && i <= tally->mask; i++)
		if ((tally->table[i] & 0xff) > max)
			max = tally->table[i] & 0xff;
	return (unsigned)max;
}

void tally_print(const struct tally *tally, FILE *out)
{
	const struct {
		const char *name;
		uint64_t value;
	} counts[] = {
		{ "asked_again", tally->again },   { "asked_most", most(tally) },     { "answered", tally->answered },
		{ "lost", tally->lost },           { "servfail", tally->failed },     { "late", tally->late },
		{ "truncated", tally->truncated }, { "malformed", tally->malformed }, { "over_tcp", tally->over_tcp },
	};
	uint64_t total = 0;

	for (int kind = 0; kind < ANSWER_KIND_COUNT; kind++) {
		fprintf(out, "asked_%s=%" PRIu64 "\n", answer_kind_name(kind), tally->asked[kind]);
		if (tally->table)
			fprintf(out, "distinct_%s=%" PRIu64 "\n", answer_kind_name(kind), tally->distinct[kind]);
		total += tally->asked[kind];
	}
	fprintf(out, "asked=%" PRIu64 "\n", total);
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		fprintf(out, "%s=%" PRIu64 "\n", counts[i].name, counts[i].value);
}
