/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/drift/drift_change.h"

#include <stdarg.h>
#include <stdio.h>

#include "parsers/domain.h"

const char *const drift_change_names[DRIFT_CHANGES] = {
	[DRIFT_POLICY_CHANGED_ID_SAME] = "policy-changed-id-same",
	[DRIFT_ID_CHANGED_POLICY_SAME] = "id-changed-policy-same",
	[DRIFT_MX_CHANGED_POLICY_SAME] = "mx-changed-policy-same",
	[DRIFT_OUTDATED_POLICY] = "outdated-policy",
	[DRIFT_WEAKENED] = "weakened",
	[DRIFT_REMOVED_WITHOUT_NONE] = "removed-without-none",
	[DRIFT_REMOVED] = "removed",
	[DRIFT_ADOPTED] = "adopted",
	[DRIFT_TLSRPT_REMOVED] = "tlsrpt-removed",
	[DRIFT_TLSRPT_ADOPTED] = "tlsrpt-adopted",
	[DRIFT_CERTIFICATE_RENEWED_LATE] = "certificate-renewed-late",
	[DRIFT_BROKEN] = "broken",
	[DRIFT_FIXED] = "fixed",
	[DRIFT_NEW] = "new",
	[DRIFT_GONE] = "gone",
};

/* ---- what holds ---- */

/* 1 they are the same, 0 they differ, -1 that is not known. */
static int same_policy(const struct drift_policy *a, const struct drift_policy *b)
{
	if (!a->known || !b->known)
		return -1;
	if (a->mode != b->mode || a->max_age != b->max_age)
		return 0;
	if (a->cut || b->cut) /* the same lines in the same order are the same; else it may be the order alone */
		return a->all == b->all ? 1 : -1;
	return span_equal(a->patterns, b->patterns);
}

static int same_id(const struct drift_pair *pair)
{
	struct span a = pair->side[DRIFT_BEFORE].id, b = pair->side[DRIFT_AFTER].id;

	return a.p && b.p ? span_equal(a, b) : -1;
}

static bool policy_changed_id_same(const struct drift_pair *pair)
{
	return same_id(pair) == 1 &&
	       same_policy(&pair->side[DRIFT_BEFORE].policy, &pair->side[DRIFT_AFTER].policy) == 0;
}

static bool id_changed_policy_same(const struct drift_pair *pair)
{
	return same_id(pair) == 0 &&
	       same_policy(&pair->side[DRIFT_BEFORE].policy, &pair->side[DRIFT_AFTER].policy) == 1;
}

static bool mx_changed_policy_same(const struct drift_pair *pair)
{
	const struct drift_domain *old = &pair->side[DRIFT_BEFORE], *new = &pair->side[DRIFT_AFTER];

	return old->mx_known && new->mx_known && !span_equal(old->mx, new->mx) &&
	       same_policy(&old->policy, &new->policy) == 1;
}

static bool lists(const struct drift_policy *policy, struct span mx)
{
	struct span rest = policy->patterns, pattern;

	while (drift_next_word(&rest, &pattern))
		if (domain_matches(pattern, mx))
			return true;
	return false;
}

static bool lists_all(const struct drift_policy *policy, struct span names)
{
	struct span mx;

	while (drift_next_word(&names, &mx))
		if (!lists(policy, mx))
			return false;
	return true;
}

/* Do they take mail? */
static bool are_hosts(const struct drift_domain *domain)
{
	return domain->mx_known && domain->mx.n > 0 && !span_equal(domain->mx, SPAN_LITERAL("."));
}

static bool outdated_policy(const struct drift_pair *pair)
{
	const struct drift_domain *old = &pair->side[DRIFT_BEFORE], *new = &pair->side[DRIFT_AFTER];
	const struct drift_policy *policy = &new->policy;

	return policy->known && !policy->cut && policy->mode != STS_MODE_NONE && are_hosts(old) && are_hosts(new) &&
	       lists_all(policy, old->mx) && !lists_all(policy, new->mx);
}

static bool weakened(const struct drift_pair *pair)
{
	const struct drift_policy *old = &pair->side[DRIFT_BEFORE].policy, *new = &pair->side[DRIFT_AFTER].policy;

	if (!old->known || !new->known)
		return false;
	if (new->mode != old->mode)
		return new->mode > old->mode; /* enum sts_mode goes from the strongest to the weakest */
	return old->mode != STS_MODE_NONE && new->max_age < old->max_age / DRIFT_WEAKENED_AGE;
}

static bool went(const struct drift_pair *pair, enum drift_kind kind, unsigned from, unsigned to)
{
	return drift_has_record(&pair->side[from].head, kind) && pair->side[to].head.word[kind] == 1 + RECORD_NONE;
}

/* May a sender that fetched the policy when it was seen still hold it? */
static bool is_still_held(const struct drift_pair *pair)
{
	const struct drift_policy *policy = &pair->side[DRIFT_BEFORE].policy;
	int64_t between = obs_time_between(pair->side[DRIFT_BEFORE].head.time_ms,
					   pair->side[DRIFT_AFTER].head.time_ms); /* milliseconds */

	return policy->known && policy->mode != STS_MODE_NONE && between < (int64_t)policy->max_age * 1000;
}

static bool removed_without_none(const struct drift_pair *pair)
{
	return went(pair, DRIFT_STS, DRIFT_BEFORE, DRIFT_AFTER) && is_still_held(pair);
}

static bool removed(const struct drift_pair *pair)
{
	return went(pair, DRIFT_STS, DRIFT_BEFORE, DRIFT_AFTER) && !is_still_held(pair);
}

static bool adopted(const struct drift_pair *pair)
{
	return went(pair, DRIFT_STS, DRIFT_AFTER, DRIFT_BEFORE);
}

static bool tlsrpt_removed(const struct drift_pair *pair)
{
	return went(pair, DRIFT_TLSRPT, DRIFT_BEFORE, DRIFT_AFTER);
}

static bool tlsrpt_adopted(const struct drift_pair *pair)
{
	return went(pair, DRIFT_TLSRPT, DRIFT_AFTER, DRIFT_BEFORE);
}

/* One that is refused for another reason than its end is somebody else's, which no renewal follows. */
static bool certificate_renewed_late(const struct drift_pair *pair)
{
	const struct drift_leaf *old = &pair->side[DRIFT_BEFORE].leaf, *new = &pair->side[DRIFT_AFTER].leaf;

	if (!old->known || !new->known || !new->verified || !(old->verified || old->expired) ||
	    memcmp(old->sha256, new->sha256, sizeof(old->sha256)) == 0)
		return false;
	return old->expired || obs_time_between(new->not_before, old->not_after) < DRIFT_BACKDATED;
}

static bool breaks(const struct drift_head *head)
{
	enum component component = drift_component(head);

	return component >= COMPONENT_RECORD && component < COMPONENT_OK;
}

static bool broken(const struct drift_pair *pair)
{
	return drift_component(&pair->side[DRIFT_BEFORE].head) == COMPONENT_OK && breaks(&pair->side[DRIFT_AFTER].head);
}

static bool fixed(const struct drift_pair *pair)
{
	return breaks(&pair->side[DRIFT_BEFORE].head) && drift_component(&pair->side[DRIFT_AFTER].head) == COMPONENT_OK;
}

static bool is_absent(const struct drift_pair *pair, unsigned side)
{
	return pair->side[side].head.word[DRIFT_STATUS] == DRIFT_ABSENT;
}

/* ---- how it is told ---- */

struct out {
	char *text;
	size_t n;
};

/* Appended as far as there is room; then the last octets are an ellipsis, and no character is cut in two. */
static void say(struct out *out, struct span s)
{
	static const struct span ellipsis = SPAN_LITERAL("…");
	size_t room = DRIFT_CHANGE_TEXT - 1 - out->n;

	if (s.n > room) {
		size_t end = DRIFT_CHANGE_TEXT - 1 - ellipsis.n;

		if (end > out->n)
			memcpy(out->text + out->n, s.p, end - out->n);
		while (end > 0 && ((unsigned char)out->text[end] & 0xc0) == 0x80)
			end--;
		memcpy(out->text + end, ellipsis.p, ellipsis.n);
		out->n = end + ellipsis.n;
	} else if (s.n > 0) {
		memcpy(out->text + out->n, s.p, s.n);
		out->n += s.n;
	}
	out->text[out->n] = '\0';
}

__attribute__((format(printf, 2, 3))) static void say_formatted(struct out *out, const char *format, ...)
{
	char text[64];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	say(out, span_of(text));
}

/* What of the one set is not in the other. */
static void say_difference(struct out *out, struct span rest, struct span other)
{
	struct span word, another;
	bool first = true;

	while (drift_next_word(&rest, &word)) {
		struct span search = other;
		bool found = false;

		while (!found && drift_next_word(&search, &another))
			found = span_equal(word, another);
		if (found)
			continue;
		say(out, first ? SPAN_LITERAL("mx") : SPAN_LITERAL(""));
		say(out, SPAN_LITERAL(" "));
		say(out, word);
		first = false;
	}
}

/* What differs, alone: that is what one step of a provider has in common for all its domains. */
static void show_policy(const struct drift_pair *pair, unsigned side, struct out *out)
{
	const struct drift_policy *policy = &pair->side[side].policy, *other = &pair->side[!side].policy;
	bool begun = false;

	if (policy->mode != other->mode) {
		say_formatted(out, "mode %s", sts_mode_names[policy->mode]);
		begun = true;
	}
	if (policy->max_age != other->max_age) {
		say_formatted(out, "%smax_age %llu", begun ? "; " : "", (unsigned long long)policy->max_age);
		begun = true;
	}
	if (!span_equal(policy->patterns, other->patterns)) {
		say(out, begun ? SPAN_LITERAL("; ") : SPAN_LITERAL(""));
		say_difference(out, policy->patterns, other->patterns);
	}
}

static void show_id(const struct drift_pair *pair, unsigned side, struct out *out)
{
	say(out, pair->side[side].id);
}

static void show_mx(const struct drift_pair *pair, unsigned side, struct out *out)
{
	say(out, pair->side[side].mx);
}

static void show_strength(const struct drift_pair *pair, unsigned side, struct out *out)
{
	const struct drift_policy *policy = &pair->side[side].policy;

	say_formatted(out, "%s %llu", sts_mode_names[policy->mode], (unsigned long long)policy->max_age);
}

/* The side without a record has no policy to show. */
static void show_policy_or_state(const struct drift_pair *pair, unsigned side, struct out *out)
{
	if (pair->side[side].policy.known)
		show_strength(pair, side, out);
	else
		say(out, span_of(drift_word_of(&pair->side[side].head, DRIFT_STS)));
}

static void show_tlsrpt(const struct drift_pair *pair, unsigned side, struct out *out)
{
	say(out, span_of(drift_word_of(&pair->side[side].head, DRIFT_TLSRPT)));
}

/* When the old one ended, and the new one began. */
static void show_certificate(const struct drift_pair *pair, unsigned side, struct out *out)
{
	const struct drift_leaf *leaf = &pair->side[side].leaf;
	char octets[64];
	struct text text = { .data = octets, .size = sizeof(octets), .fd = -1 };
	int64_t seconds = side == DRIFT_BEFORE ? leaf->not_after : leaf->not_before;

	if (text_is_date(seconds))
		text_time(&text, seconds);
	say(out, (struct span){ octets, text.used });
}

static void show_component(const struct drift_pair *pair, unsigned side, struct out *out)
{
	say(out, span_of(drift_word_of(&pair->side[side].head, DRIFT_COMPONENT)));
}

static bool is_new(const struct drift_pair *pair)
{
	return is_absent(pair, DRIFT_BEFORE);
}

static bool is_gone(const struct drift_pair *pair)
{
	return is_absent(pair, DRIFT_AFTER);
}

static const struct {
	bool (*holds)(const struct drift_pair *pair);
	void (*show)(const struct drift_pair *pair, unsigned side, struct out *out);
	enum { VIA_RECORD, VIA_POLICY, VIA_NOBODY } via; /* whose alias is looked at first; an MX is the domain's own */
	bool is_shared;
} changes[DRIFT_CHANGES] = {
	[DRIFT_POLICY_CHANGED_ID_SAME] = { policy_changed_id_same, show_policy, VIA_RECORD, true },
	[DRIFT_ID_CHANGED_POLICY_SAME] = { id_changed_policy_same, show_id, VIA_RECORD, true },
	[DRIFT_MX_CHANGED_POLICY_SAME] = { mx_changed_policy_same, show_mx, VIA_NOBODY, false },
	[DRIFT_OUTDATED_POLICY] = { outdated_policy, show_mx, VIA_POLICY, false },
	[DRIFT_WEAKENED] = { weakened, show_strength, VIA_POLICY, true },
	[DRIFT_REMOVED_WITHOUT_NONE] = { removed_without_none, show_policy_or_state, VIA_RECORD, true },
	[DRIFT_REMOVED] = { removed, show_policy_or_state, VIA_RECORD, true },
	[DRIFT_ADOPTED] = { adopted, show_policy_or_state, VIA_RECORD, true },
	[DRIFT_TLSRPT_REMOVED] = { tlsrpt_removed, show_tlsrpt, VIA_NOBODY, false },
	[DRIFT_TLSRPT_ADOPTED] = { tlsrpt_adopted, show_tlsrpt, VIA_NOBODY, false },
	[DRIFT_CERTIFICATE_RENEWED_LATE] = { certificate_renewed_late, show_certificate, VIA_POLICY, true },
	[DRIFT_BROKEN] = { broken, show_component, VIA_POLICY, true },
	[DRIFT_FIXED] = { fixed, show_component, VIA_POLICY, true },
	[DRIFT_NEW] = { is_new, show_component, VIA_NOBODY, false },
	[DRIFT_GONE] = { is_gone, show_component, VIA_NOBODY, false },
};

unsigned drift_changes_of(const struct drift_pair *pair)
{
	unsigned found = 0;

	if (is_new(pair))
		return 1U << DRIFT_NEW;
	if (is_gone(pair))
		return 1U << DRIFT_GONE;
	for (unsigned c = 0; c < DRIFT_NEW; c++)
		found |= (unsigned)changes[c].holds(pair) << c;
	return found;
}

void drift_change_show(const struct drift_pair *pair, enum drift_change change, unsigned side,
		       char text[static DRIFT_CHANGE_TEXT])
{
	struct out out = { .text = text };

	text[0] = '\0';
	changes[change].show(pair, side, &out);
}

struct span drift_change_via(const struct drift_pair *pair, enum drift_change change)
{
	struct span via = { "", 0 };

	/* today's first; of what is there no more, yesterday's */
	for (unsigned side = DRIFT_AFTER + 1;
	     side-- > DRIFT_BEFORE && via.n == 0 && changes[change].via != VIA_NOBODY;) {
		const struct drift_domain *domain = &pair->side[side];
		bool record_first = changes[change].via == VIA_RECORD;

		via = record_first ? domain->of_record : domain->of_policy;
		if (via.n == 0)
			via = record_first ? domain->of_policy : domain->of_record;
	}
	return via;
}

bool drift_change_is_shared(enum drift_change change)
{
	return changes[change].is_shared;
}
