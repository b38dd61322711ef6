/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/output/random_observation.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY = 8 * 1024 * 1024 };

const struct span maker_label[MAKER_LABELS] = { SPAN_LITERAL("registrar"), SPAN_LITERAL(""), SPAN_LITERAL("\xc3\xa4") };

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
	if (maker_chance(m, 4) == 0) {
		a->ede = (uint16_t)number(m, UINT16_MAX);
		a->unchecked = maker_chance(m, DNS_STATUS_COUNT);
	}
}

/* Whom it came from, in scans with --direct. */
static void make_source(struct maker *m, struct obs_answer *a)
{
	if (maker_chance(m, 3) == 0) {
		a->source = maker_chance(m, SOURCE_COUNT);
		a->fall_back = maker_chance(m, FALL_BACK_COUNT);
	}
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
	make_source(m, &o->mx.answer);
	o->mx.count = count(m, OBS_MX_MAX);
	o->mx.omitted = maker_chance(m, 9) == 0 ? UINT32_MAX : number(m, 500) * (maker_chance(m, 9) == 0);
	if (maker_chance(m, 2)) {
		o->mx.answer.cname_count = 0;
		o->mx.answer.cname = NULL;
	}
	record = o->mx.count > 0 ? room(m, o->mx.count * sizeof(*record)) : NULL;
	for (size_t i = 0; i < o->mx.count; i++)
		record[i] = (struct obs_mx_record){ (uint16_t)number(m, UINT16_MAX), mx_name(m, o->name) };
	o->mx.record = record;
}

/* Lengths of strings that make up each record, of some of them. */
static const struct span *make_splits(struct maker *m, const struct obs_txt *txt)
{
	struct span *split = txt->count > 0 ? room(m, txt->count * sizeof(*split)) : NULL;

	for (size_t i = 0; i < txt->count; i++) {
		size_t left = txt->record[i].n;
		char *length = room(m, left + 1);

		split[i] = (struct span){ maker_chance(m, 2) ? length : NULL, 0 };
		while (split[i].p && left > 0) {
			size_t n = 1 + maker_chance(m, left < 255 ? (uint32_t)left : 255);

			length[split[i].n++] = (char)n;
			left -= n;
		}
	}
	return split;
}

static void make_txt(struct maker *m, struct obs_txt *txt)
{
	make_answer(m, &txt->answer);
	make_source(m, &txt->answer);
	txt->count = count(m, OBS_TXT_MAX);
	txt->record = texts(m, txt->count, 1000);
	txt->omitted = maker_chance(m, 9) == 0 ? UINT32_MAX : number(m, 500) * (maker_chance(m, 9) == 0);
	txt->omitted_meant = number(m, txt->omitted);
	if (maker_chance(m, 3) == 0)
		txt->split = make_splits(m, txt);
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
	c->spki_known = maker_chance(m, 4) != 0;
	if (c->spki_known) {
		for (int i = 0; i < 32; i++)
			c->spki_sha256[i] = (uint8_t)next(m);
		c->serial = octets(m, OBS_SERIAL_MAX);
		c->key_type = octets(m, 20);
		c->key_bits = (uint16_t)number(m, UINT16_MAX);
		c->signature = octets(m, 30);
		c->self_issued = maker_chance(m, 2);
	}
	if (maker_chance(m, 4) == 0)
		c->der = octets(m, 2000);
	m->state = kept;
	next(m);
}

static const struct obs_verify_error *make_verify_errors(struct maker *m, size_t n)
{
	struct obs_verify_error *error = n > 0 ? room(m, n * sizeof(*error)) : NULL;

	for (size_t i = 0; i < n; i++)
		error[i] = (struct obs_verify_error){ (uint16_t)number(m, UINT16_MAX), (uint8_t)number(m, UINT8_MAX) };
	return error;
}

static void make_tls(struct maker *m, struct obs_tls *tls)
{
	struct obs_certificate *chain;

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
	tls->error = make_verify_errors(m, tls->error_count);
	if (maker_chance(m, 2)) {
		tls->cipher = octets(m, 40);
		tls->group = octets(m, 20);
	}
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

static const struct obs_address *make_addresses(struct maker *m, size_t n)
{
	struct obs_address *address = n > 0 ? room(m, n * sizeof(*address)) : NULL;

	for (size_t i = 0; i < n; i++) {
		memset(&address[i], 0, sizeof(*address));
		address[i].family = maker_chance(m, 2) ? 4 : 6;
		for (int k = 0; k < (address[i].family == 6 ? 16 : 4); k++)
			address[i].octet[k] = (uint8_t)next(m);
	}
	return address;
}

static void make_policy(struct maker *m, struct obs_policy *p)
{
	p->address_used = -1;
	if (maker_chance(m, 2))
		return;
	make_answer(m, &p->a);
	make_answer(m, &p->aaaa);
	p->address_count = count(m, OBS_ADDRESS_MAX);
	p->address_omitted = number(m, 90) * (maker_chance(m, 9) == 0);
	p->address_untried = number(m, (uint32_t)p->address_omitted);
	p->address = make_addresses(m, p->address_count);
	p->address_used = (int8_t)((int)maker_chance(m, (uint32_t)p->address_count + 1) - 1);
	p->reserved = maker_chance(m, 2);
	p->status = maker_chance(m, CONNECT_STATUS_COUNT);
	p->fetch_ms = (uint16_t)number(m, UINT16_MAX);
	if (maker_chance(m, 2))
		make_tls(m, &p->tls);
	if (maker_chance(m, 2))
		make_http(m, &p->http);
}

static void make_ns(struct maker *m, struct obs_ns *ns)
{
	if (maker_chance(m, 2))
		return;
	make_answer(m, &ns->answer);
	ns->count = (uint16_t)count(m, OBS_NS_MAX);
	ns->name = texts(m, ns->count, 253);
	ns->omitted = (uint16_t)number(m, UINT16_MAX);
	ns->parent = maker_chance(m, 2);
}

/* Values of a few kinds, so that they repeat within a frame. */
static void make_labels(struct maker *m, struct observation *o)
{
	static const struct span some[] = { SPAN_LITERAL(""), SPAN_LITERAL("A"), SPAN_LITERAL("Gro\xc3\x9f") };
	struct obs_label *label = room(m, MAKER_LABELS * sizeof(*label));

	for (size_t i = 0; i < MAKER_LABELS; i++) {
		label[i].name = maker_label[i];
		label[i].value = maker_chance(m, 9) == 0 ? octets(m, OBS_LABEL_OCTETS_MAX)
							 : some[maker_chance(m, COUNT_OF(some))];
	}
	o->label = label;
	o->label_count = MAKER_LABELS;
}

/* At most one of each question, in any order. */
static void make_audits(struct maker *m, struct observation *o)
{
	unsigned first = maker_chance(m, QUESTION_COUNT);
	struct obs_audit *audit = room(m, QUESTION_COUNT * sizeof(*audit));

	o->audit_count = count(m, QUESTION_COUNT);
	for (size_t i = 0; i < o->audit_count; i++) {
		audit[i] = (struct obs_audit){ .question = (first + i) % QUESTION_COUNT,
					       .kind = AUDIT_ABSENT + maker_chance(m, AUDIT_KIND_COUNT - AUDIT_ABSENT),
					       .direct = maker_chance(m, DNS_STATUS_COUNT),
					       .resolver = maker_chance(m, DNS_STATUS_COUNT),
					       .again = maker_chance(m, DNS_STATUS_COUNT),
					       .omitted = (uint16_t)number(m, UINT16_MAX),
					       .record_count = count(m, OBS_AUDIT_RECORDS_MAX) };
		audit[i].record = texts(m, audit[i].record_count, OBS_AUDIT_OCTETS_MAX);
	}
	o->audit = audit;
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
	make_ns(m, &o->ns);
	make_labels(m, o);
	make_audits(m, o);
}

static void make_tlsa(struct maker *m, struct obs_tlsa *tlsa)
{
	struct obs_tlsa_record *record;

	if (maker_chance(m, 3) == 0)
		return;
	tlsa->base = octets_or_absent(m, 253);
	make_answer(m, &tlsa->answer);
	tlsa->count = (uint32_t)count(m, OBS_TLSA_MAX);
	tlsa->omitted = maker_chance(m, 9) == 0 ? UINT32_MAX : (uint32_t)number(m, 90) * (maker_chance(m, 9) == 0);
	record = tlsa->count > 0 ? room(m, tlsa->count * sizeof(*record)) : NULL;
	for (size_t i = 0; i < tlsa->count; i++)
		record[i] = (struct obs_tlsa_record){ (uint8_t)number(m, UINT8_MAX), (uint8_t)number(m, UINT8_MAX),
						      (uint8_t)number(m, UINT8_MAX), octets(m, OBS_TLSA_DATA_MAX),
						      maker_chance(m, 9) == 0 };
	tlsa->record = record;
}

static void make_reply(struct maker *m, struct obs_smtp_reply *reply)
{
	if (maker_chance(m, 3) == 0)
		return;
	reply->code = (uint16_t)number(m, UINT16_MAX);
	reply->cut = maker_chance(m, 9) == 0;
	reply->text = octets_or_absent(m, OBS_SMTP_EHLO_TEXT_MAX);
}

static void make_probe(struct maker *m, size_t addresses, struct obs_smtp *probe)
{
	memset(probe, 0, sizeof(*probe));
	probe->address = (uint8_t)maker_chance(m, (uint32_t)addresses);
	probe->sni = maker_chance(m, SMTP_SNI_COUNT);
	probe->phase = maker_chance(m, SMTP_PHASE_COUNT);
	probe->status = maker_chance(m, CONNECT_STATUS_COUNT);
	make_reply(m, &probe->greeting);
	make_reply(m, &probe->ehlo);
	make_reply(m, &probe->helo);
	make_reply(m, &probe->starttls);
	make_reply(m, &probe->quit);
	for (int i = 0; i < SMTP_PHASE_COUNT; i++)
		probe->ms[i] = (uint16_t)number(m, UINT16_MAX);
	probe->injected = (uint32_t)number(m, UINT32_MAX);
	probe->retried_old = maker_chance(m, 2);
	if (maker_chance(m, 2))
		make_tls(m, &probe->tls);
	if (maker_chance(m, 2))
		return;
	probe->dane = (struct obs_dane){ .match = maker_chance(m, DANE_MATCH_COUNT),
					 .record = (uint8_t)maker_chance(m, OBS_TLSA_MAX),
					 .depth = (uint8_t)number(m, UINT8_MAX),
					 .usable = (uint32_t)number(m, UINT32_MAX),
					 .matching = (uint32_t)number(m, UINT32_MAX),
					 .error_count = count(m, OBS_VERIFY_ERRORS_MAX) };
	probe->dane.error = make_verify_errors(m, probe->dane.error_count);
}

void maker_make_host(struct maker *m, struct obs_host *h)
{
	struct obs_smtp *probe;

	memset(h, 0, sizeof(*h));
	m->used = 0;
	h->name = octets(m, 253);
	h->time_ms = (int64_t)next(m);
	h->duration_ms = (uint32_t)number(m, UINT32_MAX);
	h->passes = (uint8_t)number(m, UINT8_MAX);
	make_answer(m, &h->a);
	make_answer(m, &h->aaaa);
	h->address_count = count(m, OBS_ADDRESS_MAX);
	h->address = make_addresses(m, h->address_count);
	h->address_omitted = number(m, 90) * (maker_chance(m, 9) == 0);
	h->address_untried = number(m, (uint32_t)h->address_omitted);
	h->address_unprobed = number(m, 90) * (maker_chance(m, 9) == 0);
	h->reserved = maker_chance(m, 2);
	h->blocklisted = maker_chance(m, 2);
	h->ad_believed = maker_chance(m, 2);
	for (int base = 0; base < HOST_TLSA_BASES; base++)
		make_tlsa(m, &h->tlsa[base]);
	h->probe_count = h->address_count > 0 ? count(m, OBS_PROBE_MAX) : 0;
	probe = h->probe_count > 0 ? room(m, h->probe_count * sizeof(*probe)) : NULL;
	for (size_t i = 0; i < h->probe_count; i++)
		make_probe(m, h->address_count, &probe[i]);
	h->probe = probe;
	h->run = (uint32_t)number(m, UINT32_MAX);
}

void maker_make_vantage(struct maker *m, struct obs_vantage *v)
{
	memset(v, 0, sizeof(*v));
	m->used = 0;
	v->time_ms = (int64_t)next(m);
	v->canary = maker_chance(m, 2);
	v->host_count = count(m, OBS_VANTAGE_HOST_MAX);
	v->host = texts(m, v->host_count, 253);
	v->ehlo = octets_or_absent(m, 253);
	for (int family = 0; family < VANTAGE_FAMILIES; family++) {
		v->state[family] = maker_chance(m, VANTAGE_STATE_COUNT);
		v->source[family] = octets_or_absent(m, 40);
		v->ptr[family] = octets_or_absent(m, 253);
		v->ptr_confirmed[family] = maker_chance(m, 2);
	}
	v->run = (uint32_t)number(m, UINT32_MAX);
}
