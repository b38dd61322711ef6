/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/field.h"

#include "tests/parsers/expect.h"

#define NAME_32 "abcdefghijklmnopqrstuvwxyz012345"

static void names_and_values_are_those_of_the_grammar(void **state)
{
	static const struct {
		const char *text;
		bool is_name, is_value;
	} cases[] = {
		{ "", false, false },    { "id", true, true },         { "0_-.", true, true },
		{ NAME_32, true, true }, { NAME_32 "6", false, true }, /* only a name has a longest one */
		{ "_x", false, true },   { "-x", false, true },        { ".x", false, true },
		{ "a/b", false, true },  { "a b", false, false },      { "a;b", false, false },
		{ "a=b", false, false }, { "a\x7f", false, false },    { "a\xc3\xa9", false, false },
		{ "!~", false, true }, /* the first and the last octet of a value */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (field_is_name(span_of(cases[i].text)) != cases[i].is_name ||
		    field_is_value(span_of(cases[i].text)) != cases[i].is_value)
			fail_msg("'%s'", cases[i].text);
}

/* What the walk over a text behind its version gives: fields in brackets, then what it has seen. */
static void fields_are_walked_from_semicolon_to_semicolon(void **state)
{
	static const struct {
		const char *text, *due;
	} cases[] = {
		{ "", "" },
		{ ";", "" },
		{ "; ", "" },
		{ ";a;b", "[a][b]" },
		{ " \t; a=1 ;\tb ;", "[a=1][b]" },
		{ ";a b;", "[a b]" },
		{ ";a;;b", "[a][b]loose" },
		{ ";;", "loose" },
		{ "; ;a", "[a]loose" },
		{ ";a ", "[a]loose" },
		{ ";a\t", "[a]loose" },
		{ "a", "undelimited" },
		{ " a;b", "undelimited" },
	};
	char got[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct field_walk walk = { .text = expect_copy(cases[i].text, strlen(cases[i].text)) };
		struct span field;
		size_t n = 0;

		got[0] = '\0';
		while (field_next(&walk, &field))
			n += (size_t)snprintf(got + n, sizeof(got) - n, "[%.*s]", (int)field.n, field.p);
		snprintf(got + n, sizeof(got) - n, "%s%s", walk.loose ? "loose" : "",
			 walk.undelimited ? "undelimited" : "");
		expect_word(cases[i].text, got, cases[i].due);
		assert_false(field_next(&walk, &field));
		expect_free(walk.text);
	}
}

static void a_field_is_split_at_its_first_equals_sign(void **state)
{
	static const struct {
		const char *field, *name, *value;
		bool split;
	} cases[] = {
		{ "id=1", "id", "1", true },   { "id=", "id", "", true },     { "=1", "", "1", true },
		{ "a=b=c", "a", "b=c", true }, { "a = 1", "a ", " 1", true }, { "id", "id", "", false },
		{ "", "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct span name, value;

		assert_int_equal(field_split(span_of(cases[i].field), &name, &value), cases[i].split);
		expect_span(cases[i].field, name, cases[i].name);
		expect_span(cases[i].field, value, cases[i].value);
	}
	assert_true(field_is_spaced(span_of("id "), span_of("id")));
	assert_true(field_is_spaced(span_of("id\t "), span_of("id")));
	assert_false(field_is_spaced(span_of("id"), span_of("id")));
	assert_false(field_is_spaced(span_of("idx "), span_of("id")));
	assert_false(field_is_spaced(span_of("id x"), span_of("id")));
	assert_false(field_is_spaced(span_of("i "), span_of("id")));
}

static void names_are_remembered_up_to_a_limit(void **state)
{
	struct field_names names = { .count = 0 };
	char text[FIELD_NAMES_MAX + 2][8];

	(void)state;
	for (int pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < FIELD_NAMES_MAX + 2; i++) {
			snprintf(text[i], sizeof(text[i]), "n%u", i);
			assert_int_equal(field_names_saw(&names, span_of(text[i])), pass == 1 && i < FIELD_NAMES_MAX);
		}
	assert_int_equal(names.count, FIELD_NAMES_MAX);
	assert_false(field_names_saw(&names, span_of("N0"))); /* case counts */
	/* two names of one hash: 31 * 'A' + 'a' = 31 * 'B' + 'B' */
	names.count = 0;
	assert_false(field_names_saw(&names, span_of("Aa")));
	assert_false(field_names_saw(&names, span_of("BB")));
	assert_true(field_names_saw(&names, span_of("BB")));
}

static void read_whole(struct txt_reading *reading, struct span field)
{
	reading->is_whole |= span_equal(field, span_of("whole"));
}

static const struct txt_kind kind = {
	.version = SPAN_LITERAL("v=X1"),
	.meant = SPAN_LITERAL("v=x"),
	.read_field = read_whole,
	.multiple = FINDING_STS_RECORD_MULTIPLE,
	.bad_version = FINDING_STS_RECORD_BAD_VERSION,
	.not_whole = FINDING_STS_RECORD_NO_ID,
	.syntax = FINDING_STS_RECORD_SYNTAX,
	.unrelated = FINDING_STS_RECORD_UNRELATED_TXT,
};

static void one_record_of_several_counts(void **state)
{
	static const struct {
		const char *behaviour, *record[3];
		enum record_state state;
		const char *findings, *text; /* where VALID */
	} cases[] = {
		{ "nothing", { NULL }, RECORD_NONE, "", "" },
		{ "something else alone", { "v=spf1" }, RECORD_NONE, "108", "" },
		{ "one", { "v=X1;whole" }, RECORD_VALID, "", "v=X1;whole" },
		{ "one beside something else", { "b", "v=X1;whole" }, RECORD_VALID, "108", "v=X1;whole" },
		{ "two", { "v=X1;", "v=X1;whole" }, RECORD_MULTIPLE, "101", "" },
		{ "alone, white space may stand before the semicolon",
		  { "v=X1 ;whole" },
		  RECORD_VALID,
		  "",
		  "v=X1 ;whole" },
		{ "beside others it may not", { "v=X1 ;whole", "b" }, RECORD_INVALID, "106 108", "" },
		{ "beside the one it is something else",
		  { "v=X1 ;a", "v=X1;whole" },
		  RECORD_VALID,
		  "108",
		  "v=X1;whole" },
		{ "another version", { "v=X10;" }, RECORD_INVALID, "102", "" },
		{ "another spelling beside the one", { "V=x1;", "v=X1;whole" }, RECORD_VALID, "102", "v=X1;whole" },
		/* and that one is read to its end */
		{ "a field that is not the one needed", { "v=X1;a" }, RECORD_VALID, "103", "v=X1;a" },
		{ "no field", { "v=X1;" }, RECORD_VALID, "103", "v=X1;" },
		{ "an empty field", { "v=X1;;whole" }, RECORD_VALID, "106", "v=X1;;whole" },
		{ "both", { "v=X1;a;;b" }, RECORD_VALID, "103 106", "v=X1;a;;b" },
		/* nobody knows what is in it */
		{ "no semicolon behind the version", { "v=X1 a;whole" }, RECORD_VALID, "106", "v=X1 a;whole" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct span record[3];
		struct finding_set findings = { 0 };
		struct txt_reading reading;
		size_t count = 0;

		memset(&reading, 0x55, sizeof(reading)); /* what txt_read sets it sets itself */
		for (; count < COUNT_OF(record) && cases[i].record[count]; count++)
			record[count] = span_of(cases[i].record[count]);
		expect_word(cases[i].behaviour,
			    record_state_names[txt_read(record, count, 0, &kind, &findings, &reading)],
			    record_state_names[cases[i].state]);
		expect_findings(cases[i].behaviour, &findings, cases[i].findings);
		if (cases[i].state != RECORD_VALID)
			continue;
		expect_span(cases[i].behaviour, reading.text, cases[i].text);
		assert_int_equal(reading.names.count, 0); /* this kind has remembered none */
	}
}

static void states_have_their_words(void **state)
{
	static const char *const words[] = { "", "none", "valid", "invalid", "multiple", "unknown" };

	(void)state;
	assert_int_equal(COUNT_OF(words), RECORD_STATE_COUNT);
	for (unsigned i = 0; i < RECORD_STATE_COUNT; i++)
		expect_word("state", record_state_names[i], words[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_values_are_those_of_the_grammar),
		cmocka_unit_test(fields_are_walked_from_semicolon_to_semicolon),
		cmocka_unit_test(a_field_is_split_at_its_first_equals_sign),
		cmocka_unit_test(names_are_remembered_up_to_a_limit),
		cmocka_unit_test(one_record_of_several_counts),
		cmocka_unit_test(states_have_their_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
