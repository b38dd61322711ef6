/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/answer.c */
#include "tests/bench/answer.h"
#include "parsers/span.h"

#include <stdio.h>
#include <string.h>

enum {
	HEADER = 12,
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_SOA = 6,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_OPT = 41,
	RCODE_FORMERR = 1,
	RCODE_NXDOMAIN = 3,
	LABELS_MAX = 16,    /* of a name that is answered */
	TTL = 300,          /* seconds */
	SIGNED_OF_256 = 13, /* 5 % of the domains answer with AD to who asks with AD */
};

/* An answer as it grows; ANSWER_MAX has room for the largest. */
struct writer {
	uint8_t *at;
	uint16_t records;
};

static const char *const kind_names[ANSWER_KIND_COUNT] = { "mx", "sts", "tlsrpt", "a", "aaaa", "ns", "other" };

const char *answer_kind_name(enum answer_kind kind)
{
	return kind_names[kind];
}

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void put16(struct writer *w, unsigned value)
{
	*w->at++ = (uint8_t)(value >> 8);
	*w->at++ = (uint8_t)value;
}

static void put32(struct writer *w, uint32_t value)
{
	put16(w, value >> 16);
	put16(w, value & 0xffff);
}

static void put_octets(struct writer *w, const void *octets, size_t n)
{
	memcpy(w->at, octets, n);
	w->at += n;
}

static bool label_is(const uint8_t *label, const char *text)
{
	const size_t n = strlen(text);

	if (label[0] != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((label[1 + i] >= 'A' && label[1 + i] <= 'Z' ? label[1 + i] + 32 : label[1 + i]) != text[i])
			return false;
	return true;
}

/* How many labels stand before the domain, and what is asked. */
static unsigned classify(const uint8_t *query, const uint16_t *label, unsigned labels, unsigned type,
			 enum answer_kind *kind)
{
	if (label_is(query + label[labels - 1], "invalid")) {
		*kind = ANSWER_OTHER;
		return 0;
	}
	if (type == TYPE_TXT && labels > 1 && label_is(query + label[0], "_mta-sts")) {
		*kind = ANSWER_STS;
		return 1;
	}
	if (type == TYPE_TXT && labels > 2 && label_is(query + label[0], "_smtp") &&
	    label_is(query + label[1], "_tls")) {
		*kind = ANSWER_TLSRPT;
		return 2;
	}
	*kind = type == TYPE_MX     ? ANSWER_MX
		: type == TYPE_A    ? ANSWER_A
		: type == TYPE_AAAA ? ANSWER_AAAA
		: type == TYPE_NS   ? ANSWER_NS
				    : ANSWER_OTHER;
	if ((type == TYPE_A || type == TYPE_AAAA) && labels > 2 &&
	    (label_is(query + label[0], "mta-sts") || label_is(query + label[0], "mail")))
		return 1;
	return 0;
}

/* The hash of the labels from @at on, taken as text. */
static uint64_t hash_name(const uint8_t *query, size_t at)
{
	char text[256];
	size_t n = 0;

	while (query[at] != 0) {
		if (n > 0)
			text[n++] = '.';
		memcpy(text + n, query + at + 1, query[at]);
		n += query[at];
		at += query[at] + 1u;
	}
	return world_hash(text, n);
}

bool answer_read(const uint8_t *query, size_t len, struct answer_question *question)
{
	uint16_t label[LABELS_MAX];
	unsigned labels = 0;
	size_t at = HEADER;

	if (len < HEADER + 5 || len > ANSWER_QUERY_MAX || (query[2] & 0xf8) != 0 || get16(query + 4) != 1)
		return false;
	while (at < len && query[at] != 0) {
		if (query[at] > 63 || labels == LABELS_MAX || at - HEADER > 253)
			return false;
		label[labels++] = (uint16_t)at;
		at += query[at] + 1u;
	}
	if (at + 5 > len || labels == 0)
		return false;
	const unsigned before = classify(query, label, labels, get16(query + at + 1), &question->kind);

	question->end = (uint16_t)(at + 5);
	question->domain = label[before];
	question->last_label = label[labels - 1];
	question->below = before == 1 && label_is(query + label[0], "mta-sts");
	/* an OPT is the root, then its type */
	question->has_opt = get16(query + 10) == 1 && len >= question->end + 11u && query[question->end] == 0 &&
			    get16(query + question->end + 1) == TYPE_OPT;
	question->hash = hash_name(query, label[before]);
	return true;
}

/* Name (a pointer to the question's), type, class, TTL; returns where the length goes. */
static uint8_t *begin_record(struct writer *w, unsigned type)
{
	put16(w, 0xc000 | HEADER);
	put16(w, type);
	put16(w, 1);
	put32(w, TTL);
	w->records++;
	w->at += 2;
	return w->at - 2;
}

static void end_record(struct writer *w, uint8_t *length)
{
	const size_t n = (size_t)(w->at - length) - 2;

	length[0] = (uint8_t)(n >> 8);
	length[1] = (uint8_t)n;
}

/* A name as labels without the final zero octet. */
static void put_labels(struct writer *w, const char *name)
{
	while (*name != '\0') {
		const size_t n = strcspn(name, ".");

		*w->at++ = (uint8_t)n;
		put_octets(w, name, n);
		name += n + (name[n] == '.');
	}
}

static void put_mx(struct writer *w, unsigned preference, const char *name, unsigned pointer)
{
	uint8_t *length = begin_record(w, TYPE_MX);

	put16(w, preference);
	put_labels(w, name);
	if (pointer != 0)
		put16(w, 0xc000 | pointer);
	else
		*w->at++ = 0;
	end_record(w, length);
}

static void put_mx_google(struct writer *w)
{
	static const struct {
		unsigned preference;
		const char *name;
	} host[] = { { 1, "aspmx.l.google.com" },
		     { 5, "alt1.aspmx.l.google.com" },
		     { 5, "alt2.aspmx.l.google.com" },
		     { 10, "alt3.aspmx.l.google.com" },
		     { 10, "alt4.aspmx.l.google.com" } };

	for (size_t i = 0; i < COUNT_OF(host); i++)
		put_mx(w, host[i].preference, host[i].name, 0);
}

/* example.co.uk → example-co-uk.mail.protection.outlook.com */
static void put_mx_outlook(struct writer *w, const uint8_t *query, const struct answer_question *question)
{
	uint8_t *length = begin_record(w, TYPE_MX);
	const uint8_t *label = query + question->domain;
	uint8_t *first;

	put16(w, 0);
	first = w->at++;
	while (label[0] != 0 && (size_t)(w->at - first) + label[0] < 63) {
		if (w->at != first + 1)
			*w->at++ = '-';
		put_octets(w, label + 1, label[0]);
		label += label[0] + 1;
	}
	*first = (uint8_t)(w->at - first - 1);
	put_labels(w, "mail.protection.outlook.com");
	*w->at++ = 0;
	end_record(w, length);
}

/* A few large ones, many small. */
static uint32_t hoster_of(uint32_t bits)
{
	return (bits & 15) * (bits >> 4 & 15);
}

static void write_ns(struct writer *w, uint32_t bits)
{
	char name[64];

	for (unsigned i = 1; i <= 2; i++) {
		uint8_t *length = begin_record(w, TYPE_NS);

		snprintf(name, sizeof(name), "ns%u.hoster%u.net", i, hoster_of(bits));
		put_labels(w, name);
		*w->at++ = 0;
		end_record(w, length);
	}
}

static void put_mx_hoster(struct writer *w, uint32_t bits)
{
	const uint32_t rank = hoster_of(bits);
	char name[64];

	for (unsigned i = 1; i <= 2; i++) {
		snprintf(name, sizeof(name), "mx%u.hoster%u.%s", i, rank, rank % 3 ? "net" : "com");
		put_mx(w, 10 * i, name, 0);
	}
}

static void write_mx(struct writer *w, const struct world_domain *domain, const uint8_t *query,
		     const struct answer_question *question)
{
	switch (domain->mx) {
	case WORLD_MX_GOOGLE:
		put_mx_google(w);
		break;
	case WORLD_MX_GOOGLE_ONE:
		put_mx(w, 1, "smtp.google.com", 0);
		break;
	case WORLD_MX_OUTLOOK:
		put_mx_outlook(w, query, question);
		break;
	case WORLD_MX_OWN:
		put_mx(w, 10, "mail", question->domain);
		break;
	case WORLD_MX_APEX:
		put_mx(w, 10, "", question->domain);
		break;
	case WORLD_MX_HOSTER:
		put_mx_hoster(w, domain->bits);
		break;
	case WORLD_MX_NULL:
		put_mx(w, 0, "", 0);
		break;
	case WORLD_MX_NONE:
		break;
	}
}

static void put_txt(struct writer *w, const char *text)
{
	uint8_t *length = begin_record(w, TYPE_TXT);

	*w->at++ = (uint8_t)strlen(text);
	put_octets(w, text, strlen(text));
	end_record(w, length);
}

/* Does the name exist (else NXDOMAIN)? Its records of the asked type are written. */
static bool write_txt(struct writer *w, const struct world_domain *domain, enum answer_kind kind)
{
	char text[80];

	if (kind == ANSWER_STS && domain->sts) {
		snprintf(text, sizeof(text), "v=STSv1; id=2026%08u;", domain->bits % 100000000);
		put_txt(w, text);
	} else if (kind == ANSWER_TLSRPT && domain->tlsrpt) {
		snprintf(text, sizeof(text), "v=TLSRPTv1; rua=mailto:tls-%u@reports.hoster%u.net",
			 domain->bits & 0xffff, domain->bits & 15);
		put_txt(w, text);
	} else if (domain->wildcard) {
		put_txt(w, "v=spf1 include:spf.hoster1.net -all");
	}
	return w->records > 0;
}

static bool write_address(struct writer *w, const struct answer_rules *rules, const struct world_domain *domain,
			  const struct answer_question *question)
{
	if (question->below && !domain->sts)
		return false;
	if (question->kind == ANSWER_A) {
		uint8_t *length = begin_record(w, TYPE_A);

		put32(w, rules->policy_net + (question->below ? domain->bits % rules->policy_hosts : 0));
		end_record(w, length);
	}
	return true;
}

/* The SOA of the zone at the name at @zone, which an answer without records carries (RFC 2308 2). */
static void put_soa(struct writer *w, unsigned zone)
{
	static const uint8_t numbers[20] = {
		0x6a, 0, 0, 1, 0, 0, 7, 8, 0, 0, 3, 0x84, 0, 9, 0x3a, 0x80, 0, 0, 1, 0x2c
	};
	uint8_t *length;

	put16(w, 0xc000 | zone);
	put16(w, TYPE_SOA);
	put16(w, 1);
	put32(w, TTL);
	length = w->at;
	w->at += 2;
	put_labels(w, "a.nic");
	put16(w, 0xc000 | zone);
	put_labels(w, "hostmaster.nic");
	put16(w, 0xc000 | zone);
	put_octets(w, numbers, sizeof(numbers));
	end_record(w, length);
}

static void put_opt(struct writer *w)
{
	static const uint8_t opt[11] = { 0, 0, TYPE_OPT, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0 };

	put_octets(w, opt, sizeof(opt));
}

/* Header and question of the answer; counts are filled in by who writes records. */
static void begin(struct writer *w, const uint8_t *query, const struct answer_question *question, unsigned rcode,
		  uint8_t *out)
{
	memcpy(out, query, question->end);
	out[2] = (uint8_t)(0x80 | (query[2] & 0x01)); /* QR, RD as asked */
	out[3] = (uint8_t)(0x80 | rcode);             /* RA: a resolver's answer */
	memset(out + 6, 0, 6);
	*w = (struct writer){ .at = out + question->end };
}

size_t answer_refuse(const uint8_t *query, const struct answer_question *question, unsigned rcode, bool truncated,
		     uint8_t out[static ANSWER_MAX])
{
	struct writer w;

	begin(&w, query, question, rcode, out);
	if (truncated)
		out[2] |= 0x02;
	return (size_t)(w.at - out);
}

size_t answer_domain(const struct answer_rules *rules, const struct world_domain *domain, const uint8_t *query,
		     const struct answer_question *question, uint8_t out[static ANSWER_MAX])
{
	struct writer w;
	bool exists;

	if (question->has_opt && rules->no_edns)
		return answer_refuse(query, question, RCODE_FORMERR, false, out);
	begin(&w, query, question, 0, out);
	/* a resolver that knew a name below invalid would be no honest one (RFC 6761 6.4) */
	exists = domain->exists && !label_is(query + question->last_label, "invalid");
	if (exists && question->kind == ANSWER_MX)
		write_mx(&w, domain, query, question);
	else if (exists && (question->kind == ANSWER_STS || question->kind == ANSWER_TLSRPT))
		exists = write_txt(&w, domain, question->kind);
	else if (exists && (question->kind == ANSWER_A || question->kind == ANSWER_AAAA))
		exists = write_address(&w, rules, domain, question);
	else if (exists && question->kind == ANSWER_NS)
		write_ns(&w, domain->bits);
	if (!exists)
		out[3] |= RCODE_NXDOMAIN;
	if (rules->authoritative) {
		out[2] |= 0x04;           /* AA */
		out[3] &= (uint8_t)~0x80; /* no RA */
	} else if ((query[3] & 0x20) != 0 && (domain->bits >> 8 & 0xff) < SIGNED_OF_256) {
		out[3] |= 0x20; /* AD (RFC 6840 5.7) */
	}
	out[7] = (uint8_t)w.records;
	if (w.records == 0) {
		put_soa(&w, rules->authoritative ? question->domain : question->last_label);
		out[9] = 1;
	}
	if (question->has_opt) {
		put_opt(&w);
		out[11] = 1;
	}
	return (size_t)(w.at - out);
}

size_t answer_write(const struct answer_rules *rules, const uint8_t *query, const struct answer_question *question,
		    uint8_t out[static ANSWER_MAX])
{
	struct world_domain domain;

	world_look(&rules->shares, question->hash, &domain);
	return answer_domain(rules, &domain, query, question, out);
}
