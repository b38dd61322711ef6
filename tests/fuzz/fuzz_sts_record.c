/* SPDX-License-Identifier: BSD-2-Clause */
/* The TXT records of one answer, with the record separator (0x1e) between. */
#include "parsers/sts_record.h"

#include "tests/fuzz/fuzz.h"

enum { RECORDS_MAX = 8 };

static bool is_inside_one(struct span inner, const struct span *record, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fuzz_is_inside(inner, record[i]))
			return true;
	return false;
}

static void check(const struct sts_record *result, const struct span *record, size_t count)
{
	bool is_broken = finding_any(&result->findings, SEVERITY_ERROR, COMPONENT_NONE);

	switch (result->state) {
	case RECORD_NONE:
		FUZZ_CHECK(!is_broken && (count == 0) == (finding_next(&result->findings, 0) == FINDING_COUNT));
		break;
	case RECORD_VALID:
		FUZZ_CHECK(result->id.n >= 1 && result->id.n <= 32 && is_inside_one(result->id, record, count));
		FUZZ_CHECK(!is_broken || (count > 1 && finding_has(&result->findings, FINDING_STS_RECORD_BAD_VERSION)));
		break;
	case RECORD_INVALID:
		FUZZ_CHECK(is_broken && count > 0);
		break;
	default:
		FUZZ_CHECK(result->state == RECORD_MULTIPLE && count > 1 && is_broken);
	}
	FUZZ_CHECK(!result->id.p == (result->state != RECORD_VALID));
	FUZZ_CHECK((result->state == RECORD_MULTIPLE) == finding_has(&result->findings, FINDING_STS_RECORD_MULTIPLE));
	for (unsigned f = finding_next(&result->findings, 0); f < FINDING_COUNT;
	     f = finding_next(&result->findings, f + 1))
		FUZZ_CHECK(finding_table[f].number >= 101 && finding_table[f].number <= 109);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span record[RECORDS_MAX], reversed[RECORDS_MAX];
	size_t count = fuzz_split(data, size, 0x1e, record, RECORDS_MAX);
	struct sts_record result, again;

	sts_record_parse(record, count, 0, &result);
	check(&result, record, count);
	/* DNS promises no order */
	for (size_t i = 0; i < count; i++)
		reversed[i] = record[count - 1 - i];
	sts_record_parse(reversed, count, 0, &again);
	FUZZ_CHECK(again.state == result.state && fuzz_same_findings(&again.findings, &result.findings));
	FUZZ_CHECK(span_equal(again.id, result.id));
	return 0;
}
