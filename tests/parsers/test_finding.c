#include "parsers/finding.h"

#include "parsers/field.h"
#include "parsers/observation.h"
#include "tests/parsers/expect.h"

static void the_table_is_in_order_and_complete(void **state)
{
	(void)state;
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		const struct finding_info *info = &finding_table[f];

		assert_true(f == 0 || info->number > finding_table[f - 1].number);
		assert_true(info->component > COMPONENT_NONE && info->component < COMPONENT_COUNT);
		assert_true(strlen(info->code) > 0 && strlen(info->meaning) > 0 && strlen(info->rule) > 0);
		assert_true(strlen(component_names[info->component]) > 0 && strlen(severity_names[info->severity]) > 0);
		for (unsigned g = 0; g < f; g++)
			assert_string_not_equal(info->code, finding_table[g].code);
	}
}

static void a_set_is_walked_in_order(void **state)
{
	struct finding_set set = { 0 }, other = { 0 };
	unsigned found = 0;

	(void)state;
	assert_int_equal(finding_next(&set, 0), FINDING_COUNT);
	for (unsigned f = 0; f < FINDING_COUNT; f += 3)
		finding_add(f % 2 ? &set : &other, (enum finding)f);
	finding_join(&set, &other);
	for (unsigned f = finding_next(&set, 0); f < FINDING_COUNT; f = finding_next(&set, f + 1)) {
		assert_int_equal(f, 3 * found++);
		assert_true(finding_has(&set, (enum finding)f));
		assert_false(finding_has(&set, (enum finding)(f + 1)));
	}
	assert_int_equal(found, (FINDING_COUNT + 2) / 3);
}

static void a_set_knows_its_severities(void **state)
{
	struct finding_set set = { 0 };

	(void)state;
	assert_false(finding_any(&set, SEVERITY_ERROR, COMPONENT_NONE));
	finding_add(&set, FINDING_POLICY_BLANK_LINE);
	finding_add(&set, FINDING_STS_RECORD_NO_ID);
	assert_true(finding_any(&set, SEVERITY_ERROR, COMPONENT_NONE));
	assert_true(finding_any(&set, SEVERITY_ERROR, COMPONENT_RECORD));
	assert_false(finding_any(&set, SEVERITY_ERROR, COMPONENT_SYNTAX));
	assert_true(finding_any(&set, SEVERITY_TOLERATED, COMPONENT_SYNTAX));
	assert_false(finding_any(&set, SEVERITY_WARNING, COMPONENT_NONE));
}

static void every_word_is_there_once(void **state)
{
	(void)state;
	for (int i = 0; i < DNS_STATUS_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(dns_status_names[i], dns_status_names[j]);
	for (int i = 0; i < CONNECT_STATUS_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(connect_status_names[i], connect_status_names[j]);
	for (int i = 0; i < RECORD_STATE_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(record_state_names[i], record_state_names[j]);
	for (int i = 0; i < TLS_VERSION_COUNT; i++)
		assert_int_equal(strlen(tls_version_names[i]) == 0, i == TLS_NONE);
}

static void a_null_mx_stands_alone(void **state)
{
	static const struct obs_mx_record null_mx[] = { { 0, { "", 0 } }, { 0, { "", 0 } } };
	static const struct obs_mx_record other = { 0, { "a.example", 9 } };
	struct obs_mx mx = { .record = null_mx, .count = 1 };

	(void)state;
	assert_true(obs_mx_is_null(&mx));
	mx.count = 2;
	assert_false(obs_mx_is_null(&mx));
	mx.count = 0;
	assert_false(obs_mx_is_null(&mx));
	assert_false(obs_mx_is_null(&(struct obs_mx){ .record = &other, .count = 1 }));
}

static void spans_compare_without_case_and_trim(void **state)
{
	(void)state;
	assert_true(span_equal_nocase(span_of("aZ_9"), span_of("Az_9")));
	assert_false(
		span_equal_nocase(span_of("a["), span_of("a{"))); /* neighbours of the letters differ by one bit too */
	assert_false(span_equal_nocase(span_of("ab"), span_of("abc")));
	assert_true(span_starts_with_nocase(span_of("V=STS"), span_of("v=s")));
	assert_false(span_starts_with_nocase(span_of("v"), span_of("v=")));
	expect_span("white space around", span_trim(span_of(" \t a b\t ")), "a b");
	expect_span("white space alone", span_trim(span_of(" \t ")), "");
	expect_span("line ends stay", span_trim(span_of("a\r\n")), "a\r\n");
	assert_true(span_ends_with(span_of("abc"), span_of("bc")) && !span_ends_with(span_of("c"), span_of("bc")));
	assert_int_equal(span_find(span_of("a.b.c"), 2, '.'), 3);
	assert_int_equal(span_find(span_of("a.b.c"), 4, '.'), 5);
	assert_int_equal(span_find(span_of(""), 0, '.'), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_in_order_and_complete),
		cmocka_unit_test(a_set_is_walked_in_order),
		cmocka_unit_test(a_set_knows_its_severities),
		cmocka_unit_test(every_word_is_there_once),
		cmocka_unit_test(a_null_mx_stands_alone),
		cmocka_unit_test(spans_compare_without_case_and_trim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
