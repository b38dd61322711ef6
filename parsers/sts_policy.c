/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/sts_policy.h"

#include "parsers/domain.h"
#include "parsers/field.h"
#include "parsers/character.h"
#include "parsers/utf8.h"

enum key { KEY_VERSION, KEY_MODE, KEY_MAX_AGE, KEY_MX, KEY_COUNT, KEY_EXTENSION = KEY_COUNT };

static const struct span key_name[KEY_COUNT] = {
	[KEY_VERSION] = { "version", 7 },
	[KEY_MODE] = { "mode", 4 },
	[KEY_MAX_AGE] = { "max_age", 7 },
	[KEY_MX] = { "mx", 2 },
};

static const enum finding key_missing[KEY_COUNT] = {
	[KEY_VERSION] = FINDING_POLICY_NO_VERSION,
	[KEY_MODE] = FINDING_POLICY_NO_MODE,
	[KEY_MAX_AGE] = FINDING_POLICY_NO_MAX_AGE,
	[KEY_MX] = FINDING_POLICY_NO_MX,
};

const char *const sts_mode_names[STS_MODE_COUNT] = {
	[STS_MODE_UNSET] = "",
	[STS_MODE_ENFORCE] = "enforce",
	[STS_MODE_TESTING] = "testing",
	[STS_MODE_NONE] = "none",
};

enum { MAX_AGE_DIGITS = 10 }; /* RFC 8461 3.2: 1*10(DIGIT) */

/* ---- lines ---- */

struct line {
	struct span key, value; /* both without the white space around them */
	bool is_blank;
	bool is_pair;   /* there is a colon */
	bool is_spaced; /* white space before the key or before the colon */
};

/* RFC 8461 3.2: sts-policy-term = LF / CRLF. What follows the last one is no line if it is empty. */
static bool line_next(struct span body, size_t *at, struct line *line)
{
	struct span text;
	size_t end, colon;

	if (*at >= body.n)
		return false;
	end = span_find(body, *at, '\n');
	text = (struct span){ body.p + *at, end - *at };
	*at = end < body.n ? end + 1 : end;
	if (end < body.n && text.n > 0 && text.p[text.n - 1] == '\r')
		text.n--;
	colon = span_find(text, 0, ':');
	line->is_pair = colon < text.n;
	line->key = span_trim((struct span){ text.p, colon });
	line->value = span_trim(span_skip(text, line->is_pair ? colon + 1 : colon));
	line->is_blank = !line->is_pair && line->key.n == 0;
	line->is_spaced = line->key.n != colon;
	return true;
}

/* The key in its own spelling, or in any case. */
static enum key key_of(struct span name, bool (*equal)(struct span, struct span))
{
	unsigned key = 0;

	while (key < KEY_COUNT && !equal(name, key_name[key]))
		key++;
	return (enum key)key;
}

/* sts-policy-ext-value: printable ASCII or UTF-8, with spaces inside. */
static bool is_extension_value(struct span value)
{
	for (size_t i = 0; i < value.n;) {
		size_t n = utf8_length(span_skip(value, i));

		if (n == 0 || (n == 1 && (value.p[i] < 0x20 || value.p[i] > 0x7e)))
			return false;
		i += n;
	}
	return value.n > 0;
}

/* ---- values ---- */

/* RFC 8461 3.2: ["*."] Domain, with Domain of RFC 5321 4.1.2. */
static bool is_mx_pattern(struct span value)
{
	if (value.n > DOMAIN_NAME_MAX)
		return false;
	if (span_starts_with(value, SPAN_LITERAL("*.")))
		value = span_skip(value, 2);
	return domain_is_host(value);
}

/* Can a U-label hold it (RFC 5892)? Not the dashes, spaces, quotes and signs that are pasted instead of ASCII's, nor
 * what has no width; the blocks without letters are enough to tell. */
static bool is_letter(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} others[] = {
		{ 0x80, 0xa9 },        { 0xab, 0xb4 },     { 0xb6, 0xb6 },     { 0xb8, 0xb9 },     { 0xbb, 0xbf },
		{ 0xd7, 0xd7 },        { 0xf7, 0xf7 },     { 0x200e, 0x2bff }, { 0x2e00, 0x2e7f }, { 0x2ff0, 0x3004 },
		{ 0x3008, 0x3020 },    { 0x3030, 0x3030 }, { 0x303d, 0x303f }, { 0x3200, 0x33ff }, { 0xe000, 0xf8ff },
		{ 0xfe10, 0xfe1f },    { 0xfe30, 0xfe6f }, { 0xfeff, 0xff65 }, { 0xffe0, 0xffff }, { 0x1f000, 0x1faff },
		{ 0xe0000, 0x10ffff },
	};
	bool joins = c == 0x200c || c == 0x200d;

	if (character_class(c) && !joins)
		return false;
	for (size_t i = 0; i < COUNT_OF(others) && c >= others[i].first; i++)
		if (c <= others[i].last)
			return false;
	return true;
}

/* Would the value be a pattern if every letter outside ASCII were one of ASCII? */
static bool is_u_label_pattern(struct span value)
{
	struct span rest = value;
	char plain[DOMAIN_NAME_MAX];
	size_t n = 0, length;

	for (; rest.n > 0; rest = span_skip(rest, length)) {
		uint32_t c = utf8_character(rest, &length);

		if (utf8_length(rest) == 0 || n == sizeof(plain) || !is_letter(c))
			return false;
		plain[n++] = length > 1 ? 'x' : rest.p[0];
	}
	return !span_is_ascii(value) && is_mx_pattern((struct span){ plain, n });
}

static void add_bad_mx(struct span value, struct finding_set *findings)
{
	struct span undotted = value;
	bool is_u_label;

	if (value.n > 0 && value.p[value.n - 1] == '.')
		undotted.n--;
	is_u_label = is_u_label_pattern(undotted);
	if (!is_u_label && (undotted.n == value.n || !is_mx_pattern(undotted))) {
		finding_add(findings, FINDING_POLICY_BAD_MX);
		return;
	}
	if (is_u_label)
		finding_add(findings, FINDING_POLICY_MX_U_LABEL);
	if (undotted.n != value.n)
		finding_add(findings, FINDING_POLICY_MX_TRAILING_DOT);
}

static void read_pattern(struct span value, struct sts_policy *result)
{
	if (is_mx_pattern(value))
		result->mx_count++;
	else
		add_bad_mx(value, &result->findings);
}

static void read_version(struct span value, struct sts_policy *result)
{
	static const struct span version = { "STSv1", 5 };

	result->has_version = span_equal(value, version);
	if (!result->has_version)
		finding_add(&result->findings,
			    span_equal_nocase(value, version) ? FINDING_POLICY_KEY_CASE : FINDING_POLICY_BAD_VERSION);
}

static void read_mode(struct span value, struct sts_policy *result)
{
	enum finding wrong = FINDING_POLICY_BAD_MODE;

	for (unsigned mode = STS_MODE_ENFORCE; mode <= STS_MODE_NONE; mode++) {
		struct span name = span_of(sts_mode_names[mode]);

		if (span_equal(value, name)) {
			result->mode = (enum sts_mode)mode;
			return;
		}
		if (span_equal_nocase(value, name))
			wrong = FINDING_POLICY_KEY_CASE;
	}
	finding_add(&result->findings, wrong);
}

static void read_max_age(struct span value, struct sts_policy *result)
{
	result->has_max_age = value.n <= MAX_AGE_DIGITS && span_decimal(value, UINT64_MAX, &result->max_age);
	if (!result->has_max_age)
		finding_add(&result->findings, FINDING_POLICY_BAD_MAX_AGE);
}

/* ---- the whole ---- */

struct policy_reading {
	struct field_names names;
	bool seen[KEY_COUNT];
	bool seen_in_other_case[KEY_COUNT];
};

static void read_extension(struct policy_reading *reading, const struct line *line, struct sts_policy *result)
{
	enum key meant = key_of(line->key, span_equal_nocase);

	if (!field_is_name(line->key) || !is_extension_value(line->value)) {
		finding_add(&result->findings, FINDING_POLICY_BAD_LINE);
		return;
	}
	if (field_names_saw(&reading->names, line->key))
		finding_add(&result->findings, FINDING_POLICY_DUPLICATE_KEY);
	if (meant != KEY_EXTENSION)
		reading->seen_in_other_case[meant] = true; /* judged once every key is known */
	else
		finding_add(&result->findings, FINDING_POLICY_UNKNOWN_KEY);
}

/* RFC 8461 3.2, last paragraph: the first counts. The later is an extension in the grammar's eyes. */
static void read_again(const struct line *line, struct sts_policy *result)
{
	finding_add(&result->findings, FINDING_POLICY_DUPLICATE_KEY);
	if (!is_extension_value(line->value))
		finding_add(&result->findings, FINDING_POLICY_BAD_LINE);
}

static void read_line(struct policy_reading *reading, const struct line *line, struct sts_policy *result)
{
	static void (*const read_value[KEY_COUNT])(struct span value, struct sts_policy * result) = {
		[KEY_VERSION] = read_version,
		[KEY_MODE] = read_mode,
		[KEY_MAX_AGE] = read_max_age,
		[KEY_MX] = read_pattern,
	};
	enum key key = line->is_pair ? key_of(line->key, span_equal) : KEY_EXTENSION;

	if (line->is_blank) {
		finding_add(&result->findings, FINDING_POLICY_BLANK_LINE);
		return;
	}
	if (!line->is_pair) {
		finding_add(&result->findings, FINDING_POLICY_BAD_LINE);
		return;
	}
	if (line->is_spaced)
		finding_add(&result->findings, FINDING_POLICY_WHITE_SPACE);
	if (key == KEY_EXTENSION) {
		read_extension(reading, line, result);
	} else if (reading->seen[key] && key != KEY_MX) {
		read_again(line, result);
	} else {
		reading->seen[key] = true;
		read_value[key](line->value, result);
	}
}

static void judge_keys(const struct policy_reading *reading, struct sts_policy *result)
{
	for (unsigned key = 0; key < KEY_COUNT; key++) {
		/* RFC 8461 3.2: mode none needs no mx */
		bool is_due = key != KEY_MX || result->mode != STS_MODE_NONE;

		if (!reading->seen[key] && is_due)
			finding_add(&result->findings,
				    reading->seen_in_other_case[key] ? FINDING_POLICY_KEY_CASE : key_missing[key]);
		else if (reading->seen_in_other_case[key])
			finding_add(&result->findings, FINDING_POLICY_UNKNOWN_KEY);
	}
}

static void judge_values(struct sts_policy *result)
{
	if (result->mode == STS_MODE_NONE)
		finding_add(&result->findings, FINDING_POLICY_MODE_NONE);
	if (result->mode == STS_MODE_TESTING)
		finding_add(&result->findings, FINDING_POLICY_MODE_TESTING);
	if (!result->has_max_age)
		return;
	if (result->max_age > STS_MAX_AGE_LARGEST) /* RFC 8461 3.2: "maximum value of 31557600" */
		finding_add(&result->findings, FINDING_POLICY_MAX_AGE_TOO_LARGE);
	if (result->max_age < STS_MAX_AGE_SHORT ||
	    (result->mode == STS_MODE_ENFORCE && result->max_age < STS_MAX_AGE_SHORT_ENFORCE))
		finding_add(&result->findings, FINDING_POLICY_MAX_AGE_SHORT);
}

static void judge_state(struct sts_policy *result)
{
	if (finding_any(&result->findings, SEVERITY_ERROR, COMPONENT_NONE))
		result->state = POLICY_INVALID;
	else if (finding_any(&result->findings, SEVERITY_TOLERATED, COMPONENT_NONE))
		result->state = POLICY_TOLERATED;
	else
		result->state = POLICY_VALID;
}

static const struct span bom = { "\xef\xbb\xbf", 3 };

static struct span without_leading_blanks(struct span body)
{
	if (span_starts_with(body, bom))
		body = span_skip(body, bom.n);
	while (body.n > 0 && (ascii_is_wsp(body.p[0]) || body.p[0] == '\r' || body.p[0] == '\n'))
		body = span_skip(body, 1);
	return body;
}

/* No key can begin with `<`. */
bool sts_policy_is_html(struct span body)
{
	struct span text = without_leading_blanks(body);

	if (text.n < 2 || text.p[0] != '<')
		return false;
	return text.p[1] == '!' || text.p[1] == '?' || (ascii_is_alnum(text.p[1]) && !ascii_is_digit(text.p[1]));
}

/* A page behind something else, such as a warning of the program that made it. */
static bool has_html_tag(struct span body)
{
	for (size_t at = span_find(body, 0, '<'); at < body.n; at = span_find(body, at + 1, '<')) {
		struct span rest = span_skip(body, at + 1);

		if (span_starts_with_nocase(rest, SPAN_LITERAL("html")) ||
		    span_starts_with_nocase(rest, SPAN_LITERAL("!doctype html")))
			return true;
	}
	return false;
}

void sts_policy_parse(struct span body, struct sts_policy *result)
{
	enum finding no_policy = FINDING_COUNT;
	struct policy_reading reading;
	struct line line;

	*result = (struct sts_policy){ .body = body };
	reading.names.count = 0;
	memset(reading.seen, 0, sizeof(reading.seen));
	memset(reading.seen_in_other_case, 0, sizeof(reading.seen_in_other_case));
	if (span_starts_with(body, bom)) {
		result->body = body = span_skip(body, bom.n);
		finding_add(&result->findings, FINDING_POLICY_BOM);
	}
	if (without_leading_blanks(body).n == 0)
		no_policy = FINDING_POLICY_EMPTY;
	else if (sts_policy_is_html(body))
		no_policy = FINDING_POLICY_HTML;
	for (size_t at = 0; no_policy == FINDING_COUNT && line_next(body, &at, &line);)
		read_line(&reading, &line, result);
	if (!reading.seen[KEY_VERSION] && !reading.seen[KEY_MODE] && !reading.seen[KEY_MAX_AGE] && has_html_tag(body))
		no_policy = FINDING_POLICY_HTML;
	if (no_policy != FINDING_COUNT) { /* one finding says so, instead of five about the missing keys */
		*result = (struct sts_policy){ .state = POLICY_INVALID };
		finding_add(&result->findings, no_policy);
		return;
	}
	judge_keys(&reading, result);
	judge_values(result);
	judge_state(result);
}

bool sts_policy_next_mx(const struct sts_policy *policy, size_t *at, struct span *pattern)
{
	struct line line;

	while (line_next(policy->body, at, &line)) {
		if (line.is_pair && span_equal(line.key, key_name[KEY_MX]) && is_mx_pattern(line.value)) {
			*pattern = line.value;
			return true;
		}
	}
	return false;
}

const char *const policy_state_names[POLICY_STATE_COUNT] = {
	[POLICY_UNJUDGED] = "",
	[POLICY_VALID] = "valid",
	[POLICY_TOLERATED] = "tolerated",
	[POLICY_INVALID] = "invalid",
};
