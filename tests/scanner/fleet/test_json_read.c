/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON that anybody may have put there: what is read, what is refused, and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "output/text.h"
#include "scanner/bus/bus_json.h"
#include "scanner/fleet/json_read.h"

static void check_text(struct json_read *read)
{
	json_read_text(read, read->outermost, "a");
}

static void check_uint(struct json_read *read)
{
	json_read_uint(read, read->outermost, "a", UINT64_MAX);
}

static void check_small(struct json_read *read)
{
	json_read_uint(read, read->outermost, "a", 9);
}

static void check_int(struct json_read *read)
{
	json_read_int(read, read->outermost, "a");
}

static void check_number(struct json_read *read)
{
	json_read_number(read, read->outermost, "a");
}

static void check_array(struct json_read *read)
{
	json_read_array(read, read->outermost, "a", 2);
}

static void what_is_not_as_it_should_be_is_named(void **state)
{
	static const struct {
		const char *json;
		void (*check)(struct json_read *read);
		const char *error; /* "": it is well */
	} rows[] = {
		{ "{\"a\":\"x\"}", check_text, "" },
		{ "{\"b\":[[1]],\"a\":\"x\",\"c\":{}}", check_text, "" },
		{ "{}", check_text, "it: 'a' is missing" },
		{ "{\"a\":1}", check_text, "it: 'a' is not a text" },
		{ "{\"a\":null}", check_text, "it: 'a' is not a text" },
		{ "{\"a\":\"x\",\"a\":\"y\"}", check_text, "it: 'a' is there twice" },
		{ "{\"a\":\"\\u0000x\"}", check_text, "it: has a character 0 in it" },
		{ "{\"a\":\"\\\\u0000x\"}", check_text, "" },
		{ "{\"a\":\"\\\\\",\"b\":\"[[[[[[[[[[[[[[[[[\"}", check_text, "" },
		{ "{\"a\":\"x\"", check_text, "it: is no JSON (parse error: premature EOF)" },
		{ "{\"a\":\"x\"} {}", check_text, "it: is no JSON (parse error: trailing garbage)" },
		{ "", check_text, "it: is no JSON (parse error: premature EOF)" },
		{ "[]", check_text, "it: is no object of JSON" },
		{ "7", check_text, "it: is no object of JSON" },
		{ "{/* \" */\"a\":\"x\"}", check_text, "it: has a comment in it" },
		{ "{\"a\":\"\xff\"}", check_text, "it: is no JSON (lexical error: invalid bytes in UTF8 string.)" },
		{ "{\"a\":\"\xc4\x80\",\"encoding\":\"latin-1\"}", check_text,
		  "it: 'a' is not the Latin-1 that it is said to be" },
		{ "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}", check_text, "it: 'a' is not a text" },
		{ "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", check_text, "it: is nested too deeply" },

		{ "{\"a\":18446744073709551615}", check_uint, "" },
		{ "{\"a\":18446744073709551616}", check_uint,
		  "it: 'a' is no whole number from 0 to 18446744073709551615" },
		{ "{\"a\":-1}", check_uint, "it: 'a' is no whole number from 0 to 18446744073709551615" },
		{ "{\"a\":1.0}", check_uint, "it: 'a' is no whole number from 0 to 18446744073709551615" },
		{ "{\"a\":1e3}", check_uint, "it: 'a' is no whole number from 0 to 18446744073709551615" },
		{ "{\"a\":\"1\"}", check_uint, "it: 'a' is not a number" },
		{ "{\"a\":9}", check_small, "" },
		{ "{\"a\":10}", check_small, "it: 'a' is no whole number from 0 to 9" },
		{ "{\"a\":-9223372036854775807}", check_int, "" },
		{ "{\"a\":9223372036854775808}", check_int, "it: 'a' is no whole number of 64 bits" },
		{ "{\"a\":0.5}", check_int, "it: 'a' is no whole number of 64 bits" },
		{ "{\"a\":0.5}", check_number, "" },
		{ "{\"a\":7}", check_number, "" },
		{ "{\"a\":1e999}", check_number, "it: 'a' is beyond all numbers" },

		{ "{\"a\":[]}", check_array, "" },
		{ "{\"a\":[{},{}]}", check_array, "" },
		{ "{\"a\":[{},{},{}]}", check_array, "it: 'a' has more than 2 elements" },
		{ "{\"a\":[{},1]}", check_array, "it: 'a' has an element that is no object" },
		{ "{\"a\":{}}", check_array, "it: 'a' is not an array" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct error error = { "" };
		struct json_read read;

		json_read_begin(&read, span_of(rows[i].json), "it", &error);
		rows[i].check(&read);
		rows[i].check(&read); /* what went wrong first is told */
		assert_int_equal(json_read_end(&read), rows[i].error[0] ? -1 : 0);
		assert_string_equal(error.text, rows[i].error);
	}
}

static void values_are_read_without_loss(void **state)
{
	static const char json[] =
		"{\"text\":\"\\u00e4\\ud83d\\ude00\\n\",\"most\":18446744073709551615,"
		"\"least\":-9223372036854775807,\"half\":0.5,\"yes\":true,\"none\":null,"
		"\"list\":[{\"n\":\"\xc3\xa4\xc3\xbf\",\"encoding\":\"latin-1\"},{\"n\":\"\xc3\xa4\"}]}";
	struct error error = { "" };
	struct json_read read;
	const struct json_object *object;
	struct span text;
	(void)state;

	json_read_begin(&read, span_of(json), "it", &error);
	object = read.outermost;
	text = json_read_text(&read, object, "text");
	assert_int_equal(text.n, 7);
	assert_memory_equal(text.p, "\xc3\xa4\xf0\x9f\x98\x80\n", text.n);
	assert_true(json_read_uint(&read, object, "most", UINT64_MAX) == UINT64_MAX);
	assert_true(json_read_int(&read, object, "least") == -INT64_MAX);
	assert_true(json_read_number(&read, object, "half") == 0.5);
	assert_int_equal(json_read_array(&read, object, "list", 2), 2);
	text = json_read_text(&read, json_read_element(&read, object, "list", 0), "n");
	assert_int_equal(text.n, 2);
	assert_memory_equal(text.p, "\xe4\xff", text.n);
	text = json_read_text(&read, json_read_element(&read, object, "list", 1), "n");
	assert_int_equal(text.n, 2);
	assert_memory_equal(text.p, "\xc3\xa4", text.n);
	assert_null(json_read_element(&read, object, "list", 2));
	assert_int_equal(json_read_end(&read), 0);
}

/* As large as a message may be, and as nasty: bounded work, whatever it is. */
static void what_is_large_is_bounded(void **state)
{
	static const struct {
		const char *before, *repeated, *after;
		size_t octets;
		const char *error;
	} rows[] = {
		{ "{\"a\":\"", "x", "\"}", JSON_READ_OCTETS, "" },
		{ "{\"a\":\"", "x", "\"}", JSON_READ_OCTETS + 1, "it: has more than 1048576 octets" },
		{ "", "[", "", JSON_READ_OCTETS, "it: is nested too deeply" },
		{ "", "{\"a\":", "", JSON_READ_OCTETS, "it: is nested too deeply" },
		{ "{\"b\":[0", ",0", "],\"a\":\"\"}", 2 * BUS_JSON_VALUES, "" },
		{ "{\"b\":[0", ",0", "],\"a\":\"\"}", JSON_READ_OCTETS, "it: has too many values" },
		{ "{\"a\":\"\"", ",\"b\":0", "}", JSON_READ_OCTETS, "it: has too many values" },
		{ "{\"a\":1", "0", "}", JSON_READ_OCTETS, "it: 'a' is not a text" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t around = strlen(rows[i].before) + strlen(rows[i].after);
		struct error error = { "" };
		struct json_read read;
		struct text text;

		text_open_memory(&text);
		text_string(&text, rows[i].before);
		while (text.used + strlen(rows[i].repeated) + around - strlen(rows[i].before) <= rows[i].octets)
			text_string(&text, rows[i].repeated);
		text_string(&text, rows[i].after);
		json_read_begin(&read, (struct span){ text.data, text.used }, "it", &error);
		check_text(&read);
		assert_int_equal(json_read_end(&read), rows[i].error[0] ? -1 : 0);
		assert_string_equal(error.text, rows[i].error);
		text_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_as_it_should_be_is_named),
		cmocka_unit_test(values_are_read_without_loss),
		cmocka_unit_test(what_is_large_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
