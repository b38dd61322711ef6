/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts to who is responsible, from scan files to a folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analysis/tables/party.h"
#include "scanner/options/exit_status.h"
#include "tests/analysis/facts.h"
#include "tests/analysis/labelled_scan.h"
#include "tests/analysis/run_command.h"

static const struct labelled_domain survey[] = {
	{ "name a.example\nsts v=STSv1;", "Ministry of X|NL" },
	{ "name b.example\nsts v=STSv1; id=\nsts v=STSv1; id=1", "Ministry of X|NL" },
	{ "name c.example", "Ministry of X|NL" }, /* its certificate is another's */
	{ "name d.example\nsts -", "Ministry of Y|NL" },
	{ "name e.example\nsts v=STSv1;\nmx 0 .", "|" },
	{ "name f.example\na NXDOMAIN\naaaa NXDOMAIN\naddresses 0\nconnect skipped\n"
	  "a-cname f-example_mta_sts.easydmarc.pro",
	  "../../x|NL" },
	{ "name g.f.example\na NXDOMAIN\naaaa NXDOMAIN\naddresses 0\nconnect skipped\n"
	  "a-cname g-f-example_mta_sts.easydmarc.pro",
	  "MINISTRY of x|NL" },
	{ "name h.example\nconnect connection-refused\na-cname h.github.io", "a/b|NL" },
	{ "name i.example\nconnect connection-refused\na-cname policy.hoster.example", "a-b|NL" },
};

static char text[65536], other[65536];

static int write_scans(void **state)
{
	enum { HALF = 4 };

	(void)state;
	if (command_folder_make(state) != 0)
		return -1;
	labelled_scan_write("all.scan", "office|country", survey, COUNT_OF(survey), 0, 0);
	labelled_scan_write("one.scan", "office|country", survey, HALF, 0, 0);
	labelled_scan_write("two.scan", "office|country", survey + HALF, COUNT_OF(survey) - HALF, 0, 0);
	labelled_scan_write("none.scan", "", survey, 0, 0, 0);
	return 0;
}

static size_t files_in(const char *pattern)
{
	glob_t found = { 0 };
	size_t n = glob(path_of(pattern), GLOB_PERIOD, NULL, &found) == 0 ? found.gl_pathc : 0;

	globfree(&found);
	return n;
}

static void a_text_says_what_is_wrong_and_what_to_do(void **state)
{
	static const char *const parts[] = {
		"To: reports@b.example\n",
		"Subject: MTA-STS is broken for b.example\n",
		"\nb.example\n",
		"(sts-record-multiple)\n",
		"TXT at _mta-sts.b.example: \"v=STSv1; id=\", \"v=STSv1; id=1\"\n",
		"senders find no usable policy",
		"Delete all but one of the TXT records",
		"RFC 8461 3.1\n",
		"2027-01-15T08:00:00Z\n",
	};

	(void)state;
	labelled_scan_write("b.scan", "",
			    &(struct labelled_domain){ "name b.example\nsts v=STSv1; id=\nsts v=STSv1; id=1\n"
						       "rpt v=TLSRPTv1; rua=mailto:reports@b.example",
						       "" },
			    1, 0, 0);
	assert_int_equal(run("stats %b.scan -d %tables --notify %b"), EXIT_COMPLETE);
	read_into(path_of("b/b.example.txt"), text, sizeof(text));
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (!strstr(text, parts[i]))
			fail_msg("%s is not in %s", parts[i], text);
	assert_null(strchr(text, '{'));
	assert_null(strstr(text, "<domain>"));
	assert_null(strstr(text, "This goes to you because")); /* that needs no word to a domain */
	assert_non_null(strstr(said, "1 texts in"));
	assert_non_null(strstr(said, "no --contact"));
	read_into(path_of("b/index.csv"), text, sizeof(text));
	assert_string_equal(text, "file,party,contact,domains\nb.example.txt,b.example,reports@b.example,1\n");
}

static void there_is_a_text_for_each_party(void **state)
{
	static const struct {
		const char *by, *index;
	} rows[] = {
		{ "domain", "file,party,contact,domains\n"
			    "a.example.txt,a.example,postmaster@a.example,1\n"
			    "b.example.txt,b.example,postmaster@b.example,1\n"
			    "c.example.txt,c.example,postmaster@c.example,1\n"
			    "e.example.txt,e.example,,1\n"
			    "f.example.txt,f.example,postmaster@f.example,1\n"
			    "g.f.example.txt,g.f.example,postmaster@g.f.example,1\n"
			    "h.example.txt,h.example,postmaster@h.example,1\n"
			    "i.example.txt,i.example,postmaster@i.example,1\n" },
		{ "label=country", "file,party,contact,domains\n"
				   "nl-8737e4bb0adf7569c77f.txt,NL,,7\n"
				   "none-5049d74780a3e07d4202.txt,,,1\n" },
		/* of a platform the owner writes what lies there; who is known by a domain alone has a postmaster */
		{ "provider", "file,party,contact,domains\n"
			      "easydmarc-f14425c20f5980b8e6c3.txt,EasyDMARC,,2\n"
			      "a.example.txt,a.example,postmaster@a.example,1\n"
			      "b.example.txt,b.example,postmaster@b.example,1\n"
			      "c.example.txt,c.example,postmaster@c.example,1\n"
			      "e.example.txt,e.example,,1\n"
			      "h.example.txt,h.example,postmaster@h.example,1\n"
			      "hoster.example.txt,hoster.example,postmaster@hoster.example,1\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char line[256], name[64];

		snprintf(line, sizeof(line), "stats %%all.scan -d %%tables --notify %%by-%zu --notify-by %s", i,
			 rows[i].by);
		assert_int_equal(run(line), EXIT_COMPLETE);
		snprintf(name, sizeof(name), "by-%zu/index.csv", i);
		read_into(path_of(name), text, sizeof(text));
		assert_string_equal(text, rows[i].index);
	}
	read_into(path_of("by-2/easydmarc-f14425c20f5980b8e6c3.txt"), text, sizeof(text));
	assert_true(strstr(text, "\nf.example\n") < strstr(text, "\ng.f.example\n"));
	assert_non_null(strstr(text, "what breaks there is run by you"));
}

/* Whatever the order of the files: nothing in the texts tells of it. */
static void the_order_of_files_does_not_matter(void **state)
{
	char command[1024];

	(void)state;
	assert_int_equal(run("stats %one.scan %two.scan -d %tables --notify %first --notify-by label=office"),
			 EXIT_COMPLETE);
	assert_int_equal(run("stats %two.scan %one.scan -d %tables --notify %second --notify-by label=office"),
			 EXIT_COMPLETE);
	snprintf(command, sizeof(command), "diff -r %s %s", path_of("first"), path_of("second"));
	assert_int_equal(system(command), 0);
	assert_int_equal(run("stats %all.scan -d %tables --notify %third --notify-by label=office"), EXIT_COMPLETE);
	snprintf(command, sizeof(command), "diff -r %s %s", path_of("first"), path_of("third"));
	assert_int_equal(system(command), 0);
}

/* Six offices, of which two differ in case, one is empty and one would lead out of the folder. */
static void a_strangers_label_is_no_path(void **state)
{
	size_t before;

	(void)state;
	before = files_in("*");
	assert_int_equal(run("stats %all.scan -d %tables --notify %safe --notify-by label=office"), EXIT_COMPLETE);
	assert_int_equal(files_in("*"), before + 1);
	assert_int_equal(files_in("safe/*.txt"), 6);
	assert_int_equal(files_in("safe/x-*.txt"), 1);
	assert_int_equal(files_in("safe/ministry-of-x-*.txt"), 2);
	assert_int_equal(files_in("safe/a-b*.txt"), 2);
	assert_int_equal(files_in("safe/none-*.txt"), 1);
}

static void names_of_files_are_safe_and_differ(void **state)
{
	static const char *const rows[] = {
		"example.com", "a_b-c.9", "Example.com", "../..", ".hidden",    "-rf",         "a/b",         "a\\b",
		"a b",         "a-b",     "a:b",         "con\n", "\xc3\xa9te", "caf\xc3\xa9", "CAF\xc3\xa9", "a\xff",
		"a%2fb",       "",        "index.csv",   "none",  "*",          "..",          ".",
	};
	char name[COUNT_OF(rows)][PARTY_FILE_NAME_MAX], longest[OBS_LABEL_OCTETS_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		party_file_name(span_of(rows[i]), name[i]);
		assert_int_equal(strspn(name[i], "abcdefghijklmnopqrstuvwxyz0123456789-_."), strlen(name[i]));
		assert_true(name[i][0] != '.' && name[i][0] != '-');
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(name[i], name[k]);
	}
	assert_string_equal(name[0], "example.com.txt");
	assert_string_equal(name[1], "a_b-c.9.txt");
	memset(longest, 'a', sizeof(longest));
	party_file_name((struct span){ longest, sizeof(longest) }, name[0]);
	longest[sizeof(longest) - 1] = 'b';
	party_file_name((struct span){ longest, sizeof(longest) }, name[1]);
	assert_string_not_equal(name[0], name[1]);
	assert_true(strlen(name[0]) < PARTY_FILE_NAME_MAX - 1);
}

static void what_cannot_be_done_is_told(void **state)
{
	static const struct {
		const char *command;
		int status;
		const char *said;
	} rows[] = {
		{ "stats %all.scan -d %tables --notify-by label", EXIT_USAGE, "need --notify DIR" },
		{ "stats %all.scan -d %tables --notify %x --notify-by who", EXIT_USAGE,
		  "must be domain, label, label=NAME or provider" },
		{ "stats %all.scan -d %tables --notify %x --notify-by label", EXIT_FATAL,
		  "which one? label=NAME says, with one of: office, country" },
		{ "stats %all.scan -d %tables --notify %x --notify-by label=sector", EXIT_FATAL,
		  "no such label, but: office, country" },
		{ "stats %none.scan -d %tables --notify %x --notify-by label", EXIT_FATAL,
		  "these scans have no labels; scan --label COLUMN keeps them" },
		{ "stats %all.scan -d %same --notify %same", EXIT_USAGE, "write to another one" },
		{ "stats %all.scan -d %tables --notify %x --notify-template %all.scan", EXIT_FATAL,
		  "is no text in UTF-8" },
		{ "stats %all.scan -d %tables --notify %all.scan", EXIT_FATAL, "all.scan" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int status = run(rows[i].command);

		if (status != rows[i].status || !strstr(said, rows[i].said))
			fail_msg("%s: %d, %s", rows[i].command, status, said);
		assert_int_equal(files_in("x/*.*t*"), 0);
	}
}

/* Texts of two times are not mixed: a second run needs a folder of its own. */
static void a_second_run_needs_another_folder(void **state)
{
	(void)state;
	assert_int_equal(run("stats %all.scan -d %tables --notify %again"), EXIT_COMPLETE);
	read_into(path_of("again/a.example.txt"), text, sizeof(text));
	assert_int_equal(run("stats %one.scan -d %tables --notify %again"), EXIT_FATAL);
	assert_non_null(strstr(said, "is not empty"));
	read_into(path_of("again/a.example.txt"), other, sizeof(other));
	assert_string_equal(text, other);
}

static void a_template_of_ones_own_is_used(void **state)
{
	FILE *file = fopen(path_of("template"), "w");

	(void)state;
	assert_non_null(file);
	fputs("{count} {which}\n{each}\n{domain};{component};{verdict};{label:office}\n{end}\nend\n", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(run("stats %all.scan -d %tables --notify %own --notify-by label=Country --notify-template "
			     "%template"),
			 EXIT_COMPLETE);
	assert_null(strstr(said, "--contact")); /* its own affair */
	read_into(path_of("own/none-5049d74780a3e07d4202.txt"), text, sizeof(text));
	assert_string_equal(text, "1 e.example\ne.example;record;no-policy;\nend\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_says_what_is_wrong_and_what_to_do),
		cmocka_unit_test(there_is_a_text_for_each_party),
		cmocka_unit_test(the_order_of_files_does_not_matter),
		cmocka_unit_test(a_strangers_label_is_no_path),
		cmocka_unit_test(names_of_files_are_safe_and_differ),
		cmocka_unit_test(what_cannot_be_done_is_told),
		cmocka_unit_test(a_second_run_needs_another_folder),
		cmocka_unit_test(a_template_of_ones_own_is_used),
	};

	return cmocka_run_group_tests(tests, write_scans, command_folder_remove);
}
