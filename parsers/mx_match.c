#include "parsers/mx_match.h"

#include "parsers/domain.h"

bool mx_match(struct span pattern, struct span host)
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
