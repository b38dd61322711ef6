/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/decode.h"

#include <stdlib.h>
#include <string.h>

#include "output/scan_file/decode_inside.h"
#include "parsers/domain.h"

enum { TABLE_FIRST = 64 }; /* entries */

/* An interned shape, spread out. */
struct shape {
	enum input_status input;
	struct obs_answer mx, txt[TXT_QUESTIONS]; /* as far as decode_asked tells */
};

/* An interned set of MX. */
struct mx_set {
	uint32_t first, count; /* in TABLE_MX_RECORD */
	uint64_t templates;    /* bit i: name i holds marks for the domain's own */
	bool all_hosts;        /* looked at here, once for all domains that have it; a template is none */
};

_Static_assert(OBS_MX_MAX <= 64, "a bit for each MX");

/* ---- memory ---- */

static struct decode *new_with(size_t size)
{
	struct decode *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->record = malloc(size);
	d->size = size;
	if (d->record)
		return d;
	free(d);
	return NULL;
}

struct decode *decode_new(void)
{
	return new_with(DECODE_RECORD_CAP);
}

/* All lists of a host, each with as many as there may be. */
enum {
	HOST_ANSWERS = 2 + HOST_TLSA_BASES,
	PROBE_LISTS = OBS_CHAIN_MAX * sizeof(struct obs_certificate) +
		      2 * OBS_VERIFY_ERRORS_MAX * sizeof(struct obs_verify_error) + 3 * alignof(max_align_t),
	HOST_LISTS = HOST_PROBES_MAX * (sizeof(struct obs_smtp) + PROBE_LISTS) +
		     HOST_TLSA_BASES * OBS_TLSA_MAX * sizeof(struct obs_tlsa_record) +
		     HOST_ANSWERS * OBS_CNAME_MAX * sizeof(struct span) + OBS_ADDRESS_MAX * sizeof(struct obs_address) +
		     16 * alignof(max_align_t)
};

_Static_assert((int)HOST_LISTS <= (int)DECODE_HOST_CAP, "what the reader takes can be decoded again");

struct decode *decode_new_for_host(void)
{
	return new_with(DECODE_HOST_CAP);
}

void decode_free(struct decode *d)
{
	if (!d)
		return;
	for (int t = 0; t < TABLES; t++)
		free(d->table[t].entry);
	free(d->label_names);
	free(d->record);
	free(d);
}

size_t decode_memory(const struct decode *d)
{
	return d->table_octets + d->used;
}

/* What a frame knows of itself: nothing yet. */
static void begin_frame(struct decode *d)
{
	d->previous = (struct schema_previous){ 0 };
	for (int t = 0; t < TABLES; t++)
		d->table[t].count = 0;
}

void decode_begin(struct decode *d, struct span content)
{
	unpack_init(&d->u, content.p, content.n);
	d->content = content;
	d->no_memory = false;
	begin_frame(d);
}

size_t decode_offset(const struct decode *d)
{
	return d->content.n - unpack_left(&d->u);
}

static void *no_memory(struct decode *d)
{
	d->no_memory = true;
	unpack_fail(&d->u);
	return NULL;
}

void *decode_room(struct decode *d, size_t count, size_t size)
{
	size_t n = (count * size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);

	if (n == 0)
		return NULL;
	if (n > d->size - d->used)
		return no_memory(d);
	d->used += n;
	return d->record + d->used - n;
}

void *decode_add(struct decode *d, unsigned number, size_t entry, uint32_t count)
{
	struct table *table = &d->table[number];
	uint32_t size = table->size;

	while (size - table->count <= count)
		size = size > 0 ? 2 * size : TABLE_FIRST;
	if (size != table->size) {
		char *grown = size * entry <= DECODE_TABLE_CAP ? realloc(table->entry, size * entry) : NULL;

		if (!grown)
			return no_memory(d);
		d->table_octets += (size - table->size) * entry;
		table->entry = grown;
		table->size = size;
	}
	table->count += count;
	return table->entry + entry * (table->count - count);
}

void *decode_refer(struct decode *d, enum schema_table number, size_t entry)
{
	uint64_t i = unpack_uint(&d->u);

	if (!d->u.failed && i < d->table[number].count)
		return d->table[number].entry + entry * i;
	unpack_fail(&d->u);
	return NULL;
}

/* ---- what many fields are ---- */

unsigned decode_enum(struct decode *d, uint32_t *left, unsigned count, unsigned other)
{
	uint64_t value = unpack_field_uint(&d->u, left, UINT8_MAX);

	return value < count ? (unsigned)value : other;
}

void *decode_list(struct decode *d, uint32_t *left, uint32_t max, size_t size, uint32_t *count)
{
	uint32_t n = unpack_field(&d->u, left) ? unpack_array_max(&d->u, max) : 0;
	void *list = decode_room(d, n, size);

	*count = list ? n : 0;
	return list;
}

void decode_asked(struct decode *d, uint32_t *left, struct obs_answer *answer)
{
	uint64_t flags = unpack_field_uint(&d->u, left, UINT8_MAX);
	unsigned status = flags & ANSWER_STATUS_MASK;

	answer->status = status < DNS_STATUS_COUNT ? status : DNS_ERROR;
	answer->ad = flags & ANSWER_AD;
	answer->cname_loop = flags & ANSWER_CNAME_LOOP;
	answer->tries = (uint8_t)unpack_field_uint(&d->u, left, UINT8_MAX);
}

void decode_why(struct decode *d, uint32_t *left, struct obs_answer *answer)
{
	answer->ede = (uint16_t)unpack_field_uint(&d->u, left, UINT16_MAX);
	answer->unchecked = decode_enum(d, left, DNS_STATUS_COUNT, DNS_ERROR);
}

void decode_source(struct decode *d, uint32_t *left, struct obs_answer *answer)
{
	answer->source = decode_enum(d, left, SOURCE_COUNT, SOURCE_NONE);
	answer->fall_back = decode_enum(d, left, FALL_BACK_COUNT, FALL_BACK_OTHER);
}

const struct span *decode_texts(struct decode *d, uint32_t *left, uint32_t max, uint32_t *count)
{
	struct span *text = decode_list(d, left, max, sizeof(*text), count);

	for (uint32_t i = 0; i < *count; i++)
		text[i] = unpack_text(&d->u);
	return text;
}

/* ---- shape and MX ---- */

/* A field with something of each answer. */
static void read_of_each(struct decode *d, uint32_t *left, struct shape *s,
			 void (*read)(struct decode *d, uint32_t *left, struct obs_answer *answer))
{
	uint32_t inner = unpack_field(&d->u, left) ? unpack_array(&d->u) : 0;

	read(d, &inner, &s->mx);
	for (int q = 0; q < TXT_QUESTIONS; q++)
		read(d, &inner, &s->txt[q]);
	unpack_skip(&d->u, inner);
}

static const struct shape *read_shape(struct decode *d)
{
	struct shape *s;
	uint32_t left;

	if (unpack_is_uint(&d->u))
		return decode_refer(d, TABLE_SHAPE, sizeof(*s));
	s = decode_add(d, TABLE_SHAPE, sizeof(*s), 1);
	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	left = unpack_array(&d->u);
	s->input = decode_enum(d, &left, INPUT_STATUS_COUNT, INPUT_ILLEGAL);
	decode_asked(d, &left, &s->mx);
	for (int q = 0; q < TXT_QUESTIONS; q++)
		decode_asked(d, &left, &s->txt[q]);
	read_of_each(d, &left, s, decode_why);
	read_of_each(d, &left, s, decode_source);
	unpack_skip(&d->u, left);
	return s;
}

static bool has_mark(struct span name)
{
	return memchr(name.p, TEMPLATE_NAME, name.n) || memchr(name.p, TEMPLATE_DASHED, name.n);
}

static const struct mx_set *read_mx_set(struct decode *d)
{
	struct obs_mx_record *record;
	struct mx_set *set;
	uint32_t n;

	if (unpack_is_uint(&d->u))
		return decode_refer(d, TABLE_MX, sizeof(*set));
	set = decode_add(d, TABLE_MX, sizeof(*set), 1);
	n = unpack_array_max(&d->u, MX_ELEMENTS * OBS_MX_MAX);
	record = decode_add(d, TABLE_MX_RECORD, sizeof(*record), n / MX_ELEMENTS);
	if (!set || !record || n % MX_ELEMENTS != 0) {
		unpack_fail(&d->u);
		return NULL;
	}
	*set = (struct mx_set){ .first = d->table[TABLE_MX_RECORD].count - n / MX_ELEMENTS, .count = n / MX_ELEMENTS };
	set->all_hosts = true;
	for (uint32_t i = 0; i < set->count; i++) {
		bool is_template, is_host;

		record[i].preference = (uint16_t)unpack_uint_max(&d->u, UINT16_MAX);
		is_template = !unpack_is_bin(&d->u);
		record[i].name = unpack_text(&d->u);
		if (record[i].name.n > TEMPLATE_MAX)
			unpack_fail(&d->u);
		is_host = !d->u.failed && domain_is_mail_host(record[i].name); /* and so without marks */
		set->all_hosts = set->all_hosts && is_host;
		if (!d->u.failed && !is_host && is_template && has_mark(record[i].name))
			set->templates |= UINT64_C(1) << i;
	}
	return set;
}

/* The name that @template makes of @domain. */
static struct span expand_template(struct decode *d, struct span template, struct span domain)
{
	char *name = decode_room(d, TEMPLATE_MAX, 1), *p = name, *end;
	size_t i = 0;

	if (!name)
		return template;
	for (end = name + TEMPLATE_MAX; i < template.n && p < end; i++) {
		char c = template.p[i];

		if (c != TEMPLATE_NAME && c != TEMPLATE_DASHED) {
			*p++ = c;
			continue;
		}
		if (domain.n > (size_t)(end - p))
			break;
		memcpy(p, domain.p, domain.n);
		for (size_t k = 0; c == TEMPLATE_DASHED && k < domain.n; k++)
			if (p[k] == '.')
				p[k] = '-';
		p += domain.n;
	}
	if (i < template.n) /* too long */
		unpack_fail(&d->u);
	return (struct span){ name, (size_t)(p - name) };
}

static void read_mx(struct decode *d, struct observation *o)
{
	const struct mx_set *set = read_mx_set(d);
	const struct obs_mx_record *record;
	struct obs_mx_record *own;

	if (!set)
		return;
	o->mx.count = set->count;
	o->mx.all_hosts = set->all_hosts;
	o->mx.record = record = (const struct obs_mx_record *)d->table[TABLE_MX_RECORD].entry + set->first;
	if (set->templates == 0)
		return;
	o->mx.record = own = decode_room(d, set->count, sizeof(*own));
	for (size_t i = 0; own && i < set->count; i++) {
		own[i] = record[i];
		if (set->templates >> i & 1)
			own[i].name = expand_template(d, own[i].name, o->name);
	}
}

static void read_mx_more(struct decode *d, struct obs_mx *mx)
{
	uint32_t left = unpack_array(&d->u), cnames;

	mx->answer.cname = decode_texts(d, &left, OBS_CNAME_MAX, &cnames);
	mx->answer.cname_count = (uint16_t)cnames;
	mx->omitted = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	unpack_skip(&d->u, left);
}

/* Do these lengths make up the record? What they would tell of another is not believed. */
static bool is_split_of(struct span split, struct span record)
{
	size_t n = 0;

	for (size_t i = 0; i < split.n; i++)
		n += (uint8_t)split.p[i];
	return n == record.n;
}

static void read_splits(struct decode *d, uint32_t *left, struct obs_txt *txt)
{
	uint32_t n = unpack_field(&d->u, left) ? unpack_array_max(&d->u, txt->count) : 0;
	struct span *split = decode_room(d, n > 0 ? txt->count : 0, sizeof(*split));

	for (uint32_t i = 0; split && i < txt->count; i++) {
		split[i] = unpack_field_text(&d->u, &n);
		if (split[i].p && !is_split_of(split[i], txt->record[i]))
			split[i] = (struct span){ NULL, 0 };
	}
	txt->split = split;
}

static void read_txt(struct decode *d, struct obs_txt *txt)
{
	uint32_t left = unpack_array(&d->u), cnames, records;

	txt->answer.ttl = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	txt->record = decode_texts(d, &left, OBS_TXT_MAX, &records);
	txt->count = (uint16_t)records;
	txt->answer.cname = decode_texts(d, &left, OBS_CNAME_MAX, &cnames);
	txt->answer.cname_count = (uint16_t)cnames;
	txt->omitted = (uint16_t)unpack_field_uint(&d->u, &left, UINT16_MAX); /* no DNS message has more */
	txt->omitted_meant = left > 0 ? (uint16_t)unpack_field_uint(&d->u, &left, txt->omitted) : txt->omitted;
	read_splits(d, &left, txt);
	unpack_skip(&d->u, left);
}

/* ---- what a list and a delegation say ---- */

bool decode_set_labels(struct decode *d, const struct span *name, size_t count)
{
	struct table *table = &d->table[TABLE_LABEL];
	size_t octets = 0;
	char *p;

	/* the entries of another set are of another size */
	free(table->entry);
	d->table_octets -= table->size * d->label_count * sizeof(struct obs_label);
	*table = (struct table){ 0 };
	free(d->label_names);
	d->label_names = NULL;
	d->label_count = 0;
	for (size_t i = 0; i < count; i++)
		octets += name[i].n;
	if (count == 0)
		return true;
	d->label_names = p = malloc(octets + 1); /* all may be empty */
	if (!p)
		return false;
	d->label_count = count < OBS_LABEL_MAX ? count : OBS_LABEL_MAX;
	for (size_t i = 0; i < d->label_count; i++) {
		memcpy(p, name[i].p, name[i].n);
		d->no_label[i] = (struct obs_label){ .name = { p, name[i].n } };
		p += name[i].n;
	}
	return true;
}

bool decode_copy_labels(struct decode *d, const struct decode *from)
{
	struct span name[OBS_LABEL_MAX];

	for (size_t i = 0; i < from->label_count; i++)
		name[i] = from->no_label[i].name;
	return decode_set_labels(d, name, from->label_count);
}

static const struct obs_label *read_labels(struct decode *d)
{
	const size_t size = d->label_count * sizeof(struct obs_label);
	struct obs_label *label;
	uint32_t left;

	if (unpack_is_uint(&d->u))
		return decode_refer(d, TABLE_LABEL, size);
	label = decode_add(d, TABLE_LABEL, size, 1);
	left = unpack_array_max(&d->u, OBS_LABEL_MAX);
	for (size_t i = 0; label && i < d->label_count; i++) {
		label[i] = d->no_label[i];
		label[i].value = unpack_field_text(&d->u, &left);
		if (label[i].value.n > OBS_LABEL_OCTETS_MAX)
			unpack_fail(&d->u);
	}
	unpack_skip(&d->u, left);
	return label;
}

static void read_ns(struct decode *d, struct obs_ns *ns)
{
	uint32_t left = unpack_array(&d->u), count;

	decode_asked(d, &left, &ns->answer);
	ns->answer.ttl = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	ns->name = decode_texts(d, &left, OBS_NS_MAX, &count);
	ns->count = (uint16_t)count;
	ns->omitted = (uint16_t)unpack_field_uint(&d->u, &left, UINT16_MAX); /* no DNS message has more */
	ns->parent = unpack_field_uint(&d->u, &left, 1);
	ns->answer.cname = decode_texts(d, &left, OBS_CNAME_MAX, &count);
	ns->answer.cname_count = (uint16_t)count;
	decode_why(d, &left, &ns->answer);
	unpack_skip(&d->u, left);
}

/* ---- records ---- */

/* A field behind the shape. */
static void read_domain_field(struct decode *d, struct observation *o, unsigned field)
{
	switch (field) {
	case FIELD_MX:
		read_mx(d, o);
		break;
	case FIELD_MX_TTL:
		o->mx.answer.ttl = (uint32_t)unpack_uint_max(&d->u, UINT32_MAX);
		break;
	case FIELD_RANK:
		d->previous.rank_ahead += (uint64_t)unpack_int(&d->u);
		o->rank = o->index + d->previous.rank_ahead;
		break;
	case FIELD_POLICY:
		decode_policy(d, &o->policy);
		break;
	case FIELD_MX_MORE:
		read_mx_more(d, &o->mx);
		break;
	case FIELD_LABEL:
		if (d->label_count > 0)
			o->label = read_labels(d);
		else
			unpack_skip(&d->u, 1);
		break;
	case FIELD_NS:
		read_ns(d, &o->ns);
		break;
	case FIELD_AUDIT:
		decode_audits(d, o);
		break;
	default:
		read_txt(d, &o->txt[schema_question(field)]);
		break;
	}
}

static void read_domain(struct decode *d, uint32_t left, struct observation *o)
{
	const struct shape *shape;

	if (left < FIELD_SHAPE) {
		unpack_fail(&d->u);
		return;
	}
	o->index = d->previous.index += (uint64_t)unpack_int(&d->u);
	d->previous.end += (uint64_t)unpack_int(&d->u);
	o->duration_ms = (uint32_t)unpack_uint_max(&d->u, UINT32_MAX);
	o->time_ms = (int64_t)(d->previous.end - o->duration_ms);
	o->name = unpack_text(&d->u);
	if (o->name.n > OBS_LINE_MAX)
		unpack_fail(&d->u);
	shape = read_shape(d);
	if (!shape)
		return;
	o->input = shape->input;
	o->rank = 0;
	o->mx = (struct obs_mx){ .answer = shape->mx };
	for (int q = 0; q < TXT_QUESTIONS; q++)
		o->txt[q] = (struct obs_txt){ .answer = shape->txt[q] };
	o->policy = (struct obs_policy){ .address_used = -1 };
	o->ns = (struct obs_ns){ 0 };
	o->audit = NULL;
	o->audit_count = 0;
	o->label = d->label_count > 0 ? d->no_label : NULL;
	o->label_count = d->label_count;
	left -= FIELD_SHAPE;
	for (unsigned field = FIELD_SHAPE + 1; left > 0 && field < FIELD_COUNT; field++, left--)
		if (!unpack_nil(&d->u))
			read_domain_field(d, o, field);
	unpack_skip(&d->u, left);
}

/* One record; DECODE_END for a kind that yields nothing of its own. */
static enum decode_result read_record(struct decode *d, struct observation *domain, union decode_frame_record *other)
{
	uint32_t left = unpack_array(&d->u);
	uint64_t kind;

	if (left == 0) {
		unpack_fail(&d->u);
		return DECODE_END;
	}
	kind = unpack_uint(&d->u);
	left--;
	switch (kind) {
	case RECORD_KIND_DOMAIN:
		read_domain(d, left, domain);
		return DECODE_DOMAIN;
	case RECORD_KIND_HEADER:
		return decode_header(d, left, &other->header) ? DECODE_HEADER : DECODE_NEWER;
	case RECORD_KIND_TRAILER:
		decode_trailer(d, left, &other->trailer);
		return DECODE_TRAILER;
	case RECORD_KIND_CERTIFICATE:
		decode_certificate(d, left);
		return DECODE_END;
	case RECORD_KIND_BODY:
		decode_body(d, left);
		return DECODE_END;
	case RECORD_KIND_HOST:
		decode_host(d, left, &other->host);
		return DECODE_HOST;
	case RECORD_KIND_VANTAGE:
		decode_vantage(d, left, &other->vantage);
		return DECODE_VANTAGE;
	case RECORD_KIND_FRAME:
		/* Of its own where zstd's frames are ours; after packing again with other tools, one may hold
		 * many. */
		begin_frame(d);
		unpack_skip(&d->u, left);
		return DECODE_END;
	default:
		unpack_skip(&d->u, left);
		return DECODE_END;
	}
}

enum decode_result decode_next(struct decode *d, struct observation *domain, union decode_frame_record *other)
{
	d->used = 0;
	while (unpack_left(&d->u) > 0 && !d->u.failed) {
		enum decode_result result = read_record(d, domain, other);

		if (d->no_memory)
			return DECODE_MEMORY;
		if (d->u.failed)
			return DECODE_DAMAGED;
		if (result != DECODE_END)
			return result;
	}
	return d->u.failed ? DECODE_DAMAGED : DECODE_END;
}
