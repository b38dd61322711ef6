/* SPDX-License-Identifier: BSD-2-Clause */
/* The TXT records of one answer, with the record separator (0x1e) between. */
#include "parsers/tlsrpt_record.h"

#include "tests/fuzz/fuzz.h"

enum { RECORDS_MAX = 8 };

static void check_rua(const struct tlsrpt_record *result)
{
	struct span text;
	struct uri uri;
	size_t last = 0, count = 0, supported = 0, usable = 0;

	for (size_t at = 0; tlsrpt_next_rua(result, &at, &text, &uri); count++) {
		FUZZ_CHECK(at > last && at <= result->text.n);
		FUZZ_CHECK(text.n > 0 && fuzz_is_inside(text, result->text));
		FUZZ_CHECK(span_find(text, 0, ':') < text.n && span_find(text, 0, ',') == text.n);
		FUZZ_CHECK(span_find(text, 0, ' ') == text.n && span_find(text, 0, ';') == text.n);
		FUZZ_CHECK(uri.is_uri && (!uri.has_goal || fuzz_is_inside(uri.host, text)));
		supported += uri.scheme != URI_OTHER;
		usable += uri.scheme != URI_OTHER && uri.has_goal;
		last = at;
	}
	FUZZ_CHECK((result->state == RECORD_VALID) == (usable > 0));
	FUZZ_CHECK(result->state == RECORD_VALID || count == 0);
	FUZZ_CHECK((count > supported) <= finding_has(&result->findings, FINDING_TLSRPT_BAD_SCHEME));
}

static void check(const struct tlsrpt_record *result, size_t count)
{
	bool is_broken = finding_any(&result->findings, SEVERITY_ERROR, COMPONENT_NONE);

	FUZZ_CHECK(result->state >= RECORD_NONE && result->state <= RECORD_MULTIPLE);
	FUZZ_CHECK(result->state != RECORD_INVALID || (is_broken && count > 0));
	FUZZ_CHECK(result->state != RECORD_NONE || !is_broken);
	FUZZ_CHECK(result->state != RECORD_VALID || !finding_has(&result->findings, FINDING_TLSRPT_SYNTAX));
	FUZZ_CHECK((result->state == RECORD_MULTIPLE) == finding_has(&result->findings, FINDING_TLSRPT_MULTIPLE));
	for (unsigned f = finding_next(&result->findings, 0); f < FINDING_COUNT;
	     f = finding_next(&result->findings, f + 1))
		FUZZ_CHECK(finding_table[f].number >= 901 && finding_table[f].number <= 909);
	check_rua(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span record[RECORDS_MAX], reversed[RECORDS_MAX];
	size_t count = fuzz_split(data, size, 0x1e, record, RECORDS_MAX);
	struct tlsrpt_record result, again;

	tlsrpt_record_parse(record, count, 0, &result);
	check(&result, count);
	/* DNS promises no order */
	for (size_t i = 0; i < count; i++)
		reversed[i] = record[count - 1 - i];
	tlsrpt_record_parse(reversed, count, 0, &again);
	FUZZ_CHECK(again.state == result.state && fuzz_same_findings(&again.findings, &result.findings));
	FUZZ_CHECK(span_equal(again.text, result.text));
	return 0;
}
