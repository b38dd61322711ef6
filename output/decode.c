#include "output/decode.h"

#include <stdlib.h>

#include "output/decode_policy.h"
#include "output/decode_read.h"

/* An interned shape, spread out. */
struct shape {
	enum input_status input;
	struct obs_answer mx, txt[TXT_QUESTIONS]; /* as far as read_asked tells */
};

/* An interned set of MX. */
struct mx_set {
	struct obs_mx_record *record;
	uint64_t templates; /* bit i: name i holds marks for the domain's own */
	size_t count;
};

_Static_assert(OBS_MX_MAX <= 64, "a bit for each MX");

struct decode *decode_new(void)
{
	struct decode *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	pool_init(&d->frame, DECODE_FRAME_CAP);
	pool_init(&d->record, DECODE_RECORD_CAP);
	return d;
}

void decode_free(struct decode *d)
{
	if (!d)
		return;
	pool_fini(&d->frame);
	pool_fini(&d->record);
	free(d->shape.entry);
	free(d->mx.entry);
	free(d->certificate.entry);
	free(d->body.entry);
	free(d);
}

/* What a frame knows of itself: nothing yet. */
static void forget(struct decode *d)
{
	d->before.index = d->before.end = d->before.rank_ahead = 0;
	d->shape.count = d->mx.count = d->certificate.count = d->body.count = 0;
	pool_reset(&d->frame);
}

void decode_begin(struct decode *d, struct span content)
{
	unpack_init(&d->u, content.p, content.n);
	d->content = content;
	d->no_memory = false;
	forget(d);
	pool_reset(&d->record);
}

size_t decode_offset(const struct decode *d)
{
	return d->content.n - unpack_left(&d->u);
}

/* ---- shape and MX ---- */

static const struct shape *read_shape(struct decode *d)
{
	struct shape *s;
	uint32_t left;

	if (unpack_is_uint(&d->u))
		return refer(d, &d->shape, sizeof(*s));
	s = add(d, &d->shape, sizeof(*s));
	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	left = unpack_array(&d->u);
	s->input = known(enum_field(d, &left), INPUT_STATUS_COUNT, INPUT_ILLEGAL);
	read_asked(d, &left, &s->mx);
	for (int q = 0; q < TXT_QUESTIONS; q++)
		read_asked(d, &left, &s->txt[q]);
	unpack_skip(&d->u, left);
	return s;
}

static bool is_template(struct span name)
{
	return memchr(name.p, TEMPLATE_NAME, name.n) || memchr(name.p, TEMPLATE_DASHED, name.n);
}

static struct mx_set *read_mx_set(struct decode *d)
{
	struct mx_set *set;
	uint32_t n, count;

	if (unpack_is_uint(&d->u))
		return refer(d, &d->mx, sizeof(*set));
	set = add(d, &d->mx, sizeof(*set));
	if (!set)
		return NULL;
	n = unpack_array_max(&d->u, MX_AT_COUNT * OBS_MX_MAX);
	count = n / MX_AT_COUNT;
	*set = (struct mx_set){ .count = count, .record = take(d, &d->frame, count, sizeof(*set->record)) };
	if (n % MX_AT_COUNT != 0)
		unpack_fail(&d->u);
	for (size_t i = 0; !d->u.failed && i < set->count; i++) {
		struct obs_mx_record *mx = &set->record[i];
		bool is_plain;

		mx->preference = (uint16_t)unpack_uint_max(&d->u, UINT16_MAX);
		is_plain = unpack_is_bin(&d->u);
		mx->name = unpack_text(&d->u);
		if (!d->u.failed && !is_plain && is_template(mx->name))
			set->templates |= UINT64_C(1) << i;
	}
	return set;
}

/* The name that @template makes of @domain. */
static struct span expand(struct decode *d, struct span template, struct span domain)
{
	size_t room = 0;
	char *name, *p;

	for (size_t i = 0; i < template.n; i++)
		room += template.p[i] == TEMPLATE_NAME || template.p[i] == TEMPLATE_DASHED ? domain.n : 1;
	name = p = room <= TEMPLATE_MAX ? take(d, &d->record, room + 1, 1) : NULL;
	if (!name) {
		unpack_fail(&d->u);
		return template;
	}
	for (size_t i = 0; i < template.n; i++) {
		if (template.p[i] != TEMPLATE_NAME && template.p[i] != TEMPLATE_DASHED) {
			*p++ = template.p[i];
			continue;
		}
		memcpy(p, domain.p, domain.n);
		for (size_t k = 0; template.p[i] == TEMPLATE_DASHED && k < domain.n; k++) {
			if (p[k] == '.')
				p[k] = '-';
		}
		p += domain.n;
	}
	return (struct span){ name, room };
}

static void read_mx(struct decode *d, struct observation *o)
{
	const struct mx_set *set = read_mx_set(d);
	struct obs_mx_record *record;

	if (!set)
		return;
	o->mx.count = set->count;
	o->mx.record = set->record;
	if (set->templates == 0 || d->u.failed)
		return;
	record = take(d, &d->record, set->count, sizeof(*record));
	for (size_t i = 0; record && i < set->count; i++) {
		record[i] = set->record[i];
		if (set->templates >> i & 1)
			record[i].name = expand(d, record[i].name, o->name);
	}
	o->mx.record = record;
}

static void read_mx_more(struct decode *d, struct obs_mx *mx)
{
	uint32_t left = unpack_array(&d->u);
	size_t cnames;

	mx->answer.cname = texts(d, &d->record, &left, OBS_CNAME_MAX, &cnames);
	mx->answer.cname_count = (uint16_t)cnames;
	mx->omitted = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	unpack_skip(&d->u, left);
}

static void read_txt(struct decode *d, struct obs_txt *txt)
{
	uint32_t left = unpack_array(&d->u);
	size_t records, cnames;

	txt->answer.ttl = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	txt->record = texts(d, &d->record, &left, OBS_TXT_MAX, &records);
	txt->answer.cname = texts(d, &d->record, &left, OBS_CNAME_MAX, &cnames);
	txt->count = (uint32_t)records;
	txt->answer.cname_count = (uint16_t)cnames;
	txt->omitted = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	unpack_skip(&d->u, left);
}

/* ---- records ---- */

/* A field behind the shape. */
static void read_field(struct decode *d, struct observation *o, unsigned field)
{
	switch (field) {
	case FIELD_MX:
		read_mx(d, o);
		break;
	case FIELD_MX_TTL:
		o->mx.answer.ttl = (uint32_t)unpack_uint_max(&d->u, UINT32_MAX);
		break;
	case FIELD_RANK:
		d->before.rank_ahead += (uint64_t)unpack_int(&d->u);
		o->rank = o->index + d->before.rank_ahead;
		break;
	case FIELD_POLICY:
		decode_policy(d, &o->policy);
		break;
	case FIELD_MX_MORE:
		read_mx_more(d, &o->mx);
		break;
	default:
		read_txt(d, &o->txt[schema_question(field)]);
		break;
	}
}

static void read_domain(struct decode *d, uint32_t left, struct observation *o)
{
	const struct shape *shape;

	memset(o, 0, sizeof(*o));
	o->policy.address_used = -1;
	if (left < FIELD_SHAPE) {
		unpack_fail(&d->u);
		return;
	}
	o->index = d->before.index += (uint64_t)unpack_int(&d->u);
	d->before.end += (uint64_t)unpack_int(&d->u);
	o->duration_ms = (uint32_t)unpack_uint_max(&d->u, UINT32_MAX);
	o->time_ms = (int64_t)(d->before.end - o->duration_ms);
	o->name = unpack_text(&d->u);
	if (o->name.n > OBS_LINE_MAX)
		unpack_fail(&d->u);
	shape = read_shape(d);
	if (!shape)
		return;
	o->input = shape->input;
	o->mx.answer = shape->mx;
	for (int q = 0; q < TXT_QUESTIONS; q++)
		o->txt[q].answer = shape->txt[q];
	left -= FIELD_SHAPE;
	for (unsigned field = FIELD_SHAPE + 1; left > 0 && field < FIELD_COUNT; field++, left--)
		if (!unpack_nil(&d->u))
			read_field(d, o, field);
	unpack_skip(&d->u, left);
}

static void read_options(struct decode *d, uint32_t *left, struct record_header *header)
{
	uint32_t n = unpack_field(&d->u, left) ? unpack_map(&d->u) : 0;
	struct record_option *option = take(d, &d->record, n, sizeof(*option));

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
	unpack_skip(&d->u, inner);
}

/* Is it a version that we can read? What a newer major holds behind its number is left alone. */
static bool read_header(struct decode *d, uint32_t left, struct record_header *header)
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
	unpack_skip(&d->u, left);
	return true;
}

static void read_trailer(struct decode *d, uint32_t left, struct record_trailer *trailer)
{
	struct unpack *u = &d->u;

	trailer->completion = known(enum_field(d, &left), COMPLETION_COUNT, COMPLETION_ABORTED);
	trailer->end_ms = unpack_field_int(u, &left);
	trailer->domains = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->unknown = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->blocklisted = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->illegal = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->queries = unpack_field_uint(u, &left, UINT64_MAX);
	trailer->fetches = unpack_field_uint(u, &left, UINT64_MAX);
	unpack_skip(u, left);
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
		return read_header(d, left, &other->header) ? DECODE_HEADER : DECODE_NEWER;
	case RECORD_KIND_TRAILER:
		read_trailer(d, left, &other->trailer);
		return DECODE_TRAILER;
	case RECORD_KIND_CERTIFICATE:
		decode_certificate(d, left);
		return DECODE_END;
	case RECORD_KIND_BODY:
		decode_body(d, left);
		return DECODE_END;
	case RECORD_KIND_FRAME:
		/* Of its own where zstd's frames are ours; after packing again with other tools, one may hold
		 * many. */
		forget(d);
		unpack_skip(&d->u, left);
		return DECODE_END;
	default:
		unpack_skip(&d->u, left);
		return DECODE_END;
	}
}

enum decode_result decode_next(struct decode *d, struct observation *domain, union decode_frame_record *other)
{
	pool_reset(&d->record);
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
