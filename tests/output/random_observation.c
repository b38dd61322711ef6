#include "tests/output/random_observation.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY = 8 * 1024 * 1024 };

void maker_init(struct maker *m, uint64_t seed)
{
	m->state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	m->memory = malloc(MEMORY);
	m->used = 0;
	if (!m->memory)
		abort();
}

void maker_fini(struct maker *m)
{
	free(m->memory);
}

static uint64_t next(struct maker *m)
{
	m->state ^= m->state << 13;
	m->state ^= m->state >> 7;
	m->state ^= m->state << 17;
	return m->state;
}

uint32_t maker_chance(struct maker *m, uint32_t n)
{
	return (uint32_t)(next(m) >> 20) % n;
}

/* Any number, mostly small, sometimes the largest. */
static uint64_t number(struct maker *m, uint64_t max)
{
	switch (maker_chance(m, 5)) {
	case 0:
		return 0;
	case 1:
		return max;
	case 2:
		return next(m) % (max < UINT64_MAX ? max + 1 : max);
	default:
		return next(m) % (max < 300 ? max + 1 : 300);
	}
}

static void *room(struct maker *m, size_t n)
{
	void *p;

	m->used = (m->used + 15) & ~(size_t)15;
	if (MEMORY - m->used < n)
		abort();
	p = m->memory + m->used;
	m->used += n;
	return p;
}

/* Up to @max octets: text, or anything at all. */
static struct span octets(struct maker *m, size_t max)
{
	size_t n = maker_chance(m, 8) == 0 ? maker_chance(m, (uint32_t)max + 1)
					   : maker_chance(m, max < 40 ? (uint32_t)max + 1 : 41);
	char *p = room(m, n + 1);
	bool text = maker_chance(m, 5) != 0;

	for (size_t i = 0; i < n; i++)
		p[i] = text ? "abcdefghijklmnopqrstuvwxyz0123456789-._"[maker_chance(m, 39)] : (char)next(m);
	return (struct span){ p, n };
}

/* Where the parts of @s can be told apart by "absent": sometimes that. */
static struct span octets_or_absent(struct maker *m, size_t max)
{
	return maker_chance(m, 3) == 0 ? (struct span){ NULL, 0 } : octets(m, max);
}

static size_t count(struct maker *m, size_t max)
{
	return maker_chance(m, 3)         ? 0
	       : maker_chance(m, 10) == 0 ? max
					  : maker_chance(m, max < 4 ? (uint32_t)max + 1 : 5);
}

static const struct span *texts(struct maker *m, size_t n, size_t max)
{
	struct span *text = n > 0 ? room(m, n * sizeof(*text)) : NULL;

	for (size_t i = 0; i < n; i++)
		text[i] = octets(m, max);
	return text;
}

static void make_answer(struct maker *m, struct obs_answer *a)
{
	a->status = maker_chance(m, DNS_STATUS_COUNT);
	a->ad = maker_chance(m, 2);
	a->cname_loop = maker_chance(m, 9) == 0;
	a->tries = (uint8_t)number(m, UINT8_MAX);
	a->ttl = (uint32_t)number(m, UINT32_MAX);
	a->cname_count = count(m, OBS_CNAME_MAX);
	a->cname = texts(m, a->cname_count, 253);
}

/* A name that stands in some relation to the domain's. */
static struct span mx_name(struct maker *m, struct span domain)
{
	static const char *const front[] = { "", "mail.", "a.b.c.", "x", "\xc3", "\x01", "." };
	static const char *const back[] = { "", ".mail.protection.outlook.com", "x", "\x80", ".", ".example.net" };
	const char *f = front[maker_chance(m, 7)], *b = back[maker_chance(m, 6)];
	size_t n = strlen(f) + domain.n + strlen(b);
	bool dashed = maker_chance(m, 2);
	char *p = room(m, n + 1);

	if (maker_chance(m, 3) == 0)
		return octets(m, 1000);
	memcpy(p, f, strlen(f));
	for (size_t i = 0; i < domain.n; i++)
		p[strlen(f) + i] = dashed && domain.p[i] == '.' ? '-' : domain.p[i];
	memcpy(p + strlen(f) + domain.n, b, strlen(b));
	return (struct span){ p, n };
}

static void make_mx(struct maker *m, struct observation *o)
{
	struct obs_mx_record *record;

	make_answer(m, &o->mx.answer);
	o->mx.count = count(m, OBS_MX_MAX);
	o->mx.omitted = number(m, 500) * (maker_chance(m, 9) == 0);
	if (maker_chance(m, 2)) {
		o->mx.answer.cname_count = 0;
		o->mx.answer.cname = NULL;
	}
	record = o->mx.count > 0 ? room(m, o->mx.count * sizeof(*record)) : NULL;
	for (size_t i = 0; i < o->mx.count; i++)
		record[i] = (struct obs_mx_record){ (uint16_t)number(m, UINT16_MAX), mx_name(m, o->name) };
	o->mx.record = record;
}

static void make_txt(struct maker *m, struct obs_txt *txt)
{
	make_answer(m, &txt->answer);
	txt->count = count(m, OBS_TXT_MAX);
	txt->record = texts(m, txt->count, 1000);
	txt->omitted = number(m, 500) * (maker_chance(m, 9) == 0);
	txt->omitted_meant = number(m, txt->omitted);
}

/* One of a few certificates, so that they repeat within a frame: all facts follow from the hash. */
static void make_certificate(struct maker *m, struct obs_certificate *c)
{
	uint64_t kept = m->state;

	memset(c, 0, sizeof(*c));
	m->state = 77 + maker_chance(m, 30);
	for (int i = 0; i < 32; i++)
		c->sha256[i] = (uint8_t)next(m);
	c->common_name = octets(m, 64);
	c->issuer = octets(m, 200);
	c->not_before = (int64_t)next(m);
	c->not_after = maker_chance(m, 5) == 0 ? INT64_MIN : (int64_t)number(m, INT64_MAX);
	c->name_count = count(m, OBS_CERT_NAMES_MAX);
	c->name = texts(m, c->name_count, 300);
	c->name_omitted = number(m, 20000) * (maker_chance(m, 9) == 0);
	m->state = kept;
	next(m);
}

static void make_tls(struct maker *m, struct obs_tls *tls)
{
	struct obs_certificate *chain;
	struct obs_verify_error *error;

	tls->version = maker_chance(m, TLS_VERSION_COUNT);
	tls->alerted = maker_chance(m, 2);
	tls->alert = tls->alerted ? (uint8_t)number(m, UINT8_MAX) : 0;
	tls->chain_count = count(m, OBS_CHAIN_MAX);
	tls->chain_omitted = number(m, 90) * (maker_chance(m, 9) == 0);
	chain = tls->chain_count > 0 ? room(m, tls->chain_count * sizeof(*chain)) : NULL;
	for (size_t i = 0; i < tls->chain_count; i++)
		make_certificate(m, &chain[i]);
	tls->chain = chain;
	tls->error_count = count(m, OBS_VERIFY_ERRORS_MAX);
	error = tls->error_count > 0 ? room(m, tls->error_count * sizeof(*error)) : NULL;
	for (size_t i = 0; i < tls->error_count; i++)
		error[i] = (struct obs_verify_error){ (uint16_t)number(m, UINT16_MAX), (uint8_t)number(m, UINT8_MAX) };
	tls->error = error;
}

static void make_http(struct maker *m, struct obs_http *http)
{
	http->status = (uint16_t)number(m, UINT16_MAX);
	http->failure = maker_chance(m, HTTP_FAILURE_COUNT);
	http->content_type = octets_or_absent(m, HTTP_FIELD_MAX);
	http->location = octets_or_absent(m, HTTP_FIELD_MAX);
	http->content_encoding = octets_or_absent(m, HTTP_FIELD_MAX);
	http->challenge = octets_or_absent(m, HTTP_FIELD_MAX);
	http->size = number(m, UINT64_MAX);
	http->body = octets(m, maker_chance(m, 50) == 0 ? POLICY_BODY_MAX : 300);
	for (int i = 0; i < 32 && http->body.n > 0; i++)
		http->body_sha256[i] = (uint8_t)next(m);
}

static void make_policy(struct maker *m, struct obs_policy *p)
{
	struct obs_address *address;

	p->address_used = -1;
	if (maker_chance(m, 2))
		return;
	make_answer(m, &p->a);
	make_answer(m, &p->aaaa);
	p->address_count = count(m, OBS_ADDRESS_MAX);
	p->address_omitted = number(m, 90) * (maker_chance(m, 9) == 0);
	p->address_untried = number(m, (uint32_t)p->address_omitted);
	address = p->address_count > 0 ? room(m, p->address_count * sizeof(*address)) : NULL;
	for (size_t i = 0; i < p->address_count; i++) {
		memset(&address[i], 0, sizeof(*address));
		address[i].family = maker_chance(m, 2) ? 4 : 6;
		for (int k = 0; k < (address[i].family == 6 ? 16 : 4); k++)
			address[i].octet[k] = (uint8_t)next(m);
	}
	p->address = address;
	p->address_used = (int8_t)((int)maker_chance(m, (uint32_t)p->address_count + 1) - 1);
	p->reserved = maker_chance(m, 2);
	p->status = maker_chance(m, CONNECT_STATUS_COUNT);
	p->fetch_ms = (uint16_t)number(m, UINT16_MAX);
	if (maker_chance(m, 2))
		make_tls(m, &p->tls);
	if (maker_chance(m, 2))
		make_http(m, &p->http);
}

void maker_make(struct maker *m, struct observation *o)
{
	memset(o, 0, sizeof(*o));
	m->used = 0;
	o->name = octets(m, OBS_LINE_MAX);
	o->input = maker_chance(m, INPUT_STATUS_COUNT);
	o->index = number(m, UINT64_MAX);
	o->rank = maker_chance(m, 3) ? o->index + 1 : number(m, UINT64_MAX);
	o->time_ms = maker_chance(m, 4) == 0 ? (int64_t)next(m) : INT64_C(1795300000000) + (int64_t)number(m, 1000);
	o->duration_ms = (uint32_t)number(m, UINT32_MAX);
	make_mx(m, o);
	if (maker_chance(m, 2))
		make_txt(m, &o->txt[TXT_STS]);
	if (maker_chance(m, 2))
		make_txt(m, &o->txt[TXT_TLSRPT]);
	make_policy(m, &o->policy);
}

/* ---- comparison ---- */

static bool same_texts(const struct span *a, size_t n, const struct span *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!span_equal(a[i], b[i]))
			return false;
	}
	return true;
}

static bool same_answer(const struct obs_answer *a, const struct obs_answer *b)
{
	return a->status == b->status && a->ad == b->ad && a->cname_loop == b->cname_loop && a->tries == b->tries &&
	       a->ttl == b->ttl && same_texts(a->cname, a->cname_count, b->cname, b->cname_count);
}

static bool same_mx(const struct obs_mx *a, const struct obs_mx *b)
{
	if (!same_answer(&a->answer, &b->answer) || a->count != b->count || a->omitted != b->omitted)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (a->record[i].preference != b->record[i].preference ||
		    !span_equal(a->record[i].name, b->record[i].name))
			return false;
	}
	return true;
}

static bool same_txt(const struct obs_txt *a, const struct obs_txt *b)
{
	return same_answer(&a->answer, &b->answer) && a->omitted == b->omitted &&
	       a->omitted_meant == b->omitted_meant && same_texts(a->record, a->count, b->record, b->count);
}

static bool same_addresses(const struct obs_policy *a, const struct obs_policy *b)
{
	if (a->address_count != b->address_count || a->address_omitted != b->address_omitted ||
	    a->address_untried != b->address_untried || a->reserved != b->reserved)
		return false;
	for (size_t i = 0; i < a->address_count; i++) {
		if (memcmp(&a->address[i], &b->address[i], sizeof(*a->address)) != 0)
			return false;
	}
	return a->address_count == 0 || a->address_used == b->address_used;
}

static bool same_certificate(const struct obs_certificate *a, const struct obs_certificate *b)
{
	return memcmp(a->sha256, b->sha256, 32) == 0 && span_equal(a->common_name, b->common_name) &&
	       span_equal(a->issuer, b->issuer) && a->not_before == b->not_before && a->not_after == b->not_after &&
	       a->name_omitted == b->name_omitted && same_texts(a->name, a->name_count, b->name, b->name_count);
}

static bool same_tls(const struct obs_tls *a, const struct obs_tls *b)
{
	if (a->version != b->version || a->alerted != b->alerted || a->alert != b->alert ||
	    a->chain_count != b->chain_count || a->chain_omitted != b->chain_omitted ||
	    a->error_count != b->error_count)
		return false;
	for (size_t i = 0; i < a->chain_count; i++) {
		if (!same_certificate(&a->chain[i], &b->chain[i]))
			return false;
	}
	for (size_t i = 0; i < a->error_count; i++) {
		if (a->error[i].code != b->error[i].code || a->error[i].depth != b->error[i].depth)
			return false;
	}
	return true;
}

static bool same_optional(struct span a, struct span b)
{
	return (!a.p) == (!b.p) && span_equal(a, b);
}

static bool same_http(const struct obs_http *a, const struct obs_http *b)
{
	return a->status == b->status && a->failure == b->failure && same_optional(a->content_type, b->content_type) &&
	       same_optional(a->location, b->location) && same_optional(a->content_encoding, b->content_encoding) &&
	       same_optional(a->challenge, b->challenge) && a->size == b->size && span_equal(a->body, b->body) &&
	       memcmp(a->body_sha256, b->body_sha256, 32) == 0;
}

const char *observation_difference(const struct observation *a, const struct observation *b)
{
	const struct {
		bool same;
		const char *name;
	} facts[] = {
		{ span_equal(a->name, b->name), "name" },
		{ a->input == b->input, "input" },
		{ a->index == b->index, "index" },
		{ a->rank == b->rank, "rank" },
		{ a->time_ms == b->time_ms, "time" },
		{ a->duration_ms == b->duration_ms, "duration" },
		{ same_mx(&a->mx, &b->mx), "mx" },
		{ same_txt(&a->txt[TXT_STS], &b->txt[TXT_STS]), "sts" },
		{ same_txt(&a->txt[TXT_TLSRPT], &b->txt[TXT_TLSRPT]), "tlsrpt" },
		{ same_answer(&a->policy.a, &b->policy.a), "policy.a" },
		{ same_answer(&a->policy.aaaa, &b->policy.aaaa), "policy.aaaa" },
		{ same_addresses(&a->policy, &b->policy), "policy.addresses" },
		{ a->policy.status == b->policy.status && a->policy.fetch_ms == b->policy.fetch_ms, "policy.status" },
		{ same_tls(&a->policy.tls, &b->policy.tls), "policy.tls" },
		{ same_http(&a->policy.http, &b->policy.http), "policy.http" },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		if (!facts[i].same)
			return facts[i].name;
	}
	return NULL;
}
