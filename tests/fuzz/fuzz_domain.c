/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and patterns: the input is a pattern and a host with a line feed between. */
#include "parsers/domain.h"
#include "tests/fuzz/fuzz.h"

static void check_name(struct span name)
{
	struct span parent = domain_parent(name), tld = domain_tld(name);

	FUZZ_CHECK(!domain_is_host(name) || domain_is_name(name));
	FUZZ_CHECK(!domain_is_name(name) || (name.n >= 1 && name.n <= DOMAIN_NAME_MAX));
	FUZZ_CHECK(!domain_is_name(name) || span_is_ascii(name));
	FUZZ_CHECK(fuzz_is_inside(parent, name) && fuzz_is_inside(tld, name));
	FUZZ_CHECK(span_ends_with(name, parent) && span_ends_with(name, tld));
	FUZZ_CHECK(domain_is_below(name, name) && domain_is_below(name, tld) && domain_is_below(name, parent));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span part[2] = { { "", 0 }, { "", 0 } };
	struct span pattern, host;
	bool matches;

	fuzz_split(data, size, '\n', part, 2);
	pattern = part[0];
	host = part[1];
	check_name(pattern);
	check_name(host);
	matches = domain_matches(pattern, host);
	FUZZ_CHECK(!matches || (host.n > 0 && pattern.n > 0 && !memchr(pattern.p, '\0', pattern.n)));
	FUZZ_CHECK(!matches || span_starts_with(pattern, SPAN_LITERAL("*.")) || domain_is_name(pattern));
	/* a name matches itself and nothing else does without a star */
	FUZZ_CHECK(!domain_is_name(pattern) || domain_matches(pattern, pattern));
	if (matches && pattern.p[0] == '*')
		FUZZ_CHECK(!domain_matches(span_skip(pattern, 2), host));
	return 0;
}
