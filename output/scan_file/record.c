/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/record.h"

#include <stdlib.h>
#include <string.h>

#include "output/scan_file/pack.h"
#include "parsers/utf8.h"

enum { BUFFER_FIRST = 64 * 1024 };

static int append(void *arg, const char *octets, size_t n)
{
	struct record_buffer *b = arg;

	if (b->failed)
		return -1;
	if (n == 0)
		return 0;
	if (n > b->size - b->n) {
		size_t size = b->n + n > 2 * b->size ? b->n + n : 2 * b->size;
		char *data = realloc(b->data, size);

		if (!data) {
			b->failed = true;
			return -1;
		}
		b->data = data;
		b->size = size;
	}
	memcpy(b->data + b->n, octets, n);
	b->n += n;
	return 0;
}

struct record_buffer *record_buffer_new(void)
{
	struct record_buffer *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->data = malloc(BUFFER_FIRST);
	if (!b->data) {
		free(b);
		return NULL;
	}
	b->size = BUFFER_FIRST;
	for (int t = 0; t < TABLE_COUNT; t++)
		intern_init(&b->table[t]);
	msgpack_packer_init(&b->packer, b, append);
	return b;
}

void record_buffer_free(struct record_buffer *b)
{
	if (!b)
		return;
	for (int t = 0; t < TABLE_COUNT; t++)
		intern_fini(&b->table[t]);
	free(b->data);
	free(b);
}

void record_buffer_reset(struct record_buffer *b)
{
	pack_cut_back(b, &(struct pack_mark){ 0 });
	b->begun = false;
	b->previous = (struct schema_previous){ 0 };
}

void record_buffer_keep(struct record_buffer *b, struct kept *kept)
{
	b->kept = kept;
}

struct span record_buffer_content(const struct record_buffer *b)
{
	return (struct span){ b->data, b->n };
}

/* Replace what was written from @start on by its number, if the frame has it already. */
static inline void pack_interned(struct record_buffer *b, enum schema_table table, size_t start)
{
	long number = pack_number_of(b, table, start, start);

	if (b->n == start)
		pack_uint(b, (uint64_t)number);
}

/* ---- what DNS said ---- */

static bool shape_has_why(const struct observation *o)
{
	bool has = pack_has_why(&o->mx.answer);

	for (int q = 0; q < TXT_QUESTIONS; q++)
		has |= pack_has_why(&o->txt[q].answer);
	return has;
}

static bool shape_has_source(const struct observation *o)
{
	bool has = pack_has_source(&o->mx.answer);

	for (int q = 0; q < TXT_QUESTIONS; q++)
		has |= pack_has_source(&o->txt[q].answer);
	return has;
}

static void pack_shape(struct record_buffer *b, const struct observation *o)
{
	bool has_why = shape_has_why(o), has_source = shape_has_source(o);
	size_t start = b->n;

	pack_array(b, SHAPE_ELEMENTS + (has_source ? 2u : has_why));
	pack_uint(b, o->input);
	pack_asked(b, &o->mx.answer);
	for (int q = 0; q < TXT_QUESTIONS; q++)
		pack_asked(b, &o->txt[q].answer);
	if (has_why) {
		pack_array(b, WHY_ELEMENTS * (1 + TXT_QUESTIONS));
		pack_why(b, &o->mx.answer);
		for (int q = 0; q < TXT_QUESTIONS; q++)
			pack_why(b, &o->txt[q].answer);
	} else if (has_source) {
		pack_nil(b);
	}
	if (has_source) {
		pack_array(b, SOURCE_ELEMENTS * (1 + TXT_QUESTIONS));
		pack_source(b, &o->mx.answer);
		for (int q = 0; q < TXT_QUESTIONS; q++)
			pack_source(b, &o->txt[q].answer);
	}
	pack_interned(b, TABLE_SHAPE, start);
}

/* Are the octets of @s those of @name with "-" for each "."? Same length. */
static bool is_dashed(const char *s, struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (s[i] != (name.p[i] == '.' ? '-' : name.p[i]))
			return false;
	return true;
}

/* @name with the domain's own name in it replaced, in @room; or as it is. "mail.example.com" of a thousand domains
 * becomes one "mail.\0", and their sets of MX one set. */
static struct span template_of(struct span name, struct span domain, char room[static TEMPLATE_MAX])
{
	size_t rest = name.n - domain.n;

	if (domain.n == 0 || domain.n > name.n)
		return name;
	if (span_ends_with(name, domain)) {
		memcpy(room, name.p, rest);
		room[rest] = TEMPLATE_NAME;
	} else if (is_dashed(name.p, domain)) {
		room[0] = TEMPLATE_DASHED;
		memcpy(room + 1, name.p + domain.n, rest);
	} else {
		return name;
	}
	return (struct span){ room, rest + 1 };
}

static void pack_mx_name(struct record_buffer *b, struct span name, struct span domain)
{
	char room[TEMPLATE_MAX];
	bool fits = name.n < sizeof(room) && span_find(name, 0, TEMPLATE_NAME) == name.n &&
		    span_find(name, 0, TEMPLATE_DASHED) == name.n && utf8_is_valid(name);
	struct span s = fits ? template_of(name, domain, room) : name;

	/* A template may cut inside a character, and is no UTF-8 then. */
	if (fits && (s.p == name.p || utf8_is_valid(s))) {
		msgpack_pack_str(&b->packer, s.n);
		msgpack_pack_str_body(&b->packer, s.p, s.n);
	} else {
		pack_bin(b, name.p, name.n);
	}
}

static void pack_mx(struct record_buffer *b, const struct observation *o, struct span name)
{
	size_t start = b->n, count = at_most(o->mx.count, OBS_MX_MAX);

	pack_array(b, MX_ELEMENTS * count);
	for (size_t i = 0; i < count; i++) {
		pack_uint(b, o->mx.record[i].preference);
		pack_mx_name(b, o->mx.record[i].name, name);
	}
	pack_interned(b, TABLE_MX, start);
}

static size_t mx_omitted(const struct obs_mx *mx)
{
	return mx->omitted + (mx->count - at_most(mx->count, OBS_MX_MAX));
}

static void pack_mx_more(struct record_buffer *b, const struct obs_mx *mx)
{
	pack_array(b, MX_MORE_ELEMENTS);
	pack_texts(b, mx->answer.cname, at_most(mx->answer.cname_count, OBS_CNAME_MAX));
	pack_uint(b, mx_omitted(mx));
}

static bool txt_is_empty(const struct obs_txt *txt)
{
	return txt->count == 0 && txt->omitted == 0 && txt->answer.ttl == 0 && txt->answer.cname_count == 0;
}

/* Records up to the last that is of several strings. */
static size_t splits_of(const struct obs_txt *txt)
{
	size_t n = txt->split ? at_most(txt->count, OBS_TXT_MAX) : 0;

	while (n > 0 && !txt->split[n - 1].p)
		n--;
	return n;
}

static void pack_splits(struct record_buffer *b, const struct span *split, size_t count)
{
	pack_array(b, count);
	for (size_t i = 0; i < count; i++) {
		if (split[i].p)
			pack_bin(b, split[i].p, split[i].n);
		else
			pack_nil(b);
	}
}

static void pack_txt(struct record_buffer *b, const struct obs_txt *txt)
{
	size_t count = at_most(txt->count, OBS_TXT_MAX);
	size_t cnames = at_most(txt->answer.cname_count, OBS_CNAME_MAX);
	size_t omitted = txt->omitted + (txt->count - count), splits = splits_of(txt);
	bool has_meant = splits > 0 || omitted > txt->omitted_meant, has_omitted = has_meant || omitted > 0;
	bool has_cname = has_omitted || cnames > 0;

	pack_array(b, TXT_ELEMENTS + has_cname + has_omitted + has_meant + (splits > 0));
	pack_uint(b, txt->answer.ttl);
	pack_texts(b, txt->record, count);
	if (has_cname)
		pack_texts(b, txt->answer.cname, cnames);
	if (has_omitted)
		pack_uint(b, omitted);
	if (has_meant)
		pack_uint(b, txt->omitted_meant);
	if (splits > 0)
		pack_splits(b, txt->split, splits);
}

/* ---- what a list and a delegation say ---- */

static bool has_labels(const struct observation *o)
{
	for (size_t i = 0; i < o->label_count; i++)
		if (o->label[i].value.n > 0)
			return true;
	return false;
}

static struct span cut_to(struct span s, size_t most)
{
	return (struct span){ s.p, at_most(s.n, most) };
}

static void pack_labels(struct record_buffer *b, const struct observation *o)
{
	size_t start = b->n, count = at_most(o->label_count, OBS_LABEL_MAX);

	pack_array(b, count);
	for (size_t i = 0; i < count; i++)
		pack_text(b, cut_to(o->label[i].value, OBS_LABEL_OCTETS_MAX));
	pack_interned(b, TABLE_LABEL, start);
}

static bool ns_is_empty(const struct obs_ns *ns)
{
	return ns->count == 0 && ns->omitted == 0 && !ns->parent && pack_answer_is_empty(&ns->answer);
}

static void pack_ns(struct record_buffer *b, const struct obs_ns *ns)
{
	size_t count = at_most(ns->count, OBS_NS_MAX);

	pack_array(b, NS_ELEMENTS);
	pack_asked(b, &ns->answer);
	pack_uint(b, ns->answer.ttl);
	pack_texts(b, ns->name, count);
	pack_uint(b, ns->omitted + (ns->count - count));
	pack_uint(b, ns->parent);
	pack_texts(b, ns->answer.cname, at_most(ns->answer.cname_count, OBS_CNAME_MAX));
	pack_why(b, &ns->answer);
}

/* ---- what a proof found ---- */

static void pack_audits(struct record_buffer *b, const struct observation *o)
{
	size_t audits = at_most(o->audit_count, QUESTION_COUNT);

	pack_array(b, audits);
	for (size_t i = 0; i < audits; i++) {
		const struct obs_audit *audit = &o->audit[i];
		size_t count = at_most(audit->record_count, OBS_AUDIT_RECORDS_MAX);

		pack_array(b, AUDIT_ELEMENTS);
		pack_uint(b, audit->question);
		pack_uint(b, audit->kind);
		pack_uint(b, audit->direct);
		pack_uint(b, audit->resolver);
		pack_uint(b, audit->again);
		pack_array(b, count);
		for (size_t r = 0; r < count; r++)
			pack_text(b, cut_to(audit->record[r], OBS_AUDIT_OCTETS_MAX));
		pack_uint(b, audit->omitted + (audit->record_count - count));
	}
}

/* ---- records ---- */

_Static_assert(FIELD_COUNT <= 32, "a bit for each field");

/* The fields behind the shape that say something, a bit each; the others are nil, and left out at the end. */
static unsigned fields_of(const struct observation *o)
{
	unsigned fields = (unsigned)(o->mx.count > 0) << FIELD_MX | (unsigned)(o->mx.answer.ttl > 0) << FIELD_MX_TTL |
			  (unsigned)(o->rank > 0) << FIELD_RANK |
			  (unsigned)!pack_policy_is_empty(&o->policy) << FIELD_POLICY |
			  (unsigned)(o->mx.answer.cname_count > 0 || mx_omitted(&o->mx) > 0) << FIELD_MX_MORE |
			  (unsigned)has_labels(o) << FIELD_LABEL | (unsigned)!ns_is_empty(&o->ns) << FIELD_NS |
			  (unsigned)(o->audit_count > 0) << FIELD_AUDIT;

	for (int q = 0; q < TXT_QUESTIONS; q++)
		fields |= (unsigned)!txt_is_empty(&o->txt[q]) << schema_txt[q];
	return fields;
}

static void pack_field(struct record_buffer *b, const struct observation *o, unsigned field, struct span name,
		       const struct pack_referred *referred)
{
	switch (field) {
	case FIELD_MX:
		pack_mx(b, o, name);
		break;
	case FIELD_MX_TTL:
		pack_uint(b, o->mx.answer.ttl);
		break;
	case FIELD_RANK:
		pack_int(b, (int64_t)(o->rank - o->index - b->previous.rank_ahead));
		break;
	case FIELD_POLICY:
		pack_policy(b, &o->policy, referred);
		break;
	case FIELD_MX_MORE:
		pack_mx_more(b, &o->mx);
		break;
	case FIELD_LABEL:
		pack_labels(b, o);
		break;
	case FIELD_NS:
		pack_ns(b, &o->ns);
		break;
	case FIELD_AUDIT:
		pack_audits(b, o);
		break;
	default:
		pack_txt(b, &o->txt[schema_question(field)]);
		break;
	}
}

int record_put_domain(struct record_buffer *b, const struct observation *o)
{
	const struct pack_mark mark = pack_begin_in_frame(b);
	const struct span name = { o->name.p, at_most(o->name.n, OBS_LINE_MAX) };
	/* Differences wrap, so that every value survives. */
	const uint64_t end = (uint64_t)o->time_ms + o->duration_ms;
	struct pack_referred referred;
	const unsigned fields = fields_of(o);
	unsigned count = FIELD_COUNT;

	if (fields >> FIELD_POLICY & 1)
		pack_referred(b, &o->policy, &referred);
	while (count > FIELD_SHAPE + 1 && !(fields >> (count - 1) & 1))
		count--;
	pack_array(b, count);
	pack_uint(b, RECORD_KIND_DOMAIN);
	pack_int(b, (int64_t)(o->index - b->previous.index));
	pack_int(b, (int64_t)(end - b->previous.end));
	pack_uint(b, o->duration_ms);
	pack_text(b, name);
	pack_shape(b, o);
	for (unsigned field = FIELD_SHAPE + 1; field < count; field++) {
		if (fields >> field & 1 || field == FIELD_MX_TTL) /* a TTL of 0 is written as that */
			pack_field(b, o, field, name, &referred);
		else
			pack_nil(b);
	}
	if (pack_finish(b, &mark) != 0)
		return -1;
	b->previous.index = o->index;
	b->previous.end = end;
	if (o->rank > 0)
		b->previous.rank_ahead = o->rank - o->index;
	b->begun = true;
	return 0;
}

static void pack_sample(struct record_buffer *b, const struct record_header *header)
{
	pack_array(b, SAMPLE_ELEMENTS);
	msgpack_pack_double(&b->packer, header->sample);
	pack_bin(b, header->sample_key, sizeof(header->sample_key));
}

static void pack_label_names(struct record_buffer *b, const struct record_header *header)
{
	size_t count = at_most(header->label_count, OBS_LABEL_MAX);

	pack_array(b, count);
	for (size_t i = 0; i < count; i++)
		pack_text(b, cut_to(header->label[i], OBS_LABEL_OCTETS_MAX));
}

static void pack_audit_share(struct record_buffer *b, const struct record_header *header)
{
	pack_array(b, AUDIT_SHARE_ELEMENTS);
	msgpack_pack_double(&b->packer, header->audit);
	pack_uint(b, header->audit_least);
	pack_bin(b, header->audit_key, sizeof(header->audit_key));
}

int record_put_header(struct record_buffer *b, const struct record_header *header)
{
	const struct pack_mark mark = pack_begin(b);
	bool has_label = header->label_count > 0, has_sample = header->sample > 0;
	bool is_part = header->first_index > 0 || header->has_gaps;

	pack_array(b, HEADER_ELEMENTS + (header->direct ? 3u : has_label ? 2u : has_sample));
	pack_uint(b, RECORD_KIND_HEADER);
	pack_text(b, SPAN_LITERAL(SCHEMA_FORMAT));
	pack_array(b, VERSION_ELEMENTS);
	pack_uint(b, header->major);
	pack_uint(b, header->minor);
	pack_text(b, header->tool);
	pack_int(b, header->start_ms);
	msgpack_pack_map(&b->packer, header->option_count);
	for (size_t i = 0; i < header->option_count; i++) {
		pack_text(b, header->option[i].name);
		pack_text(b, header->option[i].value);
	}
	pack_array(b, is_part ? INPUT_LONGEST : INPUT_ELEMENTS);
	pack_text(b, header->input);
	pack_uint(b, header->input_size);
	pack_int(b, header->input_mtime);
	pack_uint(b, header->input_sample);
	pack_uint(b, header->shards);
	pack_uint(b, header->shard);
	pack_uint(b, header->input_hash);
	if (is_part) {
		pack_uint(b, header->first_index);
		pack_uint(b, header->has_gaps);
	}
	if (has_sample)
		pack_sample(b, header);
	else if (has_label || header->direct)
		pack_nil(b);
	if (has_label)
		pack_label_names(b, header);
	else if (header->direct)
		pack_nil(b);
	if (header->direct)
		pack_audit_share(b, header);
	return pack_finish(b, &mark);
}

static void pack_counters(struct record_buffer *b, const uint64_t *counter, size_t count)
{
	pack_array(b, count);
	for (size_t i = 0; i < count; i++)
		pack_uint(b, counter[i]);
}

static void pack_direct(struct record_buffer *b, const struct direct_counts *direct)
{
	pack_array(b, DIRECT_ELEMENTS);
	pack_counters(b, direct->source, SOURCE_COUNT);
	pack_counters(b, direct->fall_back, FALL_BACK_COUNT);
	pack_counters(b, direct->audit, AUDIT_KIND_COUNT);
}

int record_put_trailer(struct record_buffer *b, const struct record_trailer *trailer)
{
	const struct pack_mark mark = pack_begin(b);
	bool has_hosts = trailer->has_direct || trailer->hosts > 0 || trailer->hosts_unknown > 0 || trailer->probes > 0;

	pack_array(b, trailer->has_direct ? TRAILER_LONGEST : has_hosts ? TRAILER_HOSTS_ELEMENTS : TRAILER_ELEMENTS);
	pack_uint(b, RECORD_KIND_TRAILER);
	pack_uint(b, trailer->completion);
	pack_int(b, trailer->end_ms);
	pack_uint(b, trailer->domains);
	pack_uint(b, trailer->unknown);
	pack_uint(b, trailer->blocklisted);
	pack_uint(b, trailer->illegal);
	pack_uint(b, trailer->queries);
	pack_uint(b, trailer->fetches);
	if (has_hosts) {
		pack_uint(b, trailer->hosts);
		pack_uint(b, trailer->hosts_unknown);
		pack_uint(b, trailer->probes);
	}
	if (trailer->has_direct)
		pack_direct(b, &trailer->direct);
	return pack_finish(b, &mark);
}

const char *record_library_version(void)
{
	return msgpack_version();
}
