/* SPDX-License-Identifier: BSD-2-Clause */
/* What of a list is surveyed, and what of it is kept: --sample, --label. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/options/options.h"

enum { WORDS_MAX = 48, LINE_SIZE = 4096 };

static struct error error;

/* Split @line at blanks and read it as scan's. */
static enum options_result read_line(struct options *options, const char *line)
{
	static char copy[LINE_SIZE], *argv[WORDS_MAX];
	int argc = 0;

	snprintf(copy, sizeof(copy), "scan -f list -o out --name-servers ::1 %s", line);
	for (char *word = strtok(copy, " "); word && argc < WORDS_MAX - 1; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return options_read(options, COMMAND_SCAN, argc, argv, &error);
}

static void a_sample_has_a_share_and_a_key(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(read_line(&options, ""), OPTIONS_OK);
	assert_true(options.sample == 0);
	options_free(&options);
	/* the samples of years are compared: it must never change */
	assert_int_equal(read_line(&options, "--sample 1"), OPTIONS_OK);
	assert_true(options.sample == 1);
	assert_memory_equal(options.sample_key, "stsurvey-sample1", SIPHASH_KEY_OCTETS);
	options_free(&options);
	assert_int_equal(read_line(&options, "--sample 0.01 --sample-key 000102030405060708090a0b0c0D0E0F"),
			 OPTIONS_OK);
	assert_true(options.sample == 0.01);
	for (uint8_t i = 0; i < SIPHASH_KEY_OCTETS; i++)
		assert_int_equal(options.sample_key[i], i);
	options_free(&options);
}

static void labels_are_kept_in_their_order(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(read_line(&options, "--label registrar --label Country"), OPTIONS_OK);
	assert_int_equal(options.label_count, 2);
	assert_true(span_equal(options.label[0], SPAN_LITERAL("registrar")));
	assert_true(span_equal(options.label[1], SPAN_LITERAL("Country")));
	assert_int_equal(options.given_count, 5);
	options_free(&options);
}

static void a_part_of_a_list_has_its_columns_and_its_first_number(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(read_line(&options, "--input-format chunk --label a --first-index 1099511627776"), OPTIONS_OK);
	assert_int_equal(options.input_format, FEED_FORMAT_CHUNK);
	assert_true(options.first_index == FEED_INDEX_MAX);
	options_free(&options);
}

static void usage_errors_name_the_option(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "--sample 0", "--sample '0': not a number from 1e-09 to 1 as a share" },
		{ "--sample 1.5", "--sample '1.5': not a number from 1e-09 to 1 as a share" },
		{ "--sample 1%", "--sample '1%': not a number" },
		{ "--sample .5 --sample-key 0", "--sample-key '0': not 32 hexadecimal digits" },
		{ "--sample .5 --sample-key=", "--sample-key '': not 32 hexadecimal digits" },
		{ "--sample .5 --sample-key 0123456789abcdef0123456789abcdeg", "--sample-key '0123456789abcdef" },
		{ "--sample-key 0123456789abcdef0123456789abcdef", "--sample-key needs --sample SHARE" },
		{ "--first-index -1", "--first-index '-1': not a whole number from 0 to 1099511627776" },
		{ "--first-index 1099511627777", "--first-index '1099511627777': not a whole number from 0 to" },
		{ "--label=", "--label '': must not be empty" },
		{ "--label a --label A", "--label 'A': is given twice" },
		{ "--label a --label b --label c --label d --label e --label f --label g --label h --label i "
		  "--label j --label k --label l --label m --label n --label o --label p --label q",
		  "--label 'q': more than 16 columns" },
		{ "--label a --mx-hosts", "--label and --mx-hosts exclude each other" },
		{ "--label a --input-format zone", "--label needs a CSV list" },
		{ "--label a --input-format list", "--label needs a CSV list" },
		{ "--label a --origin example", "--label needs a CSV list" },
	};
	char line[LINE_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct options options;

		if (read_line(&options, cases[i].line) != OPTIONS_USAGE)
			fail_msg("'%s' is taken", cases[i].line);
		if (strncmp(error.text, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("'%s': %s", cases[i].line, error.text);
		options_free(&options);
	}
	/* a label of so many octets is kept whole, of one more is none */
	for (int n = OBS_LABEL_OCTETS_MAX; n <= OBS_LABEL_OCTETS_MAX + 1; n++) {
		struct options options;

		snprintf(line, sizeof(line), "--label %0*d", n, 0);
		assert_int_equal(read_line(&options, line), n == OBS_LABEL_OCTETS_MAX ? OPTIONS_OK : OPTIONS_USAGE);
		options_free(&options);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_has_a_share_and_a_key),
		cmocka_unit_test(labels_are_kept_in_their_order),
		cmocka_unit_test(a_part_of_a_list_has_its_columns_and_its_first_number),
		cmocka_unit_test(usage_errors_name_the_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
