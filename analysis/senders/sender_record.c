/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/senders/sender_record.h"

#include "analysis/senders/sender_text.h"
#include "parsers/field.h"

enum { ID_LENGTH_MAX = 32, STRING_MAX = 255 };

/* A text put together anew. */
struct buffer {
	char text[SENDER_RECORD_MAX];
	size_t n;
	bool over; /* more than fits */
};

static void put(struct buffer *buffer, char c)
{
	if (buffer->n < sizeof(buffer->text))
		buffer->text[buffer->n++] = c;
	else
		buffer->over = true;
}

static bool is_text(struct span s, const char *text, bool folded)
{
	return folded ? span_equal_nocase(s, span_of(text)) : span_equal(s, span_of(text));
}

/* What a record was read as. */
struct reading {
	const struct sender_profile *profile;
	struct sender_record *result;
	bool is_version, has_id;
	bool spoiled;  /* the next name does not count */
	bool skipped;  /* a field without = was skipped */
	bool escaped;  /* a backslash stood in what is read with quotation marks: it holds to the end of the record */
	bool is_first; /* no field came yet */
};

/* --- one field --- */

/* White space of HTML's kind, which Rust calls ASCII's. */
static bool is_ascii_white_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* A name or value read with quotation marks: without comments, one space for several, and behind a backslash each octet
 * twice. @ended: a semicolon ended it. */
static void unquote(struct reading *reading, struct span s, bool ended, struct buffer *buffer)
{
	bool in_comment = false;
	char quote = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_twice = reading->escaped && !in_comment && !quote && c != '\\' && c != '(';

		if (reading->escaped && !in_comment && !quote)
			put(buffer, c);
		if (in_comment)
			in_comment = c != ')';
		else if (c == '(' && !quote)
			in_comment = true;
		else if (c == '\\')
			reading->escaped = true;
		else if (!reading->escaped || is_twice || quote)
			put(buffer, c);
		if (c == '\\')
			reading->escaped = true;
		else if (!in_comment && (c == '"' || c == '\''))
			quote = !quote ? c : c == quote ? 0 : quote;
	}
	if (ended && reading->escaped)
		put(buffer, ';');
}

static void squeeze(struct buffer *buffer)
{
	size_t n = 0;

	for (size_t i = 0; i < buffer->n; i++) {
		bool is_space = ascii_is_space(buffer->text[i]);

		if (!is_space || n == 0 || buffer->text[n - 1] != ' ')
			buffer->text[n++] = is_space ? ' ' : buffer->text[i];
	}
	buffer->n = n;
}

/* A name or value as it is kept. @buffer, where it has to be put together; its end is lost where it is longer than
 * anything we know. */
static struct span clean(struct reading *reading, struct span s, bool ended, struct buffer *buffer)
{
	const struct sender_profile *profile = reading->profile;

	buffer->n = 0;
	if (profile->txt_fields == SENDER_TXT_FIELDS_QUOTED) {
		unquote(reading, s, ended, buffer);
		squeeze(buffer);
	} else if (profile->txt_space == SENDER_TXT_SPACE_EVERYWHERE) {
		for (size_t i = 0; i < s.n; i++)
			if (!is_ascii_white_space(s.p[i]))
				put(buffer, s.p[i]);
	} else {
		return s;
	}
	return sender_trim(profile->space, (struct span){ buffer->text, buffer->n });
}

static bool id_is_good(const struct sender_profile *profile, struct span id)
{
	if (profile->txt_id == SENDER_TXT_ID_NOT_EMPTY)
		return id.n > 0;
	if (profile->txt_id != SENDER_TXT_ID_ALNUM_32)
		return true;
	for (size_t i = 0; i < id.n; i++)
		if (!ascii_is_alnum(id.p[i]))
			return false;
	return id.n > 0 && id.n <= ID_LENGTH_MAX;
}

static bool read_id(struct reading *reading, struct span id)
{
	const struct sender_profile *profile = reading->profile;
	bool again = reading->has_id;

	if (again && profile->txt_id_again != SENDER_TXT_ID_AGAIN_FIRST_CHECKED &&
	    profile->txt_id_again != SENDER_TXT_ID_AGAIN_LAST)
		return profile->txt_id_again == SENDER_TXT_ID_AGAIN_FIRST ||
		       (profile->txt_id_again == SENDER_TXT_ID_AGAIN_REFUSED_UNLESS_EMPTY && id.n == 0);
	if (profile->txt_id_again != SENDER_TXT_ID_AGAIN_LAST && !id_is_good(profile, id))
		return false;
	reading->has_id = true;
	if (again && profile->txt_id_again == SENDER_TXT_ID_AGAIN_FIRST_CHECKED)
		return true;
	reading->result->id_length = id.n < SENDER_ID_MAX ? id.n : SENDER_ID_MAX;
	if (id.n > 0)
		memcpy(reading->result->id, id.p, reading->result->id_length);
	return true;
}

static bool extension_is_good(const struct sender_profile *profile, struct span name, struct span value)
{
	switch (profile->txt_extension) {
	case SENDER_TXT_EXTENSION_CHECKED:
		return field_is_name(name) && field_is_value(value);
	case SENDER_TXT_EXTENSION_CHECKED_LOOSELY:
		return sender_is_loose_name(name) && field_is_value(value);
	case SENDER_TXT_EXTENSION_UNREAD:
		break;
	}
	return true;
}

static bool read_pair(struct reading *reading, struct span name, struct span value, bool ended)
{
	const struct sender_profile *profile = reading->profile;
	bool folded = profile->txt_name_case == SENDER_TXT_NAME_CASE_FOLDED;
	bool known = !reading->spoiled, first = reading->is_first;
	struct buffer name_buffer, value_buffer;

	reading->spoiled = reading->is_first = false;
	name = clean(reading, name, false, &name_buffer);
	value = clean(reading, value, ended, &value_buffer);
	if (known && is_text(name, "v", folded) &&
	    (first || profile->txt_version_again != SENDER_TXT_VERSION_AGAIN_EXTENSION)) {
		bool good = is_text(value, "STSv1", profile->txt_version_case == SENDER_TXT_VERSION_CASE_FOLDED);

		reading->is_version = good;
		return good || profile->txt_version_again == SENDER_TXT_VERSION_AGAIN_LAST;
	}
	if (known && is_text(name, "id", folded))
		return read_id(reading, value);
	return extension_is_good(profile, name, value);
}

/* More parts than two between =: what becomes of the field. Java's split drops what is empty at the end. */
static enum sender_answer look_at_equals(const struct sender_profile *profile, struct span *value)
{
	if (profile->txt_more_equals == SENDER_TXT_MORE_EQUALS_SKIPPED) {
		while (value->n > 0 && value->p[value->n - 1] == '=')
			value->n--;
		return value->n > 0 && span_find(*value, 0, '=') == value->n ? SENDER_YES : SENDER_UNKNOWN;
	}
	return profile->txt_more_equals == SENDER_TXT_MORE_EQUALS_VALUE || span_find(*value, 0, '=') == value->n
		       ? SENDER_YES
		       : SENDER_NO;
}

static bool has_wsp(struct span s)
{
	return span_find(s, 0, ' ') < s.n || span_find(s, 0, '\t') < s.n;
}

/* Offset of the first semicolon or @needle that stands in no quotation marks and no comment. */
static size_t find_outside(struct span s, char needle)
{
	bool in_comment = false;
	char quote = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (in_comment)
			in_comment = c != ')';
		else if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '(')
			in_comment = true;
		else if (c == ';' || c == needle)
			return i;
	}
	return s.n;
}

/* Is there a pair to be read of the field without =? */
static bool is_name_alone(struct reading *reading, struct span field, bool ended)
{
	enum sender_txt_no_equals rule = reading->profile->txt_no_equals;
	bool first = !reading->skipped;
	struct buffer buffer;

	if (clean(reading, field, ended, &buffer).n == 0)
		return false;
	reading->skipped = true;
	reading->spoiled = rule == SENDER_TXT_NO_EQUALS_GLUED;
	return rule == SENDER_TXT_NO_EQUALS_EMPTY_VALUE || (rule == SENDER_TXT_NO_EQUALS_FIRST_SKIPPED && !first);
}

/* A field that is not empty, without the white space around it. False: the record is refused. */
static bool read_field(struct reading *reading, struct span field, bool ended)
{
	const struct sender_profile *profile = reading->profile;
	size_t equals = profile->txt_fields == SENDER_TXT_FIELDS_QUOTED ? find_outside(field, '=')
									: span_find(field, 0, '=');
	struct span name = { field.p, equals }, value = { field.p + field.n, 0 };

	if (equals == field.n && !is_name_alone(reading, field, ended))
		return profile->txt_no_equals != SENDER_TXT_NO_EQUALS_REFUSED;
	if (equals < field.n)
		value = span_skip(field, equals + 1);
	if (profile->txt_space == SENDER_TXT_SPACE_REFUSED && (has_wsp(name) || has_wsp(value)))
		return false;
	switch (look_at_equals(profile, &value)) {
	case SENDER_NO:
		return false;
	case SENDER_UNKNOWN: /* skipped */
		return true;
	case SENDER_YES:
		break;
	}
	if (profile->txt_space == SENDER_TXT_SPACE_AROUND) {
		name = sender_trim(profile->space, name);
		value = sender_trim(profile->space, value);
	}
	return read_pair(reading, name, value, ended);
}

/* --- one record --- */

/* Offset of what ends a field. */
static size_t find_end(const struct sender_profile *profile, struct span s)
{
	size_t i = 0;

	if (profile->txt_fields == SENDER_TXT_FIELDS_QUOTED)
		return find_outside(s, ';');
	if (profile->txt_fields != SENDER_TXT_FIELDS_TOKEN)
		return span_find(s, 0, ';');
	while (i < s.n && s.p[i] != ';' && s.p[i] != ' ' &&
	       (s.p[i] != '|' || profile->txt_separators != SENDER_TXT_SEPARATORS_BAR))
		i++;
	return i;
}

/* The field without the white space that does not count. */
static struct span strip_field(const struct sender_profile *profile, struct span field, bool is_first, bool is_ended)
{
	switch (profile->txt_space) {
	case SENDER_TXT_SPACE_KEPT:
		return field;
	case SENDER_TXT_SPACE_DELIMITERS:
		while (!is_first && field.n > 0 && ascii_is_wsp(field.p[0]))
			field = span_skip(field, 1);
		while (is_ended && field.n > 0 && ascii_is_wsp(field.p[field.n - 1]))
			field.n--;
		return field;
	case SENDER_TXT_SPACE_EVERYWHERE:
	case SENDER_TXT_SPACE_EDGES:
	case SENDER_TXT_SPACE_AROUND:
	case SENDER_TXT_SPACE_REFUSED:
		break;
	}
	return sender_trim(profile->space, field);
}

/* Does an empty field do no harm? @raw is what stood there. */
static bool empty_is_allowed(const struct sender_profile *profile, struct span raw, bool is_ended)
{
	switch (profile->txt_empty_field) {
	case SENDER_TXT_EMPTY_FIELD_LAST:
		return !is_ended;
	case SENDER_TXT_EMPTY_FIELD_SKIPPED_IF_EMPTY:
		return raw.n == 0;
	case SENDER_TXT_EMPTY_FIELD_SKIPPED:
		break;
	}
	return true;
}

/* Reads @text as one record; true: it is a good one. *@is_version, where not NULL: its version is right. */
static bool read_record(const struct sender_profile *profile, struct span text, struct sender_record *result,
			bool *is_version)
{
	struct reading reading = { .profile = profile, .result = result, .is_first = true };
	bool good = true, is_ended = true;

	if (profile->txt_fields == SENDER_TXT_FIELDS_NOTHING)
		return true;
	if (profile->txt_ascii == SENDER_TXT_ASCII_REFUSED && !span_is_ascii(text))
		return false;
	if (profile->txt_before_colon == SENDER_TXT_BEFORE_COLON_CUT && span_find(text, 0, ':') < text.n)
		text = span_skip(text, span_find(text, 0, ':') + 1);
	for (bool is_first = true; good && is_ended; is_first = false) {
		size_t end = find_end(profile, text);
		struct span raw = { text.p, end }, field;

		is_ended = end < text.n;
		field = strip_field(profile, raw, is_first, is_ended);
		text = is_ended ? span_skip(text, end + 1) : span_skip(text, end);
		if (field.n == 0)
			good = empty_is_allowed(profile, raw, is_ended);
		else
			good = read_field(&reading, field, is_ended);
	}
	result->has_id = reading.has_id;
	if (is_version)
		*is_version = good && reading.is_version;
	return good && reading.is_version && reading.has_id &&
	       id_is_good(profile, (struct span){ result->id, result->id_length });
}

/* --- the records at a name --- */

static bool begins_as_one(const struct sender_profile *profile, struct span text, bool alone)
{
	struct span version = SPAN_LITERAL("v=STSv1");

	switch (profile->txt_begins) {
	case SENDER_TXT_BEGINS_ANYTHING:
		return true;
	case SENDER_TXT_BEGINS_VERSION:
		return span_starts_with(text, version);
	case SENDER_TXT_BEGINS_WORD:
		text = sender_trim(profile->space, text);
		return span_starts_with_nocase(text, version) &&
		       (text.n == version.n || (!ascii_is_alnum(text.p[version.n]) && text.p[version.n] != '_'));
	case SENDER_TXT_BEGINS_FIRST_TOKEN:
		while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == ';'))
			text = span_skip(text, 1);
		return span_equal((struct span){ text.p, find_end(profile, text) }, version);
	case SENDER_TXT_BEGINS_FIELD: {
		struct sender_record ignored;
		bool is_version = false;

		read_record(profile, text, &ignored, &is_version);
		return is_version;
	}
	case SENDER_TXT_BEGINS_VERSION_SEMICOLON:
	case SENDER_TXT_BEGINS_VERSION_SEMICOLON_IF_SEVERAL:
	case SENDER_TXT_BEGINS_VERSION_SPACE_SEMICOLON:
		break;
	}
	if (!span_starts_with(text, version))
		return false;
	text = span_skip(text, version.n);
	while (text.n > 0 && ascii_is_wsp(text.p[0]) &&
	       (profile->txt_begins == SENDER_TXT_BEGINS_VERSION_SPACE_SEMICOLON ||
		(alone && profile->txt_begins == SENDER_TXT_BEGINS_VERSION_SEMICOLON_IF_SEVERAL)))
		text = span_skip(text, 1);
	return text.n > 0 && text.p[0] == ';';
}

/* A string as dnsjava prints it, without the quotation marks that Mimecast's library then takes away. */
static void put_presented(struct buffer *buffer, struct span string)
{
	for (size_t i = 0; i < string.n; i++) {
		unsigned char c = (unsigned char)string.p[i];

		if (c == '"' || c == '\\')
			put(buffer, '\\');
		if (c < 0x20 || c >= 0x7f) {
			put(buffer, '\\');
			put(buffer, (char)('0' + c / 100));
			put(buffer, (char)('0' + c / 10 % 10));
			put(buffer, (char)('0' + c % 10));
		} else if (c != '"') {
			put(buffer, (char)c);
		}
	}
}

static struct span lengths_of(const struct obs_txt *txt, uint32_t i)
{
	return txt->split ? txt->split[i] : (struct span){ NULL, 0 };
}

/* Record @i as the profile gets it. False: where its strings ended was not kept, or it is too long. */
static bool take_record(const struct sender_profile *profile, const struct obs_txt *txt, uint32_t i,
			struct buffer *buffer, struct span *text)
{
	struct span record = txt->record[i], lengths = lengths_of(txt, i);

	*text = record;
	if (profile->txt_strings == SENDER_TXT_STRINGS_JOINED)
		return true;
	if (!lengths.p && record.n > STRING_MAX)
		return false;
	if (profile->txt_strings == SENDER_TXT_STRINGS_FIRST) {
		if (lengths.p && lengths.n > 0 && (unsigned char)lengths.p[0] <= record.n)
			text->n = (unsigned char)lengths.p[0];
		return true;
	}
	buffer->n = 0;
	buffer->over = false;
	for (size_t s = 0; s < (lengths.p ? lengths.n : 1); s++) {
		size_t n = lengths.p ? (unsigned char)lengths.p[s] : record.n;

		n = n < record.n ? n : record.n;
		if (s > 0)
			put(buffer, ' ');
		put_presented(buffer, (struct span){ record.p, n });
		record = span_skip(record, n);
	}
	*text = (struct span){ buffer->text, buffer->n };
	return !buffer->over;
}

static void read_all_joined(const struct sender_profile *profile, const struct obs_txt *txt,
			    struct sender_record *result)
{
	struct buffer buffer = { .n = 0 };

	for (uint32_t i = 0; i < txt->count; i++)
		for (size_t at = 0; at < txt->record[i].n; at++)
			put(&buffer, txt->record[i].p[at]);
	if (txt->count == 1)
		result->text = txt->record[0];
	result->accept = buffer.over || txt->omitted > 0 ? SENDER_UNKNOWN
			 : txt->count > 0 && read_record(profile, (struct span){ buffer.text, buffer.n }, result, NULL)
				 ? SENDER_YES
				 : SENDER_NO;
}

void sender_record_read(const struct sender_profile *profile, const struct obs_txt *txt, struct sender_record *result)
{
	bool first_good = profile->txt_records == SENDER_TXT_RECORDS_FIRST_GOOD;
	uint32_t candidates = 0;

	memset(result, 0, sizeof(*result));
	if (profile->txt_records == SENDER_TXT_RECORDS_ALL_JOINED) {
		read_all_joined(profile, txt, result);
		return;
	}
	result->accept = SENDER_NO;
	for (uint32_t i = 0; i < txt->count && !(first_good && result->accept == SENDER_YES); i++) {
		struct buffer buffer;
		struct span text;

		if (!take_record(profile, txt, i, &buffer, &text)) {
			result->accept = SENDER_UNKNOWN;
			return;
		}
		if ((profile->txt_ascii == SENDER_TXT_ASCII_DROPPED && !span_is_ascii(text)) ||
		    !begins_as_one(profile, text, txt->count == 1))
			continue;
		candidates++;
		result->text = txt->record[i];
		result->id_length = 0;
		result->accept = read_record(profile, text, result, NULL) ? SENDER_YES : SENDER_NO;
	}
	if ((profile->txt_records == SENDER_TXT_RECORDS_ONLY && txt->count != 1) || (!first_good && candidates > 1))
		result->accept = SENDER_NO;
	if (profile->txt_records == SENDER_TXT_RECORDS_ONLY ? txt->omitted > 0 && txt->count <= 1
							    : txt->omitted_meant > 0)
		result->accept = SENDER_UNKNOWN;
}
