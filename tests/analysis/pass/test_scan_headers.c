/* SPDX-License-Identifier: BSD-2-Clause */
/* What several files may say together of their list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "analysis/pass/scan_headers.h"

static void samples_that_are_not_one_are_refused(void **state)
{
	static const struct record_header all = { .shards = 1 };
	static const struct record_header tenth = { .sample = 0.1, .sample_key = "0123456789abcde" };
	static const struct record_header hundredth = { .sample = 0.01, .sample_key = "0123456789abcde" };
	static const struct record_header other = { .sample = 0.1, .sample_key = "0123456789abcdX" };
	static const struct {
		const struct record_header *first, *second;
		const char *error; /* NULL: none */
	} rows[] = {
		{ &all, &all, NULL },
		{ &tenth, &tenth, NULL },
		{ &tenth, &hundredth,
		  "a.scan is a sample of 10 % of its list, b.scan is a sample of 1 % of its list: no share of both "
		  "together means anything; read each alone" },
		{ &all, &tenth,
		  "a.scan is a scan of all of its list, b.scan is a sample of 10 % of its list: no share of both "
		  "together means anything; read each alone" },
		{ &tenth, &other,
		  "a.scan and b.scan are samples with different keys (--sample-key), so of different domains: no share "
		  "of both together means anything; read each alone" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scan_headers headers = { 0 };
		struct error error;

		assert_int_equal(scan_headers_add(&headers, "a.scan", rows[i].first, &error), 0);
		if (!rows[i].error) {
			assert_int_equal(scan_headers_add(&headers, "b.scan", rows[i].second, &error), 0);
			assert_true(headers.sample == rows[i].first->sample);
			continue;
		}
		assert_int_equal(scan_headers_add(&headers, "b.scan", rows[i].second, &error), -1);
		assert_string_equal(error.text, rows[i].error);
	}
}

static void labels_of_all_files_are_found_by_name(void **state)
{
	static const struct span one[] = { SPAN_LITERAL("registrar"), SPAN_LITERAL("country") };
	static const struct span two[] = { SPAN_LITERAL("country"), SPAN_LITERAL("sector") };
	static const struct obs_label label[] = { { SPAN_LITERAL("country"), SPAN_LITERAL("NL") },
						  { SPAN_LITERAL("sector"), SPAN_LITERAL("") } };
	const struct observation o = { .label = label, .label_count = 2 }, none = { 0 };
	struct scan_headers headers = { 0 };
	struct error error;

	(void)state;
	assert_int_equal(
		scan_headers_add(&headers, "a", &(struct record_header){ .label = one, .label_count = 2 }, &error), 0);
	assert_int_equal(
		scan_headers_add(&headers, "b", &(struct record_header){ .label = two, .label_count = 2 }, &error), 0);
	assert_int_equal(headers.label_count, 3);
	assert_true(span_equal(headers.label[2], span_of("sector")));
	assert_int_equal(scan_headers_value(&headers, &o, 0).n, 0);
	assert_true(span_equal(scan_headers_value(&headers, &o, 1), span_of("NL")));
	assert_int_equal(scan_headers_value(&headers, &o, 2).n, 0);
	assert_int_equal(scan_headers_value(&headers, &none, 1).n, 0);
}

static void too_many_labels_are_an_error(void **state)
{
	struct scan_headers headers = { 0 };
	struct error error;
	char name[8];
	struct span label = { name, 0 };

	(void)state;
	for (unsigned i = 0; i <= OBS_LABEL_MAX; i++) {
		const struct record_header header = { .label = &label, .label_count = 1 };

		label.n = (size_t)snprintf(name, sizeof(name), "n%u", i);
		assert_int_equal(scan_headers_add(&headers, "f", &header, &error), i < OBS_LABEL_MAX ? 0 : -1);
	}
	assert_true(span_equal(headers.label[0], span_of("n0"))); /* kept, not pointed to */
	assert_int_equal(headers.label_count, OBS_LABEL_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_that_are_not_one_are_refused),
		cmocka_unit_test(labels_of_all_files_are_found_by_name),
		cmocka_unit_test(too_many_labels_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
