/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/merge/merge_row.h"

#include "analysis/pass/sorted_rows.h"

enum {
	KIND = 1, /* octets of each part */
	INDEX = 8,
	TIME = 8,
	PASSES = 1,
	PLACE = 8,
	RECORD_BITS = 40, /* of a place; the rest is the file */
	NAME_END = 0,     /* behind a host's name, */
	ESCAPE = 1,       /* in which either of the two is written as this and an octet above: so the order is kept */
};

/* Times before 1970 are less than those after. */
static uint64_t ordered(int64_t time)
{
	return (uint64_t)time ^ UINT64_C(1) << 63;
}

static uint64_t number_of(struct merge_place place)
{
	return (uint64_t)place.file << RECORD_BITS | (place.record & ((UINT64_C(1) << RECORD_BITS) - 1));
}

void merge_row_vantage(struct text *row, const struct obs_vantage *vantage, struct merge_place place)
{
	text_char(row, MERGE_VANTAGE);
	sorted_rows_put_number(row, ordered(vantage->time_ms), TIME);
	sorted_rows_put_number(row, number_of(place), PLACE);
}

void merge_row_domain(struct text *row, const struct observation *observation, struct merge_place place)
{
	text_char(row, MERGE_DOMAIN);
	sorted_rows_put_number(row, observation->index, INDEX);
	sorted_rows_put_number(row, number_of(place), PLACE);
}

/* As names are compared: without regard to case, and to the root's dot at the end. */
static void put_name(struct text *row, struct span name)
{
	size_t n = name.n > 0 && name.p[name.n - 1] == '.' ? name.n - 1 : name.n;

	for (size_t i = 0; i < n; i++) {
		char c = ascii_lower(name.p[i]);

		if (c == NAME_END || c == ESCAPE)
			text_char(row, ESCAPE);
		text_char(row, c == NAME_END || c == ESCAPE ? (char)(c + 1) : c);
	}
	text_char(row, NAME_END);
}

/* More passes come first, then the later, and of two that are alike the one that was read last. */
void merge_row_host(struct text *row, const struct obs_host *host, struct merge_place place)
{
	text_char(row, MERGE_HOST);
	put_name(row, host->name);
	sorted_rows_put_number(row, (uint8_t)~host->passes, PASSES);
	sorted_rows_put_number(row, ~ordered(host->time_ms), TIME);
	sorted_rows_put_number(row, ~number_of(place), PLACE);
}

struct merge_row merge_row_read(struct span row)
{
	struct merge_row read = { .kind = (enum merge_kind)row.p[0] };
	uint64_t place;
	size_t n = 0;

	switch (read.kind) {
	case MERGE_VANTAGE:
		n = KIND + TIME + PLACE;
		read.key = (struct span){ row.p, n };
		break;
	case MERGE_DOMAIN:
		read.key = (struct span){ row.p, KIND + INDEX };
		n = KIND + INDEX + PLACE;
		break;
	case MERGE_HOST:
		read.key = (struct span){ row.p, span_find(row, KIND, NAME_END) + 1 };
		n = read.key.n + PASSES + TIME + PLACE;
		break;
	}
	read.record = span_skip(row, n);
	row = span_skip(row, n - PLACE);
	place = sorted_rows_take_number(&row, PLACE);
	read.file = (uint32_t)((read.kind == MERGE_HOST ? ~place : place) >> RECORD_BITS);
	return read;
}
