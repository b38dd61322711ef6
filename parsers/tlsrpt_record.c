/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/tlsrpt_record.h"

static const struct span rua = { "rua", 3 };

/* The next member of a rua list; false behind the last. *@at ends up as list.n + 1. */
static bool list_next(struct span list, size_t *at, struct span *member)
{
	size_t comma;

	if (*at > list.n)
		return false;
	comma = span_find(list, *at, ',');
	*member = span_trim((struct span){ list.p + *at, comma - *at });
	*at = comma + 1;
	return true;
}

struct tlsrpt_reading {
	struct txt_reading txt;
	bool broken; /* a rua is no URI: where reports are to go is not known */
	size_t usable;
};

/* RFC 8460 3: uri *( *WSP "," *WSP uri ) */
static void read_rua(struct tlsrpt_reading *reading, struct span list)
{
	struct span member;

	if (list.n > 0 && ascii_is_wsp(list.p[0]))
		finding_add(&reading->txt.findings, FINDING_TLSRPT_SYNTAX);
	for (size_t at = 0; list_next(list, &at, &member);) {
		struct uri uri = uri_read(member);

		if (!uri.is_uri || (uri.scheme != URI_OTHER && !uri.has_goal))
			finding_add(&reading->txt.findings, FINDING_TLSRPT_BAD_URI);
		else if (uri.scheme == URI_OTHER)
			finding_add(&reading->txt.findings, FINDING_TLSRPT_BAD_SCHEME);
		else
			reading->usable++;
		if (!uri.is_uri)
			reading->broken = true;
		else if (span_find(member, 0, '!') < member.n)
			finding_add(&reading->txt.findings, FINDING_TLSRPT_UNENCODED);
	}
}

static void read_tlsrpt_field(struct txt_reading *txt, struct span field)
{
	struct span name, value;
	bool is_pair = field_split(field, &name, &value);
	bool again;

	if (span_equal(name, rua)) {
		again = txt->is_whole; /* several add up: they may stand anywhere and the grammar has 1* */
		txt->is_whole = true;
		read_rua((struct tlsrpt_reading *)txt, value);
	} else if (is_pair && field_is_spaced(name, rua)) {
		again = txt->is_whole;
		txt->is_whole = true; /* meant as a rua, so no extension; no white space around `=` */
		finding_add(&txt->findings, FINDING_TLSRPT_SYNTAX);
	} else {
		again = span_equal(name, SPAN_LITERAL("v")) || field_names_saw(&txt->names, name);
		if (!is_pair || !field_is_name(name) || !field_is_value(value))
			finding_add(&txt->findings, FINDING_TLSRPT_SYNTAX);
	}
	if (again)
		finding_add(&txt->findings, FINDING_TLSRPT_DUPLICATE_FIELD);
}

/* RFC 8460 3: tlsrpt-record */
const struct txt_kind tlsrpt_record_kind = {
	.version = { "v=TLSRPTv1", 10 },
	.meant = { "v=tlsrpt", 8 },
	.read_field = read_tlsrpt_field,
	.multiple = FINDING_TLSRPT_MULTIPLE,
	.unrelated = FINDING_TLSRPT_UNRELATED_TXT,
	.bad_version = FINDING_TLSRPT_BAD_VERSION,
	.syntax = FINDING_TLSRPT_SYNTAX,
	.not_whole = FINDING_TLSRPT_NO_RUA,
};

void tlsrpt_record_parse(const struct span *record, size_t count, size_t unrelated, struct tlsrpt_record *result)
{
	struct tlsrpt_reading reading;

	*result = (struct tlsrpt_record){ 0 };
	reading.broken = false;
	reading.usable = 0;
	result->state = txt_read(record, count, unrelated, &tlsrpt_record_kind, &result->findings, &reading.txt);
	if (result->state != RECORD_VALID)
		return;
	result->text = reading.txt.text;
	/* A URI that no sender can use does no harm beside one that is usable. */
	if (reading.broken || reading.usable == 0 || finding_has(&reading.txt.findings, FINDING_TLSRPT_SYNTAX))
		result->state = RECORD_INVALID;
}

bool tlsrpt_next_rua(const struct tlsrpt_record *record, size_t *at, struct span *text, struct uri *uri)
{
	struct field_walk walk = { .text = record->text, .at = *at > 0 ? *at : tlsrpt_record_kind.version.n };
	struct span list;
	size_t in_list = 0;

	if (record->state != RECORD_VALID)
		return false;
	if (record->text.p[walk.at - 1] == ',') { /* in the middle of a list; else where a field may begin */
		list = span_skip(record->text, walk.at);
		list.n = span_find(list, 0, ';');
	} else {
		do {
			if (!field_next(&walk, &list))
				return false;
		} while (!span_starts_with(list, SPAN_LITERAL("rua=")));
		list = span_skip(list, 4);
	}
	(void)list_next(list, &in_list, text);
	*at = (size_t)(list.p - record->text.p) + (in_list < list.n ? in_list : list.n);
	*uri = uri_read(*text);
	return true;
}

bool tlsrpt_next_host(const struct tlsrpt_record *record, size_t *at, struct span *host)
{
	struct span text;
	struct uri uri;

	while (tlsrpt_next_rua(record, at, &text, &uri)) {
		*host = uri.host;
		host->n -= span_ends_with(*host, SPAN_LITERAL("."));
		if (uri.scheme != URI_OTHER && uri.has_goal && host->n > 0)
			return true;
	}
	return false;
}
