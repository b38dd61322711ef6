/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/field.h"

#include "parsers/meant.h"

bool field_is_name(struct span name)
{
	if (name.n == 0 || name.n > FIELD_NAME_MAX || !ascii_is_alnum(name.p[0]))
		return false;
	for (size_t i = 1; i < name.n; i++)
		if (!ascii_is_alnum(name.p[i]) && name.p[i] != '_' && name.p[i] != '-' && name.p[i] != '.')
			return false;
	return true;
}

bool field_is_value(struct span value)
{
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (c < 0x21 || c > 0x7e || c == ';' || c == '=')
			return false;
	}
	return value.n > 0;
}

bool field_names_saw(struct field_names *names, struct span name)
{
	for (unsigned i = 0; i < names->count; i++)
		if (span_equal(names->name[i], name))
			return true;
	if (names->count < FIELD_NAMES_MAX)
		names->name[names->count++] = name;
	return false;
}

static size_t skip_wsp(struct span text, size_t at)
{
	while (at < text.n && ascii_is_wsp(text.p[at]))
		at++;
	return at;
}

bool field_next(struct field_walk *walk, struct span *field)
{
	struct span text = walk->text;
	size_t start, end;

	while (walk->at < text.n) {
		start = skip_wsp(text, walk->at);
		if (start == text.n || text.p[start] != ';') {
			walk->at = text.n;
			walk->undelimited = true;
			return false;
		}
		start = skip_wsp(text, start + 1);
		end = span_find(text, start, ';');
		walk->at = end;
		if (start == text.n)
			return false; /* [ delim ] at the very end */
		walk->loose |= end == start || (end == text.n && ascii_is_wsp(text.p[end - 1]));
		*field = span_trim((struct span){ text.p + start, end - start });
		if (field->n > 0)
			return true;
	}
	return false;
}

bool field_split(struct span field, struct span *name, struct span *value)
{
	size_t equals = span_find(field, 0, '=');

	*name = (struct span){ field.p, equals };
	*value = span_skip(field, equals < field.n ? equals + 1 : field.n);
	return equals < field.n;
}

bool field_is_spaced(struct span name, struct span known)
{
	return name.n > known.n && ascii_is_wsp(name.p[known.n]) && span_equal(span_trim(name), known);
}

enum txt_likeness txt_likeness(struct span record, const struct txt_kind *kind)
{
	if (span_starts_with(record, kind->version)) {
		char next = record.n > kind->version.n ? record.p[kind->version.n] : ' ';

		if (next == ';')
			return TXT_EXACT;
		/* "v=STSv10", "v=STSv1.1", "v=STSv1id=…": another version's name */
		return ascii_is_alnum(next) || next == '.' || next == '-' || next == '_' ? TXT_BAD_VERSION : TXT_LOOSE;
	}
	return meant_as(record, kind->meant) ? TXT_BAD_VERSION : TXT_UNRELATED;
}

/* Which of the records is the one that counts? RECORD_VALID: *@text. */
static enum record_state choose(const struct span *record, size_t count, size_t unrelated, const struct txt_kind *kind,
				struct finding_set *findings, struct span *text)
{
	size_t like[TXT_EXACT + 1] = { [TXT_UNRELATED] = unrelated };

	for (size_t i = 0; i < count; i++) {
		enum txt_likeness likeness = txt_likeness(record[i], kind);

		/* A record alone is judged by the grammar, which allows white space before the
		 * semicolon; beside others the literal beginning decides (RFC 8461 3.1). */
		if (likeness == TXT_LOOSE && count + unrelated == 1)
			likeness = TXT_EXACT;
		if (likeness == TXT_EXACT)
			*text = record[i];
		like[likeness]++;
	}
	if (like[TXT_BAD_VERSION] > 0)
		finding_add(findings, kind->bad_version);
	if (like[TXT_UNRELATED] > 0 || (like[TXT_LOOSE] > 0 && like[TXT_EXACT] > 0))
		finding_add(findings, kind->unrelated);
	if (like[TXT_EXACT] > 1) { /* not exactly one is as good as none */
		finding_add(findings, kind->multiple);
		return RECORD_MULTIPLE;
	}
	if (like[TXT_EXACT] == 1)
		return RECORD_VALID;
	if (like[TXT_LOOSE] > 0)
		finding_add(findings, kind->syntax);
	return like[TXT_LOOSE] > 0 || like[TXT_BAD_VERSION] > 0 ? RECORD_INVALID : RECORD_NONE;
}

enum record_state txt_read(const struct span *record, size_t count, size_t unrelated, const struct txt_kind *kind,
			   struct finding_set *findings, struct txt_reading *reading)
{
	enum record_state state = choose(record, count, unrelated, kind, findings, &reading->text);
	struct field_walk walk = { .at = kind->version.n };
	struct span field;

	if (state != RECORD_VALID)
		return state;
	walk.text = reading->text;
	/* not the whole struct: the name set is large and needs no clearing */
	reading->findings = (struct finding_set){ 0 };
	reading->names.count = 0;
	reading->is_whole = false;
	while (field_next(&walk, &field))
		kind->read_field(reading, field);
	if (walk.loose || walk.undelimited)
		finding_add(&reading->findings, kind->syntax);
	if (!reading->is_whole && !walk.undelimited)
		finding_add(&reading->findings, kind->not_whole);
	finding_join(findings, &reading->findings);
	return RECORD_VALID;
}

const char *const record_state_names[RECORD_STATE_COUNT] = {
	[RECORD_NOT_ASKED] = "",      [RECORD_NONE] = "none",         [RECORD_VALID] = "valid",
	[RECORD_INVALID] = "invalid", [RECORD_MULTIPLE] = "multiple", [RECORD_UNKNOWN] = "unknown",
};
