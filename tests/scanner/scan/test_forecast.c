/* SPDX-License-Identifier: BSD-2-Clause */
/* How long a scan of a zone takes at least, by the operators of its name servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "scanner/base/log.h"
#include "scanner/scan/forecast.h"

static char list[] = "/tmp/stsurvey-forecast-XXXXXX", log_path[] = "/tmp/stsurvey-forecast-XXXXXX";
static struct forecast_result result;

/* A zone of which @line writes domain @i; @count of them. */
static void write_zone(void (*line)(FILE *, unsigned), unsigned count)
{
	FILE *file = fopen(list, "w");

	assert_non_null(file);
	fputs("$ORIGIN example.\n", file);
	for (unsigned i = 0; i < count; i++)
		line(file, i);
	assert_int_equal(fclose(file), 0);
}

/* Read to its end; what it told stands in the log. */
static void forecast(const struct forecast_options *options)
{
	struct error error;
	struct forecast *forecast;

	assert_int_equal(log_open(log_path, LOG_LEVEL_INFO, &error), 0);
	forecast = forecast_begin(options);
	assert_non_null(forecast);
	do { /* the last line of the log is written before */
		usleep(1000);
		forecast_result(forecast, &result);
	} while (!result.done);
	forecast_free(forecast);
	log_close();
}

/* The log's messages without their times, a line each; emptied. */
static const char *told(void)
{
	static char text[8192];
	FILE *file = fopen(log_path, "r");
	char line[1024];

	text[0] = '\0';
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		const char *message = strstr(line, "[info] ");

		assert_non_null(message);
		strncat(text, message + strlen("[info] "), sizeof(text) - strlen(text) - 1);
	}
	fclose(file);
	assert_int_equal(truncate(log_path, 0), 0);
	return text;
}

/* Half at one operator with 100 servers, a quarter at one with two, each eighth at others of their own. */
static void line_of_few(FILE *file, unsigned i)
{
	if (i % 2)
		fprintf(file, "d%u NS ns%u.big.example.\nd%u NS ns%u.big.example.\n", i, i % 100, i, (i + 1) % 100);
	else if (i % 4)
		fprintf(file, "d%u NS ns1.pair.example.\nd%u NS ns2.pair.example.\n", i, i);
	else
		fprintf(file, "d%u NS ns.own%u.example.\n", i, i);
}

static void the_slowest_operators_are_told_with_what_limits_them(void **state)
{
	struct forecast_options options = { .feed = { .path = list, .shards = 1 },
					    .operator_rate = 1000,
					    .server_rate = 50 };

	(void)state;
	write_zone(line_of_few, 200000);
	forecast(&options);
	assert_int_equal(result.domains, 200000);
	assert_int_equal(result.count, 2);
	assert_string_equal(result.row[0].name, "pair.example");
	assert_int_equal(result.row[0].domains, 50000);
	assert_true(result.row[0].by_servers && result.row[0].servers == 2 && result.row[0].seconds == 1500);
	assert_string_equal(result.row[1].name, "big.example");
	assert_int_equal(result.row[1].domains, 100000);
	assert_true(!result.row[1].by_servers && result.row[1].servers > 20 && result.row[1].seconds == 300);
	assert_string_equal(told(),
			    "pair.example: 50,000 domains, 25.0 minutes at --server-rate 50 and 2 name servers\n"
			    "big.example: 100,000 domains, 5.0 minutes at --operator-rate 1000\n"
			    "the whole list takes 25.0 minutes at least, as long as its slowest operator; before you "
			    "raise a rate, ask those who run these name servers (docs/before-you-scan.md)\n");
}

static void what_takes_less_than_a_minute_is_not_told(void **state)
{
	struct forecast_options options = { .feed = { .path = list, .shards = 1 }, .operator_rate = 1000 };

	(void)state;
	write_zone(line_of_few, 30000);
	forecast(&options);
	assert_int_equal(result.domains, 30000);
	assert_int_equal(result.count, 0);
	assert_string_equal(told(), "");
	options.operator_rate = 0; /* nor what has no limit */
	write_zone(line_of_few, 200000);
	forecast(&options);
	assert_int_equal(result.domains, 200000);
	assert_string_equal(told(), "");
}

/* Six that are slow, among more operators than are counted at a time. */
static void line_of_many(FILE *file, unsigned i)
{
	if (i % 100 < 21)
		fprintf(file, "d%u NS ns1.slow%u.example.\n", i,
			i % 100 < 6    ? 1
			: i % 100 < 11 ? 2
			: i % 100 < 15 ? 3
			: i % 100 < 18 ? 4
			: i % 100 < 20 ? 5
				       : 6);
	else
		fprintf(file, "d%u NS ns1.other%u.example.\n", i, i % 50000);
}

static void the_slowest_are_found_among_any_number(void **state)
{
	static const uint64_t share[] = { 6, 5, 4, 3, 2 };
	struct forecast_options options = { .feed = { .path = list, .shards = 1 }, .operator_rate = 10 };
	const unsigned count = 200000;

	(void)state;
	write_zone(line_of_many, count);
	forecast(&options);
	assert_int_equal(result.count, FORECAST_ROWS);
	for (unsigned i = 0; i < FORECAST_ROWS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "slow%u.example", i + 1);
		assert_string_equal(result.row[i].name, name);
		assert_int_equal(result.row[i].domains, count / 100 * share[i]);
	}
	(void)told();
}

static void a_plain_list_tells_how_many_it_has(void **state)
{
	struct forecast_options options = { .feed = { .path = list, .shards = 1 }, .operator_rate = 1 };
	FILE *file = fopen(list, "w");

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		fprintf(file, "d%u.example\n", i);
	fclose(file);
	forecast(&options);
	assert_int_equal(result.domains, 1000);
	assert_string_equal(told(), "");
}

static void what_cannot_be_read_twice_is_left_alone(void **state)
{
	char path[] = "/tmp/stsurvey-forecast-pipe-XXXXXX";
	struct forecast_options options = { .feed = { .path = "-", .shards = 1 } };

	(void)state;
	assert_null(forecast_begin(&options));
	close(mkstemp(path));
	unlink(path);
	options.feed.path = path;
	assert_null(forecast_begin(&options));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(forecast_begin(&options)); /* nor waited for */
	unlink(path);
	forecast_result(NULL, &result);
	assert_false(result.done);
	forecast_free(NULL);
}

/* It ends with the scan, wherever it is: it has told all by then, or tells nothing. */
static void it_stops_when_it_is_told(void **state)
{
	struct forecast_options options = { .feed = { .path = list, .shards = 1 }, .operator_rate = 1 };
	struct error error;
	const char *text;

	(void)state;
	write_zone(line_of_few, 400000);
	assert_int_equal(log_open(log_path, LOG_LEVEL_INFO, &error), 0);
	forecast_free(forecast_begin(&options));
	log_close();
	text = told();
	assert_true(*text == '\0' || strstr(text, "the whole list"));
}

static int make_files(void **state)
{
	(void)state;
	close(mkstemp(list));
	close(mkstemp(log_path));
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(list);
	unlink(log_path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_slowest_operators_are_told_with_what_limits_them),
		cmocka_unit_test(what_takes_less_than_a_minute_is_not_told),
		cmocka_unit_test(the_slowest_are_found_among_any_number),
		cmocka_unit_test(a_plain_list_tells_how_many_it_has),
		cmocka_unit_test(what_cannot_be_read_twice_is_left_alone),
		cmocka_unit_test(it_stops_when_it_is_told),
	};

	return cmocka_run_group_tests_name("forecast", tests, make_files, remove_files);
}
