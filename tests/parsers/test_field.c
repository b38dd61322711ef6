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
	assert_false(field_has_non_ascii(span_of("\x01~\x7f")));
	assert_true(field_has_non_ascii(span_of("a\x80")));
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

static void one_record_of_several_counts(void **state)
{
	enum { BAD_VERSION = 1, DISCARDED = 2, UNRELATED = 4 };
	static const struct {
		const char *behaviour, *record[3];
		enum txt_choice_state state;
		unsigned seen;
		const char *text; /* where ONE */
	} cases[] = {
		{ "nothing", { NULL }, TXT_NONE, 0, "" },
		{ "something else alone", { "v=spf1" }, TXT_NONE, UNRELATED, "" },
		{ "one", { "v=X1; a" }, TXT_ONE, 0, "v=X1; a" },
		{ "one beside something else", { "b", "v=X1;" }, TXT_ONE, UNRELATED, "v=X1;" },
		{ "two", { "v=X1;", "v=X1; a" }, TXT_SEVERAL, 0, "" },
		{ "alone, white space may stand before the semicolon", { "v=X1 ;a" }, TXT_ONE, 0, "v=X1 ;a" },
		{ "beside others it may not", { "v=X1 ;a", "b" }, TXT_UNUSABLE, DISCARDED | UNRELATED, "" },
		{ "beside the one it does not count", { "v=X1 ;a", "v=X1;" }, TXT_ONE, DISCARDED, "v=X1;" },
		{ "another version", { "v=X10;" }, TXT_UNUSABLE, BAD_VERSION, "" },
		{ "another spelling beside the one", { "V=x1;", "v=X1;" }, TXT_ONE, BAD_VERSION, "v=X1;" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct span record[3];
		struct txt_choice choice;
		size_t count = 0;

		for (; count < COUNT_OF(record) && cases[i].record[count]; count++)
			record[count] = span_of(cases[i].record[count]);
		txt_choose(record, count, span_of("v=X1"), span_of("v=x"), &choice);
		if (choice.state != cases[i].state || (choice.bad_version * BAD_VERSION | choice.discarded * DISCARDED |
						       choice.unrelated * UNRELATED) != cases[i].seen)
			fail_msg("%s: state %d", cases[i].behaviour, choice.state);
		if (choice.state == TXT_ONE)
			expect_span(cases[i].behaviour, choice.text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_values_are_those_of_the_grammar),
		cmocka_unit_test(fields_are_walked_from_semicolon_to_semicolon),
		cmocka_unit_test(a_field_is_split_at_its_first_equals_sign),
		cmocka_unit_test(names_are_remembered_up_to_a_limit),
		cmocka_unit_test(one_record_of_several_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
