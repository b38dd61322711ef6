/* SPDX-License-Identifier: BSD-2-Clause */
/* Templates of texts: what is refused, with file and line, and what is made of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analysis/tables/letter.h"

static char path[] = "/tmp/stsurvey-letter-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_template(struct span text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
	assert_int_equal(fclose(file), 0);
}

static void faults_are_told_with_their_line(void **state)
{
	static const struct {
		const char *template, *error; /* behind the file's name */
	} rows[] = {
		{ "a\nTo {contcat}\n",
		  ":2: {contcat} is no place of a template (docs/tables.md lists them); {{ is a brace" },
		{ "a\n\xff\n", ":2: is no text in UTF-8; is it the right file?" },
		{ "a {\n", ":1: {} is no place of a template (docs/tables.md lists them); {{ is a brace" },
		{ "{}\n", ":1: {} is no place of a template (docs/tables.md lists them); {{ is a brace" },
		{ "{party\n}\n", ":1: {party} is no place of a template (docs/tables.md lists them); {{ is a brace" },
		{ "a\n\n{domain}\n",
		  ":3: {domain} is of one domain: it stands between a line {each} and a line {end}" },
		{ "{each}\n{end}\n{label:x}\n",
		  ":3: {label:x} is of one domain: it stands between a line {each} and a line {end}" },
		{ "{each}\n{party}\n{end}\n",
		  ":2: {party} is of the whole text: it cannot stand between {each} and {end}" },
		{ "{each}\n{each}\n", ":2: {each} may stand there once" },
		{ "{each}\n{end}\n{each}\n", ":3: {each} may stand there once" },
		{ "{end}\n", ":1: {end} has no {each} above it" },
		{ "{each}\n{end}\n{end}\n", ":3: {end} has no {each} above it" },
		{ "{each}\n{domain}\n", ":2: {each} has no line {end} below it" },
		{ "a {each}\n", ":1: {each} is no place of a template (docs/tables.md lists them); {{ is a brace" },
		{ "{\x1b[2J}\n",
		  ":1: {\\x1b[2J} is no place of a template (docs/tables.md lists them); {{ is a brace" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct letter letter;
		struct error error = { "" };

		write_template(span_of(rows[i].template));
		assert_int_equal(letter_read(&letter, path, &error), -1);
		letter_free(&letter);
		assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
		assert_string_equal(error.text + strlen(path), rows[i].error);
	}
}

static void what_is_no_template_is_refused(void **state)
{
	static char large[LETTER_FILE_MAX + 1];
	struct letter letter;
	struct error error;

	(void)state;
	assert_int_equal(letter_read(&letter, "/nowhere/x", &error), -1);
	assert_non_null(strstr(error.text, "/nowhere/x"));
	letter_free(&letter);
	assert_int_equal(letter_read(&letter, "/tmp", &error), -1);
	letter_free(&letter);
	memset(large, 'x', sizeof(large));
	write_template((struct span){ large, sizeof(large) });
	assert_int_equal(letter_read(&letter, path, &error), -1);
	assert_non_null(strstr(error.text, "at most 65536 octets"));
	letter_free(&letter);
	write_template((struct span){ large, LETTER_FILE_MAX });
	assert_int_equal(letter_read(&letter, path, &error), 0);
	letter_free(&letter);
}

static void the_one_compiled_in_is_right(void **state)
{
	struct scan_headers none = { 0 };
	struct letter letter;
	struct error error;

	(void)state;
	assert_int_equal(letter_read(&letter, NULL, &error), 0);
	assert_true(letter.above.n > 0 && letter.each.n > 0 && letter.below.n > 0);
	assert_int_equal(letter_check_labels(&letter, &none, &error), 0);
	letter_free(&letter);
}

static void labels_must_be_there(void **state)
{
	struct scan_headers headers = { .label = { SPAN_LITERAL("country") }, .label_count = 1 };
	struct letter letter;
	struct error error;

	(void)state;
	write_template(SPAN_LITERAL("{each}\n{label:country}\n{label:sector}\n{end}\n"));
	assert_int_equal(letter_read(&letter, path, &error), 0);
	assert_int_equal(letter_check_labels(&letter, &headers, &error), -1);
	assert_string_equal(error.text + strlen(path), ":3: {label:sector} is no label of these scans (scan --label)");
	letter_free(&letter);
}

/* The domain is {party}: what a stranger wrote is no template; contact and survey are not known. */
static void value(const void *arg, enum letter_place place, struct span label, struct text *out)
{
	(void)arg;
	if (place == LETTER_PARTY)
		text_literal(out, "{which}");
	else if (place == LETTER_WHICH)
		text_literal(out, "it");
	else if (place == LETTER_LABEL)
		text_put(out, label);
}

static void texts_are_made_of_it(void **state)
{
	static const struct {
		const char *template, *text;
	} rows[] = {
		{ "a {party} b\n", "a {which} b\n" },
		{ "{{party} {party}{which}", "{party} {which}it\n" },
		{ "To: {contact}\nx\n", "x\n" },                  /* nothing to say: no line */
		{ "{contact} {which}\n", " it\n" },               /* something is */
		{ "{{ {contact}\n", "" },                         /* a brace is no value */
		{ "a\r\n{party}\r\n\r\nb", "a\n{which}\n\nb\n" }, /* as Windows writes it */
		{ "}\n", "}\n" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct letter letter;
		struct error error;
		struct text out;

		write_template(span_of(rows[i].template));
		assert_int_equal(letter_read(&letter, path, &error), 0);
		text_open_memory(&out);
		letter_put(&out, letter.above, value, NULL);
		text_char(&out, '\0');
		assert_string_equal(out.data, rows[i].text);
		text_free(&out);
		letter_free(&letter);
	}
}

static void a_template_has_three_parts(void **state)
{
	struct letter letter;
	struct error error;

	(void)state;
	write_template(SPAN_LITERAL("above\n{each}\n{domain}\n\n{end}\nbelow\n"));
	assert_int_equal(letter_read(&letter, path, &error), 0);
	assert_true(span_equal(letter.above, span_of("above\n")));
	assert_true(span_equal(letter.each, span_of("{domain}\n\n")));
	assert_true(span_equal(letter.below, span_of("below\n")));
	letter_free(&letter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_are_told_with_their_line),
		cmocka_unit_test(what_is_no_template_is_refused),
		cmocka_unit_test(the_one_compiled_in_is_right),
		cmocka_unit_test(labels_must_be_there),
		cmocka_unit_test(texts_are_made_of_it),
		cmocka_unit_test(a_template_has_three_parts),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
