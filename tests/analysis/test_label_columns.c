/* SPDX-License-Identifier: BSD-2-Clause */
/* How the labels of a list are called among the columns of a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/lines/label_columns.h"

static void a_label_has_a_name_of_its_own(void **state)
{
	static const struct {
		const char *table, *labels, *want;
	} rows[] = {
		{ "domain,component", "registrar,country", "registrar,country" },
		{ "domain,component", "component,country", "label_component,country" },
		{ "domain,component", "Component", "label_Component" }, /* databases ignore case */
		{ "name,status", "name,label_name", "label_label_name,label_name" },
		{ "name,status", "label_name,name", "label_name,label_label_name" },
		{ "name,label_name", "name", "label_label_name" },
		{ "name", "registrar,Registrar", "registrar,label_Registrar" },
		{ "name", "my sector", "my sector" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static struct label_columns columns;
		struct scan_headers headers = { 0 };
		struct span rest = span_of(rows[i].labels);
		char got[256] = { 0 };

		while (span_next_part(&rest, ',', &headers.label[headers.label_count]))
			headers.label_count++;
		label_columns_init(&columns, &headers, rows[i].table);
		for (size_t l = 0; l < headers.label_count; l++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s", l > 0 ? "," : "",
				 (int)columns.name[l].n, columns.name[l].p);
		assert_string_equal(got, rows[i].want);
	}
}

/* Every label a clash with the one before it: names grow, and stay within their room. */
static void the_longest_names_fit(void **state)
{
	static struct label_columns columns;
	static char text[OBS_LABEL_MAX][OBS_LABEL_OCTETS_MAX];
	struct scan_headers headers = { .label_count = OBS_LABEL_MAX };

	(void)state;
	for (size_t i = 0; i < OBS_LABEL_MAX; i++) {
		memset(text[i], 'x', sizeof(text[i]));
		for (size_t bit = 0; bit < 4; bit++) /* different, but by case alone */
			text[i][bit] = (char)(i >> bit & 1 ? 'X' : 'x');
		headers.label[i] = (struct span){ text[i], sizeof(text[i]) };
	}
	label_columns_init(&columns, &headers, "name");
	for (size_t i = 0; i < OBS_LABEL_MAX; i++) {
		assert_int_equal(columns.name[i].n, OBS_LABEL_OCTETS_MAX + 6 * i);
		for (size_t k = 0; k < i; k++)
			assert_false(span_equal_nocase(columns.name[i], columns.name[k]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_label_has_a_name_of_its_own),
		cmocka_unit_test(the_longest_names_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
