/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/senders/sender_match.h"

#include "analysis/senders/sender_punycode.h"

enum {
	LABEL_MAX = 63,
	NAME_MAX_LENGTH = 253,
	IPV4_PARTS = 4,
	REGEX_STEPS_MAX = 1024, /* of one comparison; a name needs one an octet, and a stranger's pattern 16,000 */
};

static bool is_ipv4(struct span s)
{
	struct span rest = s, part;
	unsigned parts = 0;
	uint64_t value;

	for (; span_next_part(&rest, '.', &part); parts++)
		if (!span_decimal(part, UINT8_MAX, &value))
			return false;
	return parts == IPV4_PARTS;
}

static bool is_label(const struct sender_profile *profile, struct span label)
{
	for (size_t i = 0; i < label.n; i++)
		if (!ascii_is_alnum(label.p[i]) && label.p[i] != '-')
			return false;
	if (label.n == 0 || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	if (profile->mx_syntax != SENDER_MX_SYNTAX_HOST_IDNA)
		return label.n <= LABEL_MAX;
	return label.n <= 4 || label.p[2] != '-' || label.p[3] != '-' ||
	       span_starts_with_nocase(label, SPAN_LITERAL("xn--"));
}

static bool is_host(const struct sender_profile *profile, struct span name)
{
	if (span_starts_with(name, SPAN_LITERAL("*.")))
		name = span_skip(name, 2);
	if (profile->mx_syntax == SENDER_MX_SYNTAX_HOST_DOT && name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if ((name.n > NAME_MAX_LENGTH && profile->mx_syntax != SENDER_MX_SYNTAX_HOST_IDNA) || is_ipv4(name))
		return false;
	for (;;) {
		size_t end = span_find(name, 0, '.');

		if (!is_label(profile, (struct span){ name.p, end }))
			return false;
		if (end == name.n)
			return true;
		name = span_skip(name, end + 1);
	}
}

bool sender_pattern_is_good(const struct sender_profile *profile, struct span pattern)
{
	size_t star = span_find(pattern, 0, '*');

	switch (profile->mx_syntax) {
	case SENDER_MX_SYNTAX_ANY:
		return true;
	case SENDER_MX_SYNTAX_NOT_EMPTY:
		return pattern.n > 0 && !span_equal(pattern, SPAN_LITERAL("*."));
	case SENDER_MX_SYNTAX_STAR_FIRST:
		return pattern.n > 0 && (star == 0 || star == pattern.n);
	case SENDER_MX_SYNTAX_HOST:
	case SENDER_MX_SYNTAX_HOST_IDNA:
	case SENDER_MX_SYNTAX_HOST_DOT:
		break;
	}
	return is_host(profile, pattern);
}

/* A regular expression in which * stands for .* and . for any character. */
static enum sender_answer regex_matches(struct span pattern, struct span mx)
{
	size_t p = 0, m = 0, star = pattern.n, behind = 0;

	for (size_t i = 0; i < pattern.n; i++)
		if (strchr("+?()[]{}|^$\\", pattern.p[i]) && pattern.p[i])
			return SENDER_UNKNOWN;
	for (unsigned steps = 0; m < mx.n; steps++) {
		if (steps == REGEX_STEPS_MAX)
			return SENDER_UNKNOWN;
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			behind = m;
		} else if (p < pattern.n && (pattern.p[p] == '.' || pattern.p[p] == mx.p[m])) {
			p++;
			m++;
		} else if (star < pattern.n) {
			p = star + 1;
			m = ++behind;
		} else {
			return SENDER_NO;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n ? SENDER_YES : SENDER_NO;
}

static bool equal(const struct sender_profile *profile, struct span pattern, struct span mx)
{
	if (pattern.n != mx.n)
		return false;
	for (size_t i = 0; i < mx.n; i++) {
		char want = pattern.p[i], is = mx.p[i];

		if (profile->match_case != SENDER_MATCH_CASE_EXACT)
			want = ascii_lower(want);
		if (profile->match_case == SENDER_MATCH_CASE_FOLDED)
			is = ascii_lower(is);
		if (want != is)
			return false;
	}
	return true;
}

static bool ends_with(const struct sender_profile *profile, struct span mx, struct span suffix)
{
	return mx.n >= suffix.n && equal(profile, suffix, span_skip(mx, mx.n - suffix.n));
}

static bool name_matches(const struct sender_profile *profile, struct span pattern, struct span mx)
{
	size_t dot = span_find(mx, 0, '.');

	if (span_starts_with(pattern, SPAN_LITERAL("*."))) {
		pattern = span_skip(pattern, 1);
		return profile->match == SENDER_MATCH_ONE_LABEL ? equal(profile, pattern, span_skip(mx, dot))
								: ends_with(profile, mx, pattern);
	}
	if (profile->match_dot == SENDER_MATCH_DOT_ANY_DEPTH && pattern.n > 0 && pattern.p[0] == '.')
		return ends_with(profile, mx, pattern);
	return equal(profile, pattern, mx);
}

static struct span without_dot(struct span name, bool all)
{
	while (name.n > 0 && name.p[name.n - 1] == '.') {
		name.n--;
		if (!all)
			break;
	}
	return name;
}

enum sender_answer sender_pattern_matches(const struct sender_profile *profile, struct span pattern, struct span mx)
{
	char pattern_text[SENDER_NAME_MAX], mx_text[SENDER_NAME_MAX];
	bool matches;

	if (!sender_pattern_is_good(profile, pattern))
		return SENDER_NO;
	if (profile->mx_dot != SENDER_MX_DOT_KEPT)
		mx = without_dot(mx, profile->mx_dot == SENDER_MX_DOT_ALL_DROPPED);
	if (profile->pattern_dot == SENDER_PATTERN_DOT_DROPPED)
		pattern = without_dot(pattern, false);
	if (profile->match == SENDER_MATCH_REGEX)
		return regex_matches(pattern, mx);
	if (profile->idn == SENDER_IDN_LABELS) {
		size_t pattern_length, mx_length;

		if (!sender_name_to_ascii(pattern, pattern_text, &pattern_length) ||
		    !sender_name_to_ascii(mx, mx_text, &mx_length))
			return SENDER_NO;
		pattern = (struct span){ pattern_text, pattern_length };
		mx = (struct span){ mx_text, mx_length };
	}
	matches = name_matches(profile, pattern, mx);
	return matches ? SENDER_YES : profile->match == SENDER_MATCH_CERTIFICATE ? SENDER_UNKNOWN : SENDER_NO;
}
