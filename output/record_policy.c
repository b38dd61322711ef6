#include "output/record_policy.h"

/* An answer of the policy host: flags, tries, TTL, chain. */
static void put_answer(struct record_buffer *b, const struct obs_answer *answer)
{
	size_t cnames = at_most(answer->cname_count, OBS_CNAME_MAX);

	put_array(b, ANSWER_AT_CNAME + cnames);
	put_asked(b, answer);
	put_uint(b, answer->ttl);
	for (size_t i = 0; i < cnames; i++)
		put_text(b, answer->cname[i]);
}

static bool answer_is_empty(const struct obs_answer *answer)
{
	return answer_flags(answer) == 0 && answer->tries == 0 && answer->ttl == 0 && answer->cname_count == 0;
}

bool record_policy_is_empty(const struct obs_policy *p)
{
	return answer_is_empty(&p->a) && answer_is_empty(&p->aaaa) && p->address_count == 0 &&
	       p->address_omitted == 0 && !p->reserved && p->status == CONNECT_SKIPPED && p->fetch_ms == 0 &&
	       obs_tls_is_empty(&p->tls) && obs_http_is_empty(&p->http);
}

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
	put_array(b, omitted > 0 ? CERTIFICATE_AT_COUNT : CERTIFICATE_AT_NAME_OMITTED);
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

	put_array(b, BODY_AT_COUNT);
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

	if (obs_tls_is_empty(tls)) {
		put_nil(b);
		return;
	}
	put_array(b, TLS_AT_COUNT);
	put_uint(b, tls->version);
	if (tls->alerted)
		put_uint(b, tls->alert);
	else
		put_nil(b);
	put_array(b, chain);
	for (size_t i = 0; i < chain; i++)
		put_int(b, certificate[i]);
	put_array(b, ERROR_AT_COUNT * errors);
	for (size_t i = 0; i < errors; i++) {
		put_uint(b, tls->error[i].code);
		put_uint(b, tls->error[i].depth);
	}
	put_uint(b, tls->chain_omitted + tls->chain_count - chain);
}

static void put_http(struct record_buffer *b, const struct obs_http *http, long body)
{
	unsigned count = http->challenge.p          ? HTTP_AT_COUNT
			 : http->content_encoding.p ? HTTP_AT_CHALLENGE
						    : HTTP_AT_CONTENT_ENCODING;

	if (obs_http_is_empty(http)) {
		put_nil(b);
		return;
	}
	put_array(b, count);
	put_uint(b, http->status);
	put_uint(b, http->failure);
	put_uint(b, http->size);
	put_text_or_nil(b, http->content_type);
	put_text_or_nil(b, http->location);
	if (http->body.n > 0)
		put_int(b, body);
	else
		put_nil(b);
	put_uint(b, 0);
	if (count > HTTP_AT_CONTENT_ENCODING)
		put_text_or_nil(b, http->content_encoding);
	if (count > HTTP_AT_CHALLENGE)
		put_text(b, http->challenge);
}

void record_put_policy(struct record_buffer *b, const struct obs_policy *p, const struct record_referred *referred)
{
	size_t addresses = at_most(p->address_count, OBS_ADDRESS_MAX);

	put_array(b, POLICY_AT_COUNT);
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

void record_put_referred(struct record_buffer *b, const struct obs_policy *p, struct record_referred *referred)
{
	size_t chain = at_most(p->tls.chain_count, OBS_CHAIN_MAX);

	for (size_t i = 0; i < chain; i++)
		referred->certificate[i] = put_certificate(b, &p->tls.chain[i]);
	referred->body = p->http.body.n > 0 ? put_body(b, &p->http) : 0;
}
