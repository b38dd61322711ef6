/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/senders/sender_policy.h"

#include "analysis/senders/sender_match.h"
#include "parsers/field.h"
#include "parsers/utf8.h"

enum key { KEY_VERSION, KEY_MODE, KEY_MAX_AGE, KEY_SINGLE, KEY_MX = KEY_SINGLE, KEY_OTHER };

static const char *const key_names[] = {
	[KEY_VERSION] = "version", [KEY_MODE] = "mode", [KEY_MAX_AGE] = "max_age", [KEY_MX] = "mx"
};

/* What becomes of a key that may stand once and stands twice; the three switches have the same values. */
enum again { AGAIN_FIRST, AGAIN_FIRST_CHECKED, AGAIN_LAST, AGAIN_EVERY, AGAIN_REFUSED };

#define SAME(name)                                                                                                     \
	_Static_assert((int)SENDER_##name##_FIRST == AGAIN_FIRST &&                                                    \
			       (int)SENDER_##name##_FIRST_CHECKED == AGAIN_FIRST_CHECKED &&                            \
			       (int)SENDER_##name##_LAST == AGAIN_LAST && (int)SENDER_##name##_EVERY == AGAIN_EVERY && \
			       (int)SENDER_##name##_REFUSED == AGAIN_REFUSED,                                          \
		       "sender_switches.csv has the same values in the same order for the three")
SAME(VERSION_AGAIN);
SAME(MODE_AGAIN);
SAME(MAX_AGE_AGAIN);

struct single {
	bool seen;
	bool ignored; /* and counts as missing */
	struct span value;
	unsigned line;
	struct span line_text;
};

struct reading {
	const struct sender_profile *profile;
	struct sender_policy *policy;
	struct single single[KEY_SINGLE];
};

static enum key key_of(const struct sender_profile *profile, struct span key)
{
	for (size_t i = 0; i < COUNT_OF(key_names); i++)
		if (profile->key_case == SENDER_KEY_CASE_FOLDED ? span_equal_nocase(key, span_of(key_names[i]))
								: span_equal(key, span_of(key_names[i])))
			return (enum key)i;
	return KEY_OTHER;
}

/* --- keys and values nobody knows --- */

static bool name_is_good(const struct sender_profile *profile, struct span name)
{
	if (profile->key_syntax == SENDER_KEY_SYNTAX_UNREAD)
		return true;
	if (profile->key_syntax == SENDER_KEY_SYNTAX_NAME)
		return field_is_name(name);
	return sender_is_loose_name(name);
}

/* Not empty; printable; and UTF-8 where the switch says so. */
static bool text_is_good(const struct sender_profile *profile, struct span text)
{
	struct span rest = text;

	if (profile->extension == SENDER_EXTENSION_UNREAD)
		return true;
	while (rest.n > 0) {
		size_t n = utf8_length(rest);
		uint32_t c = n > 0 ? utf8_character(rest, &n) : 0;

		if (n == 0 && profile->extension == SENDER_EXTENSION_TEXT)
			return false;
		if (n > 0 &&
		    (c < ' ' || c == 0x7f || (c > 0x7f && c < 0xa0 && profile->extension == SENDER_EXTENSION_TEXT)))
			return false;
		rest = span_skip(rest, n > 0 ? n : 1);
	}
	return text.n > 0;
}

/* --- the three that stand once --- */

static bool version_is_good(const struct sender_profile *profile, struct span value)
{
	switch (profile->version) {
	case SENDER_VERSION_EXACT:
		return span_equal(value, SPAN_LITERAL("STSv1"));
	case SENDER_VERSION_FOLDED:
		return span_equal_nocase(value, SPAN_LITERAL("STSv1"));
	case SENDER_VERSION_UNREAD:
		break;
	}
	return true;
}

static enum sts_mode mode_of(const struct sender_profile *profile, struct span value)
{
	for (enum sts_mode mode = STS_MODE_ENFORCE; mode < STS_MODE_COUNT; mode++)
		if (profile->mode_case == SENDER_MODE_CASE_FOLDED
			    ? span_equal_nocase(value, span_of(sts_mode_names[mode]))
			    : span_equal(value, span_of(sts_mode_names[mode])))
			return mode;
	return profile->mode_bad == SENDER_MODE_BAD_NONE ? STS_MODE_NONE : STS_MODE_UNSET;
}

static bool is_below(const struct sender_number *number, int64_t least)
{
	return least != SENDER_NO_LIMIT && (number->negative || number->value < (uint64_t)least);
}

static bool is_above(const struct sender_number *number, int64_t most)
{
	return most != SENDER_NO_LIMIT && !number->negative &&
	       (number->value > (uint64_t)most || (number->value == (uint64_t)most && number->fraction > 0));
}

static bool max_age_is_good(const struct sender_profile *profile, struct span value, struct sender_number *number)
{
	return sender_number_read(profile->max_age_number, value, number) &&
	       !is_below(number, profile->max_age_least) && !is_above(number, profile->max_age_most);
}

static bool value_is_good(const struct sender_profile *profile, enum key key, struct span value)
{
	struct sender_number ignored;

	switch (key) {
	case KEY_VERSION:
		return version_is_good(profile, value);
	case KEY_MODE:
		return mode_of(profile, value) != STS_MODE_UNSET;
	case KEY_MAX_AGE:
		return max_age_is_good(profile, value, &ignored);
	case KEY_MX:
	case KEY_OTHER:
		break;
	}
	return true;
}

static enum again again_of(const struct sender_profile *profile, enum key key)
{
	switch (key) {
	case KEY_VERSION:
		return (enum again)profile->version_again;
	case KEY_MODE:
		return (enum again)profile->mode_again;
	default:
		return (enum again)profile->max_age_again;
	}
}

/* False: the policy is refused. */
static bool read_single(struct reading *reading, enum key key, const struct sender_line *line)
{
	const struct sender_profile *profile = reading->profile;
	struct single *single = &reading->single[key];
	enum again again = again_of(profile, key);
	bool take = !single->seen || again == AGAIN_LAST || again == AGAIN_EVERY;

	if (single->seen && again == AGAIN_REFUSED)
		return false;
	if (again != AGAIN_LAST && (take || again == AGAIN_FIRST_CHECKED) &&
	    !value_is_good(profile, key, line->value)) {
		if (key != KEY_MAX_AGE || profile->max_age_bad != SENDER_MAX_AGE_BAD_IGNORED)
			return false;
		if (again == AGAIN_FIRST)
			*single = (struct single){ .seen = true, .ignored = true };
		return true;
	}
	if (take)
		*single = (struct single){ true, false, line->value, line->number, line->text };
	return true;
}

/* --- the body --- */

/* Java's split drops what is empty at the end. */
static struct span without_end_colons(const struct sender_profile *profile, struct span value)
{
	if (profile->value_colon != SENDER_VALUE_COLON_SKIPPED)
		return value;
	while (value.n > 0 && value.p[value.n - 1] == ':')
		value.n--;
	return sender_trim(profile->space, value);
}

enum verdict_of_line { LINE_TAKEN, LINE_SKIPPED, LINE_STOPS, LINE_REFUSES };

/* Is there a pair to be read on the line? */
static enum verdict_of_line look_at_line(const struct sender_profile *profile, struct sender_line *line)
{
	switch (line->kind) {
	case SENDER_LINE_TOO_LONG:
		return LINE_REFUSES;
	case SENDER_LINE_BLANK:
		return profile->blank_line == SENDER_BLANK_LINE_STOPS     ? LINE_STOPS
		       : profile->blank_line == SENDER_BLANK_LINE_REFUSED ? LINE_REFUSES
									  : LINE_SKIPPED;
	case SENDER_LINE_NO_COLON:
		return profile->no_colon == SENDER_NO_COLON_REFUSED   ? LINE_REFUSES
		       : profile->no_colon == SENDER_NO_COLON_SKIPPED ? LINE_SKIPPED
								      : LINE_TAKEN;
	case SENDER_LINE_PAIR:
		break;
	}
	line->value = without_end_colons(profile, line->value);
	if (profile->value_colon != SENDER_VALUE_COLON_KEPT && span_find(line->value, 0, ':') < line->value.n)
		return profile->value_colon == SENDER_VALUE_COLON_REFUSED ? LINE_REFUSES : LINE_SKIPPED;
	if (profile->value_colon == SENDER_VALUE_COLON_SKIPPED && line->value.n == 0)
		return LINE_SKIPPED; /* a pair has two parts */
	return LINE_TAKEN;
}

static bool read_pair(struct reading *reading, const struct sender_line *line)
{
	const struct sender_profile *profile = reading->profile;
	enum key key = key_of(profile, line->key);

	switch (key) {
	case KEY_MX:
		if (!sender_pattern_is_good(profile, line->value))
			return profile->mx_bad == SENDER_MX_BAD_SKIPPED;
		reading->policy->mx_count++;
		return true;
	case KEY_OTHER:
		return name_is_good(profile, line->key) && text_is_good(profile, line->value);
	default:
		return read_single(reading, key, line);
	}
}

static bool read_lines(struct reading *reading)
{
	struct sender_policy *policy = reading->policy;
	struct sender_line_walk walk;
	struct sender_line line;

	sender_line_start(reading->profile, policy->body, &walk);
	while (sender_line_next(&walk, &line)) {
		enum verdict_of_line verdict = look_at_line(reading->profile, &line);

		if (verdict == LINE_STOPS) {
			policy->line = line.number;
			policy->line_text = line.text;
			return true;
		}
		if (verdict == LINE_REFUSES || (verdict == LINE_TAKEN && !read_pair(reading, &line))) {
			policy->line = line.number;
			policy->line_text = line.text;
			return false;
		}
	}
	return true;
}

static bool refuse_for(struct sender_policy *policy, const struct single *single)
{
	policy->line = single->line;
	policy->line_text = single->line_text;
	return false;
}

static bool refuse_without(struct sender_policy *policy, enum key key)
{
	policy->missing = key_names[key];
	return false;
}

/* The values that were not looked at on their line, and what is missing. */
static bool finish(struct reading *reading)
{
	const struct sender_profile *profile = reading->profile;
	const struct single *single = reading->single;
	struct sender_policy *policy = reading->policy;

	if (!single[KEY_VERSION].seen && profile->version_missing == SENDER_VERSION_MISSING_REFUSED)
		return refuse_without(policy, KEY_VERSION);
	if (single[KEY_VERSION].seen && !version_is_good(profile, single[KEY_VERSION].value))
		return refuse_for(policy, &single[KEY_VERSION]);
	policy->mode_line = single[KEY_MODE].line;
	policy->mode_text = single[KEY_MODE].line_text;
	policy->mode = profile->mode_missing == SENDER_MODE_MISSING_NONE ? STS_MODE_NONE : STS_MODE_UNSET;
	if (single[KEY_MODE].seen)
		policy->mode = mode_of(profile, single[KEY_MODE].value);
	if (policy->mode == STS_MODE_UNSET)
		return single[KEY_MODE].seen ? refuse_for(policy, &single[KEY_MODE]) : refuse_without(policy, KEY_MODE);
	if (!single[KEY_MAX_AGE].seen && profile->max_age_missing == SENDER_NO_LIMIT)
		return refuse_without(policy, KEY_MAX_AGE);
	policy->max_age = (struct sender_number){ .value = (uint64_t)profile->max_age_missing };
	if (single[KEY_MAX_AGE].seen && !single[KEY_MAX_AGE].ignored &&
	    !max_age_is_good(profile, single[KEY_MAX_AGE].value, &policy->max_age))
		return refuse_for(policy, &single[KEY_MAX_AGE]);
	if (policy->mode == STS_MODE_NONE && profile->mode_none != SENDER_MODE_NONE_ACCEPTED)
		return (profile->mode_none == SENDER_MODE_NONE_NEEDS_MX && policy->mx_count > 0) ||
		       refuse_for(policy, &single[KEY_MODE]);
	return policy->mode == STS_MODE_NONE || policy->mx_count > 0 ||
	       profile->mx_missing == SENDER_MX_MISSING_ACCEPTED || refuse_without(policy, KEY_MX);
}

static void keep_max_age(const struct sender_profile *profile, struct sender_policy *policy)
{
	int64_t least = policy->mode == STS_MODE_ENFORCE   ? profile->enforce_least
			: policy->mode == STS_MODE_TESTING ? profile->testing_least
							   : SENDER_NO_LIMIT;

	if (is_above(&policy->max_age, profile->max_age_cap))
		policy->max_age.value = (uint64_t)profile->max_age_cap;
	if (is_below(&policy->max_age, least))
		policy->max_age = (struct sender_number){ .value = (uint64_t)least };
}

/* The first line that is no UTF-8. */
static void find_bad_line(struct sender_policy *policy)
{
	struct span rest = policy->body;

	for (policy->line = 1;; policy->line++) {
		size_t end = span_find(rest, 0, '\n');

		policy->line_text = (struct span){ rest.p, end };
		if (end == rest.n || !utf8_is_valid(policy->line_text))
			break;
		rest = span_skip(rest, end + 1);
	}
}

void sender_policy_read(const struct sender_profile *profile, struct span body, struct sender_policy *policy)
{
	struct reading reading = { .profile = profile, .policy = policy };

	*policy = (struct sender_policy){ .profile = profile, .body = body };
	if (profile->body_limit != SENDER_NO_LIMIT && body.n > (size_t)profile->body_limit) {
		policy->too_large = profile->body_over == SENDER_BODY_OVER_REFUSED;
		if (policy->too_large)
			return;
		policy->body.n = (size_t)profile->body_limit;
	}
	if (profile->utf8 == SENDER_UTF8_NEEDED && !utf8_is_valid(policy->body)) {
		find_bad_line(policy);
		return;
	}
	policy->accept = read_lines(&reading) && finish(&reading);
	if (policy->accept)
		keep_max_age(profile, policy);
	else
		policy->mode = STS_MODE_UNSET;
}

bool sender_policy_next_mx(struct sender_line_walk *walk, struct sender_line *line)
{
	while (sender_line_next(walk, line)) {
		enum verdict_of_line verdict = look_at_line(walk->profile, line);

		if (verdict == LINE_STOPS || verdict == LINE_REFUSES)
			return false;
		if (verdict == LINE_TAKEN && key_of(walk->profile, line->key) == KEY_MX &&
		    sender_pattern_is_good(walk->profile, line->value))
			return true;
	}
	return false;
}
