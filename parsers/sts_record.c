#include "parsers/sts_record.h"

enum { STS_ID_MAX = 32 }; /* octets, RFC 8461 3.1 sts-id */

static const struct span version = { "v=STSv1", 7 };

/* What stands at the apex of very many zones and nowhere else. Seen at _mta-sts it was put there by
 * a wildcard (RFC 1034 4.3.3). */
static const char *const apex_record[] = {
	"v=spf1", "spf2.0/", "MS=", "amazonses:", "docusign=", "ca3-",
};

static bool is_apex_record(struct span text)
{
	static const struct span verification = { "verification", 12 };
	size_t end = 0;

	for (size_t i = 0; i < COUNT_OF(apex_record); i++)
		if (span_starts_with_nocase(text, span_of(apex_record[i])))
			return true;
	/* google-site-verification=…, yandex-verification: …, and dozens more of that shape */
	while (end < text.n && (ascii_is_alnum(text.p[end]) || text.p[end] == '-' || text.p[end] == '_'))
		end++;
	if (end < verification.n || end == text.n || (text.p[end] != '=' && text.p[end] != ':'))
		return false;
	return span_equal_nocase((struct span){ text.p + end - verification.n, verification.n }, verification);
}

static bool is_id(struct span id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!ascii_is_alnum(id.p[i]))
			return false;
	return id.n > 0 && id.n <= STS_ID_MAX;
}

struct reading {
	struct finding_set findings;
	struct field_names names;
	struct span id; /* of the first id field */
	bool has_id;
};

/* One field. A repeated one is an extension in the grammar's eyes: the first counts (RFC 8461 3.2,
 * last paragraph), the later must still be derivable. */
static void read_field(struct reading *reading, struct span field)
{
	static const struct span id = { "id", 2 };
	struct span name, value;
	bool is_pair = field_split(field, &name, &value);

	if (span_equal(name, id) && !reading->has_id) {
		reading->has_id = true;
		reading->id = value;
		if (!is_id(value))
			finding_add(&reading->findings, FINDING_STS_RECORD_BAD_ID);
		return;
	}
	if (field_is_spaced(name, id) && is_pair) {
		/* "id = 1": meant as the id, no extension; there is no white space around `=` */
		finding_add(&reading->findings, FINDING_STS_RECORD_SYNTAX);
		reading->has_id = true;
		return;
	}
	if (field_has_non_ascii(field))
		finding_add(&reading->findings, FINDING_STS_RECORD_SYNTAX);
	else if (!is_pair || !field_is_name(name) || !field_is_value(value))
		finding_add(&reading->findings, FINDING_STS_RECORD_BAD_FIELD);
	if (span_equal(name, id) || span_equal(name, SPAN_LITERAL("v")) || field_names_saw(&reading->names, name))
		finding_add(&reading->findings, FINDING_STS_RECORD_DUPLICATE_FIELD);
}

/* RFC 8461 3.1: sts-text-record */
static void read_record(struct reading *reading, struct span text)
{
	struct field_walk walk = { .text = text, .at = version.n };
	struct span field;

	while (field_next(&walk, &field))
		read_field(reading, field);
	if (walk.loose || walk.undelimited)
		finding_add(&reading->findings, FINDING_STS_RECORD_SYNTAX);
	if (!reading->has_id && !walk.undelimited)
		finding_add(&reading->findings, FINDING_STS_RECORD_NO_ID);
}

static void judge_one(struct span text, struct sts_record *result)
{
	struct reading reading;

	/* not the whole struct: the name set is large and needs no clearing */
	reading.findings = (struct finding_set){ 0 };
	reading.names.count = 0;
	reading.has_id = false;
	reading.id = (struct span){ NULL, 0 };
	read_record(&reading, text);
	if (finding_any(&reading.findings, SEVERITY_ERROR, COMPONENT_NONE)) {
		result->state = RECORD_INVALID;
	} else {
		result->state = RECORD_VALID;
		result->id = reading.id;
	}
	finding_join(&result->findings, &reading.findings);
}

void sts_record_parse(const struct span *record, size_t count, struct sts_record *result)
{
	struct txt_choice choice;

	*result = (struct sts_record){ .state = RECORD_NONE };
	txt_choose(record, count, version, SPAN_LITERAL("v=sts"), &choice);
	if (choice.bad_version)
		finding_add(&result->findings, FINDING_STS_RECORD_BAD_VERSION);
	if (choice.unrelated || (choice.discarded && choice.state != TXT_UNUSABLE))
		finding_add(&result->findings, FINDING_STS_RECORD_UNRELATED_TXT);
	switch (choice.state) {
	case TXT_NONE:
		for (size_t i = 0; i < count; i++)
			if (is_apex_record(record[i]))
				finding_add(&result->findings, FINDING_STS_RECORD_WILDCARD_TXT);
		break;
	case TXT_ONE:
		judge_one(choice.text, result);
		break;
	case TXT_SEVERAL: /* RFC 8461 3.1: not exactly one is as good as none */
		result->state = RECORD_MULTIPLE;
		finding_add(&result->findings, FINDING_STS_RECORD_MULTIPLE);
		break;
	case TXT_UNUSABLE:
		result->state = RECORD_INVALID;
		if (choice.discarded)
			finding_add(&result->findings, FINDING_STS_RECORD_SYNTAX);
		break;
	}
}
