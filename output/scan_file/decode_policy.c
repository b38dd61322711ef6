/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/decode_inside.h"

#include <string.h>

struct certificate {
	struct obs_certificate facts; /* without its names */
	uint32_t first;               /* of these in TABLE_NAME */
};

struct body {
	struct span text;
	const uint8_t *sha256;
};

/* A SHA-256 of the frame, where it stands; NULL (and the cursor failed) when it is none. */
static const uint8_t *read_hash(struct decode *d, uint32_t *left)
{
	struct span s = unpack_field_text(&d->u, left);

	if (s.n == 32)
		return (const uint8_t *)s.p;
	unpack_fail(&d->u);
	return NULL;
}

/* What is known of the key, and how it was signed: since schema 1.3. */
static void read_key(struct decode *d, uint32_t *left, struct obs_certificate *c)
{
	struct span spki = unpack_field_text(&d->u, left);

	if (!spki.p) { /* then the rest says nothing */
		for (int at = CERTIFICATE_AT_SERIAL; at<CERTIFICATE_AT_DER && * left> 0; at++, (*left)--)
			unpack_skip(&d->u, 1);
		return;
	}
	if (spki.n != sizeof(c->spki_sha256)) {
		unpack_fail(&d->u);
		return;
	}
	c->spki_known = true;
	memcpy(c->spki_sha256, spki.p, spki.n);
	c->serial = unpack_field_text(&d->u, left);
	if (c->serial.n > OBS_SERIAL_MAX)
		unpack_fail(&d->u);
	c->key_type = unpack_field_text(&d->u, left);
	c->key_bits = (uint16_t)unpack_field_uint(&d->u, left, UINT16_MAX);
	c->signature = unpack_field_text(&d->u, left);
	c->self_issued = unpack_field_uint(&d->u, left, 1);
}

void decode_certificate(struct decode *d, uint32_t left)
{
	struct certificate *c = decode_add(d, TABLE_CERTIFICATE, sizeof(*c), 1);
	const uint8_t *hash = read_hash(d, &left);
	struct span *name;
	uint32_t names;

	if (!c || !hash)
		return;
	*c = (struct certificate){ .first = d->table[TABLE_NAME].count };
	memcpy(c->facts.sha256, hash, sizeof(c->facts.sha256));
	c->facts.not_before = unpack_field_int(&d->u, &left);
	c->facts.not_after = unpack_field_int(&d->u, &left);
	c->facts.issuer = unpack_field_text(&d->u, &left);
	c->facts.common_name = unpack_field_text(&d->u, &left);
	names = unpack_field(&d->u, &left) ? unpack_array_max(&d->u, OBS_CERT_NAMES_MAX) : 0;
	name = decode_add(d, TABLE_NAME, sizeof(*name), names);
	for (uint32_t i = 0; name && i < names; i++)
		name[i] = unpack_text(&d->u);
	c->facts.name_count = names;
	c->facts.name_omitted = (size_t)unpack_field_uint(&d->u, &left, SIZE_MAX);
	read_key(d, &left, &c->facts);
	c->facts.der = unpack_field_text(&d->u, &left);
	if (c->facts.der.n > OBS_DER_MAX)
		unpack_fail(&d->u);
	unpack_skip(&d->u, left);
}

void decode_body(struct decode *d, uint32_t left)
{
	struct body *body = decode_add(d, TABLE_BODY, sizeof(*body), 1);

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
	uint32_t inner = unpack_field(&d->u, left) ? unpack_array_max(&d->u, ANSWER_ELEMENTS + OBS_CNAME_MAX) : 0;
	struct span *cname;

	decode_asked(d, &inner, answer);
	answer->ttl = (uint32_t)unpack_field_uint(&d->u, &inner, UINT32_MAX);
	cname = decode_room(d, inner, sizeof(*cname));
	for (uint32_t i = 0; cname && i < inner; i++)
		cname[i] = unpack_text(&d->u);
	answer->cname = cname;
	answer->cname_count = cname ? inner : 0;
}

const struct obs_address *decode_addresses(struct decode *d, uint32_t *left, size_t *count)
{
	uint32_t n;
	struct obs_address *address = decode_list(d, left, OBS_ADDRESS_MAX, sizeof(*address), &n);

	for (uint32_t i = 0; i < n; i++) {
		struct span s = unpack_text(&d->u);

		address[i] = (struct obs_address){ .family = s.n == 16 ? 6 : 4 };
		if (s.n == 4 || s.n == 16)
			memcpy(address[i].octet, s.p, s.n);
		else
			unpack_fail(&d->u);
	}
	*count = n;
	return address;
}

static void read_chain(struct decode *d, uint32_t *left, struct obs_tls *tls)
{
	uint32_t n;
	struct obs_certificate *chain = decode_list(d, left, OBS_CHAIN_MAX, sizeof(*chain), &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct certificate *c = decode_refer(d, TABLE_CERTIFICATE, sizeof(*c));

		if (!c)
			return;
		chain[i] = c->facts;
		chain[i].name = (const struct span *)d->table[TABLE_NAME].entry + c->first;
	}
	tls->chain = chain;
	tls->chain_count = n;
}

const struct obs_verify_error *decode_verify_errors(struct decode *d, uint32_t *left, size_t *number)
{
	uint32_t n = unpack_field(&d->u, left) ? unpack_array_max(&d->u, ERROR_ELEMENTS * OBS_VERIFY_ERRORS_MAX) : 0;
	uint32_t count = n / ERROR_ELEMENTS;
	struct obs_verify_error *error = decode_room(d, count, sizeof(*error));

	if (n % ERROR_ELEMENTS != 0)
		unpack_fail(&d->u);
	for (uint32_t i = 0; error && i < count; i++) {
		error[i].code = (uint16_t)unpack_uint_max(&d->u, UINT16_MAX);
		error[i].depth = (uint8_t)unpack_uint_max(&d->u, UINT8_MAX);
	}
	*number = error ? count : 0;
	return error;
}

void decode_tls(struct decode *d, struct obs_tls *tls)
{
	uint32_t left = unpack_array(&d->u);

	tls->version = decode_enum(d, &left, TLS_VERSION_COUNT, TLS_1_3);
	tls->alerted = unpack_field(&d->u, &left);
	if (tls->alerted)
		tls->alert = (uint8_t)unpack_uint_max(&d->u, UINT8_MAX);
	read_chain(d, &left, tls);
	tls->error = decode_verify_errors(d, &left, &tls->error_count);
	tls->chain_omitted = (size_t)unpack_field_uint(&d->u, &left, SIZE_MAX);
	tls->cipher = unpack_field_text(&d->u, &left);
	tls->group = unpack_field_text(&d->u, &left);
	unpack_skip(&d->u, left);
}

static void read_http(struct decode *d, struct obs_http *http)
{
	uint32_t left = unpack_array(&d->u);

	http->status = (uint16_t)unpack_field_uint(&d->u, &left, UINT16_MAX);
	http->failure = decode_enum(d, &left, HTTP_FAILURE_COUNT, HTTP_PROTOCOL);
	http->size = unpack_field_uint(&d->u, &left, UINT64_MAX);
	http->content_type = unpack_field_text(&d->u, &left);
	http->location = unpack_field_text(&d->u, &left);
	if (unpack_field(&d->u, &left)) {
		const struct body *body = decode_refer(d, TABLE_BODY, sizeof(*body));

		if (body) {
			http->body = body->text;
			memcpy(http->body_sha256, body->sha256, sizeof(http->body_sha256));
		}
	}
	http->challenged = unpack_field_uint(&d->u, &left, 1);
	http->content_encoding = unpack_field_text(&d->u, &left);
	http->challenge = unpack_field_text(&d->u, &left);
	unpack_skip(&d->u, left);
}

static void read_whys(struct decode *d, struct obs_policy *p)
{
	uint32_t left = unpack_array(&d->u);

	decode_why(d, &left, &p->a);
	decode_why(d, &left, &p->aaaa);
	unpack_skip(&d->u, left);
}

void decode_policy(struct decode *d, struct obs_policy *p)
{
	uint32_t left = unpack_array(&d->u);
	int64_t used;

	p->status = decode_enum(d, &left, CONNECT_STATUS_COUNT, CONNECT_PROTOCOL_ERROR);
	read_answer(d, &left, &p->a);
	read_answer(d, &left, &p->aaaa);
	p->address = decode_addresses(d, &left, &p->address_count);
	used = unpack_field_int(&d->u, &left);
	p->address_used = used >= 0 && used < (int64_t)p->address_count ? (int8_t)used : -1;
	p->fetch_ms = (uint16_t)unpack_field_uint(&d->u, &left, UINT16_MAX);
	if (unpack_field(&d->u, &left))
		decode_tls(d, &p->tls);
	if (unpack_field(&d->u, &left))
		read_http(d, &p->http);
	p->reserved = unpack_field_uint(&d->u, &left, 1);
	p->address_omitted = (size_t)unpack_field_uint(&d->u, &left, SIZE_MAX);
	p->address_untried = left > 0 ? (size_t)unpack_field_uint(&d->u, &left, p->address_omitted)
				      : p->address_omitted;
	if (unpack_field(&d->u, &left))
		read_whys(d, p);
	unpack_skip(&d->u, left);
}
