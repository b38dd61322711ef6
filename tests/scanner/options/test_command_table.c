/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "parsers/span.h"
#include "scanner/options/command_table.h"

static struct error error;

static void a_mistyped_command_gets_a_suggestion(void **state)
{
	static const struct {
		const char *name, *message;
	} cases[] = {
		{ "scna", "'scna': no such command; did you mean 'scan'?" },
		{ "stat", "'stat': no such command; did you mean 'stats'?" },
		{ "statistics", "'statistics': no such command; did you mean 'stats'?" },
		{ "verification", "'verification': no such command; did you mean 'verify'?" },
		{ "--verison", "'--verison': no such command; did you mean '--version'?" },
		{ "version", "'version': no such command; did you mean '--version'?" },
		{ "--scan", "'--scan': no such command; did you mean 'scan'?" },
		{ "example.com",
		  "'example.com': no such command; one domain is looked at with 'stsurvey check', a list of "
		  "domains surveyed with 'stsurvey scan -f'" },
		{ "verfiy", "'verfiy': no such command; did you mean 'verify'?" },
		{ "frobnicate", "'frobnicate': no such command; 'stsurvey help' lists them" },
		{ "", "'': no such command; 'stsurvey help' lists them" },
		{ "fleets", "'fleets': no such command; did you mean 'fleet'?" },
	};
	enum command command;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *word[] = { (char *)cases[i].name };

		assert_int_equal(command_find(word, 1, &command, &error), -1);
		assert_string_equal(error.text, cases[i].message);
	}
}

static void every_name_leads_to_its_command(void **state)
{
	enum command command;

	(void)state;
	for (int i = 0; i < COMMAND_COUNT; i++) {
		char name[32], *word[] = { name, NULL };
		int words;

		snprintf(name, sizeof(name), "%s", command_table[i].name);
		words = (word[1] = strchr(name, ' ')) ? 2 : 1;
		if (word[1])
			*word[1]++ = '\0';
		assert_int_equal(command_find(word, words, &command, &error), words);
		assert_int_equal(command, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mistyped_command_gets_a_suggestion),
		cmocka_unit_test(every_name_leads_to_its_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
