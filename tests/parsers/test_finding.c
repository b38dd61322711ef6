/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/finding.h"

#include "tests/parsers/expect.h"

static void components_and_severities_have_their_words(void **state)
{
	static const char *const components[] = {
		[COMPONENT_NONE] = "",         [COMPONENT_RECORD] = "record",   [COMPONENT_DNS] = "dns",
		[COMPONENT_TCP] = "tcp",       [COMPONENT_TLS] = "tls",         [COMPONENT_HTTP] = "http",
		[COMPONENT_SYNTAX] = "syntax", [COMPONENT_MX] = "mx",           [COMPONENT_MXTLS] = "mxtls",
		[COMPONENT_OK] = "ok",         [COMPONENT_UNKNOWN] = "unknown", [COMPONENT_DANE] = "dane",
		[COMPONENT_TLSRPT] = "tlsrpt",
	};
	static const char *const severities[] = {
		[SEVERITY_INFO] = "info",   [SEVERITY_WARNING] = "warning",     [SEVERITY_TOLERATED] = "tolerated",
		[SEVERITY_ERROR] = "error", [SEVERITY_TRANSIENT] = "transient",
	};

	(void)state;
	assert_int_equal(COUNT_OF(components), COMPONENT_COUNT);
	for (unsigned i = 0; i < COMPONENT_COUNT; i++)
		expect_word("component", component_names[i], components[i]);
	assert_int_equal(COUNT_OF(severities), SEVERITY_COUNT);
	for (unsigned i = 0; i < SEVERITY_COUNT; i++)
		expect_word("severity", severity_names[i], severities[i]);
}

/* Of lower case letters, digits and single hyphens: it is a CSV column, an option's value and a link. */
static bool is_code(const char *code)
{
	size_t n = strlen(code);

	return strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789-") == n && n > 0 && code[0] != '-' &&
	       code[n - 1] != '-' && !strstr(code, "--");
}

/* A number's hundred is its component's, and a code begins with its subject's name. */
static void the_table_is_in_order_and_its_texts_are_to_be_read(void **state)
{
	static const struct {
		enum component component;
		unsigned hundred;
		const char *subject;
	} homes[] = {
		{ COMPONENT_RECORD, 1, "sts-record-" },
		{ COMPONENT_DNS, 2, "policy-" },
		{ COMPONENT_TCP, 3, "policy-tcp-" },
		{ COMPONENT_TLS, 4, "policy-tls-" },
		{ COMPONENT_HTTP, 5, "policy-" },
		{ COMPONENT_SYNTAX, 6, "policy-" },
		{ COMPONENT_MX, 7, "mx-" },
		{ COMPONENT_MXTLS, 8, "mxtls-" },
		{ COMPONENT_DANE, 8, "dane-" },
		{ COMPONENT_TLSRPT, 9, "tlsrpt-" },
	};

	(void)state;
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		const struct finding_info *info = &finding_table[f];
		size_t home = 0;

		while (home < COUNT_OF(homes) && homes[home].component != info->component)
			home++;
		if (home == COUNT_OF(homes) || info->number / 100 != homes[home].hundred || !is_code(info->code) ||
		    !span_starts_with(span_of(info->code), span_of(homes[home].subject)))
			fail_msg("%u %s is none of %s", info->number, info->code, component_names[info->component]);
		if (f > 0 && info->number <= finding_table[f - 1].number)
			fail_msg("%u comes after %u", info->number, finding_table[f - 1].number);
		for (unsigned g = 0; g < f; g++)
			if (strcmp(info->code, finding_table[g].code) == 0)
				fail_msg("%u and %u: %s", info->number, finding_table[g].number, info->code);
		if (strcmp(info->rule, "-") != 0 && !span_starts_with(span_of(info->rule), span_of("RFC ")))
			fail_msg("%u: \"%s\" is no rule", info->number, info->rule);
		/* a clause behind a colon, and a sentence */
		if (span_ends_with(span_of(info->meaning), span_of(".")) || !info->meaning[0])
			fail_msg("%u: \"%s\" is no clause", info->number, info->meaning);
		if (!span_ends_with(span_of(info->fix), span_of(".")) || info->fix[0] < 'A' || info->fix[0] > 'Z')
			fail_msg("%u: \"%s\" is no sentence", info->number, info->fix);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(components_and_severities_have_their_words),
		cmocka_unit_test(the_table_is_in_order_and_its_texts_are_to_be_read),
		cmocka_unit_test(a_set_is_walked_in_order),
		cmocka_unit_test(a_set_knows_its_severities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
