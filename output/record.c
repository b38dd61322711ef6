#include "output/record.h"

#include <stdlib.h>

#include <msgpack.h>

#include "output/intern.h"
#include "output/schema.h"
#include "output/text.h"

enum { BUFFER_FIRST = 64 * 1024 };

struct record_buffer {
	char *data;
	size_t n, size;
	bool failed; /* no memory since the last rollback */
	uint32_t domains;
	struct {
		uint64_t index, end, rank_ahead;
	} before; /* what the next record is a difference to */
	struct intern shape, mx, certificate, body;
	msgpack_packer packer;
};

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

/* ---- values; a failure is kept in the buffer and looked at once, at the record's end ---- */

static void put_array(struct record_buffer *b, size_t n)
{
	msgpack_pack_array(&b->packer, n);
}

static void put_uint(struct record_buffer *b, uint64_t value)
{
	msgpack_pack_uint64(&b->packer, value);
}

static void put_int(struct record_buffer *b, int64_t value)
{
	msgpack_pack_int64(&b->packer, value);
}

static void put_nil(struct record_buffer *b)
{
	msgpack_pack_nil(&b->packer);
}

static void put_bin(struct record_buffer *b, struct span s)
{
	msgpack_pack_bin(&b->packer, s.n);
	msgpack_pack_bin_body(&b->packer, s.p, s.n);
}

/* Readers in other languages take str for UTF-8, so that only UTF-8 is written as one. */
static void put_text(struct record_buffer *b, struct span s)
{
	if (!text_is_utf8(s)) {
		put_bin(b, s);
		return;
	}
	msgpack_pack_str(&b->packer, s.n);
	msgpack_pack_str_body(&b->packer, s.p, s.n);
}

static void put_text_or_nil(struct record_buffer *b, struct span s)
{
	if (s.p)
		put_text(b, s);
	else
		put_nil(b);
}

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

static void put_texts(struct record_buffer *b, const struct span *text, size_t count)
{
	put_array(b, count);
	for (size_t i = 0; i < count; i++)
		put_text(b, text[i]);
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

static unsigned answer_flags(const struct obs_answer *answer)
{
	return answer->status | (answer->ad ? ANSWER_AD : 0u) | (answer->cname_loop ? ANSWER_CNAME_LOOP : 0u);
}

static void put_shape(struct record_buffer *b, const struct observation *o)
{
	size_t start = b->n;

	put_array(b, SHAPE_COUNT);
	put_uint(b, o->input);
	put_uint(b, answer_flags(&o->mx.answer));
	put_uint(b, o->mx.answer.tries);
	put_uint(b, answer_flags(&o->sts.answer));
	put_uint(b, o->sts.answer.tries);
	put_uint(b, answer_flags(&o->tlsrpt.answer));
	put_uint(b, o->tlsrpt.answer.tries);
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
	    memchr(name.p ? name.p : "", TEMPLATE_DASHED, name.n) || !text_is_utf8(name)) {
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
	if (s.p == template && !text_is_utf8(s)) {
		put_bin(b, name);
		return;
	}
	msgpack_pack_str(&b->packer, s.n);
	msgpack_pack_str_body(&b->packer, s.p, s.n);
}

static void put_mx(struct record_buffer *b, const struct observation *o, struct span name)
{
	size_t start = b->n, count = at_most(o->mx.count, OBS_MX_MAX);

	if (count == 0) {
		put_nil(b);
		return;
	}
	put_array(b, 2 * count);
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
	put_array(b, 2);
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

	if (txt_is_empty(txt)) {
		put_nil(b);
		return;
	}
	put_array(b, omitted > 0 ? 4 : cnames > 0 ? 3 : 2);
	put_uint(b, txt->answer.ttl);
	put_texts(b, txt->record, count);
	if (omitted > 0 || cnames > 0)
		put_texts(b, txt->answer.cname, cnames);
	if (omitted > 0)
		put_uint(b, omitted);
}

/* An answer of the policy host: flags, tries, TTL, chain. */
static void put_answer(struct record_buffer *b, const struct obs_answer *answer)
{
	size_t cnames = at_most(answer->cname_count, OBS_CNAME_MAX);

	put_array(b, 3 + cnames);
	put_uint(b, answer_flags(answer));
	put_uint(b, answer->tries);
	put_uint(b, answer->ttl);
	for (size_t i = 0; i < cnames; i++)
		put_text(b, answer->cname[i]);
}

/* ---- the policy ---- */

static bool answer_is_empty(const struct obs_answer *answer)
{
	return answer_flags(answer) == 0 && answer->tries == 0 && answer->ttl == 0 && answer->cname_count == 0;
}

static bool tls_is_empty(const struct obs_tls *tls)
{
	return tls->version == TLS_NONE && !tls->alerted && tls->chain_count == 0 && tls->chain_omitted == 0 &&
	       tls->error_count == 0;
}

static bool http_is_empty(const struct obs_http *http)
{
	return http->status == 0 && http->failure == HTTP_COMPLETE && !http->content_type.p && !http->location.p &&
	       !http->challenged && http->size == 0 && http->body.n == 0;
}

static bool policy_is_empty(const struct obs_policy *p)
{
	return answer_is_empty(&p->a) && answer_is_empty(&p->aaaa) && p->address_count == 0 &&
	       p->address_omitted == 0 && !p->reserved && p->status == CONNECT_SKIPPED && p->fetch_ms == 0 &&
	       tls_is_empty(&p->tls) && http_is_empty(&p->http);
}

/* What a domain record refers to: numbers in the frame. */
struct referred {
	long certificate[OBS_CHAIN_MAX];
	long body;
};

/* The number of the certificate in the frame; it is written where it is new. */
static long put_certificate(struct record_buffer *b, const struct obs_certificate *c)
{
	size_t names = at_most(c->name_count, OBS_CERT_NAMES_MAX);
	size_t omitted = c->name_omitted + c->name_count - names;
	const struct span hash = { (const char *)c->sha256, sizeof(c->sha256) };
	long number = intern_find(&b->certificate, b->data, hash);
	size_t hash_at;

	if (number >= 0)
		return number;
	put_array(b, omitted > 0 ? 8 : 7);
	put_uint(b, RECORD_KIND_CERTIFICATE);
	put_bin(b, hash);
	hash_at = b->n - hash.n;
	put_int(b, c->not_before);
	put_int(b, c->not_after);
	put_text(b, c->issuer);
	put_text(b, c->common_name);
	put_texts(b, c->name, names);
	if (omitted > 0)
		put_uint(b, omitted);
	if (!b->failed && !intern_add(&b->certificate, b->data, hash_at, hash.n))
		b->failed = true;
	return (long)b->certificate.count - 1;
}

/* The number of the body in the frame; it is written where it is new. */
static long put_body(struct record_buffer *b, const struct obs_http *http)
{
	size_t start = b->n;
	long number;

	put_array(b, 3);
	put_uint(b, RECORD_KIND_BODY);
	put_bin(b, (struct span){ (const char *)http->body_sha256, sizeof(http->body_sha256) });
	put_text(b, http->body);
	if (b->failed)
		return 0;
	number = intern_find(&b->body, b->data, (struct span){ b->data + start, b->n - start });
	if (number >= 0) {
		b->n = start;
		return number;
	}
	if (!intern_add(&b->body, b->data, start, b->n - start))
		b->failed = true;
	return (long)b->body.count - 1;
}

static void put_tls(struct record_buffer *b, const struct obs_tls *tls, const long *certificate)
{
	size_t chain = at_most(tls->chain_count, OBS_CHAIN_MAX);
	size_t errors = at_most(tls->error_count, OBS_VERIFY_ERRORS_MAX);

	if (tls_is_empty(tls)) {
		put_nil(b);
		return;
	}
	put_array(b, 5);
	put_uint(b, tls->version);
	if (tls->alerted)
		put_uint(b, tls->alert);
	else
		put_nil(b);
	put_array(b, chain);
	for (size_t i = 0; i < chain; i++)
		put_int(b, certificate[i]);
	put_array(b, 2 * errors);
	for (size_t i = 0; i < errors; i++) {
		put_uint(b, tls->error[i].code);
		put_uint(b, tls->error[i].depth);
	}
	put_uint(b, tls->chain_omitted + tls->chain_count - chain);
}

static void put_http(struct record_buffer *b, const struct obs_http *http, long body)
{
	if (http_is_empty(http)) {
		put_nil(b);
		return;
	}
	put_array(b, 7);
	put_uint(b, http->status);
	put_uint(b, http->failure);
	put_uint(b, http->size);
	put_text_or_nil(b, http->content_type);
	put_text_or_nil(b, http->location);
	if (http->body.n > 0)
		put_int(b, body);
	else
		put_nil(b);
	put_uint(b, http->challenged);
}

static void put_policy(struct record_buffer *b, const struct obs_policy *p, const struct referred *referred)
{
	size_t addresses = at_most(p->address_count, OBS_ADDRESS_MAX);

	if (policy_is_empty(p)) {
		put_nil(b);
		return;
	}
	put_array(b, 10);
	put_uint(b, p->status);
	put_answer(b, &p->a);
	put_answer(b, &p->aaaa);
	put_array(b, addresses);
	for (size_t i = 0; i < addresses; i++) {
		size_t n = p->address[i].family == 6 ? 16 : 4;

		put_bin(b, (struct span){ (const char *)p->address[i].octet, n });
	}
	put_int(b, p->address_used >= 0 && (size_t)p->address_used < addresses ? p->address_used : -1);
	put_uint(b, p->fetch_ms);
	put_tls(b, &p->tls, referred->certificate);
	put_http(b, &p->http, referred->body);
	put_uint(b, p->reserved);
	put_uint(b, p->address_omitted + p->address_count - addresses);
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

/* How many positions @o needs: the tail that says nothing is left out. */
static unsigned fields_of(const struct observation *o)
{
	if (o->mx.answer.cname_count > 0 || mx_omitted(&o->mx) > 0)
		return FIELD_MX_MORE + 1;
	if (!policy_is_empty(&o->policy))
		return FIELD_POLICY + 1;
	if (!txt_is_empty(&o->tlsrpt))
		return FIELD_TLSRPT + 1;
	if (!txt_is_empty(&o->sts))
		return FIELD_STS + 1;
	if (o->rank > 0)
		return FIELD_RANK + 1;
	if (o->mx.answer.ttl > 0)
		return FIELD_MX_TTL + 1;
	return o->mx.count > 0 ? FIELD_MX + 1 : FIELD_SHAPE + 1;
}

/* Certificates and body stand ahead of the domain that refers to them. */
static void put_referred(struct record_buffer *b, const struct obs_policy *p, struct referred *referred)
{
	size_t chain = at_most(p->tls.chain_count, OBS_CHAIN_MAX);

	for (size_t i = 0; i < chain; i++)
		referred->certificate[i] = put_certificate(b, &p->tls.chain[i]);
	referred->body = p->http.body.n > 0 ? put_body(b, &p->http) : 0;
}

int record_put_domain(struct record_buffer *b, const struct observation *o)
{
	const struct mark mark = mark_of(b);
	const struct span name = { o->name.p, at_most(o->name.n, OBS_LINE_MAX) };
	/* Differences wrap, so that every value survives. */
	const uint64_t end = (uint64_t)o->time_ms + o->duration_ms, ahead = o->rank - o->index;
	const unsigned fields = fields_of(o);
	struct referred referred;

	put_referred(b, &o->policy, &referred);
	put_array(b, fields);
	put_uint(b, RECORD_KIND_DOMAIN);
	put_int(b, (int64_t)(o->index - b->before.index));
	put_int(b, (int64_t)(end - b->before.end));
	put_uint(b, o->duration_ms);
	put_text(b, name);
	put_shape(b, o);
	if (fields > FIELD_MX)
		put_mx(b, o, name);
	if (fields > FIELD_MX_TTL)
		put_uint(b, o->mx.answer.ttl);
	if (fields > FIELD_RANK && o->rank == 0)
		put_nil(b);
	else if (fields > FIELD_RANK)
		put_int(b, (int64_t)(ahead - b->before.rank_ahead));
	if (fields > FIELD_STS)
		put_txt(b, &o->sts);
	if (fields > FIELD_TLSRPT)
		put_txt(b, &o->tlsrpt);
	if (fields > FIELD_POLICY)
		put_policy(b, &o->policy, &referred);
	if (fields > FIELD_MX_MORE)
		put_mx_more(b, &o->mx);
	if (finish(b, &mark) != 0)
		return -1;
	b->before.index = o->index;
	b->before.end = end;
	if (o->rank > 0)
		b->before.rank_ahead = ahead;
	b->domains++;
	return 0;
}

int record_put_header(struct record_buffer *b, const struct record_header *header)
{
	const struct mark mark = mark_of(b);

	put_array(b, 7);
	put_uint(b, RECORD_KIND_HEADER);
	put_text(b, SPAN_LITERAL(SCHEMA_FORMAT));
	put_array(b, 2);
	put_uint(b, header->major);
	put_uint(b, header->minor);
	put_text(b, header->tool);
	put_int(b, header->start_ms);
	msgpack_pack_map(&b->packer, header->option_count);
	for (size_t i = 0; i < header->option_count; i++) {
		put_text(b, header->option[i].name);
		put_text(b, header->option[i].value);
	}
	put_array(b, 6);
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

	put_array(b, 9);
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
