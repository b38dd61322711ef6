/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/sts_record.h"

enum { STS_ID_MAX = 32 }; /* octets, RFC 8461 3.1 sts-id */

/* What stands at the apex of very many zones and nowhere else. Seen at _mta-sts it was put there by
 * a wildcard (RFC 1034 4.3.3). */
static const char *const apex_record[] = {
	"v=spf1",    "spf2.0/",          "MS=",          "amazonses:", "brevo-code:", "ca3-",
	"docusign=", "sendinblue-code:", "ZOOM_verify_",
};

static bool is_apex_record(struct span text)
{
	static const struct span verify = { "verif", 5 };
	size_t end = 0;

	for (size_t i = 0; i < COUNT_OF(apex_record); i++)
		if (span_starts_with_nocase(text, span_of(apex_record[i])))
			return true;
	/* google-site-verification=…, yandex-verification: …, ZOOM_verify_…=…, and dozens more of that shape */
	while (end < text.n && (ascii_is_alnum(text.p[end]) || text.p[end] == '-' || text.p[end] == '_'))
		end++;
	if (end == text.n || (text.p[end] != '=' && text.p[end] != ':'))
		return false;
	for (size_t i = 0; i + verify.n <= end; i++)
		if (span_equal_nocase((struct span){ text.p + i, verify.n }, verify))
			return true;
	return false;
}

static bool is_id(struct span id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!ascii_is_alnum(id.p[i]))
			return false;
	return id.n > 0 && id.n <= STS_ID_MAX;
}

struct sts_reading {
	struct txt_reading txt;
	struct span id; /* of the first id field */
};

/* One field. A repeated one is an extension in the grammar's eyes: the first counts (RFC 8461 3.2,
 * last paragraph), the later must still be derivable. */
static void read_sts_field(struct txt_reading *reading, struct span field)
{
	static const struct span id = { "id", 2 };
	struct span name, value;
	bool is_pair = field_split(field, &name, &value);

	if (span_equal(name, id) && !reading->is_whole) {
		reading->is_whole = true;
		((struct sts_reading *)reading)->id = value;
		if (!is_id(value))
			finding_add(&reading->findings, FINDING_STS_RECORD_BAD_ID);
		return;
	}
	if (field_is_spaced(name, id) && is_pair) {
		/* "id = 1": meant as the id, no extension; there is no white space around `=` */
		finding_add(&reading->findings, FINDING_STS_RECORD_SYNTAX);
		reading->is_whole = true;
		return;
	}
	if (!span_is_ascii(field))
		finding_add(&reading->findings, FINDING_STS_RECORD_SYNTAX);
	else if (!is_pair || !field_is_name(name) || !field_is_value(value))
		finding_add(&reading->findings, FINDING_STS_RECORD_BAD_FIELD);
	if (span_equal(name, id) || span_equal(name, SPAN_LITERAL("v")) || field_names_saw(&reading->names, name))
		finding_add(&reading->findings, FINDING_STS_RECORD_DUPLICATE_FIELD);
}

/* RFC 8461 3.1: sts-text-record */
const struct txt_kind sts_record_kind = {
	.version = { "v=STSv1", 7 },
	.meant = { "v=sts", 5 },
	.read_field = read_sts_field,
	.multiple = FINDING_STS_RECORD_MULTIPLE,
	.unrelated = FINDING_STS_RECORD_UNRELATED_TXT,
	.bad_version = FINDING_STS_RECORD_BAD_VERSION,
	.syntax = FINDING_STS_RECORD_SYNTAX,
	.not_whole = FINDING_STS_RECORD_NO_ID,
};

void sts_record_parse(const struct span *record, size_t count, size_t unrelated, struct sts_record *result)
{
	struct sts_reading reading;

	*result = (struct sts_record){ 0 };
	reading.id = result->id;
	result->state = txt_read(record, count, unrelated, &sts_record_kind, &result->findings, &reading.txt);
	if (result->state == RECORD_VALID) {
		if (finding_any(&reading.txt.findings, SEVERITY_ERROR, COMPONENT_NONE))
			result->state = RECORD_INVALID;
		else
			result->id = reading.id;
	}
	for (size_t i = 0; i < count && result->state == RECORD_NONE; i++)
		if (is_apex_record(record[i]))
			finding_add(&result->findings, FINDING_STS_RECORD_WILDCARD_TXT);
}
