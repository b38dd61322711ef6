/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "output/error.h"

static void what_is_written_replaces_what_was_there(void **state)
{
	struct error error = { "a longer one of before" };

	(void)state;
	assert_int_equal(error_set(&error, "%s:%u: %s", "list", 7, "is no name"), -1);
	assert_string_equal(error.text, "list:7: is no name");
}

static void what_it_is_about_stands_in_front(void **state)
{
	struct error error = { "is no name" };

	(void)state;
	assert_int_equal(error_prefix(&error, "%s:%u", "list", 7), -1);
	assert_string_equal(error.text, "list:7: is no name");
}

static void what_is_too_long_is_cut(void **state)
{
	char path[ERROR_TEXT_MAX + 1];
	struct error error, outer;

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(error_set(&error, "%s: does not exist", path), -1);
	assert_int_equal(strlen(error.text), ERROR_TEXT_MAX - 1);
	assert_int_equal(error_set(&outer, "line 7: %s", error.text), -1);
	assert_int_equal(strlen(outer.text), ERROR_TEXT_MAX - 1);
	assert_memory_equal(outer.text, "line 7: ppp", 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_replaces_what_was_there),
		cmocka_unit_test(what_it_is_about_stands_in_front),
		cmocka_unit_test(what_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
