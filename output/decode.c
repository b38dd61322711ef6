#include "output/decode.h"

#include <stdlib.h>

#include "output/pool.h"
#include "output/schema.h"
#include "output/unpack.h"

enum { TABLE_FIRST = 64 };

/* An interned shape, spread out. */
struct shape {
	enum input_status input;
	struct {
		enum dns_status status;
		bool ad, cname_loop;
		uint8_t tries;
	} mx, sts, tlsrpt;
};

/* An interned set of MX. */
struct mx_set {
	struct obs_mx_record *record;
	uint64_t templates; /* bit i: name i holds marks for the domain's own */
	size_t count;
};

_Static_assert(OBS_MX_MAX <= 64, "a bit for each MX");

struct body {
	struct span text;
	const uint8_t *sha256;
};

/* What a frame numbers, in order of appearance. */
struct table {
	void *entry;
	uint32_t count, size;
};

struct decode {
	struct unpack u;
	struct span content;
	bool no_memory;
	struct {
		uint64_t index, end, rank_ahead;
	} before;
	struct table shape, mx, certificate, body;
	struct pool frame, record;
};

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

void decode_begin(struct decode *d, struct span content)
{
	unpack_init(&d->u, content.p, content.n);
	d->content = content;
	d->no_memory = false;
	d->before.index = d->before.end = d->before.rank_ahead = 0;
	d->shape.count = d->mx.count = d->certificate.count = d->body.count = 0;
	pool_reset(&d->frame);
	pool_reset(&d->record);
}

size_t decode_offset(const struct decode *d)
{
	return d->content.n - unpack_left(&d->u);
}

/* Memory for @count things of @size; NULL (and the cursor failed) when there is none, also for none asked. */
static void *take(struct decode *d, struct pool *pool, size_t count, size_t size)
{
	void *p;

	if (count == 0)
		return NULL;
	p = pool_alloc(pool, count * size);
	if (!p) {
		d->no_memory = true;
		unpack_fail(&d->u);
	}
	return p;
}

/* The next entry of a table; NULL (and the cursor failed) without memory. An entry takes an octet of the frame
 * at least, which bounds the table. */
static void *add(struct decode *d, struct table *table, size_t entry)
{
	if (table->count == table->size) {
		uint32_t size = table->size > 0 ? 2 * table->size : TABLE_FIRST;
		void *grown = size * entry <= DECODE_FRAME_CAP ? realloc(table->entry, size * entry) : NULL;

		if (!grown) {
			d->no_memory = true;
			unpack_fail(&d->u);
			return NULL;
		}
		table->entry = grown;
		table->size = size;
	}
	return (char *)table->entry + entry * table->count++;
}

/* The entry that the next number names; NULL (and the cursor failed) where there is none. */
static void *refer(struct decode *d, const struct table *table, size_t entry)
{
	uint64_t number = unpack_uint(&d->u);

	if (d->u.failed || number >= table->count) {
		unpack_fail(&d->u);
		return NULL;
	}
	return (char *)table->entry + entry * number;
}

/* A number on disk as an enum's value; what a newer minor has added becomes @other. */
static unsigned known(uint64_t value, unsigned count, unsigned other)
{
	return value < count ? (unsigned)value : other;
}

static uint64_t enum_field(struct decode *d, uint32_t *left)
{
	return unpack_field_uint(&d->u, left, UINT8_MAX);
}

/* An array of at most @max texts, from the record's or the frame's memory. */
static const struct span *texts(struct decode *d, struct pool *pool, uint32_t *left, uint32_t max, size_t *count)
{
	uint32_t n = unpack_field(&d->u, left) ? unpack_array_max(&d->u, max) : 0;
	struct span *text = take(d, pool, n, sizeof(*text));

	*count = 0;
	if (!text)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		text[i] = unpack_text(&d->u);
	*count = n;
	return text;
}

/* ---- shape and MX ---- */

static enum dns_status status_of(uint64_t flags)
{
	return known(flags & ANSWER_STATUS_MASK, DNS_STATUS_COUNT, DNS_ERROR);
}

static const struct shape *read_shape(struct decode *d)
{
	struct shape *s;
	uint64_t value[SHAPE_COUNT];
	uint32_t left;

	if (unpack_is_uint(&d->u))
		return refer(d, &d->shape, sizeof(*s));
	s = add(d, &d->shape, sizeof(*s));
	if (!s)
		return NULL;
	left = unpack_array(&d->u);
	for (unsigned i = 0; i < SHAPE_COUNT; i++)
		value[i] = enum_field(d, &left);
	unpack_skip(&d->u, left);
	*s = (struct shape){
		.input = known(value[SHAPE_INPUT], INPUT_STATUS_COUNT, INPUT_ILLEGAL),
		.mx = { status_of(value[SHAPE_MX]), value[SHAPE_MX] & ANSWER_AD, value[SHAPE_MX] & ANSWER_CNAME_LOOP,
			(uint8_t)value[SHAPE_MX_TRIES] },
		.sts = { status_of(value[SHAPE_STS]), value[SHAPE_STS] & ANSWER_AD, value[SHAPE_STS] & ANSWER_CNAME_LOOP,
			 (uint8_t)value[SHAPE_STS_TRIES] },
		.tlsrpt = { status_of(value[SHAPE_TLSRPT]), value[SHAPE_TLSRPT] & ANSWER_AD,
			    value[SHAPE_TLSRPT] & ANSWER_CNAME_LOOP, (uint8_t)value[SHAPE_TLSRPT_TRIES] },
	};
	return s;
}

static bool is_template(struct span name)
{
	return memchr(name.p, TEMPLATE_NAME, name.n) || memchr(name.p, TEMPLATE_DASHED, name.n);
}

static struct mx_set *read_mx_set(struct decode *d)
{
	struct mx_set *set;
	uint32_t n;

	if (unpack_is_uint(&d->u))
		return refer(d, &d->mx, sizeof(*set));
	set = add(d, &d->mx, sizeof(*set));
	if (!set)
		return NULL;
	n = unpack_array_max(&d->u, 2 * OBS_MX_MAX);
	*set = (struct mx_set){ .count = n / 2, .record = take(d, &d->frame, n / 2, sizeof(*set->record)) };
	if (n % 2 != 0)
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

	mx->answer.cname = texts(d, &d->record, &left, OBS_CNAME_MAX, &mx->answer.cname_count);
	mx->omitted = (size_t)unpack_field_uint(&d->u, &left, SIZE_MAX);
	unpack_skip(&d->u, left);
}

static void read_txt(struct decode *d, struct obs_txt *txt)
{
	uint32_t left = unpack_array(&d->u);

	txt->answer.ttl = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	txt->record = texts(d, &d->record, &left, OBS_TXT_MAX, &txt->count);
	txt->answer.cname = texts(d, &d->record, &left, OBS_CNAME_MAX, &txt->answer.cname_count);
	txt->omitted = (size_t)unpack_field_uint(&d->u, &left, SIZE_MAX);
	unpack_skip(&d->u, left);
}

/* ---- certificates, bodies, policy ---- */

/* A SHA-256 of the frame, where it stands; NULL (and the cursor failed) when it is none. */
static const uint8_t *read_hash(struct decode *d, uint32_t *left)
{
	struct span s = unpack_field_text(&d->u, left);

	if (s.n == 32)
		return (const uint8_t *)s.p;
	unpack_fail(&d->u);
	return NULL;
}

static void read_certificate(struct decode *d, uint32_t left)
{
	struct obs_certificate *c = add(d, &d->certificate, sizeof(*c));
	const uint8_t *hash;

	if (!c)
		return;
	memset(c, 0, sizeof(*c));
	hash = read_hash(d, &left);
	if (!hash)
		return;
	memcpy(c->sha256, hash, sizeof(c->sha256));
	c->not_before = unpack_field_int(&d->u, &left);
	c->not_after = unpack_field_int(&d->u, &left);
	c->issuer = unpack_field_text(&d->u, &left);
	c->common_name = unpack_field_text(&d->u, &left);
	c->name = texts(d, &d->frame, &left, OBS_CERT_NAMES_MAX, &c->name_count);
	c->name_omitted = (size_t)unpack_field_uint(&d->u, &left, SIZE_MAX);
	unpack_skip(&d->u, left);
}

static void read_body(struct decode *d, uint32_t left)
{
	struct body *body = add(d, &d->body, sizeof(*body));

	if (!body)
		return;
	body->sha256 = read_hash(d, &left);
	body->text = unpack_field_text(&d->u, &left);
	if (body->text.n > POLICY_BODY_MAX)
		unpack_fail(&d->u);
	unpack_skip(&d->u, left);
}

static void read_answer(struct decode *d, uint32_t *left, struct obs_answer *answer)
{
	uint32_t inner = unpack_field(&d->u, left) ? unpack_array_max(&d->u, 3 + OBS_CNAME_MAX) : 0;
	uint64_t flags = enum_field(d, &inner);
	struct span *cname;

	answer->status = status_of(flags);
	answer->ad = flags & ANSWER_AD;
	answer->cname_loop = flags & ANSWER_CNAME_LOOP;
	answer->tries = (uint8_t)unpack_field_uint(&d->u, &inner, UINT8_MAX);
	answer->ttl = (uint32_t)unpack_field_uint(&d->u, &inner, UINT32_MAX);
	cname = take(d, &d->record, inner, sizeof(*cname));
	for (uint32_t i = 0; cname && i < inner; i++)
		cname[i] = unpack_text(&d->u);
	answer->cname = cname;
	answer->cname_count = cname ? inner : 0;
}

static void read_addresses(struct decode *d, uint32_t *left, struct obs_policy *p)
{
	uint32_t n = unpack_field(&d->u, left) ? unpack_array_max(&d->u, OBS_ADDRESS_MAX) : 0;
	struct obs_address *address = take(d, &d->record, n, sizeof(*address));

	for (uint32_t i = 0; address && i < n; i++) {
		struct span s = unpack_text(&d->u);

		address[i] = (struct obs_address){ .family = s.n == 16 ? 6 : 4 };
		if (s.n == 4 || s.n == 16)
			memcpy(address[i].octet, s.p, s.n);
		else
			unpack_fail(&d->u);
	}
	p->address = address;
	p->address_count = address ? n : 0;
}

static void read_chain(struct decode *d, uint32_t *left, struct obs_tls *tls)
{
	uint32_t n = unpack_field(&d->u, left) ? unpack_array_max(&d->u, OBS_CHAIN_MAX) : 0;
	struct obs_certificate *chain = take(d, &d->record, n, sizeof(*chain));

	for (uint32_t i = 0; chain && i < n; i++) {
		const struct obs_certificate *c = refer(d, &d->certificate, sizeof(*c));

		if (!c)
			return;
		chain[i] = *c;
	}
	tls->chain = chain;
	tls->chain_count = chain ? n : 0;
}

static void read_verify_errors(struct decode *d, uint32_t *left, struct obs_tls *tls)
{
	uint32_t n = unpack_field(&d->u, left) ? unpack_array_max(&d->u, 2 * OBS_VERIFY_ERRORS_MAX) : 0;
	struct obs_verify_error *error = take(d, &d->record, n / 2, sizeof(*error));

	if (n % 2 != 0)
		unpack_fail(&d->u);
	for (uint32_t i = 0; error && i < n / 2; i++) {
		error[i].code = (uint16_t)unpack_uint_max(&d->u, UINT16_MAX);
		error[i].depth = (uint8_t)unpack_uint_max(&d->u, UINT8_MAX);
	}
	tls->error = error;
	tls->error_count = error ? n / 2 : 0;
}

static void read_tls(struct decode *d, struct obs_tls *tls)
{
	uint32_t left = unpack_array(&d->u);

	tls->version = known(enum_field(d, &left), TLS_VERSION_COUNT, TLS_1_3);
	tls->alerted = unpack_field(&d->u, &left);
	if (tls->alerted)
		tls->alert = (uint8_t)unpack_uint_max(&d->u, UINT8_MAX);
	read_chain(d, &left, tls);
	read_verify_errors(d, &left, tls);
	tls->chain_omitted = (size_t)unpack_field_uint(&d->u, &left, SIZE_MAX);
	unpack_skip(&d->u, left);
}

static void read_http(struct decode *d, struct obs_http *http)
{
	uint32_t left = unpack_array(&d->u);

	http->status = (uint16_t)unpack_field_uint(&d->u, &left, UINT16_MAX);
	http->failure = known(enum_field(d, &left), HTTP_FAILURE_COUNT, HTTP_PROTOCOL);
	http->size = unpack_field_uint(&d->u, &left, UINT64_MAX);
	http->content_type = unpack_field_text(&d->u, &left);
	http->location = unpack_field_text(&d->u, &left);
	if (unpack_field(&d->u, &left)) {
		const struct body *body = refer(d, &d->body, sizeof(*body));

		if (body) {
			http->body = body->text;
			memcpy(http->body_sha256, body->sha256, sizeof(http->body_sha256));
		}
	}
	http->challenged = unpack_field_uint(&d->u, &left, 1);
	unpack_skip(&d->u, left);
}

static void read_policy(struct decode *d, struct obs_policy *p)
{
	uint32_t left = unpack_array(&d->u);
	int64_t used;

	p->status = known(enum_field(d, &left), CONNECT_STATUS_COUNT, CONNECT_PROTOCOL_ERROR);
	read_answer(d, &left, &p->a);
	read_answer(d, &left, &p->aaaa);
	read_addresses(d, &left, p);
	used = unpack_field_int(&d->u, &left);
	p->address_used = used >= 0 && used < (int64_t)p->address_count ? (int8_t)used : -1;
	p->fetch_ms = (uint16_t)unpack_field_uint(&d->u, &left, UINT16_MAX);
	if (unpack_field(&d->u, &left))
		read_tls(d, &p->tls);
	if (unpack_field(&d->u, &left))
		read_http(d, &p->http);
	p->reserved = unpack_field_uint(&d->u, &left, 1);
	p->address_omitted = (size_t)unpack_field_uint(&d->u, &left, SIZE_MAX);
	unpack_skip(&d->u, left);
}

/* ---- records ---- */

static void apply_shape(struct observation *o, const struct shape *s)
{
	o->input = s->input;
	o->mx.answer.status = s->mx.status;
	o->mx.answer.ad = s->mx.ad;
	o->mx.answer.cname_loop = s->mx.cname_loop;
	o->mx.answer.tries = s->mx.tries;
	o->sts.answer.status = s->sts.status;
	o->sts.answer.ad = s->sts.ad;
	o->sts.answer.cname_loop = s->sts.cname_loop;
	o->sts.answer.tries = s->sts.tries;
	o->tlsrpt.answer.status = s->tlsrpt.status;
	o->tlsrpt.answer.ad = s->tlsrpt.ad;
	o->tlsrpt.answer.cname_loop = s->tlsrpt.cname_loop;
	o->tlsrpt.answer.tries = s->tlsrpt.tries;
}

/* The fields behind the shape. */
static void read_tail(struct decode *d, uint32_t left, struct observation *o)
{
	if (unpack_field(&d->u, &left))
		read_mx(d, o);
	o->mx.answer.ttl = (uint32_t)unpack_field_uint(&d->u, &left, UINT32_MAX);
	if (left == 0)
		return;
	if (unpack_field(&d->u, &left)) {
		d->before.rank_ahead += (uint64_t)unpack_int(&d->u);
		o->rank = o->index + d->before.rank_ahead;
	}
	if (unpack_field(&d->u, &left))
		read_txt(d, &o->sts);
	if (unpack_field(&d->u, &left))
		read_txt(d, &o->tlsrpt);
	if (unpack_field(&d->u, &left))
		read_policy(d, &o->policy);
	if (unpack_field(&d->u, &left))
		read_mx_more(d, &o->mx);
	unpack_skip(&d->u, left);
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
	apply_shape(o, shape);
	read_tail(d, left - FIELD_SHAPE, o);
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
		read_certificate(d, left);
		return DECODE_END;
	case RECORD_KIND_BODY:
		read_body(d, left);
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
