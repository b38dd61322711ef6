/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "scanner/options/option_table.h"
#include "scanner/options/option_value.h"
#include "scanner/rules/public_resolvers.h"

enum { WORDS_MAX = 48, LINE_SIZE = 1024 };

static struct error error;

/* Split @line at blanks and read it as the command's. */
static enum options_result read_line(struct options *options, enum command command, const char *line)
{
	static char copy[LINE_SIZE], *argv[WORDS_MAX];
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s %s", command_table[command].name, line);
	for (char *word = strtok(copy, " "); word && argc < WORDS_MAX - 1; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return options_read(options, command, argc, argv, &error);
}

static void write_file(char path[], const char *text)
{
	FILE *file = fdopen(mkstemp(path), "w");

	fputs(text, file);
	fclose(file);
}

static void defaults_hurt_nobody(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(read_line(&options, COMMAND_SCAN, "-f list -o out --name-servers 192.0.2.53"), OPTIONS_OK);
	assert_string_equal(options.input_file, "list");
	assert_int_equal(options.input_format, FEED_FORMAT_AUTO);
	assert_string_equal(options.output_file, "out");
	assert_null(options.metadata_file);
	assert_true(options.rate == 10000);
	assert_true(options.timeout == 2 && options.http_timeout == 30 && options.sync_interval == 5);
	assert_int_equal(options.retries, 3);
	assert_int_equal(options.concurrency, 4000);
	assert_int_equal(options.http_concurrency, 500);
	assert_int_equal(options.per_host, 8);
	assert_int_equal(options.https_port, 443);
	assert_int_equal(options.smtp_port, 25);
	assert_int_equal(options.shards, 1);
	assert_int_equal(options.shard, 0);
	assert_true(options.threads >= 1);
	assert_false(options_given(&options, "seed") || options.resume || options.force || options.quiet);
	options_free(&options);
}

static void only_what_is_ours_or_told_to_be_is_asked_without_a_limit(void **state)
{
	static const struct {
		const char *line;
		double rate, resolver_rate;
	} cases[] = {
		{ "--name-servers 127.0.0.1,[::1]:53", 10000, 0 }, /* may pass all on to a stranger */
		{ "--name-servers 127.0.0.1,192.0.2.1", 10000, 0 },
		{ "--name-servers 127.0.0.1 --rate 77.5", 77.5, 0 },
		{ "--name-servers 127.0.0.1 --rate 0", 0, 0 },
		{ "--name-servers 127.0.0.1 --resolver-rate 77.5", 10000, 77.5 },
		{ "--name-servers 192.0.2.1 --rate 0", 0, 0 },
		{ "--resolver unbound", 0, 0 },
		{ "--name-servers 8.8.8.8", PUBLIC_RESOLVER_RATE, 0 },
		{ "--name-servers 127.0.0.53,192.0.2.1,[2606:4700:4700::1111]:53", PUBLIC_RESOLVER_RATE, 0 },
		{ "--name-servers 4.2.2.2 --rate 5000", 5000, 0 },
		{ "--name-servers 4.2.2.2 --rate 0", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct options options;
		char line[LINE_SIZE];

		snprintf(line, sizeof(line), "-f list -o out %s", cases[i].line);
		assert_int_equal(read_line(&options, COMMAND_SCAN, line), OPTIONS_OK);
		if (options.rate != cases[i].rate || options.resolver_rate != cases[i].resolver_rate)
			fail_msg("%s: %g and %g", cases[i].line, options.rate, options.resolver_rate);
		options_free(&options);
	}
}

static void every_option_lands_in_its_member(void **state)
{
	struct obs_address lab = { 4, { 127, 0, 0, 9 } }, lan = { 4, { 10, 0, 0, 1 } };
	struct options options;

	(void)state;
	assert_int_equal(read_line(&options, COMMAND_SCAN,
				   "-flist -oout --metadata-file=m -u u -l l -qvv -r 250 --concurrency 10 -t 3 "
				   "--timeout .5 "
				   "--retries 0 --resume --name-servers 127.0.0.9:5300,[::1]:54,127.0.0.9:5300"),
			 OPTIONS_OK);
	assert_string_equal(options.metadata_file, "m");
	assert_string_equal(options.status_updates_file, "u");
	assert_string_equal(options.log_file, "l");
	assert_true(options.quiet && options.resume && options.verbose == 2);
	assert_true(options.rate == 250 && options.timeout == 0.5);
	assert_int_equal(options.concurrency, 10);
	assert_int_equal(options.threads, 3);
	assert_int_equal(options.retries, 0);
	assert_int_equal(options.server_count, 2);
	assert_int_equal(options.server[0].port, 5300);
	assert_int_equal(options.server[1].port, 54);
	options_free(&options);

	assert_int_equal(read_line(&options, COMMAND_SCAN,
				   "-f list -o out --name-servers ::1 -e 0 --shards 4 --shard 3 "
				   "--max-domains 9 --max-runtime 1.5 "
				   "--http-timeout 60 --http-concurrency 7 --per-host 2 --https-port 8443 "
				   "--smtp-port 2525"),
			 OPTIONS_OK);
	assert_true(options_given(&options, "seed") && options.seed == 0);
	assert_int_equal(options.shards, 4);
	assert_int_equal(options.shard, 3);
	assert_int_equal(options.max_domains, 9);
	assert_true(options.max_runtime == 1.5 && options.http_timeout == 60);
	assert_int_equal(options.http_concurrency, 7);
	assert_int_equal(options.per_host, 2);
	assert_int_equal(options.https_port, 8443);
	assert_int_equal(options.smtp_port, 2525);
	options_free(&options);

	assert_int_equal(read_line(&options, COMMAND_SCAN,
				   "-f list -o out --name-servers ::1 --ca-file ca --contact "
				   "https://example.org/#scan --force "
				   "--allow-reserved 127.0.0.0/8,fd00::/8 --input-format zone --sync-interval 0"),
			 OPTIONS_OK);
	assert_string_equal(options.ca_file, "ca");
	assert_string_equal(options.contact, "https://example.org/#scan");
	assert_true(options.force && options.sync_interval == 0);
	assert_int_equal(options.input_format, FEED_FORMAT_ZONE);
	assert_true(cidr_set_has(options.allow_reserved, &lab));
	assert_false(cidr_set_has(options.allow_reserved, &lan));
	options_free(&options);
}

static void usage_errors_name_the_option(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "--timeout abc", "--timeout 'abc': not a number from 0.01 to 60 seconds" },
		{ "--timeout 0", "--timeout '0': not a number" },
		{ "--timeout inf", "--timeout 'inf': not a number" },
		{ "--timeout 0x10", "--timeout '0x10': not a number" },
		{ "--timeout -1", "--timeout '-1': not a number" },
		{ "--timeout 2s", "--timeout '2s': not a number" },
		{ "--http-timeout 61", "--http-timeout '61': not a number from 0.1 to 60 seconds" },
		{ "--concurrency 0", "--concurrency '0': not a whole number from 1 to 1000000 domains" },
		{ "--concurrency 4k", "--concurrency '4k': not a whole number" },
		{ "--retries 18446744073709551617", "--retries '18446744073709551617': not a whole number" },
		{ "--https-port 65536", "--https-port '65536': not a whole number from 1 to 65535 as a port" },
		{ "--seed x", "--seed 'x': not a whole number" },
		{ "--rate=", "--rate '': not a number" },
		{ "--rate 1e-308", "--rate '1e-308': not a number from 0.1 to 100000000 queries a second, nor 0" },
		{ "--rate 1e-400", "--rate '1e-400': not a number" }, /* which a double takes for 0, no limit */
		{ "--rate nan", "--rate 'nan': not a number" },
		{ "--resolver-rate 1e-7", "--resolver-rate '1e-7': not a number from 0.1 to" },
		{ "--host-rate 1e-7", "--host-rate '1e-7': not a number from 0.1 to" },
		{ "--max-runtime 1e-400", "--max-runtime '1e-400': not a number" },
		{ "--rate -5", "--rate '-5': not a number" },
		{ "--shard 1", "--shard must be less than --shards" },
		{ "--shards 2", "--shards needs --shard I" },
		{ "--shards 2 --shard 2", "--shard must be less than --shards" },
		{ "--shards 0", "--shards '0': not a whole number from 1 to" },
		{ "--resume --force", "--resume and --force exclude each other" },
		{ "--input-format xml", "--input-format 'xml': must be auto|list|csv|zone" },
		{ "--resolver bind", "--resolver 'bind': must be unbound" },
		{ "--resolver unbound", "--resolver and --name-servers exclude each other" },
		{ "--resolver-config x", "--resolver-config needs --resolver unbound" },
		{ "--name-servers example.com", "--name-servers 'example.com': 'example.com' is no name server" },
		{ "--name-servers 192.0.2.1,,", "--name-servers '192.0.2.1,,': '' is no name server" },
		{ "--name-servers fe80::1%eth0", "--name-servers 'fe80::1%eth0':" },
		{ "--allow-reserved 10/8", "--allow-reserved '10/8': '10/8' is no network" },
		{ "--contact me", "--contact 'me': neither a URL nor a mail address" },
		{ "--contact a@b@example.org", "--contact 'a@b@example.org': neither a URL nor a mail address" },
		{ "--contact https:///x", "--contact 'https:///x': neither a URL nor a mail address" },
		{ "--contact https://a\r\nX:y", "--contact 'https://a\\x0d\\x0aX:y': only printable ASCII" },
		{ "-m -", "--metadata-file needs a file" },
		{ "--metadata-file out", "--output-file and --metadata-file are the same file" },
		{ "-m m -u m", "--metadata-file and --status-updates-file are the same file" },
		{ "-l out", "--output-file and --log-file are the same file" },
		{ "--ca-file out", "--output-file and --ca-file are the same file" },
		{ "-m ./out", "--output-file and --metadata-file are the same file" },
		{ "-l -", "--log-file needs a file" },
		{ "--concurency 5", "unknown option 'concurency'; did you mean 'concurrency'?" },
		{ "--input list", "unknown option 'input'; did you mean 'input-file'?" },
		{ "--ratelimit 5", "unknown option 'ratelimit'; did you mean 'rate'?" },
		{ "--nameservers 5", "unknown option 'nameservers'; did you mean 'name-servers'?" },
		{ "--frobnicate=5", "unknown option 'frobnicate'; 'stsurvey help scan' lists them all" },
		{ "-x", "unknown option '-x'; 'stsurvey help scan' lists them all" },
		{ "--quiet=yes", "--quiet takes no value" },
		{ "--rate", "--rate needs a value: --rate N" },
		{ "-r", "--rate needs a value: --rate N" },
		{ "example.com", "'example.com' is one argument too many; a list of domains is given with -f, and one "
				 "domain is looked at with "
				 "'stsurvey check': stsurvey scan -f LIST -o SCAN [OPTION]..." },
		{ "--input-file=list", "--input-file is given twice" }, /* one would go unread without a word */
		{ "-m a -m a", "--metadata-file is given twice" },
		{ "--ca-file a --ca-file b", "--ca-file is given twice" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct options options;
		char line[LINE_SIZE];

		snprintf(line, sizeof(line), "-f list -o out --name-servers 192.0.2.53 %s", cases[i].line);
		if (read_line(&options, COMMAND_SCAN, line) != OPTIONS_USAGE)
			fail_msg("'%s' is taken", cases[i].line);
		if (strncmp(error.text, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("'%s': %s", cases[i].line, error.text);
		if (strchr(error.text, '\n') && !strchr(cases[i].line, '\n'))
			fail_msg("'%s': more than one line", cases[i].line);
		options_free(&options);
	}
}

/* What may overwrite what is looked up by kind. */
static void options_that_name_files_say_so_by_their_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_table[i];
		bool is_file = row->argument && (strstr(row->argument, "FILE") || strstr(row->argument, "DIR"));

		if (is_file && row->kind != OPTION_INPUT && row->kind != OPTION_OUTPUT && row->kind != OPTION_FOLDER &&
		    row->kind != OPTION_CIDR_FILE && row->kind != OPTION_DOMAIN_FILE && row->kind != OPTION_CONFIG)
			fail_msg("--%s %s: its kind does not say whether the file is read or written", row->name,
				 row->argument);
		is_file |= row->argument && strcmp(row->argument, "SCAN") == 0;
		if (!is_file && (row->kind == OPTION_INPUT || row->kind == OPTION_OUTPUT || row->kind == OPTION_FOLDER))
			fail_msg("--%s: is no file by its help", row->name);
	}
}

static void unreadable_files_are_fatal(void **state)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "-b /nonexistent/b", "--blocklist-file: /nonexistent/b: No such file or directory" },
		{ "--domain-blocklist-file /nonexistent/b",
		  "--domain-blocklist-file: /nonexistent/b: No such file or directory" },
		{ "-C /nonexistent/b", "/nonexistent/b: No such file or directory" },
		{ "--name-servers @/nonexistent/b", "/nonexistent/b: No such file or directory" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct options options;

		assert_int_equal(read_line(&options, COMMAND_SCAN, cases[i].line), OPTIONS_FATAL);
		assert_string_equal(error.text, cases[i].says);
		options_free(&options);
	}
}

static void the_command_line_overrides_the_configuration(void **state)
{
	struct obs_address lab = { 4, { 127, 0, 0, 9 } }, lan = { 4, { 10, 0, 0, 1 } };
	char path[] = "/tmp/stsurvey-test-XXXXXX", line[LINE_SIZE];
	struct options options;

	(void)state;
	write_file(path, "# a lab\nname-servers = 127.0.0.9:5300\nrate=100   # queries\ntimeout = 0.25\nresume\n"
			 "quiet = no\ncontact = \"https://example.org/#x\"\nallow-reserved = 127.0.0.0/8\n");
	snprintf(line, sizeof(line), "-f list --rate 7 -o out -C %s --allow-reserved 10.0.0.0/8 --name-servers ::1",
		 path);
	assert_int_equal(read_line(&options, COMMAND_SCAN, line), OPTIONS_OK);
	assert_true(options.rate == 7 && options.timeout == 0.25 && options.resume && !options.quiet);
	assert_string_equal(options.contact, "https://example.org/#x");
	assert_int_equal(options.server_count, 1);
	assert_int_equal(options.server[0].address.family, 6);
	assert_true(cidr_set_has(options.allow_reserved, &lab) && cidr_set_has(options.allow_reserved, &lan));
	options_free(&options);
	snprintf(line, sizeof(line), "-C %s example.com", path);
	assert_int_equal(read_line(&options, COMMAND_CHECK, line), OPTIONS_OK); /* scan's options are passed over */
	assert_true(options.timeout == 0.25 && !options.resume);
	options_free(&options);
	unlink(path);
}

static void configuration_errors_have_a_line(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "\nrate = 5\nspeed = 3\n", ":3: unknown option 'speed'" },
		{ "rate = fast\n", ":1: --rate 'fast': not a number" },
		{ "rate\n", ":1: 'rate' needs a value: rate = N" },
		{ "quiet = maybe\n", ":1: --quiet 'maybe': write yes or no" },
		{ "config = other\n", ":1: 'config' has no place in a configuration file" },
		{ "thermostat = x\n", ":1: unknown option 'thermostat'; 'stsurvey help scan' lists them all" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char path[] = "/tmp/stsurvey-test-XXXXXX", line[LINE_SIZE];
		struct options options;

		write_file(path, cases[i].text);
		snprintf(line, sizeof(line), "-f list -o out --config %s", path);
		assert_int_equal(read_line(&options, COMMAND_SCAN, line), OPTIONS_USAGE);
		assert_memory_equal(error.text, path, strlen(path));
		if (strncmp(error.text + strlen(path), cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("%s", error.text);
		options_free(&options);
		unlink(path);
	}
}

static void name_servers_come_from_files_too(void **state)
{
	char list[] = "/tmp/stsurvey-test-XXXXXX", resolv[] = "/tmp/stsurvey-test-XXXXXX", line[LINE_SIZE];
	struct options options;

	(void)state;
	write_file(list, "# ours\n192.0.2.1:5353\n2001:db8::1, 192.0.2.2\n");
	snprintf(line, sizeof(line), "-f list -o out --name-servers @%s", list);
	assert_int_equal(read_line(&options, COMMAND_SCAN, line), OPTIONS_OK);
	assert_int_equal(options.server_count, 3);
	assert_int_equal(options.server[0].port, 5353);
	options_free(&options);
	write_file(resolv, "search example.com\nnameserver 192.0.2.7\nnameserver\tfe80::1%eth0\noptions "
			   "edns0\nnameserver ::1\n");
	options = (struct options){ 0 };
	assert_int_equal(option_read_resolv_conf(&options, resolv, &error), OPTIONS_OK);
	assert_int_equal(options.server_count, 2);
	assert_int_equal(options.server[0].port, 53);
	options_free(&options);
	options_free(&options);
	unlink(list);
	unlink(resolv);
}

static void an_empty_resolv_conf_is_fatal(void **state)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct options options = { 0 };

	(void)state;
	write_file(path, "search example.com\n");
	assert_int_equal(option_read_resolv_conf(&options, path, &error), OPTIONS_FATAL);
	assert_non_null(strstr(error.text, "no name server in it; give --name-servers"));
	options_free(&options);
	unlink(path);
}

static void what_was_given_is_remembered(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(read_line(&options, COMMAND_SCAN,
				   "-f list -o out --name-servers ::1 -r 5 --rate 6 --resume "
				   "--allow-reserved 10.0.0.0/8 "
				   "--allow-reserved 127.0.0.0/8"),
			 OPTIONS_OK);
	assert_int_equal(options.given_count, 7);
	assert_true(span_equal(options.given[3].name, SPAN_LITERAL("rate")));
	assert_true(span_equal(options.given[3].value, SPAN_LITERAL("6")));
	assert_true(span_equal(options.given[4].name, SPAN_LITERAL("resume")));
	assert_true(span_equal(options.given[6].value, SPAN_LITERAL("127.0.0.0/8")));
	options_free(&options);
}

static void a_private_resolver_that_is_started_already_is_remembered_as_one(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(read_line(&options, COMMAND_SCAN,
				   "-f - -o out --input-format chunk --resolver unbound --name-servers 127.0.0.1:9"),
			 OPTIONS_OK);
	assert_int_equal(options.server_count, 1);
	assert_non_null(options_given(&options, "resolver"));
	assert_null(options_given(&options, "name-servers"));
	assert_non_null(options_given(&options, "input-format"));
	options_free(&options);
}

static void check_takes_domains_and_fewer_options(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(read_line(&options, COMMAND_CHECK, "example.com --name-servers ::1 example.org"), OPTIONS_OK);
	assert_int_equal(options.operands, 2);
	assert_string_equal(options.operand[0], "example.com");
	assert_string_equal(options.operand[1], "example.org");
	options_free(&options);
	assert_int_equal(read_line(&options, COMMAND_CHECK, "--name-servers ::1"), OPTIONS_USAGE);
	assert_string_equal(error.text, "no domain given: stsurvey check [OPTION]... DOMAIN...");
	options_free(&options);
	assert_int_equal(read_line(&options, COMMAND_CHECK, "--shards 2 example.com"), OPTIONS_USAGE);
	options_free(&options);
}

static void every_command_refuses_in_one_dialect(void **state)
{
	static const struct {
		enum command command;
		const char *line, *message;
	} cases[] = {
		{ COMMAND_CHECK, "", "no domain given: stsurvey check [OPTION]... DOMAIN..." },
		{ COMMAND_CHECK, "--shards 2 a", "unknown option 'shards'; it is one of scan" },
		/* no abbreviations of --resolver-rate and --smtp-concurrency */
		{ COMMAND_FLEET_SUBMIT, "--resolver unbound",
		  "unknown option 'resolver'; it is one of scan, check and fleet work" },
		{ COMMAND_FLEET_WORK, "-q --smtp=all",
		  "unknown option 'smtp'; it is one of scan, check and fleet submit" },
		{ COMMAND_STATS, "", "no scan file given: stsurvey stats SCAN... -d DIR [OPTION]..." },
		{ COMMAND_STATS, "a", "--directory is missing: stsurvey stats SCAN... -d DIR [OPTION]..." },
		{ COMMAND_STATS, "--nonsense", "unknown option 'nonsense'; 'stsurvey help stats' lists them all" },
		{ COMMAND_STATS, "--directry d a", "unknown option 'directry'; did you mean 'directory'?" },
		{ COMMAND_STATS, "-x", "unknown option '-x'; 'stsurvey help stats' lists them all" },
		{ COMMAND_STATS, "-o x", "unknown option '-o'; 'stsurvey help stats' lists them all" },
		{ COMMAND_STATS, "-d", "--directory needs a value: --directory DIR" },
		{ COMMAND_STATS, "--directory", "--directory needs a value: --directory DIR" },
		{ COMMAND_STATS, "a --directory=", "--directory '': must not be empty" },
		{ COMMAND_STATS, "--help=more", "--help takes no value" },
		{ COMMAND_STATS, "--rate 5 a", "unknown option 'rate'; it is one of scan and fleet submit" },
		{ COMMAND_EXPORT, "--format csv",
		  "no scan file given: stsurvey export SCAN... [--format F] [--where EXPRESSION] [--fields NAME,...] "
		  "[-o FILE]" },
		{ COMMAND_EXPORT, "a --format xml", "--format 'xml': must be jsonl|csv|avro" },
		{ COMMAND_EXPORT, "a --format text", "--format 'text': must be jsonl|csv|avro" },
		{ COMMAND_EXPORT, "a --format js", "--format 'js': must be jsonl|csv|avro" },
		{ COMMAND_EXPORT, "a --format jsonl|csv", "--format 'jsonl|csv': must be jsonl|csv|avro" },
		{ COMMAND_EXPORT, "a --format=", "--format '': must be jsonl|csv|avro" },
		{ COMMAND_REPORT, "a",
		  "--output-file is missing: stsurvey report SCAN... [--previous SCAN] -o FILE.html" },
		{ COMMAND_VERIFY, "", "no scan file given: stsurvey verify SCAN..." },
		{ COMMAND_VERIFY, "--nonsense", "unknown option 'nonsense'; 'stsurvey help verify' lists them all" },
		{ COMMAND_FINDINGS, "--format jsonl", "--format 'jsonl': must be text|csv|json" },
		{ COMMAND_HELP, "fleet work now", "'now' is one argument too many: stsurvey help [COMMAND]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct options options;

		if (read_line(&options, cases[i].command, cases[i].line) != OPTIONS_USAGE)
			fail_msg("%s '%s' is taken", command_table[cases[i].command].name, cases[i].line);
		assert_string_equal(error.text, cases[i].message);
	}
}

static void commands_that_read_files_have_options_of_their_own(void **state)
{
	static const struct {
		enum command command;
		const char *line, *output, *directory;
		enum options_format format;
		int operands;
	} cases[] = {
		{ COMMAND_STATS, "a -d tables b", "-", "tables", OPTIONS_FORMAT_NONE, 2 },
		{ COMMAND_EXPORT, "a --format csv", "-", NULL, OPTIONS_CSV, 1 },
		{ COMMAND_EXPORT, "--format=jsonl -o x - a", "x", NULL, OPTIONS_JSONL, 2 },
		{ COMMAND_REPORT, "a -ox", "x", NULL, OPTIONS_FORMAT_NONE, 1 },
		{ COMMAND_REPORT, "a -o - -- -b", "-", NULL, OPTIONS_FORMAT_NONE, 2 },
		{ COMMAND_VERIFY, "a b c", "-", NULL, OPTIONS_FORMAT_NONE, 3 },
		{ COMMAND_FINDINGS, "", "-", NULL, OPTIONS_FORMAT_NONE, 0 },
		{ COMMAND_FINDINGS, "--format text --output-file x", "x", NULL, OPTIONS_FINDINGS_TEXT, 0 },
		{ COMMAND_FINDINGS, "--format csv 101 x", "-", NULL, OPTIONS_FINDINGS_CSV, 2 },
		{ COMMAND_HELP, "", "-", NULL, OPTIONS_FORMAT_NONE, 0 },
		{ COMMAND_HELP, "scan", "-", NULL, OPTIONS_FORMAT_NONE, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct options options;

		if (read_line(&options, cases[i].command, cases[i].line) != OPTIONS_OK)
			fail_msg("'%s': %s", cases[i].line, error.text);
		assert_string_equal(options.output_file, cases[i].output);
		assert_int_equal(options.format, cases[i].format);
		assert_int_equal(options.operands, cases[i].operands);
		assert_int_equal(!options.directory, !cases[i].directory);
		if (options.directory)
			assert_string_equal(options.directory, cases[i].directory);
		assert_int_equal(options.server_count, 0); /* no resolv.conf is looked at */
		options_free(&options);
	}
}

/* getopt_long would take the first of two. */
static void no_command_has_an_option_or_a_letter_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct option_row *one = &option_table[i], *other = &option_table[k];

			if (one->commands & other->commands &&
			    (strcmp(one->name, other->name) == 0 || (one->letter && one->letter == other->letter)))
				fail_msg("--%s and --%s", one->name, other->name);
		}
	}
}

static char *help_of(enum command command)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	options_help(command, out);
	fclose(out);
	return text;
}

static void help_names_every_option(void **state)
{
	(void)state;
	for (enum command command = 0; command < COMMAND_COUNT; command++) {
		char *text = help_of(command);

		for (size_t i = 0; i < option_count; i++) {
			const struct option_row *row = &option_table[i];
			char term[64], letter[] = { '-', row->letter, ',', '\0' };

			snprintf(term, sizeof(term), "\n  %3s --%s", row->letter ? letter : "", row->name);
			if (row->argument && row->kind != OPTION_MAYBE_WORD)
				strcat(strcat(term, " "), row->argument);
			if (row->commands & 1u << command && !strstr(text, term))
				fail_msg("%s: no %s", command_table[command].name, term);
		}
		free(text);
	}
}

static void help_has_100_columns_at_most(void **state)
{
	(void)state;
	for (enum command command = 0; command < COMMAND_COUNT; command++) {
		char *text = help_of(command);

		assert_int_equal(strncmp(text, "usage: stsurvey ", 16), 0);
		assert_non_null(strstr(text, command_table[command].name));
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			if (strlen(line) > 100 || line[strlen(line) - 1] == ' ')
				fail_msg("%s: '%s'", command_table[command].name, line);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_hurt_nobody),
		cmocka_unit_test(only_what_is_ours_or_told_to_be_is_asked_without_a_limit),
		cmocka_unit_test(every_option_lands_in_its_member),
		cmocka_unit_test(usage_errors_name_the_option),
		cmocka_unit_test(options_that_name_files_say_so_by_their_kind),
		cmocka_unit_test(unreadable_files_are_fatal),
		cmocka_unit_test(the_command_line_overrides_the_configuration),
		cmocka_unit_test(configuration_errors_have_a_line),
		cmocka_unit_test(name_servers_come_from_files_too),
		cmocka_unit_test(an_empty_resolv_conf_is_fatal),
		cmocka_unit_test(what_was_given_is_remembered),
		cmocka_unit_test(a_private_resolver_that_is_started_already_is_remembered_as_one),
		cmocka_unit_test(check_takes_domains_and_fewer_options),
		cmocka_unit_test(every_command_refuses_in_one_dialect),
		cmocka_unit_test(commands_that_read_files_have_options_of_their_own),
		cmocka_unit_test(no_command_has_an_option_or_a_letter_twice),
		cmocka_unit_test(help_names_every_option),
		cmocka_unit_test(help_has_100_columns_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
