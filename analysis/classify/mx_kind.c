/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/mx_kind.h"

#include "analysis/classify/public_suffix.h"
#include "parsers/edit_distance.h"
#include "parsers/sts_policy.h"

const char *const mx_kind_names[MX_KIND_COUNT] = {
	[MX_KIND_MATCH] = "match", [MX_KIND_STS_LABEL] = "sts-label", [MX_KIND_TLD] = "tld",
	[MX_KIND_TYPO] = "typo",   [MX_KIND_LABEL] = "label",         [MX_KIND_DOMAIN] = "domain",
};

/* What stands in front of the public suffix and its dot. */
static struct span before_suffix(const struct public_suffix_cut *cut)
{
	size_t n = (size_t)(cut->suffix.p - cut->name.p);

	return (struct span){ cut->name.p, n > 0 ? n - 1 : 0 };
}

static bool only_suffix_differs(const struct public_suffix_cut *pattern, bool wildcard,
				const struct public_suffix_cut *mx)
{
	struct span want = before_suffix(pattern), have = before_suffix(mx);

	if (pattern->suffix.n == 0 || mx->suffix.n == 0 || span_equal_nocase(pattern->suffix, mx->suffix))
		return false;
	if (wildcard) { /* `*` covers one whole label (RFC 8461 4.1) */
		size_t dot = span_find(have, 0, '.');

		if (dot == have.n)
			return false;
		have = span_skip(have, dot + 1);
	}
	return want.n > 0 && span_equal_nocase(want, have);
}

static bool looks_misspelt(const struct public_suffix_cut *pattern, const struct public_suffix_cut *mx)
{
	size_t longer = pattern->label.n > mx->label.n ? pattern->label.n : mx->label.n;
	unsigned edits;

	if (pattern->suffix.n == 0 || !span_equal_nocase(pattern->suffix, mx->suffix))
		return false;
	edits = edit_distance(pattern->label, mx->label, MX_KIND_EDITS_MAX);
	/* Half of a short label changed is another word, not a misspelling. */
	return edits >= 1 && edits <= MX_KIND_EDITS_MAX && edits * 2 <= longer;
}

enum mx_kind mx_kind_of_pair(const struct public_suffix_cut *pattern, bool wildcard, const struct public_suffix_cut *mx)
{
	if (span_starts_with_nocase(pattern->name, SPAN_LITERAL(STS_POLICY_LABEL)))
		return MX_KIND_STS_LABEL;
	if (span_equal_nocase(pattern->registrable, mx->registrable))
		return MX_KIND_LABEL;
	if (only_suffix_differs(pattern, wildcard, mx))
		return MX_KIND_TLD;
	if (looks_misspelt(pattern, mx))
		return MX_KIND_TYPO;
	return MX_KIND_DOMAIN;
}
