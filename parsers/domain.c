/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/domain.h"

#include <stdint.h>

enum { L = 1, D = 2, H = 4, U = 8 }; /* letter, digit, hyphen, underscore */

/* clang-format off */
/* What an octet may be in a label: one look-up, since every name of a list of 10^8 and every MX passes here. */
static const uint8_t octet_class[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, H, 0, 0, D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, 0,
	0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, U,
	0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, 0,
};
/* clang-format on */

/* RFC 1035 2.3.4 for lengths, RFC 1123 2.1 for what may stand at a label's ends. */
static bool is_label(const uint8_t *p, const uint8_t *end)
{
	return p < end && end - p <= DOMAIN_LABEL_MAX && *p != '-' && end[-1] != '-';
}

/* Rare; inlined, it would make every name save registers for it. */
__attribute__((noinline)) bool domain_is_ipv4(struct span name)
{
	unsigned parts = 0;
	uint64_t value;

	for (size_t at = 0, dot; at <= name.n; at = dot + 1, parts++) {
		dot = span_find(name, at, '.');
		if (dot - at > 3 || !span_decimal((struct span){ name.p + at, dot - at }, UINT8_MAX, &value))
			return false;
	}
	return parts == 4;
}

static bool is_dotted(struct span name, uint8_t allowed)
{
	const uint8_t *p = (const uint8_t *)name.p, *end = p + name.n;

	if (name.n > DOMAIN_NAME_MAX)
		return false;
	for (;; p++) {
		const uint8_t *label = p;

		while (p < end && octet_class[*p] & allowed)
			p++;
		if (!is_label(label, p))
			return false;
		if (p == end)
			break;
		if (*p != '.')
			return false;
	}
	/* RFC 5321 4.1.3: an address needs brackets; a bare one is no name. */
	return octet_class[end[-1]] != D || !domain_is_ipv4(name);
}

bool domain_is_name(struct span name)
{
	return is_dotted(name, L | D | H | U);
}

bool domain_is_host(struct span name)
{
	return is_dotted(name, L | D | H);
}

bool domain_is_mail_host(struct span name)
{
	return domain_is_host(name) && !domain_is_below(name, SPAN_LITERAL("localhost"));
}

struct span domain_parent(struct span name)
{
	size_t dot = span_find(name, 0, '.');

	return span_skip(name, dot < name.n ? dot + 1 : name.n);
}

struct span domain_tld(struct span name)
{
	size_t at = name.n;

	while (at > 0 && name.p[at - 1] != '.')
		at--;
	return span_skip(name, at);
}

bool domain_is_below(struct span name, struct span ancestor)
{
	if (name.n < ancestor.n)
		return false;
	/* the dot first: most names differ in it */
	if (name.n > ancestor.n && ancestor.n > 0 && name.p[name.n - ancestor.n - 1] != '.')
		return false;
	return span_equal_nocase(span_skip(name, name.n - ancestor.n), ancestor);
}

bool domain_matches(struct span pattern, struct span host)
{
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	/* RFC 8461 4.1, RFC 6125 6.4.3: `*` is the whole left-most label or nothing at all. */
	if (span_starts_with(pattern, SPAN_LITERAL("*."))) {
		pattern = span_skip(pattern, 2);
		if (!domain_is_name(host))
			return false;
		host = domain_parent(host);
	}
	/* Neither a `*` elsewhere, nor an empty label, nor a NUL passes here (CVE-2009-2408:
	 * a certificate for "bank.example\0.evil.example"). */
	return domain_is_name(pattern) && span_equal_nocase(pattern, host);
}
