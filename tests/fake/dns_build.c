/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/dns_build.h"

#include "parsers/dns_answer.h"

enum {
	HEADER = 12, /* octets */
	POINTER_TO_QUESTION = 0xc000 | HEADER,
	CLASS_IN = 1,
	COUNT_QUESTION = 4,
	COUNT_ANSWER = 6,
	COUNT_ADDITIONAL = 10, /* where they stand */
};

static void put(struct dns_build *build, const void *octets, size_t n)
{
	if (n > DNS_BUILD_MAX - build->n) {
		build->failed = true;
		return;
	}
	if (n > 0)
		memcpy(build->octet + build->n, octets, n);
	build->n += n;
}

static void put16(struct dns_build *build, unsigned value)
{
	uint8_t octet[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	put(build, octet, sizeof(octet));
}

static void count(struct dns_build *build, size_t at)
{
	unsigned value = (unsigned)(build->octet[at] << 8 | build->octet[at + 1]) + 1;

	build->octet[at] = (uint8_t)(value >> 8);
	build->octet[at + 1] = (uint8_t)value;
}

/* One octet of a label, escapes undone. */
static uint8_t take_octet(struct span name, size_t *at)
{
	uint8_t octet = (uint8_t)name.p[(*at)++];

	if (octet != '\\' || *at >= name.n)
		return octet;
	octet = (uint8_t)name.p[(*at)++];
	if (octet < '0' || octet > '9' || name.n - *at < 2)
		return octet;
	octet = (uint8_t)((octet - '0') * 100 + (name.p[*at] - '0') * 10 + (name.p[*at + 1] - '0'));
	*at += 2;
	return octet;
}

size_t dns_build_name(struct span name, uint8_t out[static DNS_BUILD_NAME_MAX])
{
	size_t n = 1, label = 0, at = 0;

	if (name.n == 0 || (name.n == 1 && name.p[0] == '.')) {
		out[0] = 0;
		return 1;
	}
	out[0] = 0;
	while (at < name.n) {
		if (n + 1 >= DNS_BUILD_NAME_MAX)
			return 0;
		if (name.p[at] == '.') {
			at++;
			label = n;
			out[n++] = 0;
			continue;
		}
		out[n++] = take_octet(name, &at);
		out[label]++;
	}
	out[n++] = 0;
	return n;
}

static void put_name(struct dns_build *build, struct span name)
{
	uint8_t wire[DNS_BUILD_NAME_MAX];
	size_t n = dns_build_name(name, wire);

	build->failed |= n == 0;
	put(build, wire, n);
}

void dns_build_begin(struct dns_build *build, uint16_t id, unsigned flags)
{
	static const uint8_t counts[8];

	build->n = 0;
	build->failed = false;
	build->question[0] = '\0';
	put16(build, id);
	put16(build, flags);
	put(build, counts, sizeof(counts));
}

void dns_build_question(struct dns_build *build, struct span name, uint16_t type)
{
	if (name.n < sizeof(build->question)) {
		memcpy(build->question, name.p, name.n);
		build->question[name.n] = '\0';
	}
	put_name(build, name);
	put16(build, type);
	put16(build, CLASS_IN);
	count(build, COUNT_QUESTION);
}

void dns_build_record(struct dns_build *build, struct span owner, uint16_t type, uint32_t ttl, const void *rdata,
		      size_t size)
{
	if (span_equal(owner, span_of(build->question)))
		put16(build, POINTER_TO_QUESTION);
	else
		put_name(build, owner);
	put16(build, type);
	put16(build, CLASS_IN);
	put16(build, ttl >> 16);
	put16(build, ttl & 0xffff);
	put16(build, (unsigned)size);
	put(build, rdata, size);
	count(build, COUNT_ANSWER);
}

void dns_build_name_record(struct dns_build *build, struct span owner, uint16_t type, uint32_t ttl, struct span target)
{
	uint8_t wire[DNS_BUILD_NAME_MAX];
	size_t n = dns_build_name(target, wire);

	build->failed |= n == 0;
	dns_build_record(build, owner, type, ttl, wire, n);
}

void dns_build_mx(struct dns_build *build, struct span owner, uint32_t ttl, uint16_t preference, struct span target)
{
	uint8_t rdata[2 + DNS_BUILD_NAME_MAX] = { (uint8_t)(preference >> 8), (uint8_t)preference };
	size_t n = dns_build_name(target, rdata + 2);

	build->failed |= n == 0;
	dns_build_record(build, owner, DNS_TYPE_MX, ttl, rdata, 2 + n);
}

void dns_build_txt(struct dns_build *build, struct span owner, uint32_t ttl, const struct span *string, size_t strings)
{
	static uint8_t rdata[DNS_BUILD_MAX];
	size_t n = 0;

	for (size_t i = 0; i < strings; i++) {
		if (string[i].n > 255 || n + 1 + string[i].n > sizeof(rdata)) {
			build->failed = true;
			return;
		}
		rdata[n++] = (uint8_t)string[i].n;
		if (string[i].n > 0)
			memcpy(rdata + n, string[i].p, string[i].n);
		n += string[i].n;
	}
	dns_build_record(build, owner, DNS_TYPE_TXT, ttl, rdata, n);
}

void dns_build_opt(struct dns_build *build)
{
	static const uint8_t opt[] = { 0, 0, DNS_TYPE_OPT, DNS_EDNS_SIZE >> 8, DNS_EDNS_SIZE & 255, 0, 0, 0, 0, 0, 0 };

	put(build, opt, sizeof(opt));
	count(build, COUNT_ADDITIONAL);
}

void dns_build_ede(struct dns_build *build, uint16_t code)
{
	const uint8_t option[] = { 0, 15, 0, 2, (uint8_t)(code >> 8), (uint8_t)code };

	dns_build_opt(build);
	if (build->failed)
		return;
	build->octet[build->n - 1] = sizeof(option);
	put(build, option, sizeof(option));
}

uint16_t dns_build_type(struct span word)
{
	static const struct {
		const char *word;
		uint16_t type;
	} table[] = {
		{ "A", DNS_TYPE_A },   { "NS", DNS_TYPE_NS },   { "CNAME", DNS_TYPE_CNAME }, { "SOA", DNS_TYPE_SOA },
		{ "MX", DNS_TYPE_MX }, { "TXT", DNS_TYPE_TXT }, { "AAAA", DNS_TYPE_AAAA },   { "TLSA", DNS_TYPE_TLSA },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (span_equal(word, span_of(table[i].word)))
			return table[i].type;
	return 0;
}
