#include "output/decode_policy.h"

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

void decode_certificate(struct decode *d, uint32_t left)
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

void decode_body(struct decode *d, uint32_t left)
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
	uint32_t inner = unpack_field(&d->u, left) ? unpack_array_max(&d->u, ANSWER_AT_CNAME + OBS_CNAME_MAX) : 0;
	struct span *cname;

	read_asked(d, &inner, answer);
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
	uint32_t n = unpack_field(&d->u, left) ? unpack_array_max(&d->u, ERROR_AT_COUNT * OBS_VERIFY_ERRORS_MAX) : 0;
	uint32_t count = n / ERROR_AT_COUNT;
	struct obs_verify_error *error = take(d, &d->record, count, sizeof(*error));

	if (n % ERROR_AT_COUNT != 0)
		unpack_fail(&d->u);
	for (uint32_t i = 0; error && i < count; i++) {
		error[i].code = (uint16_t)unpack_uint_max(&d->u, UINT16_MAX);
		error[i].depth = (uint8_t)unpack_uint_max(&d->u, UINT8_MAX);
	}
	tls->error = error;
	tls->error_count = error ? count : 0;
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
	http->content_encoding = unpack_field_text(&d->u, &left);
	http->challenge = unpack_field_text(&d->u, &left);
	unpack_skip(&d->u, left);
}

void decode_policy(struct decode *d, struct obs_policy *p)
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
