/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/tlsrpt/tlsrpt_fields.h"
#include "analysis/tlsrpt/tlsrpt_json.h"
#include "analysis/tlsrpt/tlsrpt_lines.h"
#include "analysis/tlsrpt/tlsrpt_nested.h"
#include "analysis/tlsrpt/tlsrpt_value.h"
#include "output/text.h"
#include "parsers/domain.h"

enum {
	PATH_MAX_OCTETS = 128,
	SHOWN_MAX = 64,     /* octets of a stranger's text in a note */
	KEYS_OF_REPORT = 2, /* of the four on top: what has as many is meant as one */
};

struct frame {
	enum tlsrpt_place place; /* of an object */
	bool is_array;
	const struct tlsrpt_field *field; /* as which it began; NULL: an extension */
	unsigned index;                   /* elements of an array so far */
};

struct tlsrpt_reader {
	const struct tlsrpt_reader_events *events;
	void *arg;
	struct tlsrpt_json *json;
	struct frame frame[TLSRPT_JSON_DEPTH_MAX];
	unsigned depth;
	const struct tlsrpt_field *field; /* of the value that comes, in an object */
	struct tlsrpt_report report;
	unsigned marks;              /* fields that mark a report, so far */
	bool is_pending;             /* it is whole, and what follows it is still to come */
	struct tlsrpt_detail detail; /* its texts are pieces of `scratch`, until it is whole */
	struct tlsrpt_piece piece[TLSRPT_TEXT_COUNT];
	bool has_piece[TLSRPT_TEXT_COUNT];
	bool has_sessions, has_failed, has_succeeded;
	struct tlsrpt_octets scratch;
	enum tlsrpt_json_mend mend;
	bool is_mended;
	struct error error; /* why a callback ended it */
};

/* ---- notes ---- */

/* "policies[0].summary.total-failure-session-count" */
static void write_path(const struct tlsrpt_reader *reader, const struct tlsrpt_field *field,
		       char path[static PATH_MAX_OCTETS])
{
	size_t used = 0;

	path[0] = '\0';
	for (unsigned i = 0; i <= reader->depth && used < PATH_MAX_OCTETS; i++) {
		const struct frame *frame = &reader->frame[i];
		bool is_last = i == reader->depth;
		const struct tlsrpt_field *of = is_last ? field : frame->field;
		int n = 0;

		if (i > 0 && reader->frame[i - 1].is_array) /* an element, by its number */
			n = snprintf(path + used, PATH_MAX_OCTETS - used, "[%u]", reader->frame[i - 1].index - 1);
		else if (of && of->key[0])
			n = snprintf(path + used, PATH_MAX_OCTETS - used, "%s%s", used > 0 ? "." : "", of->key);
		used += n > 0 ? (size_t)n : 0;
	}
}

/* The path of what is beyond the limit is not made: there may be millions. */
#define NOTE(reader, field, ...)                                                                                       \
	do {                                                                                                           \
		char path_[PATH_MAX_OCTETS] = "";                                                                      \
		if ((reader)->report.note_count < TLSRPT_NOTES_MAX)                                                    \
			write_path(reader, field, path_);                                                              \
		tlsrpt_report_note(&(reader)->report, path_, __VA_ARGS__);                                             \
	} while (0)

/* A note that shows what stands there. */
static void note_text(struct tlsrpt_reader *reader, const struct tlsrpt_field *field, const char *word,
		      struct span text)
{
	char shown[SHOWN_MAX];

	text_show(shown, sizeof(shown), text);
	NOTE(reader, field, "%s: %s", word, shown);
}

/* ---- texts ---- */

static bool no_memory(struct tlsrpt_reader *reader)
{
	error_set(&reader->error, "no memory");
	return false;
}

/* @s among the octets, folded where it is a word or a name. */
static bool keep(struct tlsrpt_reader *reader, struct tlsrpt_octets *octets, struct span s, bool fold,
		 struct tlsrpt_piece *piece)
{
	piece->at = (uint32_t)octets->n;
	if (!tlsrpt_octets_put(octets, s))
		return no_memory(reader);
	piece->n = (uint32_t)s.n;
	if (fold && s.n > 0) {
		piece->n = (uint32_t)tlsrpt_fold(octets->p + piece->at, s.n).n;
		octets->n = piece->at + piece->n;
	}
	return true;
}

static struct tlsrpt_policy *policy_of(struct tlsrpt_reader *reader)
{
	return &reader->report.policy[reader->report.policy_count - 1];
}

static bool take_domain(struct tlsrpt_reader *reader, struct span text)
{
	struct tlsrpt_policy *policy = policy_of(reader);
	struct span name;

	text = span_strip(text);
	if (!keep(reader, &reader->report.text, text, true, &policy->domain))
		return false;
	name = tlsrpt_span(&reader->report, policy->domain);
	if (name.n > 0 && !domain_is_name(name))
		note_text(reader, reader->field, "bad-name", text);
	return true;
}

static bool take_type(struct tlsrpt_reader *reader, struct span text)
{
	struct tlsrpt_policy *policy = policy_of(reader);
	struct span name;

	text = span_strip(text);
	if (!keep(reader, &reader->report.text, text, true, &policy->type_text))
		return false;
	name = tlsrpt_span(&reader->report, policy->type_text);
	for (unsigned t = 0; t < TLSRPT_TYPE_OTHER; t++)
		if (span_equal(name, span_of(tlsrpt_type_names[t])))
			policy->type = (enum tlsrpt_type)t;
	if (policy->type == TLSRPT_TYPE_OTHER && name.n > 0)
		note_text(reader, reader->field, "unknown-policy-type", text);
	return true;
}

static bool take_date(struct tlsrpt_reader *reader, struct span text, int64_t *seconds, bool *has)
{
	const char *note;

	*has = tlsrpt_date(text, seconds, &note);
	if (!*has)
		note_text(reader, reader->field, "bad-date", text);
	else if (note[0])
		NOTE(reader, reader->field, "%s", note);
	return true;
}

/* Lines of a policy, or patterns: one or several in a string, each with a line end behind. */
static bool add_lines(struct tlsrpt_reader *reader, struct span text, struct tlsrpt_piece *lines)
{
	struct tlsrpt_octets *octets = &reader->report.text;
	struct span line;

	if (lines->n > 0 && lines->at + lines->n != octets->n)
		return true; /* the key of a draft beside RFC 8460's, which came first */
	if (lines->n == 0)
		lines->at = (uint32_t)octets->n;
	while (tlsrpt_lines_next(&text, &line)) {
		if (!tlsrpt_octets_put(octets, line) || !tlsrpt_octets_put(octets, SPAN_LITERAL("\n")))
			return no_memory(reader);
	}
	lines->n = (uint32_t)octets->n - lines->at;
	return true;
}

static bool take_lines(struct tlsrpt_reader *reader, struct span text)
{
	struct tlsrpt_policy *policy = policy_of(reader);
	struct span inner = span_strip(text);
	struct tlsrpt_octets lines = { 0 };
	bool done;

	if (inner.n == 0 || inner.p[0] != '[' || !tlsrpt_nested_read(inner, &lines)) {
		free(lines.p);
		return add_lines(reader, text, &policy->lines);
	}
	NOTE(reader, reader->field, "nested-json");
	done = add_lines(reader, (struct span){ lines.p, lines.n }, &policy->lines);
	free(lines.p);
	return done;
}

/* ---- details ---- */

static bool take_detail_text(struct tlsrpt_reader *reader, enum tlsrpt_text which, struct span text)
{
	bool is_word = which == TLSRPT_RESULT_TYPE || which == TLSRPT_RECEIVING_MX;
	char address[ADDRESS_TEXT_MAX];

	text = span_strip(text);
	if (text.n == 0) /* Google's and mox's way to say that there is none */
		return true;
	if (which == TLSRPT_SENDING_IP || which == TLSRPT_RECEIVING_IP) {
		if (tlsrpt_address(text, address))
			text = span_of(address);
		else
			note_text(reader, reader->field, "bad-address", text);
	}
	reader->has_piece[which] = true;
	return keep(reader, &reader->scratch, text, is_word, &reader->piece[which]);
}

static void begin_detail(struct tlsrpt_reader *reader)
{
	memset(reader->has_piece, 0, sizeof(reader->has_piece));
	memset(&reader->detail, 0, sizeof(reader->detail));
	reader->has_sessions = false;
	reader->scratch.n = 0;
}

static bool end_detail(struct tlsrpt_reader *reader)
{
	struct tlsrpt_detail *detail = &reader->detail;
	struct tlsrpt_policy *policy = policy_of(reader);
	struct span type;

	for (unsigned t = 0; t < TLSRPT_TEXT_COUNT; t++)
		if (reader->has_piece[t])
			detail->text[t] = (struct span){ reader->scratch.p + reader->piece[t].at, reader->piece[t].n };
	type = detail->text[TLSRPT_RESULT_TYPE];
	for (unsigned r = RESULT_NONE + 1; r < RESULT_TYPE_COUNT; r++)
		if (type.p && span_equal(type, span_of(result_type_names[r])))
			detail->result = (enum result_type)r;
	if (!type.p)
		NOTE(reader, NULL, "no-result-type");
	else if (detail->result == RESULT_NONE)
		note_text(reader, NULL, "unknown-result-type", type);
	if (!reader->has_sessions)
		NOTE(reader, NULL, "no-count");
	policy->detail_count++;
	policy->details_failed = tlsrpt_add(policy->details_failed, detail->sessions);
	return tlsrpt_report_put_detail(&reader->report, detail) || no_memory(reader);
}

/* ---- rows ---- */

static bool begin_row(struct tlsrpt_reader *reader)
{
	struct tlsrpt_report *report = &reader->report;

	if (report->policy_count == TLSRPT_POLICIES_MAX) {
		error_set(&reader->error, "more than %d policies", TLSRPT_POLICIES_MAX);
		return false;
	}
	if (!tlsrpt_report_add_policy(report))
		return no_memory(reader);
	reader->has_failed = reader->has_succeeded = false;
	return true;
}

static bool end_row(struct tlsrpt_reader *reader)
{
	struct tlsrpt_policy *policy = policy_of(reader);

	policy->details.n = (uint32_t)reader->report.details.n - policy->details.at;
	if (policy->type_text.n == 0)
		NOTE(reader, NULL, "no-policy-type");
	if (policy->domain.n == 0)
		NOTE(reader, NULL, "no-policy-domain");
	if (!reader->has_succeeded)
		NOTE(reader, NULL, "no-count: total-successful-session-count");
	if (!reader->has_failed)
		NOTE(reader, NULL, "no-count: total-failure-session-count");
	if (policy->detail_count > 0 && policy->details_failed != policy->failed)
		NOTE(reader, NULL, "details-sum %llu, summary %llu", (unsigned long long)policy->details_failed,
		     (unsigned long long)policy->failed);
	return true;
}

/* Only when another begins or the text has ended well: what has anything else behind it is no JSON, and a checksum may
 * be there. */
static void hand_on(struct tlsrpt_reader *reader)
{
	if (!reader->is_pending)
		return;
	reader->is_pending = false;
	reader->marks = 0;
	reader->events->on_report(reader->arg, &reader->report);
}

static void begin_report(struct tlsrpt_reader *reader)
{
	tlsrpt_report_clear(&reader->report);
	reader->marks = 0;
}

static bool end_report(struct tlsrpt_reader *reader)
{
	struct tlsrpt_report *report = &reader->report;

	if (!tlsrpt_reader_is_report(reader)) {
		reader->events->on_other(reader->arg);
		reader->marks = 0;
		return true;
	}
	if (report->organization.n == 0)
		tlsrpt_report_note(report, "organization-name", "no-organization");
	if (report->id.n == 0)
		tlsrpt_report_note(report, "report-id", "no-report-id");
	if (report->policy_count == 0)
		tlsrpt_report_note(report, "policies", "no-policies");
	tlsrpt_report_note_dates(report);
	tlsrpt_report_sort(report);
	reader->is_pending = true;
	return true;
}

/* ---- events ---- */

static const struct tlsrpt_field *current(const struct tlsrpt_reader *reader)
{
	const struct frame *frame;

	if (reader->depth == 0)
		return &tlsrpt_field_top;
	frame = &reader->frame[reader->depth - 1];
	return frame->is_array ? frame->field : reader->field;
}

/* One more element, where it is in an array. */
static void count_element(struct tlsrpt_reader *reader)
{
	if (reader->depth > 0 && reader->frame[reader->depth - 1].is_array)
		reader->frame[reader->depth - 1].index++;
}

static bool in_array(const struct tlsrpt_reader *reader)
{
	return reader->depth > 0 && reader->frame[reader->depth - 1].is_array;
}

static bool begin_place(struct tlsrpt_reader *reader, enum tlsrpt_place place)
{
	switch (place) {
	case PLACE_TOP:
		hand_on(reader);
		begin_report(reader);
		return true;
	case PLACE_ROW:
		return begin_row(reader);
	case PLACE_DETAIL:
		begin_detail(reader);
		return true;
	default:
		return true;
	}
}

static bool on_begin(void *arg, bool is_array)
{
	struct tlsrpt_reader *reader = arg;
	const struct tlsrpt_field *field = current(reader);
	struct frame frame = { .is_array = is_array, .field = field };

	count_element(reader);
	if (field && !is_array) {
		frame.place = field->inside;
		if (field->inside == PLACE_IGNORED)
			NOTE(reader, field, "not-a-string: an object");
		else if (field->is_array && !in_array(reader))
			NOTE(reader, field, "not-an-array");
	} else if (field && is_array && field != &tlsrpt_field_top && (in_array(reader) || !field->is_array)) {
		NOTE(reader, field, "is-an-array");
		if (in_array(reader)) /* within another one: nothing that we know */
			frame.field = NULL;
	}
	reader->frame[reader->depth++] = frame;
	reader->field = NULL;
	return begin_place(reader, frame.place);
}

static bool on_end(void *arg)
{
	struct tlsrpt_reader *reader = arg;
	enum tlsrpt_place place = reader->frame[--reader->depth].place;

	reader->field = NULL;
	switch (place) {
	case PLACE_TOP:
		return end_report(reader);
	case PLACE_ROW:
		return end_row(reader);
	case PLACE_DETAIL:
		return end_detail(reader);
	default:
		return true;
	}
}

static void note_mended(struct tlsrpt_reader *reader, const struct tlsrpt_field *field)
{
	if (reader->is_mended)
		NOTE(reader, field, "%s", reader->mend == TLSRPT_JSON_LATIN1 ? "latin-1" : "lone-surrogate");
	reader->is_mended = false;
}

static bool on_key(void *arg, struct span key)
{
	struct tlsrpt_reader *reader = arg;
	enum tlsrpt_place place = reader->frame[reader->depth - 1].place;

	reader->field = NULL;
	reader->is_mended = false; /* keys of RFC 8460 are ASCII */
	if (place == PLACE_IGNORED)
		return true;
	for (size_t i = 0; i < tlsrpt_field_count; i++) {
		if (tlsrpt_fields[i].within != place || !span_equal(key, span_of(tlsrpt_fields[i].key)))
			continue;
		reader->field = &tlsrpt_fields[i];
		reader->marks += tlsrpt_fields[i].marks_a_report;
		if (tlsrpt_fields[i].is_draft)
			NOTE(reader, reader->field, "draft-key");
	}
	return true;
}

static bool take_count(struct tlsrpt_reader *reader, const struct tlsrpt_field *field, enum tlsrpt_json_kind kind,
		       struct span text)
{
	struct tlsrpt_policy *policy = policy_of(reader);
	uint64_t count = 0;

	if (kind == TLSRPT_JSON_BOOL || !tlsrpt_count(text, TLSRPT_COUNT_MAX, &count)) {
		count = 0;
		note_text(reader, field, "bad-count", text);
	} else if (kind == TLSRPT_JSON_STRING) {
		NOTE(reader, field, "count-as-string");
	}
	switch (field->member) {
	case MEMBER_SUCCEEDED:
		policy->succeeded = count;
		reader->has_succeeded = true;
		break;
	case MEMBER_FAILED:
		policy->failed = count;
		reader->has_failed = true;
		break;
	default:
		reader->detail.sessions = count;
		reader->has_sessions = true;
	}
	return true;
}

static bool take_text(struct tlsrpt_reader *reader, const struct tlsrpt_field *field, struct span text)
{
	struct tlsrpt_report *report = &reader->report;

	switch (field->member) {
	case MEMBER_ORGANIZATION:
		return keep(reader, &report->text, span_strip(text), false, &report->organization);
	case MEMBER_CONTACT:
		return keep(reader, &report->text, span_strip(text), false, &report->contact);
	case MEMBER_ID:
		return keep(reader, &report->text, span_strip(text), false, &report->id);
	case MEMBER_START:
		return take_date(reader, text, &report->start, &report->has_start);
	case MEMBER_END:
		return take_date(reader, text, &report->end, &report->has_end);
	case MEMBER_TYPE:
		return take_type(reader, text);
	case MEMBER_DOMAIN:
		return take_domain(reader, text);
	case MEMBER_LINES:
		return take_lines(reader, text);
	case MEMBER_HOSTS:
		return add_lines(reader, text, &policy_of(reader)->hosts);
	default:
		return take_detail_text(reader, (enum tlsrpt_text)(field->member - MEMBER_DETAIL_TEXT), text);
	}
}

static bool on_value(void *arg, enum tlsrpt_json_kind kind, struct span text)
{
	struct tlsrpt_reader *reader = arg;
	const struct tlsrpt_field *field = current(reader);

	count_element(reader);
	reader->field = field;
	note_mended(reader, field);
	if (!field || field == &tlsrpt_field_top || kind == TLSRPT_JSON_NULL)
		return true;
	if (field->member == MEMBER_OBJECT) {
		NOTE(reader, field, "not-an-object");
		return true;
	}
	if (field->member == MEMBER_SUCCEEDED || field->member == MEMBER_FAILED || field->member == MEMBER_SESSIONS)
		return take_count(reader, field, kind, text);
	if (kind != TLSRPT_JSON_STRING)
		NOTE(reader, field, "not-a-string");
	/* RFC 8460 Appendix B has a string for mx-host itself */
	if (field->member == MEMBER_LINES && !in_array(reader) && span_strip(text).n > 0 &&
	    span_strip(text).p[0] != '[')
		NOTE(reader, field, "not-an-array");
	return take_text(reader, field, text);
}

static void on_mended(void *arg, enum tlsrpt_json_mend mend)
{
	struct tlsrpt_reader *reader = arg;

	reader->mend = mend;
	reader->is_mended = true;
}

/* ---- the caller's ---- */

struct tlsrpt_reader *tlsrpt_reader_new(const struct tlsrpt_reader_events *events, void *arg)
{
	static const struct tlsrpt_json_events json_events = {
		.on_begin = on_begin, .on_end = on_end, .on_key = on_key, .on_value = on_value, .on_mended = on_mended
	};
	struct tlsrpt_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->events = events;
	reader->arg = arg;
	reader->json = tlsrpt_json_new(&json_events, reader);
	if (reader->json)
		return reader;
	free(reader);
	return NULL;
}

void tlsrpt_reader_free(struct tlsrpt_reader *reader)
{
	if (!reader)
		return;
	tlsrpt_json_free(reader->json);
	tlsrpt_report_fini(&reader->report);
	free(reader->scratch.p);
	free(reader);
}

int tlsrpt_reader_begin(struct tlsrpt_reader *reader)
{
	reader->depth = 0;
	reader->field = NULL;
	reader->is_mended = reader->is_pending = false;
	reader->error.text[0] = '\0';
	begin_report(reader);
	return tlsrpt_json_begin(reader->json);
}

/* What ended it in here is told as it is. */
static int explain(const struct tlsrpt_reader *reader, int result, struct error *error)
{
	if (result < 0 && reader->error.text[0])
		*error = reader->error;
	return result;
}

int tlsrpt_reader_feed(struct tlsrpt_reader *reader, struct span octets, struct error *error)
{
	return explain(reader, tlsrpt_json_feed(reader->json, octets, error), error);
}

int tlsrpt_reader_end(struct tlsrpt_reader *reader, struct error *error)
{
	if (explain(reader, tlsrpt_json_end(reader->json, error), error) < 0)
		return -1;
	hand_on(reader);
	return 0;
}

bool tlsrpt_reader_is_report(const struct tlsrpt_reader *reader)
{
	return reader->marks >= KEYS_OF_REPORT;
}
