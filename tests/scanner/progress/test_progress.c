/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "scanner/base/log.h"
#include "scanner/dns/preflight.h"
#include "scanner/progress/progress.h"
#include "tests/scanner/caught.h"

static struct error error;

static unsigned count_lines(const char *s)
{
	unsigned lines = 0;

	for (; *s; s++)
		lines += *s == '\n';
	return lines;
}

static struct moment moment_at(unsigned second)
{
	return (struct moment){ .elapsed_ms = 1000 * (uint64_t)second,
				.wall_ms = 1795300000000 + 1000 * (int64_t)second,
				.fraction = 0.01 * second,
				.domains = 1000 * (uint64_t)second,
				.queries = 3000 * (uint64_t)second,
				.sts = second,
				.unknown = second };
}

/* A scan that nobody works at. */
static struct progress progress;
static struct worker_counts counts[1];

static struct scan scan_of(const struct options *options)
{
	return (struct scan){ .options = options, .workers = 1, .counts = counts, .start_wall_ms = 1795300000000 };
}

static void the_line_is_as_documented(void **state)
{
	struct moment moment = { .elapsed_ms = 602400,
				 .fraction = 0.123,
				 .domains = 5018221,
				 .queries = 400000,
				 .sts = 3891,
				 .fetched = 3655,
				 .unknown = 20073 };
	struct moment before = { .elapsed_ms = 592400, .domains = 5018221 - 83364, .queries = 400000 - 250122 };
	char line[PROGRESS_LINE_MAX];

	(void)state;
	progress_line(line, &moment, &before, 4260.7);
	assert_string_equal(line,
			    "00h:10m:02s; 12.3% (01h:11m:00s left); 5018221 domains; 8336 domains/s; 25012 queries/s; "
			    "STS 3891; fetched 3655; unknown 0.4%");
	moment.elapsed_ms = 400000000;
	moment.fraction = -1; /* a pipe */
	strcpy(moment.note, "paused: no resolver answers");
	progress_line(line, &moment, &moment, -1);
	assert_string_equal(line, "111h:06m:40s; 5018221 domains; 0 domains/s; 0 queries/s; STS 3891; "
				  "fetched 3655; unknown 0.4%; "
				  "paused: no resolver answers");
	moment.has_hosts = true;
	moment.hosts = 4711;
	moment.hosts_unknown = 471;
	moment.probing = 12;
	progress_line(line, &moment, &moment, -1);
	assert_string_equal(line, "111h:06m:40s; 5018221 domains; 0 domains/s; 0 queries/s; STS 3891; "
				  "fetched 3655; unknown 0.4%; hosts 4711 (12 probing, unknown 10.0%); "
				  "paused: no resolver answers");
	moment.of_hosts = true; /* no domain is looked at */
	progress_line(line, &moment, &moment, -1);
	assert_string_equal(line, "111h:06m:40s; 0 hosts/s; 0 queries/s; hosts 4711 (12 probing, unknown 10.0%); "
				  "paused: no resolver answers");
	moment = (struct moment){ .fraction = 0, .waiting = 12 };
	progress_line(line, &moment, &moment, -1);
	assert_string_equal(line,
			    "00h:00m:00s; 0.0%; 0 domains; 0 domains/s; 0 queries/s; STS 0; fetched 0; unknown 0.0%; "
			    "12 wait for their name servers");
	moment.slowest_waiting = 9;
	moment.slowest_n = sizeof("slow.example") - 1;
	memcpy(moment.slowest, "slow.example", moment.slowest_n);
	progress_line(line, &moment, &moment, -1);
	assert_string_equal(strstr(line, "12 wait"), "12 wait for their name servers, 9 of them for slow.example's");
	moment = (struct moment){ .fraction = 0 };
	progress_line(line, &moment, &moment, -1);
	assert_string_equal(line,
			    "00h:00m:00s; 0.0%; 0 domains; 0 domains/s; 0 queries/s; STS 0; fetched 0; unknown 0.0%");
}

/* Domains, unknown among them, deferred ones without a record, and the share of all that is not known. */
static void the_unknown_share_is_never_above_one(void **state)
{
	static const struct {
		uint64_t domains, unknown, deferred_left;
		const char *share;
	} table[] = {
		{ 0, 0, 0, "unknown 0.0%" },    { 100, 0, 0, "unknown 0.0%" },     { 100, 100, 0, "unknown 100.0%" },
		{ 0, 0, 7, "unknown 100.0%" },  { 3, 0, 5, "unknown 62.5%" },      { 3, 3, 5, "unknown 100.0%" },
		{ 1000, 4, 0, "unknown 0.4%" }, { 19, 0, 24000, "unknown 99.9%" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct moment moment = { .domains = table[i].domains,
					 .unknown = table[i].unknown,
					 .deferred_left = table[i].deferred_left };
		char line[PROGRESS_LINE_MAX];

		progress_line(line, &moment, &moment, -1);
		assert_string_equal(line + strlen(line) - strlen(table[i].share), table[i].share);
	}
}

static void a_file_gets_a_line_every_ten_seconds(void **state)
{
	struct options options = { .quiet = false };
	struct scan scan = scan_of(&options);
	struct moment moment = moment_at(0);

	(void)state;
	caught_begin();
	assert_int_equal(progress_open(&progress, &scan, &moment, &error), 0);
	for (unsigned second = 1; second <= 25; second++) {
		moment = moment_at(second);
		progress_tick(&progress, &moment);
	}
	moment = moment_at(30);
	progress_close(&progress, &moment, 0, "");
	assert_int_equal(count_lines(caught_end()), 3 + 2); /* and the summary */
	assert_memory_equal(caught_text,
			    "00h:00m:10s; 10.0% (00h:01m:30s left); 10000 domains; 1000 domains/s; 3000 queries/s; ",
			    85);
	assert_non_null(strstr(caught_text, "\n00h:00m:30s; 30.0% (00h:01m:10s left); 30000 domains; 1000 domains/s"));
}

static void quiet_is_quiet(void **state)
{
	struct options options = { .quiet = true };
	struct scan scan = scan_of(&options);
	struct moment moment = moment_at(0);

	(void)state;
	assert_int_equal(log_open(NULL, LOG_LEVEL_WARNING, &error), 0); /* as the program does */
	caught_begin();
	assert_int_equal(progress_open(&progress, &scan, &moment, &error), 0);
	moment = moment_at(30);
	progress_tick(&progress, &moment);
	progress_close(&progress, &moment, 0, "");
	assert_string_equal(caught_end(), "");
	assert_int_equal(log_open(NULL, LOG_LEVEL_INFO, &error), 0);
}

static void status_updates_are_a_row_a_second(void **state)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct options options = { .quiet = true, .status_updates_file = path };
	struct scan scan = scan_of(&options);
	struct moment moment = moment_at(0);

	(void)state;
	close(mkstemp(path));
	assert_int_equal(progress_open(&progress, &scan, &moment, &error), 0);
	moment = moment_at(1);
	progress_tick(&progress, &moment);
	assert_int_equal(count_lines(caught_read(path)), 2); /* a reader that waits sees it at once */
	moment = moment_at(2);
	moment.fraction = -1;
	strcpy(moment.note, "paused, \"all\"");
	progress_tick(&progress, &moment);
	moment = moment_at(4);
	progress_close(&progress, &moment, 0, "");
	assert_string_equal(
		caught_read(path),
		"real-time,time-elapsed,time-remaining,percent-complete,domains,domains-per-second,queries,"
		"queries-per-second,sts,fetched,unknown,unknown-share,blocklisted,illegal,fetches,in-flight,"
		"fetching,note\n"
		"2026-11-21T22:26:41.000Z,1.000,99,1.000,1000,1000.0,3000,3000.0,1,0,1,0.001000,0,0,0,0,0,\n"
		"2026-11-21T22:26:42.000Z,2.000,,,2000,1000.0,6000,3000.0,2,0,2,0.001000,0,0,0,0,0,\"paused, "
		"\"\"all\"\"\"\n"
		"2026-11-21T22:26:44.000Z,4.000,96,4.000,4000,1000.0,12000,3000.0,4,0,4,0.001000,0,0,0,0,0,"
		"\n");
	unlink(path);
}

static void with_direct_status_updates_tell_who_waits(void **state)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct options options = {
		.quiet = true, .status_updates_file = path, .smtp = OPTIONS_SMTP_STS, .direct = true
	};
	struct scan scan = scan_of(&options);
	struct moment moment = moment_at(0);
	const char *text;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(progress_open(&progress, &scan, &moment, &error), 0);
	moment = moment_at(1);
	moment.has_hosts = moment.has_direct = true;
	moment.probing = 6;
	moment.waiting = 7;
	progress_close(&progress, &moment, 0, "");
	text = caught_read(path);
	assert_non_null(strstr(text, ",hosts-in-flight,probes,probing,waiting\n"));
	assert_non_null(strstr(text, ",0,6,7\n"));
	unlink(path);
}

static double time_remaining(const char *path)
{
	const char *row = strrchr(caught_read(path), '2'); /* some field of the last row */

	while (row > caught_text && row[-1] != '\n')
		row--;
	for (unsigned comma = 0; comma < 2; row++)
		comma += *row == ',';
	return *row == ',' ? -1 : strtod(row, NULL);
}

/* 99 of 100 domains are through within a minute; the last wait for one operator. */
static void the_time_left_is_that_of_the_longest_line(void **state)
{
	static const struct {
		const char *what;
		unsigned fewer, moved; /* of the waiting, a second; of them from that line to others */
		bool list_read;
		double least, most;
	} table[] = {
		{ "a line that gets shorter", 2, 0, true, 430, 450 },
		{ "domains that move to lines of servers", 2, 8, true, 430, 450 },
		{ "a line whose servers rest", 0, 0, true, -1, -1 },
		{ "the list is not read: at the pace so far", 0, 0, false, 1, 2 },
	};
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct options options = { .quiet = true, .status_updates_file = path, .direct = true };
	struct scan scan = scan_of(&options);

	(void)state;
	close(mkstemp(path));
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct moment moment = moment_at(0);

		assert_int_equal(progress_open(&progress, &scan, &moment, &error), 0);
		for (unsigned second = 1; second <= 60; second++) {
			moment = moment_at(second);
			moment.fraction = 0.98;
			moment.list_read = table[i].list_read;
			moment.waiting = 1000 - table[i].fewer * second;
			moment.slowest_waiting = moment.waiting - table[i].moved * second;
			progress_tick(&progress, &moment);
		}
		if (time_remaining(path) < table[i].least || time_remaining(path) > table[i].most)
			fail_msg("%s: %.0f s", table[i].what, time_remaining(path));
		progress_close(&progress, &moment, 0, "");
	}
	unlink(path);
}

static void with_smtp_status_updates_tell_of_hosts(void **state)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct options options = { .quiet = true, .status_updates_file = path, .smtp = OPTIONS_SMTP_STS };
	struct scan scan = scan_of(&options);
	struct moment moment = moment_at(0);
	const char *text;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(progress_open(&progress, &scan, &moment, &error), 0);
	moment = moment_at(1);
	moment.has_hosts = true;
	moment.hosts = 1;
	moment.hosts_unknown = 2;
	moment.hosts_left = 3;
	moment.hosts_in_flight = 4;
	moment.probes = 5;
	moment.probing = 6;
	progress_close(&progress, &moment, 0, "");
	text = caught_read(path);
	assert_non_null(strstr(text, ",note,hosts,hosts-unknown,hosts-left,hosts-in-flight,probes,probing\n"));
	assert_non_null(strstr(text, ",0,0,,1,2,3,4,5,6\n"));
	unlink(path);
}

static void a_resumed_scan_adds_its_rows(void **state)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct options options = { .quiet = true, .status_updates_file = path, .resume = true };
	struct scan scan = scan_of(&options);
	struct moment moment = moment_at(0);
	const char *text;

	(void)state;
	close(mkstemp(path));
	for (unsigned run = 0; run < 3; run++) {
		assert_int_equal(progress_open(&progress, &scan, &moment, &error), 0);
		progress_close(&progress, &moment, 0, "");
		assert_int_equal(count_lines(caught_read(path)), 1 + run + 1);
		if (run == 1) /* the disk was full in the middle of the last row */
			assert_int_equal(truncate(path, (off_t)strlen(caught_text) - 3), 0);
	}
	text = caught_read(path);
	assert_memory_equal(text, "real-time,", 10);
	assert_null(strstr(text + 1, "real-time,"));
	options.resume = false;
	assert_int_equal(progress_open(&progress, &scan, &moment, &error), 0);
	progress_close(&progress, &moment, 0, "");
	assert_int_equal(count_lines(caught_read(path)), 1 + 1);
	unlink(path);
}

/* A list of one octet, as old as time. */
static struct feed *open_list(void)
{
	static char path[64]; /* the feed's as long as that lives */
	const struct timespec times[2] = { { 0 } };
	struct feed *feed;
	int fd;

	snprintf(path, sizeof(path), "/tmp/stsurvey-test-XXXXXX");
	fd = mkstemp(path);
	assert_int_equal(write(fd, "", 1), 1);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
	assert_int_equal(feed_open(&feed, &(struct feed_options){ .path = path, .shards = 1 }, &error), 0);
	unlink(path);
	return feed;
}

/* Debian's Python reads it, as a user's would. */
static void expect_json(const char *path, const char *condition)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "/usr/bin/python3 -c 'import json; m = json.load(open(\"%s\")); assert %s, m'", path, condition);
	if (system(command) != 0)
		fail_msg("%s in\n%s", condition, caught_read(path));
}

static void metadata_is_whole_at_every_moment(void **state)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	char words[][16] = { "stsurvey", "scan", "-f", "b\xc3\xbc \"x\"\\", "\xff" };
	char *argv[] = { words[0], words[1], words[2], words[3], words[4], NULL };
	struct record_option given[] = { { SPAN_LITERAL("rate"), SPAN_LITERAL("5") } };
	struct options options = { .quiet = true,
				   .metadata_file = path,
				   .argc = 5,
				   .argv = argv,
				   .input_file = "list",
				   .output_file = "out",
				   .shards = 1,
				   .given = given,
				   .given_count = 1,
				   .server_count = 1,
				   .server[0] = { { 4, { 127, 0, 0, 1 } }, 5300 } };
	const struct server_check check = { .answers = true, .edns = true, .edns_size = 1232 };
	struct scan scan = scan_of(&options);
	struct moment moment = moment_at(0);

	(void)state;
	close(mkstemp(path));
	scan.feed = open_list();
	scan.check = (struct server_check *)&check;
	assert_int_equal(progress_open(&progress, &scan, &moment, &error), 0);
	expect_json(path, "m[\"state\"] == \"running\" and m[\"end\"] is None and m[\"exit_status\"] is None");
	expect_json(path, "m[\"command_line\"][3:] == [\"b\\u00fc \\\"x\\\"\\\\\", \"\\u00ff\"]");
	expect_json(path, "m[\"input\"][\"sample_hash\"] == \"082f2207b4e88cc4\" and "
			  "m[\"input\"][\"mtime\"][:4] == \"1970\"");
	expect_json(path, "m[\"settings\"][\"name_servers\"] == [{\"address\": \"127.0.0.1\", \"port\": 5300}]");
	expect_json(path, "m[\"options_given\"] == [{\"name\": \"rate\", \"value\": \"5\"}]");
	expect_json(path, "m[\"servers\"][0][\"answers\"] and m[\"servers\"][0][\"edns_size\"] == 1232");
	expect_json(path, "not m[\"servers\"][0][\"tcp\"] and m[\"dns\"][\"tcp\"] == 0");
	moment = moment_at(9);
	progress_tick(&progress, &moment);
	expect_json(path, "m[\"counts\"][\"domains\"] == 0");
	moment = moment_at(10);
	progress_tick(&progress, &moment);
	expect_json(path, "m[\"counts\"][\"domains\"] == 10000 and m[\"fraction\"] == 0.1");
	moment = moment_at(12);
	progress_close(&progress, &moment, 130, "interrupted");
	expect_json(path, "m[\"state\"] == \"aborted\" and m[\"exit_status\"] == 130 and m[\"error\"] == "
			  "\"interrupted\"");
	expect_json(path, "m[\"end\"] == \"2026-11-21T22:26:52.000Z\" and m[\"elapsed_seconds\"] == 12");
	feed_close(scan.feed);
	unlink(path);
}

static void a_fifo_gets_metadata_for_its_reader(void **state)
{
	char folder[] = "/tmp/stsurvey-test-XXXXXX", path[64], got[16] = "";
	struct options options = { .quiet = true, .metadata_file = path, .input_file = "list", .output_file = "out" };
	struct scan scan = scan_of(&options);
	struct moment moment = moment_at(0);
	struct pollfd reader = { .events = POLLIN };
	struct stat info;

	(void)state;
	scan.feed = open_list();
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	reader.fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_int_equal(progress_check(&options, &error), 0);
	assert_int_equal(poll(&reader, 1, 0), 0); /* not ended by having been looked at */
	assert_int_equal(progress_open(&progress, &scan, &moment, &error), 0);
	assert_true(read(reader.fd, got, sizeof(got) - 1) > 0);
	assert_memory_equal(got, "{\n", 2);
	close(reader.fd);
	progress_close(&progress, &moment, 0, ""); /* nobody reads any more */
	assert_int_equal(stat(path, &info), 0);
	assert_true(S_ISFIFO(info.st_mode));
	feed_close(scan.feed);
	unlink(path);
	rmdir(folder);
}

static void files_that_cannot_be_written_are_said_at_the_start(void **state)
{
	struct options options = { .quiet = true, .metadata_file = "/nonexistent/m", .output_file = "out" };
	struct scan scan = scan_of(&options);
	struct moment moment = moment_at(0);

	(void)state;
	assert_int_equal(progress_open(&progress, &scan, &moment, &error), -1);
	assert_string_equal(error.text, "/nonexistent/m: No such file or directory; choose another --metadata-file");
	options.metadata_file = NULL;
	options.status_updates_file = "/nonexistent/u";
	assert_int_equal(progress_open(&progress, &scan, &moment, &error), -1);
	assert_memory_equal(error.text, "/nonexistent/u: ", 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_is_as_documented),
		cmocka_unit_test(the_unknown_share_is_never_above_one),
		cmocka_unit_test(a_file_gets_a_line_every_ten_seconds),
		cmocka_unit_test(quiet_is_quiet),
		cmocka_unit_test(status_updates_are_a_row_a_second),
		cmocka_unit_test(the_time_left_is_that_of_the_longest_line),
		cmocka_unit_test(with_smtp_status_updates_tell_of_hosts),
		cmocka_unit_test(with_direct_status_updates_tell_who_waits),
		cmocka_unit_test(a_resumed_scan_adds_its_rows),
		cmocka_unit_test(metadata_is_whole_at_every_moment),
		cmocka_unit_test(a_fifo_gets_metadata_for_its_reader),
		cmocka_unit_test(files_that_cannot_be_written_are_said_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
