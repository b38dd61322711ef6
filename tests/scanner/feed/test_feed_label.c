/* SPDX-License-Identifier: BSD-2-Clause */
/* --label: columns of a list that are kept with its lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/scanner/feed/feed_rig.h"

static const struct span registrar[] = { SPAN_LITERAL("registrar") };
static const struct span both[] = { SPAN_LITERAL("Registrar"), SPAN_LITERAL("country") };

static struct feed_options keeping(const struct span *label, size_t count)
{
	return (struct feed_options){ .label = label, .label_count = count };
}

static void cells_are_kept_with_their_line(void **state)
{
	static const struct {
		const char *list, *expected; /* "index rank input name [value|value]" */
	} rows[] = {
		/* separators; a header that says more than is kept, in another order */
		{ "domain,country,registrar\na.test,DE,X\nb.test,FR,Y\n",
		  "0 0 0 a.test [X|DE]\n1 0 0 b.test [Y|FR]\n" },
		{ "rank;Domain;REGISTRAR;Country\n5;a.test;X;DE\n", "0 5 0 a.test [X|DE]\n" },
		{ "registrar\tdomain\tcountry\nX\ta.test\tDE\n", "0 0 0 a.test [X|DE]\n" },
		{ "sep=;\nregistrar;domain;country\nX, Inc;a.test;DE\n", "0 0 0 a.test [X, Inc|DE]\n" },
		{ "\xef\xbb\xbf# c\n\ndomain, \"Registrar\" ,country\r\na.test,X,DE\r\n", "0 0 0 a.test [X|DE]\n" },
		/* of two columns of one name the first */
		{ "domain,registrar,country,registrar\na.test,X,DE,Z\n", "0 0 0 a.test [X|DE]\n" },
		/* quotes, white space, doubled quotes, line ends */
		{ "domain,registrar,country\na.test,\"X, \"\"Y\"\" & Co\",\" DE \"\n",
		  "0 0 0 a.test [X, \"Y\" & Co|DE]\n" },
		{ "domain,registrar,country\na.test,X \"\"Y\"\",\xc2\xa0"
		  "DE\n",
		  "0 0 0 a.test [X \"\"Y\"\"|DE]\n" },
		{ "domain,registrar,country\na.test,\"X\nY\tZ\x01\",DE\nb.test,,\n",
		  "0 0 0 a.test [X Y Z |DE]\n1 0 0 b.test [|]\n" },
		/* cells that are not there, and ones too many */
		{ "domain,registrar,country\na.test\nb.test,X\nc.test,X,DE,more\n",
		  "0 0 0 a.test [|]\n1 0 0 b.test [X|]\n2 0 0 c.test [X|DE]\n" },
		/* row names that the header has no title for; rows that are empty */
		{ "\"domain\",\"registrar\",\"country\"\n\"1\",\"a.test\",\"X\",\"DE\"\n\"2\",\"b.test\",\"Y\","
		  "\"FR\"\n",
		  "0 0 0 a.test [X|DE]\n1 0 0 b.test [Y|FR]\n" },
		{ ";;\ndomain;registrar;country\na.test;X;DE\n;;\n;X;\n;;;\n", "0 0 0 a.test [X|DE]\n1 0 1  [X|]\n" },
		/* UTF-8, and what is none; U+009B turns a terminal's mind */
		{ "domain,registrar,country\na.test,M\xc3\xbcller,\xe2\x82\xac\nb.test,M\xfcller,a\xc2\x9b"
		  "b\n",
		  "0 0 0 a.test [M\xc3\xbcller|\xe2\x82\xac]\n1 0 0 b.test [M\xc3\xbcller|a b]\n" },
		/* lines that are no domain */
		{ "domain,registrar,country\nno name,X,DE\na.test,Y,FR\n",
		  "0 0 1 no name [X|DE]\n1 0 0 a.test [Y|FR]\n" },
		/* a header that does not call the domains so */
		{ "zone of ours,registrar,country\na.test,X,DE\nb.test,Y,FR\n",
		  "0 0 0 a.test [X|DE]\n1 0 0 b.test [Y|FR]\n" },
		{ "registrar,country,zone of ours\nX,DE,a.test\nY,FR,b.test\n",
		  "0 0 0 a.test [X|DE]\n1 0 0 b.test [Y|FR]\n" },
		{ "domain\tNS\tregistrar\tcountry\na.test\tx\tX\tDE\n", "0 0 0 a.test [X|DE]\n" }, /* no zone file */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct feed_rig_output output = feed_rig_drain_octets(rows[i].list, strlen(rows[i].list),
								      keeping(both, 2));

		if (output.result != FEED_END || strcmp(output.text, rows[i].expected) != 0)
			fail_msg("row %zu: %s got\n%s", i, output.error.text, output.text);
		free(output.text);
	}
}

static void a_list_without_the_column_says_which_it_has(void **state)
{
	static const struct {
		const char *list;
		enum feed_format format;
		const char *error; /* behind the file's name */
	} rows[] = {
		{ "# c\ndomain,agency\na.test,X\n", FEED_FORMAT_AUTO,
		  ": line 2: --label registrar: needs a header row with such a column; the first row has: domain, "
		  "agency" },
		{ "a,b,c,d,e,f,g,h,i\n", FEED_FORMAT_CSV, "; the first row has: a, b, c, d, e, f, g, h, ..." },
		{ "a.test\nb.test\n", FEED_FORMAT_AUTO, "; the first row has: a.test" },
		{ "domain,registrar\na.test,X\n", FEED_FORMAT_LIST, ": line 1: --label registrar: " },
		{ "1,a.test\n2,b.test\n", FEED_FORMAT_AUTO, "; the first row has: 1, a.test" },
		{ "$ORIGIN test.\na NS b\n", FEED_FORMAT_AUTO, ": is a zone file, which has no columns" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct feed_options options = keeping(registrar, 1);
		struct feed_rig_output output;

		options.format = rows[i].format;
		output = feed_rig_drain_octets(rows[i].list, strlen(rows[i].list), options);
		if (output.result != FEED_FAILED || output.targets != 0 || !strstr(output.error.text, rows[i].error))
			fail_msg("row %zu: %s", i, output.error.text);
		free(output.text);
	}
}

/* A header longer than any line, which no column can be found in. */
static void a_header_without_an_end_is_refused(void **state)
{
	static char list[20000];
	struct feed_rig_output output;

	(void)state;
	memset(list, 'x', sizeof(list) - 1);
	memcpy(list, "domain,", 7);
	list[sizeof(list) - 2] = '\n';
	output = feed_rig_drain_octets(list, sizeof(list) - 1, keeping(registrar, 1));
	assert_int_equal(output.result, FEED_FAILED);
	assert_non_null(strstr(output.error.text, ": line 1: --label registrar: "));
	free(output.text);
}

static void a_cell_is_cut_between_characters(void **state)
{
	(void)state;
	for (size_t before = 250; before <= 256; before++) {
		char list[600], expected[600];
		size_t kept = before <= 252 ? before : before < 255 ? before : 255;

		snprintf(list, sizeof(list),
			 "domain,registrar\na.test,%0*d\xe2\x82\xac"
			 "more\n",
			 (int)before, 0);
		snprintf(expected, sizeof(expected), "0 0 0 a.test [%0*d%s%.*s]\n", (int)kept, 0,
			 before <= 252 ? "\xe2\x82\xac" : "", (int)(before <= 252 ? 252 - before : 0), "more");

		struct feed_rig_output output = feed_rig_drain_octets(list, strlen(list), keeping(registrar, 1));

		assert_string_equal(output.text, expected);
		free(output.text);
	}
}

/* Their order, the shards and a compression change nothing: each line has its own. */
static void labels_stay_with_their_line(void **state)
{
	static unsigned char packed[FEED_RIG_BIG];
	static char list[FEED_RIG_BIG + 100];
	size_t n = (size_t)snprintf(list, sizeof(list), "domain,registrar\n"), packed_n;
	struct feed_options options = keeping(registrar, 1);
	unsigned long lines = 0, seen = 0;

	(void)state;
	for (; n < sizeof(list) - 100; lines++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "d%lu.test,\"R %lu\"\n", lines, lines % 977);
	packed_n = feed_rig_gzip(list, n, packed, sizeof(packed));
	options.shuffle = true;
	options.shards = 3;
	for (options.shard = 0; options.shard < options.shards; options.shard++) {
		struct feed_rig_output output = feed_rig_drain_octets(packed, packed_n, options);
		unsigned long index, number, value;

		assert_int_equal(output.result, FEED_END);
		for (char *line = strtok(output.text, "\n"); line; line = strtok(NULL, "\n"), seen++) {
			assert_int_equal(sscanf(line, "%lu 0 0 d%lu.test [R %lu]", &index, &number, &value), 3);
			assert_true(index == number && value == number % 977);
		}
		free(output.text);
	}
	assert_int_equal(seen, lines);
}

/* Batches are handed over before they are full of targets; none is lost. */
static void long_labels_fit(void **state)
{
	static char list[2 * 1024 * 1024], name[OBS_LABEL_MAX][8];
	struct span label[OBS_LABEL_MAX];
	struct feed_rig_output output;
	unsigned long lines = 0;
	size_t n = (size_t)snprintf(list, sizeof(list), "domain");

	(void)state;
	for (size_t i = 0; i < OBS_LABEL_MAX; i++) {
		label[i] = (struct span){ name[i], (size_t)snprintf(name[i], sizeof(name[i]), "l%zu", i) };
		n += (size_t)snprintf(list + n, sizeof(list) - n, ",%s", name[i]);
	}
	for (; n < sizeof(list) - 5000; lines++) {
		n += (size_t)snprintf(list + n, sizeof(list) - n, "\nd%lu.test", lines);
		for (size_t i = 0; i < OBS_LABEL_MAX; i++)
			n += (size_t)snprintf(list + n, sizeof(list) - n, ",%0240lu", lines * OBS_LABEL_MAX + i);
	}
	for (int shuffle = 0; shuffle < 2; shuffle++) {
		struct feed_options options = keeping(label, OBS_LABEL_MAX);
		unsigned long number, first, seen = 0;

		options.shuffle = shuffle;
		output = feed_rig_drain_octets(list, n, options);
		assert_int_equal(output.result, FEED_END);
		for (char *line = strtok(output.text, "\n"); line; line = strtok(NULL, "\n"), seen++) {
			assert_int_equal(sscanf(line, "%*u 0 0 d%lu.test [%lu|", &number, &first), 2);
			assert_int_equal(first, number * OBS_LABEL_MAX);
		}
		assert_int_equal(seen, lines);
		free(output.text);
	}
}

static void the_header_says_how_a_column_is_called(void **state)
{
	static const char list[] = "DOMAIN,Country,Registrar\na.test,DE,X\n";
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct feed_options options = keeping((const struct span[]){ SPAN_LITERAL("REGISTRAR"), both[1] }, 2);
	struct feed_batch *batch;
	struct error error;
	struct feed *feed;

	(void)state;
	feed_rig_write(path, list, sizeof(list) - 1);
	options.path = path;
	options.shards = 1;
	assert_int_equal(feed_open(&feed, &options, &error), 0);
	assert_int_equal(feed_await(feed, &batch, 3600), FEED_BATCH_TAKEN);
	assert_true(span_equal(feed_label(feed, 0), SPAN_LITERAL("Registrar")));
	assert_true(span_equal(feed_label(feed, 1), SPAN_LITERAL("Country")));
	feed_release(feed, batch);
	feed_close(feed);
	remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_kept_with_their_line),
		cmocka_unit_test(a_list_without_the_column_says_which_it_has),
		cmocka_unit_test(a_header_without_an_end_is_refused),
		cmocka_unit_test(a_cell_is_cut_between_characters),
		cmocka_unit_test(labels_stay_with_their_line),
		cmocka_unit_test(long_labels_fit),
		cmocka_unit_test(the_header_says_how_a_column_is_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
