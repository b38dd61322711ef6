/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "output/scan_file/decode_inside.h"

static void read_options(struct decode *d, uint32_t *left, struct record_header *header)
{
	uint32_t n = unpack_field(&d->u, left) ? unpack_map(&d->u) : 0;
	struct record_option *option = decode_room(d, n, sizeof(*option));

	for (uint32_t i = 0; option && i < n; i++) {
		option[i].name = unpack_text(&d->u);
		option[i].value = unpack_text(&d->u);
	}
	header->option = option;
	header->option_count = option ? n : 0;
}

static void read_input(struct decode *d, uint32_t *left, struct record_header *header)
{
	uint32_t inner = unpack_field(&d->u, left) ? unpack_array(&d->u) : 0;

	header->input = unpack_field_text(&d->u, &inner);
	header->input_size = unpack_field_uint(&d->u, &inner, UINT64_MAX);
	header->input_mtime = unpack_field_int(&d->u, &inner);
	header->input_sample = unpack_field_uint(&d->u, &inner, UINT64_MAX);
	header->shards = (uint32_t)unpack_field_uint(&d->u, &inner, UINT32_MAX);
	header->shard = (uint32_t)unpack_field_uint(&d->u, &inner, UINT32_MAX);
	header->input_hash = unpack_field_uint(&d->u, &inner, UINT64_MAX);
	header->first_index = unpack_field_uint(&d->u, &inner, UINT64_MAX);
	header->has_gaps = unpack_field_uint(&d->u, &inner, 1);
	unpack_skip(&d->u, inner);
}

static void read_sample(struct decode *d, uint32_t *left, struct record_header *header)
{
	uint32_t inner = unpack_field(&d->u, left) ? unpack_array(&d->u) : 0;
	struct span key;

	if (inner == 0)
		return;
	header->sample = unpack_field(&d->u, &inner) ? unpack_double(&d->u) : 0;
	key = unpack_field_text(&d->u, &inner);
	unpack_skip(&d->u, inner);
	if (header->sample > 0 && header->sample <= 1 && key.n == sizeof(header->sample_key))
		memcpy(header->sample_key, key.p, sizeof(header->sample_key));
	else
		unpack_fail(&d->u); /* what share it is decides all numbers: none is made up */
	if (header->sample == 1)    /* a sample of all is the whole list, and compared as such */
		header->sample = 0;
}

static void read_label_names(struct decode *d, uint32_t *left, struct record_header *header)
{
	uint32_t count;

	header->label = decode_texts(d, left, OBS_LABEL_MAX, &count);
	header->label_count = count;
	for (uint32_t i = 0; i < count; i++)
		if (header->label[i].n > OBS_LABEL_OCTETS_MAX)
			unpack_fail(&d->u);
}

static void read_audit_share(struct decode *d, uint32_t *left, struct record_header *header)
{
	uint32_t inner = unpack_field(&d->u, left) ? unpack_array(&d->u) : 0;
	struct span key;

	if (inner == 0)
		return;
	header->direct = true;
	header->audit = unpack_field(&d->u, &inner) ? unpack_double(&d->u) : 0;
	header->audit_least = unpack_field_uint(&d->u, &inner, UINT64_MAX);
	key = unpack_field_text(&d->u, &inner);
	unpack_skip(&d->u, inner);
	if (header->audit >= 0 && header->audit <= 1 && key.n == sizeof(header->audit_key))
		memcpy(header->audit_key, key.p, sizeof(header->audit_key));
	else
		unpack_fail(&d->u); /* it says what the counts of audits are a sample of: none is made up */
}

bool decode_header(struct decode *d, uint32_t left, struct record_header *header)
{
	uint32_t inner;

	memset(header, 0, sizeof(*header));
	if (!span_equal(unpack_field_text(&d->u, &left), SPAN_LITERAL(SCHEMA_FORMAT)))
		unpack_fail(&d->u);
	inner = unpack_field(&d->u, &left) ? unpack_array(&d->u) : 0;
	header->major = (uint16_t)unpack_field_uint(&d->u, &inner, UINT16_MAX);
	header->minor = (uint16_t)unpack_field_uint(&d->u, &inner, UINT16_MAX);
	unpack_skip(&d->u, inner);
	if (d->u.failed || header->major != RECORD_SCHEMA_MAJOR)
		return d->u.failed;
	header->tool = unpack_field_text(&d->u, &left);
	header->start_ms = unpack_field_int(&d->u, &left);
	read_options(d, &left, header);
	read_input(d, &left, header);
	read_sample(d, &left, header);
	read_label_names(d, &left, header);
	read_audit_share(d, &left, header);
	unpack_skip(&d->u, left);
	return true;
}

/* Counts of values that a newer minor has added are passed over. */
static void read_counters(struct decode *d, uint32_t *left, uint64_t *counter, uint32_t count)
{
	uint32_t inner = unpack_field(&d->u, left) ? unpack_array(&d->u) : 0;

	for (uint32_t i = 0; i < count && inner > 0; i++)
		counter[i] = unpack_field_uint(&d->u, &inner, UINT64_MAX);
	unpack_skip(&d->u, inner);
}

static void read_direct(struct decode *d, uint32_t *left, struct record_trailer *trailer)
{
	uint32_t inner = unpack_field(&d->u, left) ? unpack_array(&d->u) : 0;

	memset(&trailer->direct, 0, sizeof(trailer->direct));
	trailer->has_direct = inner > 0;
	read_counters(d, &inner, trailer->direct.source, SOURCE_COUNT);
	read_counters(d, &inner, trailer->direct.fall_back, FALL_BACK_COUNT);
	read_counters(d, &inner, trailer->direct.audit, AUDIT_KIND_COUNT);
	unpack_skip(&d->u, inner);
}

void decode_trailer(struct decode *d, uint32_t left, struct record_trailer *trailer)
{
	struct unpack *u = &d->u;

	trailer->completion = decode_enum(d, &left, COMPLETION_COUNT, COMPLETION_ABORTED);
	trailer->end_ms = unpack_field_int(u, &left);
	trailer->domains = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->unknown = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->blocklisted = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->illegal = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->queries = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->fetches = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->hosts = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->hosts_unknown = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->probes = unpack_field_uint(u, &left, UINT64_MAX);
	read_direct(d, &left, trailer);
	unpack_skip(u, left);
}
