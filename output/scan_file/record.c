#include "output/scan_file/record.h"

#include <stdlib.h>
#include <string.h>

#include <msgpack.h>

#include "output/scan_file/intern.h"
#include "output/scan_file/schema.h"
#include "parsers/utf8.h"

enum { BUFFER_FIRST = 64 * 1024 };

struct record_buffer {
	char *data;
	size_t n, size;
	bool failed; /* no memory since the last rollback */
	bool has_domains;
	struct schema_previous previous;
	struct intern table[TABLE_COUNT];
	msgpack_packer packer;
};

/* A state to go back to when memory runs out in the middle of a record. */
struct mark {
	size_t n;
	uint32_t count[TABLE_COUNT];
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

static struct mark mark_of(const struct record_buffer *b)
{
	struct mark mark = { .n = b->n };

	for (int t = 0; t < TABLE_COUNT; t++)
		mark.count[t] = b->table[t].count;
	return mark;
}

static void cut_back(struct record_buffer *b, const struct mark *mark)
{
	b->n = mark->n;
	b->failed = false;
	for (int t = 0; t < TABLE_COUNT; t++)
		intern_cut(&b->table[t], mark->count[t]);
}

/* The record is whole, or the buffer is as before. */
static int finish(struct record_buffer *b, const struct mark *mark)
{
	if (!b->failed)
		return 0;
	cut_back(b, mark);
	return -1;
}

void record_buffer_reset(struct record_buffer *b)
{
	cut_back(b, &(struct mark){ 0 });
	b->has_domains = false;
	b->previous = (struct schema_previous){ 0 };
}

struct span record_buffer_content(const struct record_buffer *b)
{
	return (struct span){ b->data, b->n };
}

/* ---- values; a failure is kept in the buffer and looked at once, at the record's end ---- */

static void pack_array(struct record_buffer *b, size_t n)
{
	msgpack_pack_array(&b->packer, n);
}

static inline void pack_uint(struct record_buffer *b, uint64_t value)
{
	if (value < 0x80 && b->n < b->size && !b->failed) /* most numbers: an octet that is the number itself */
		b->data[b->n++] = (char)value;
	else
		msgpack_pack_uint64(&b->packer, value);
}

static void pack_int(struct record_buffer *b, int64_t value)
{
	msgpack_pack_int64(&b->packer, value);
}

static void pack_nil(struct record_buffer *b)
{
	msgpack_pack_nil(&b->packer);
}

static void pack_bin(struct record_buffer *b, const void *octets, size_t n)
{
	msgpack_pack_bin(&b->packer, n);
	msgpack_pack_bin_body(&b->packer, octets, n);
}

/* Readers in other languages take str for UTF-8, so that only UTF-8 is written as one. */
static void pack_text(struct record_buffer *b, struct span s)
{
	if (!utf8_is_valid(s)) {
		pack_bin(b, s.p, s.n);
		return;
	}
	msgpack_pack_str(&b->packer, s.n);
	msgpack_pack_str_body(&b->packer, s.p, s.n);
}

static void pack_text_or_nil(struct record_buffer *b, struct span s)
{
	if (s.p)
		pack_text(b, s);
	else
		pack_nil(b);
}

static void pack_texts(struct record_buffer *b, const struct span *text, size_t count)
{
	pack_array(b, count);
	for (size_t i = 0; i < count; i++)
		pack_text(b, text[i]);
}

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

/* The frame's number for the octets from @key to the end. If they have one already, all that was written from @start on
 * is taken back. */
static long number_of(struct record_buffer *b, enum schema_table table, size_t start, size_t key)
{
	bool is_new = false;
	long number = b->failed ? -1 : intern_number(&b->table[table], b->data, key, b->n - key, &is_new);

	b->failed = number < 0;
	if (!is_new)
		b->n = start;
	return number;
}

/* Replace what was written from @start on by its number, if the frame has it already. */
static void pack_interned(struct record_buffer *b, enum schema_table table, size_t start)
{
	long number = number_of(b, table, start, start);

	if (b->n == start)
		pack_uint(b, (uint64_t)number);
}

/* ---- DNS ---- */

static unsigned answer_flags(const struct obs_answer *answer)
{
	return answer->status | (answer->ad ? ANSWER_AD : 0u) | (answer->cname_loop ? ANSWER_CNAME_LOOP : 0u);
}

/* How it went: the two numbers that every answer has. */
static inline void pack_asked(struct record_buffer *b, const struct obs_answer *answer)
{
	pack_uint(b, answer_flags(answer));
	pack_uint(b, answer->tries);
}

static void pack_shape(struct record_buffer *b, const struct observation *o)
{
	size_t start = b->n;

	pack_array(b, SHAPE_ELEMENTS);
	pack_uint(b, o->input);
	pack_asked(b, &o->mx.answer);
	for (int q = 0; q < TXT_QUESTIONS; q++)
		pack_asked(b, &o->txt[q].answer);
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
	return mx->omitted + mx->count - at_most(mx->count, OBS_MX_MAX);
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

static void pack_txt(struct record_buffer *b, const struct obs_txt *txt)
{
	size_t count = at_most(txt->count, OBS_TXT_MAX);
	size_t cnames = at_most(txt->answer.cname_count, OBS_CNAME_MAX);
	size_t omitted = txt->omitted + txt->count - count;

	pack_array(b, TXT_ELEMENTS + (cnames > 0 || omitted > 0) + (omitted > 0) + (omitted > txt->omitted_meant));
	pack_uint(b, txt->answer.ttl);
	pack_texts(b, txt->record, count);
	if (omitted > 0 || cnames > 0)
		pack_texts(b, txt->answer.cname, cnames);
	if (omitted > 0)
		pack_uint(b, omitted);
	if (omitted > txt->omitted_meant)
		pack_uint(b, txt->omitted_meant);
}

/* ---- the policy ---- */

/* An answer of the policy host: flags, tries, TTL, chain. */
static void pack_answer(struct record_buffer *b, const struct obs_answer *answer)
{
	size_t cnames = at_most(answer->cname_count, OBS_CNAME_MAX);

	pack_array(b, ANSWER_ELEMENTS + cnames);
	pack_asked(b, answer);
	pack_uint(b, answer->ttl);
	for (size_t i = 0; i < cnames; i++)
		pack_text(b, answer->cname[i]);
}

static bool answer_is_empty(const struct obs_answer *answer)
{
	return answer_flags(answer) == 0 && answer->tries == 0 && answer->ttl == 0 && answer->cname_count == 0;
}

/* Does it say nothing, so that it need not be written? */
static bool policy_is_empty(const struct obs_policy *p)
{
	return answer_is_empty(&p->a) && answer_is_empty(&p->aaaa) && p->address_count == 0 &&
	       p->address_omitted == 0 && !p->reserved && p->status == CONNECT_SKIPPED && p->fetch_ms == 0 &&
	       obs_tls_is_empty(&p->tls) && obs_http_is_empty(&p->http);
}

/* What a domain record refers to: numbers in the frame. */
struct referred {
	long certificate[OBS_CHAIN_MAX];
	long body;
};

/* The number of the certificate in the frame; it is written where it is new. */
static long pack_certificate(struct record_buffer *b, const struct obs_certificate *c)
{
	size_t names = at_most(c->name_count, OBS_CERT_NAMES_MAX), start = b->n;
	size_t omitted = c->name_omitted + c->name_count - names;
	long number;

	pack_array(b, CERTIFICATE_ELEMENTS + (omitted > 0));
	pack_uint(b, RECORD_KIND_CERTIFICATE);
	pack_bin(b, c->sha256, sizeof(c->sha256));
	number = number_of(b, TABLE_CERTIFICATE, start, b->n - sizeof(c->sha256));
	if (b->n == start)
		return number;
	pack_int(b, c->not_before);
	pack_int(b, c->not_after);
	pack_text(b, c->issuer);
	pack_text(b, c->common_name);
	pack_texts(b, c->name, names);
	if (omitted > 0)
		pack_uint(b, omitted);
	return number;
}

/* The number of the body in the frame; it is written where it is new. */
static long pack_body(struct record_buffer *b, const struct obs_http *http)
{
	size_t start = b->n;

	pack_array(b, BODY_ELEMENTS);
	pack_uint(b, RECORD_KIND_BODY);
	pack_bin(b, http->body_sha256, sizeof(http->body_sha256));
	pack_text(b, http->body);
	return number_of(b, TABLE_BODY, start, start);
}

/* Write certificates and body where the frame has them not yet; they stand ahead of the domain that refers to them. */
static void pack_referred(struct record_buffer *b, const struct obs_policy *p, struct referred *referred)
{
	size_t chain = at_most(p->tls.chain_count, OBS_CHAIN_MAX);

	for (size_t i = 0; i < chain; i++)
		referred->certificate[i] = pack_certificate(b, &p->tls.chain[i]);
	referred->body = p->http.body.n > 0 ? pack_body(b, &p->http) : 0;
}

static void pack_tls(struct record_buffer *b, const struct obs_tls *tls, const long *certificate)
{
	size_t chain = at_most(tls->chain_count, OBS_CHAIN_MAX);
	size_t errors = at_most(tls->error_count, OBS_VERIFY_ERRORS_MAX);

	if (obs_tls_is_empty(tls)) {
		pack_nil(b);
		return;
	}
	pack_array(b, TLS_ELEMENTS);
	pack_uint(b, tls->version);
	if (tls->alerted)
		pack_uint(b, tls->alert);
	else
		pack_nil(b);
	pack_array(b, chain);
	for (size_t i = 0; i < chain; i++)
		pack_int(b, certificate[i]);
	pack_array(b, ERROR_ELEMENTS * errors);
	for (size_t i = 0; i < errors; i++) {
		pack_uint(b, tls->error[i].code);
		pack_uint(b, tls->error[i].depth);
	}
	pack_uint(b, tls->chain_omitted + tls->chain_count - chain);
}

static void pack_http(struct record_buffer *b, const struct obs_http *http, long body)
{
	bool is_challenge = http->challenge.p, is_encoded = is_challenge || http->content_encoding.p;

	if (obs_http_is_empty(http)) {
		pack_nil(b);
		return;
	}
	pack_array(b, HTTP_ELEMENTS + is_encoded + is_challenge);
	pack_uint(b, http->status);
	pack_uint(b, http->failure);
	pack_uint(b, http->size);
	pack_text_or_nil(b, http->content_type);
	pack_text_or_nil(b, http->location);
	if (http->body.n > 0)
		pack_int(b, body);
	else
		pack_nil(b);
	pack_uint(b, 0); /* challenged: no longer written, `challenge` holds what it was drawn from */
	if (is_encoded)
		pack_text_or_nil(b, http->content_encoding);
	if (is_challenge)
		pack_text(b, http->challenge);
}

static void pack_policy(struct record_buffer *b, const struct obs_policy *p, const struct referred *referred)
{
	size_t addresses = at_most(p->address_count, OBS_ADDRESS_MAX);
	size_t omitted = p->address_omitted + p->address_count - addresses;

	pack_array(b, POLICY_ELEMENTS + (omitted > p->address_untried));
	pack_uint(b, p->status);
	pack_answer(b, &p->a);
	pack_answer(b, &p->aaaa);
	pack_array(b, addresses);
	for (size_t i = 0; i < addresses; i++)
		pack_bin(b, p->address[i].octet, p->address[i].family == 6 ? 16 : 4);
	pack_int(b, p->address_used >= 0 && (size_t)p->address_used < addresses ? p->address_used : -1);
	pack_uint(b, p->fetch_ms);
	pack_tls(b, &p->tls, referred->certificate);
	pack_http(b, &p->http, referred->body);
	pack_uint(b, p->reserved);
	pack_uint(b, omitted);
	if (omitted > p->address_untried)
		pack_uint(b, p->address_untried);
}

/* ---- records ---- */

_Static_assert(FIELD_COUNT <= 32, "a bit for each field");

/* The fields behind the shape that say something, a bit each; the others are nil, and left out at the end. */
static unsigned fields_of(const struct observation *o)
{
	unsigned fields = (unsigned)(o->mx.count > 0) << FIELD_MX | (unsigned)(o->mx.answer.ttl > 0) << FIELD_MX_TTL |
			  (unsigned)(o->rank > 0) << FIELD_RANK |
			  (unsigned)!policy_is_empty(&o->policy) << FIELD_POLICY |
			  (unsigned)(o->mx.answer.cname_count > 0 || mx_omitted(&o->mx) > 0) << FIELD_MX_MORE;

	for (int q = 0; q < TXT_QUESTIONS; q++)
		fields |= (unsigned)!txt_is_empty(&o->txt[q]) << schema_txt[q];
	return fields;
}

static void pack_field(struct record_buffer *b, const struct observation *o, unsigned field, struct span name,
		       const struct referred *referred)
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
	default:
		pack_txt(b, &o->txt[schema_question(field)]);
		break;
	}
}

int record_put_domain(struct record_buffer *b, const struct observation *o)
{
	const struct mark mark = mark_of(b);
	const struct span name = { o->name.p, at_most(o->name.n, OBS_LINE_MAX) };
	/* Differences wrap, so that every value survives. */
	const uint64_t end = (uint64_t)o->time_ms + o->duration_ms;
	struct referred referred;
	const unsigned fields = fields_of(o);
	unsigned count = FIELD_COUNT;

	if (!b->has_domains) {
		/* Readers of the plain stream see no frames: this tells them where differences and numbers
		 * begin anew. */
		pack_array(b, FRAME_ELEMENTS);
		pack_uint(b, RECORD_KIND_FRAME);
	}
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
	if (finish(b, &mark) != 0)
		return -1;
	b->previous.index = o->index;
	b->previous.end = end;
	if (o->rank > 0)
		b->previous.rank_ahead = o->rank - o->index;
	b->has_domains = true;
	return 0;
}

int record_put_header(struct record_buffer *b, const struct record_header *header)
{
	const struct mark mark = mark_of(b);

	pack_array(b, HEADER_ELEMENTS);
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
	pack_array(b, INPUT_ELEMENTS);
	pack_text(b, header->input);
	pack_uint(b, header->input_size);
	pack_int(b, header->input_mtime);
	pack_uint(b, header->input_sample);
	pack_uint(b, header->shards);
	pack_uint(b, header->shard);
	pack_uint(b, header->input_hash);
	return finish(b, &mark);
}

int record_put_trailer(struct record_buffer *b, const struct record_trailer *trailer)
{
	const struct mark mark = mark_of(b);

	pack_array(b, TRAILER_ELEMENTS);
	pack_uint(b, RECORD_KIND_TRAILER);
	pack_uint(b, trailer->completion);
	pack_int(b, trailer->end_ms);
	pack_uint(b, trailer->domains);
	pack_uint(b, trailer->unknown);
	pack_uint(b, trailer->blocklisted);
	pack_uint(b, trailer->illegal);
	pack_uint(b, trailer->queries);
	pack_uint(b, trailer->fetches);
	return finish(b, &mark);
}
