/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_lines.h"

#include <stdlib.h>

#include "analysis/tlsrpt/tlsrpt_value.h"
#include "parsers/hash.h"

enum { TLSA_HEAD = 3 }; /* usage, selector, matching type */

struct set {
	size_t count;
	bool is_full;
	uint64_t line[TLSRPT_LINES_MAX]; /* hashes */
};

/* Without white space at all: "mx: a" is "mx:a", and TLSA's fields have lengths of their own. */
static uint64_t hash_line(struct span line)
{
	uint64_t hash = HASH_NOTHING;

	for (size_t i = 0; i < line.n; i++)
		if (!ascii_is_space(line.p[i]))
			hash = hash_octet(hash, (uint8_t)ascii_lower(line.p[i]));
	return hash;
}

static void add(struct set *set, uint64_t hash)
{
	if (set->count == TLSRPT_LINES_MAX)
		set->is_full = true;
	else
		set->line[set->count++] = hash;
}

static int hash_order(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return (one > other) - (one < other);
}

static struct tlsrpt_lines close_set(struct set *set)
{
	struct tlsrpt_lines lines = { .known = set->count > 0 && !set->is_full, .hash = HASH_NOTHING };

	qsort(set->line, set->count, sizeof(set->line[0]), hash_order);
	for (size_t i = 0; i < set->count; i++)
		if (i == 0 || set->line[i] != set->line[i - 1])
			lines.hash = hash_octets(lines.hash, &set->line[i], sizeof(set->line[i]));
	return lines;
}

bool tlsrpt_lines_next(struct span *text, struct span *line)
{
	for (line->n = 0; text->n > 0 && line->n == 0;) {
		size_t end = 0;

		while (end < text->n && text->p[end] != '\n' && text->p[end] != '\r')
			end++;
		*line = span_strip((struct span){ text->p, end });
		*text = span_skip(*text, end < text->n ? end + 1 : end);
	}
	return line->n > 0;
}

struct tlsrpt_lines tlsrpt_lines_of(struct span text)
{
	struct span line;
	struct set set;

	set.count = 0;
	set.is_full = false;
	while (tlsrpt_lines_next(&text, &line))
		add(&set, hash_line(line));
	return close_set(&set);
}

static uint64_t hash_tlsa(const struct obs_tlsa_record *record)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t head[TLSA_HEAD] = { record->usage, record->selector, record->matching };
	uint64_t hash = HASH_NOTHING;

	for (size_t i = 0; i < TLSA_HEAD; i++) { /* up to 255, and of those in use one digit */
		if (head[i] >= 100)
			hash = hash_octet(hash, (uint8_t)hex[head[i] / 100]);
		if (head[i] >= 10)
			hash = hash_octet(hash, (uint8_t)hex[head[i] / 10 % 10]);
		hash = hash_octet(hash, (uint8_t)hex[head[i] % 10]);
	}
	for (size_t i = 0; i < record->data.n; i++) {
		uint8_t octet = (uint8_t)record->data.p[i];

		hash = hash_octet(hash_octet(hash, (uint8_t)hex[octet >> 4]), (uint8_t)hex[octet & 15]);
	}
	return hash;
}

struct tlsrpt_lines tlsrpt_lines_of_tlsa(const struct obs_host *const *host, size_t count)
{
	struct set set;

	set.count = 0;
	set.is_full = false;
	for (size_t h = 0; h < count; h++) {
		const struct obs_tlsa *tlsa;

		if (!host[h])
			continue;
		/* the base that a CNAME leads to comes first (RFC 7672 2.2.2) */
		tlsa = &host[h]->tlsa[HOST_TLSA_EXPANDED];
		if (tlsa->count == 0)
			tlsa = &host[h]->tlsa[HOST_TLSA_INITIAL];
		for (uint32_t i = 0; i < tlsa->count; i++)
			add(&set, hash_tlsa(&tlsa->record[i]));
	}
	return close_set(&set);
}
