#include "output/record.h"

#include <stdlib.h>

#include "output/record_policy.h"
#include "output/record_put.h"

enum { BUFFER_FIRST = 64 * 1024 };

/* A state to go back to when memory runs out in the middle of a record. */
struct mark {
	size_t n;
	uint32_t shape, mx, certificate, body;
};

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
	intern_init(&b->shape);
	intern_init(&b->mx);
	intern_init(&b->certificate);
	intern_init(&b->body);
	msgpack_packer_init(&b->packer, b, append);
	return b;
}

void record_buffer_free(struct record_buffer *b)
{
	if (!b)
		return;
	intern_fini(&b->shape);
	intern_fini(&b->mx);
	intern_fini(&b->certificate);
	intern_fini(&b->body);
	free(b->data);
	free(b);
}

static void cut(struct record_buffer *b, const struct mark *mark)
{
	b->n = mark->n;
	b->failed = false;
	intern_cut(&b->shape, mark->shape);
	intern_cut(&b->mx, mark->mx);
	intern_cut(&b->certificate, mark->certificate);
	intern_cut(&b->body, mark->body);
}

void record_buffer_reset(struct record_buffer *b)
{
	cut(b, &(struct mark){ 0 });
	b->domains = 0;
	b->before.index = b->before.end = b->before.rank_ahead = 0;
}

size_t record_buffer_size(const struct record_buffer *b)
{
	return b->n;
}

const char *record_buffer_data(const struct record_buffer *b)
{
	return b->data;
}

uint32_t record_buffer_domains(const struct record_buffer *b)
{
	return b->domains;
}

/* Replace what was written from @start on by its number, if the frame has it already. */
static void put_interned(struct record_buffer *b, struct intern *intern, size_t start)
{
	long number;

	if (b->failed)
		return;
	number = intern_find(intern, b->data, (struct span){ b->data + start, b->n - start });
	if (number >= 0) {
		b->n = start;
		put_uint(b, (uint64_t)number);
	} else if (!intern_add(intern, b->data, start, b->n - start)) {
		b->failed = true;
	}
}

/* ---- answers ---- */

static void put_shape(struct record_buffer *b, const struct observation *o)
{
	size_t start = b->n;

	put_array(b, SHAPE_AT_COUNT);
	put_uint(b, o->input);
	put_asked(b, &o->mx.answer);
	for (int q = 0; q < TXT_QUESTIONS; q++)
		put_asked(b, &o->txt[q].answer);
	put_interned(b, &b->shape, start);
}

/* Are the octets of @s those of @name with "-" for each "."? Same length. */
static bool is_dashed(const char *s, struct span name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (s[i] != (name.p[i] == '.' ? '-' : name.p[i]))
			return false;
	}
	return true;
}

/* An MX name, with the domain's own name in it replaced: "mail.example.com" of a thousand
 * domains becomes one "mail.\0", and their sets of MX one set. */
static void put_mx_name(struct record_buffer *b, struct span name, struct span domain)
{
	char template[TEMPLATE_MAX];
	struct span s = { template, 0 };

	if (name.n >= sizeof(template) || memchr(name.p ? name.p : "", TEMPLATE_NAME, name.n) ||
	    memchr(name.p ? name.p : "", TEMPLATE_DASHED, name.n) || !utf8_is_valid(name)) {
		put_bin(b, name);
		return;
	}
	if (domain.n == 0 || name.n < domain.n) {
		s = name;
	} else if (span_ends_with(name, domain)) {
		s.n = name.n - domain.n + 1;
		memcpy(template, name.p, s.n - 1);
		template[s.n - 1] = TEMPLATE_NAME;
	} else if (is_dashed(name.p, domain)) {
		template[0] = TEMPLATE_DASHED;
		s.n = name.n - domain.n + 1;
		memcpy(template + 1, name.p + domain.n, s.n - 1);
	} else {
		s = name;
	}
	/* Cutting inside a character would leave no UTF-8. */
	if (s.p == template && !utf8_is_valid(s)) {
		put_bin(b, name);
		return;
	}
	msgpack_pack_str(&b->packer, s.n);
	msgpack_pack_str_body(&b->packer, s.p, s.n);
}

static void put_mx(struct record_buffer *b, const struct observation *o, struct span name)
{
	size_t start = b->n, count = at_most(o->mx.count, OBS_MX_MAX);

	put_array(b, MX_AT_COUNT * count);
	for (size_t i = 0; i < count; i++) {
		put_uint(b, o->mx.record[i].preference);
		put_mx_name(b, o->mx.record[i].name, name);
	}
	put_interned(b, &b->mx, start);
}

static size_t mx_omitted(const struct obs_mx *mx)
{
	return mx->omitted + mx->count - at_most(mx->count, OBS_MX_MAX);
}

static void put_mx_more(struct record_buffer *b, const struct obs_mx *mx)
{
	put_array(b, MX_MORE_AT_COUNT);
	put_texts(b, mx->answer.cname, at_most(mx->answer.cname_count, OBS_CNAME_MAX));
	put_uint(b, mx_omitted(mx));
}

static bool txt_is_empty(const struct obs_txt *txt)
{
	return txt->count == 0 && txt->omitted == 0 && txt->answer.ttl == 0 && txt->answer.cname_count == 0;
}

static void put_txt(struct record_buffer *b, const struct obs_txt *txt)
{
	size_t count = at_most(txt->count, OBS_TXT_MAX);
	size_t cnames = at_most(txt->answer.cname_count, OBS_CNAME_MAX);
	size_t omitted = txt->omitted + txt->count - count;

	put_array(b, omitted > 0 ? TXT_AT_COUNT : cnames > 0 ? TXT_AT_OMITTED : TXT_AT_CNAME);
	put_uint(b, txt->answer.ttl);
	put_texts(b, txt->record, count);
	if (omitted > 0 || cnames > 0)
		put_texts(b, txt->answer.cname, cnames);
	if (omitted > 0)
		put_uint(b, omitted);
}

/* ---- records ---- */

static struct mark mark_of(const struct record_buffer *b)
{
	return (struct mark){ b->n, b->shape.count, b->mx.count, b->certificate.count, b->body.count };
}

static int finish(struct record_buffer *b, const struct mark *mark)
{
	if (!b->failed)
		return 0;
	cut(b, mark);
	return -1;
}

_Static_assert(FIELD_COUNT <= 32, "a bit for each field");

/* The fields behind the shape that say something, a bit each; the others are nil, and left out at the end. */
static unsigned fields_of(const struct observation *o)
{
	unsigned fields = (unsigned)(o->mx.count > 0) << FIELD_MX | (unsigned)(o->mx.answer.ttl > 0) << FIELD_MX_TTL |
			  (unsigned)(o->rank > 0) << FIELD_RANK |
			  (unsigned)!record_policy_is_empty(&o->policy) << FIELD_POLICY |
			  (unsigned)(o->mx.answer.cname_count > 0 || mx_omitted(&o->mx) > 0) << FIELD_MX_MORE;

	for (int q = 0; q < TXT_QUESTIONS; q++)
		fields |= (unsigned)!txt_is_empty(&o->txt[q]) << schema_txt[q];
	return fields;
}

static void put_field(struct record_buffer *b, const struct observation *o, unsigned field, struct span name,
		      const struct record_referred *referred)
{
	switch (field) {
	case FIELD_MX:
		put_mx(b, o, name);
		break;
	case FIELD_MX_TTL:
		put_uint(b, o->mx.answer.ttl);
		break;
	case FIELD_RANK:
		put_int(b, (int64_t)(o->rank - o->index - b->before.rank_ahead));
		break;
	case FIELD_POLICY:
		record_put_policy(b, &o->policy, referred);
		break;
	case FIELD_MX_MORE:
		put_mx_more(b, &o->mx);
		break;
	default:
		put_txt(b, &o->txt[schema_question(field)]);
		break;
	}
}

int record_put_domain(struct record_buffer *b, const struct observation *o)
{
	const struct mark mark = mark_of(b);
	const struct span name = { o->name.p, at_most(o->name.n, OBS_LINE_MAX) };
	/* Differences wrap, so that every value survives. */
	const uint64_t end = (uint64_t)o->time_ms + o->duration_ms;
	struct record_referred referred;
	const unsigned fields = fields_of(o);
	unsigned count = FIELD_COUNT;

	if (b->domains == 0) {
		/* Readers of the plain stream see no frames: this tells them where differences and numbers
		 * begin anew. */
		put_array(b, FRAME_AT_COUNT);
		put_uint(b, RECORD_KIND_FRAME);
	}
	record_put_referred(b, &o->policy, &referred);
	while (count > FIELD_SHAPE + 1 && !(fields >> (count - 1) & 1))
		count--;
	put_array(b, count);
	put_uint(b, RECORD_KIND_DOMAIN);
	put_int(b, (int64_t)(o->index - b->before.index));
	put_int(b, (int64_t)(end - b->before.end));
	put_uint(b, o->duration_ms);
	put_text(b, name);
	put_shape(b, o);
	for (unsigned field = FIELD_SHAPE + 1; field < count; field++) {
		if (fields >> field & 1 || field == FIELD_MX_TTL) /* a TTL of 0 is written as that */
			put_field(b, o, field, name, &referred);
		else
			put_nil(b);
	}
	if (finish(b, &mark) != 0)
		return -1;
	b->before.index = o->index;
	b->before.end = end;
	if (o->rank > 0)
		b->before.rank_ahead = o->rank - o->index;
	b->domains++;
	return 0;
}

int record_put_header(struct record_buffer *b, const struct record_header *header)
{
	const struct mark mark = mark_of(b);

	put_array(b, HEADER_AT_COUNT);
	put_uint(b, RECORD_KIND_HEADER);
	put_text(b, SPAN_LITERAL(SCHEMA_FORMAT));
	put_array(b, VERSION_AT_COUNT);
	put_uint(b, header->major);
	put_uint(b, header->minor);
	put_text(b, header->tool);
	put_int(b, header->start_ms);
	msgpack_pack_map(&b->packer, header->option_count);
	for (size_t i = 0; i < header->option_count; i++) {
		put_text(b, header->option[i].name);
		put_text(b, header->option[i].value);
	}
	put_array(b, INPUT_AT_COUNT);
	put_text(b, header->input);
	put_uint(b, header->input_size);
	put_int(b, header->input_mtime);
	put_uint(b, header->input_sample);
	put_uint(b, header->shards);
	put_uint(b, header->shard);
	return finish(b, &mark);
}

int record_put_trailer(struct record_buffer *b, const struct record_trailer *trailer)
{
	const struct mark mark = mark_of(b);

	put_array(b, TRAILER_AT_COUNT);
	put_uint(b, RECORD_KIND_TRAILER);
	put_uint(b, trailer->completion);
	put_int(b, trailer->end_ms);
	put_uint(b, trailer->domains);
	put_uint(b, trailer->unknown);
	put_uint(b, trailer->blocklisted);
	put_uint(b, trailer->illegal);
	put_uint(b, trailer->queries);
	put_uint(b, trailer->fetches);
	return finish(b, &mark);
}
