/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "output/json.h"

static struct error error;

static void expect(struct text *text, const char *want)
{
	text_char(text, '\0');
	assert_string_equal(text->data, want);
	assert_int_equal(text_close(text, &error), 0);
}

static void put_members(struct json *json)
{
	json_text(json, "a", "x");
	json_open_array(json, "b");
	json_uint(json, NULL, 1);
	json_open_object(json, NULL);
	json_close_object(json);
	json_close_array(json);
	json_open_array(json, "c");
	json_close_array(json);
	json_open_object(json, "d");
	json_bool(json, "e", true);
	json_word(json, "f", "");
	json_number(json, "g", 0.5);
	json_number(json, "h", INFINITY);
	json_close_object(json);
	json_time(json, "i", 1);
	json_date(json, "j", 1);
	json_hex(json, "k", (const uint8_t *)"\x01\xff", 2);
	json_base64(json, "l", SPAN_LITERAL("\xfb\xff\x01"));
	json_base64(json, "m", SPAN_LITERAL("a"));
	json_base64(json, "n", SPAN_LITERAL("ab"));
	json_base64(json, "o", SPAN_LITERAL(""));
}

static void a_document_is_indented_and_a_line_is_compact(void **state)
{
	struct text text;
	struct json json;

	(void)state;
	assert_int_equal(text_open(&text, "/dev/null", &error), 0);
	json_begin(&json, &text);
	put_members(&json);
	json_end(&json);
	expect(&text,
	       "{\n\t\"a\": \"x\",\n\t\"b\": [\n\t\t1,\n\t\t{}\n\t],\n\t\"c\": [],\n\t\"d\": {\n\t\t\"e\": true,\n"
	       "\t\t\"f\": null,\n\t\t\"g\": 0.5,\n\t\t\"h\": null\n\t},\n\t\"i\": \"1970-01-01T00:00:00.001Z\",\n"
	       "\t\"j\": \"1970-01-01T00:00:01Z\",\n\t\"k\": \"01ff\",\n\t\"l\": \"+/8B\",\n\t\"m\": \"YQ==\",\n"
	       "\t\"n\": \"YWI=\",\n\t\"o\": \"\"\n}\n");
	assert_int_equal(text_open(&text, "/dev/null", &error), 0);
	json_begin_line(&json, &text);
	put_members(&json);
	json_end(&json);
	expect(&text, "{\"a\":\"x\",\"b\":[1,{}],\"c\":[],\"d\":{\"e\":true,\"f\":null,\"g\":0.5,\"h\":null},"
		      "\"i\":\"1970-01-01T00:00:00.001Z\",\"j\":\"1970-01-01T00:00:01Z\",\"k\":\"01ff\","
		      "\"l\":\"+/8B\",\"m\":\"YQ==\",\"n\":\"YWI=\",\"o\":\"\"}\n");
}

static void strings_are_escaped(void **state)
{
	struct text text;
	struct json json;

	(void)state;
	assert_int_equal(text_open(&text, "/dev/null", &error), 0);
	json_begin_line(&json, &text);
	json_string(&json, "a", SPAN_LITERAL("\"\\\b\t\n\f\r\x01\x7f\0/"));
	json_string(&json, "b", SPAN_LITERAL("caf\xc3\xa9"));
	json_string(&json, "c", SPAN_LITERAL("caf\xe9"));
	json_string(&json, "d", (struct span){ NULL, 0 });
	/* what a terminal obeys or a reader does not see */
	json_string(&json, "e", SPAN_LITERAL("\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\x81\xe2\x82\xac"));
	json_string(&json, "f", SPAN_LITERAL("\x9b\xe9"));
	json_end(&json);
	expect(&text, "{\"a\":\"\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u007f\\u0000/"
		      "\",\"b\":\"caf\xc3\xa9\",\"c\":\"caf\xc3\xa9\",\"d\":null,"
		      "\"e\":\"\\u009b\\u202e\\udb40\\udc01\xe2\x82\xac\",\"f\":\"\\u009b\xc3\xa9\"}\n");
}

/* Of the object that says so, with its arrays and what stands in them; of none around it or within it. */
static void latin1_is_a_matter_of_one_object(void **state)
{
	static const struct span odd = { "\xff", 1 }, even[] = { { "\xc3\xa9", 2 }, { "x", 1 } };
	struct text text;
	struct json json;

	(void)state;
	assert_int_equal(text_open(&text, "/dev/null", &error), 0);
	json_begin_line(&json, &text);
	json_latin1(&json, even, 2);
	json_string(&json, "a", even[0]);
	json_open_object(&json, "b");
	json_latin1(&json, &odd, 1);
	json_latin1(&json, even, 2);
	json_strings(&json, "c", even, 2);
	json_open_array(&json, "d");
	json_open_object(&json, NULL);
	json_string(&json, "e", even[0]);
	json_close_object(&json);
	json_open_object(&json, NULL);
	json_latin1(&json, even, 2);
	json_string(&json, "f", even[0]);
	json_close_object(&json);
	json_close_array(&json);
	json_open_object(&json, "g");
	json_string(&json, "h", even[0]);
	json_close_object(&json);
	json_close_object(&json);
	json_string(&json, "i", even[0]);
	json_end(&json);
	expect(&text,
	       "{\"a\":\"\xc3\xa9\",\"b\":{\"c\":[\"\xc3\x83\xc2\xa9\",\"x\"],\"d\":[{\"e\":\"\xc3\x83\xc2\xa9\"},"
	       "{\"f\":\"\xc3\xa9\"}],\"g\":{\"h\":\"\xc3\xa9\"},\"encoding\":\"latin-1\"},\"i\":\"\xc3\xa9\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_indented_and_a_line_is_compact),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(latin1_is_a_matter_of_one_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
