/* SPDX-License-Identifier: BSD-2-Clause */
/* A chunk's scan is told what the job says, as far as it concerns the chunk, what the worker says, and its share of the
 * rates; nothing else can come out of a manifest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/fleet_work/child_words.h"
#include "scanner/fleet/ledger.h"
#include "scanner/options/option_table.h"

enum { OPTIONS_AT_MOST = 16, WORDS_MAX = 32, LINE_SIZE = 1024, ALL_SIZE = 4096 };

static struct error error;

/* "smtp=all timeout=1" */
static void read_job(struct job *job, char *line)
{
	static struct record_option option[OPTIONS_AT_MOST];
	static struct job_file file[] = {
		{ .option = { "blocklist-file", 14 }, .path = { "never.txt", 9 } },
		{ .option = { "smtp-canaries", 13 }, .path = { "well.txt", 8 } },
		{ .option = { "ca-file", 7 }, .path = { "@odd.pem", 8 } },
	};

	*job = (struct job){ .name = "week", .lanes = 1, .option = option, .file = file, .file_count = COUNT_OF(file) };
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
		size_t n = strcspn(word, "=");

		assert_true(job->option_count < OPTIONS_AT_MOST);
		option[job->option_count++] = (struct record_option){ { word, n }, span_of(word + n + 1) };
	}
}

static void read_worker(struct options *worker, const char *line)
{
	static char copy[LINE_SIZE], *argv[WORDS_MAX];
	int argc = 0;

	snprintf(copy, sizeof(copy), "work --nats nats://[::1] --job week -d folder %s", line);
	for (char *word = strtok(copy, " "); word && argc < WORDS_MAX - 1; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	assert_int_equal(options_read(worker, COMMAND_FLEET_WORK, argc, argv, &error), OPTIONS_OK);
}

struct row {
	const char *job;
	const char *worker;
	enum job_stage stage;
	uint32_t share; /* 0: all */
	unsigned lanes; /* 0: 1 */
	bool is_public, resume;
	const char *there; /* words that must be there, */
	const char * not ; /* and beginnings of such as must not */
};

/* All words with blanks between and around; or what is wrong. */
static void words_of(const struct row *row, char out[static ALL_SIZE])
{
	struct child_request request = { .is_public = row->is_public,
					 .stage = row->stage,
					 .first = 700000,
					 .share = row->share ? row->share : LEDGER_WHOLE,
					 .program = "/usr/bin/stsurvey",
					 .output = "o",
					 .status = "u",
					 .files = "files",
					 .resume = row->resume };
	char line[LINE_SIZE];
	struct child_words words;
	struct options worker;
	struct job job;
	size_t n = 0;

	snprintf(line, sizeof(line), "%s", row->job);
	read_job(&job, line);
	job.lanes = row->lanes ? row->lanes : 1;
	read_worker(&worker, row->worker);
	request.job = &job;
	request.worker = &worker;
	if (child_words_make(&words, &request, &error) < 0) {
		snprintf(out, ALL_SIZE, "%s", error.text);
	} else {
		assert_null(words.word[words.count]);
		for (size_t i = 0; i < words.count; i++)
			n += (size_t)snprintf(out + n, ALL_SIZE - n, " %s", words.word[i]);
		snprintf(out + n, ALL_SIZE - n, " ");
		child_words_free(&words);
	}
	options_free(&worker);
}

static void check(const struct row *row, size_t i)
{
	char all[ALL_SIZE], list[LINE_SIZE], word[LINE_SIZE + 2];

	words_of(row, all);
	snprintf(list, sizeof(list), "%s", row->there ? row->there : "");
	for (char *one = strtok(list, " "); one; one = strtok(NULL, " ")) {
		snprintf(word, sizeof(word), " %s ", one);
		if (!strstr(all, word))
			fail_msg("row %zu: no '%s' in%s", i, one, all);
	}
	snprintf(list, sizeof(list), "%s", row->not ? row->not : "");
	for (char *one = strtok(list, " "); one; one = strtok(NULL, " ")) {
		snprintf(word, sizeof(word), " %s", one);
		if (strstr(all, word))
			fail_msg("row %zu: '%s' is in%s", i, one, all);
	}
}

static void a_chunk_is_told_what_concerns_it(void **state)
{
	static const struct row rows[] = {
		{ "", "", JOB_DOMAINS,
		  .there = "/usr/bin/stsurvey scan --input-file=- --input-format=chunk --first-index=700000 "
			   "--output-file=o "
			   "--status-updates-file=u --rate=10000 --host-rate=50 --provider-rate=200 --per-host=8 "
			   "--quiet",
		  .not = "--resume --mx-hosts --server-rate --operator-rate --resolver-rate --name-servers --smtp "
			 "--ehlo" },
		{ "", "", JOB_DOMAINS, .resume = true, .there = "--resume" },
		/* the cut has done it */
		{ "input-format=csv origin=se. max-domains=7", "", JOB_DOMAINS,
		  .not = "--origin --max-domains --input-format=csv" },
		/* mail servers are a stage of their own */
		{ "smtp=all smtp-without-sni=yes smtp-timeout=9 smtp-port=2525 label=registrar seed=7 "
		  "keep-certificates=yes",
		  "--ehlo-domain a.test --trust-ad", JOB_DOMAINS,
		  .there = "--label=registrar --seed=7 --keep-certificates",
		  .not = "--smtp --mx-hosts --ehlo --trust-ad" },
		{ "smtp=all smtp-without-sni=yes smtp-timeout=9 smtp-port=2525 label=registrar seed=7 "
		  "keep-certificates=yes sample=0.1",
		  "--ehlo-domain a.test --trust-ad", JOB_HOSTS,
		  .there = "--mx-hosts --smtp-without-sni --smtp-timeout=9 --smtp-port=2525 --seed=7 "
			   "--keep-certificates "
			   "--ehlo-domain=a.test --trust-ad",
		  .not = "--smtp=all --label --sample" },
		{ "mx-hosts=yes smtp-timeout=9 sample=0.1", "--ehlo-domain a.test", JOB_DOMAINS,
		  .there = "--mx-hosts --smtp-timeout=9 --ehlo-domain=a.test --sample=0.1" },
		/* direct */
		{ "direct=yes audit=0.5 audit-limit=1 dns-port=5353 server-patience=3", "", JOB_DOMAINS,
		  .there = "--direct --audit=0.5 --audit-limit=1 --dns-port=5353 --server-patience=3 --server-rate=50 "
			   "--operator-rate=1000" },
		{ "direct=yes audit=0.5 smtp=yes server-rate=5", "", JOB_HOSTS,
		  .not = "--direct --audit --server-rate --operator-rate" },
		/* files by their copies */
		{ "blocklist-file=never.txt", "", JOB_DOMAINS, .there = "--blocklist-file=files/0" },
		{ "smtp-canaries=@well.txt", "", JOB_HOSTS, .there = "--smtp-canaries=@files/1" },
		{ "ca-file=@odd.pem", "", JOB_DOMAINS, .there = "--ca-file=files/2" }, /* its own name */
		{ "smtp-canaries=mx.test", "", JOB_HOSTS, .there = "--smtp-canaries=mx.test" },
		/* the worker's own */
		{ "",
		  "-t 3 --concurrency 70 --http-concurrency 71 --smtp-concurrency 72 --sync-interval 1 -vv "
		  "--name-servers 192.0.2.1,[2001:db8::1]:5353",
		  JOB_DOMAINS,
		  .there = "--threads=3 --concurrency=70 --http-concurrency=71 --smtp-concurrency=72 --sync-interval=1 "
			   "--verbose --name-servers=192.0.2.1:53,[2001:db8::1]:5353",
		  .not = "--nats --job --directory" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(&rows[i], i);
}

/* All workers together stay below the job's rates. */
static void a_worker_has_its_share_of_the_rates(void **state)
{
	static const struct row rows[] = {
		{ "rate=100 resolver-rate=10", "", JOB_DOMAINS, 250000,
		  .there = "--rate=25 --resolver-rate=2.5 --host-rate=12.5 --provider-rate=50 --per-host=2" },
		{ "rate=100", "", JOB_DOMAINS, 333333, .there = "--rate=33.333 --host-rate=16.666 --per-host=2" },
		{ "rate=0 host-rate=0 provider-rate=0", "", JOB_DOMAINS, 250000,
		  .there = "--rate=0 --host-rate=0 --provider-rate=0" },
		{ "rate=300 per-host=6", "", JOB_DOMAINS, 333333, .there = "--rate=100 --per-host=2" },
		{ "rate=2.5 per-host=3", "", JOB_DOMAINS, 333333, .there = "--rate=0.833 --per-host=1" },
		{ "rate=0.5", "", JOB_DOMAINS, 1000000, .there = "--rate=0.5" },
		/* a book that others wrote gives nobody all there is */
		{ "rate=0.2 host-rate=1 per-host=3", "", JOB_DOMAINS, 10000,
		  .there = "--rate=0.1 --host-rate=0.1 --per-host=1" },
		/* a public resolver; one of the worker's own, which the scan does not see as such */
		{ "", "", JOB_DOMAINS, 500000, .is_public = true, .there = "--rate=150" },
		{ "", "", JOB_DOMAINS, 500000, .there = "--rate=5000" },
		{ "", "--resolver unbound", JOB_DOMAINS, 500000, .there = "--rate=0" },
		{ "rate=100", "--resolver unbound", JOB_DOMAINS, 500000, .there = "--rate=50" },
		/* a lab is asked without limits, unless one was given */
		{ "allow-reserved=127.0.0.0/8", "", JOB_DOMAINS, 500000, .not = "--host-rate --provider-rate" },
		{ "allow-reserved=127.0.0.0/8 host-rate=10", "", JOB_DOMAINS, 500000,
		  .there = "--host-rate=5 --provider-rate=100" },
		{ "allow-reserved=127.0.0.0/8 direct=yes", "", JOB_DOMAINS, 500000,
		  .not = "--server-rate --operator-rate" },
		{ "allow-reserved=127.0.0.0/8 direct=yes operator-rate=8", "", JOB_DOMAINS, 500000,
		  .there = "--server-rate=25 --operator-rate=4" },
		/* who has a lane has its operators for itself */
		{ "direct=yes", "", JOB_DOMAINS, 250000, .lanes = 1,
		  .there = "--server-rate=12.5 --operator-rate=250" },
		{ "direct=yes", "", JOB_DOMAINS, 250000, .lanes = JOB_LANES,
		  .there = "--server-rate=50 --operator-rate=1000 --rate=2500 --host-rate=12.5" },
		{ "direct=yes server-rate=7 operator-rate=0", "", JOB_DOMAINS, 250000, .lanes = JOB_LANES,
		  .there = "--server-rate=7 --operator-rate=0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(&rows[i], i);
}

/* Who may write to the server may write a manifest. */
static void a_manifest_cannot_ask_for_anything_else(void **state)
{
	static const struct row rows[] = {
		{ "output-file=/etc/passwd", "", .there = "no worker takes its option --output-file" },
		{ "log-file=/etc/passwd", "", .there = "no worker takes its option --log-file" },
		{ "resolver-config=/x", "", .there = "no worker takes its option --resolver-config" },
		{ "name-servers=192.0.2.1", "", .there = "no worker takes its option --name-servers" },
		{ "nonsense=1", "", .there = "no worker takes its option --nonsense" },
		{ "ca-file=/etc/shadow", "", .there = "the file '/etc/shadow' of --ca-file did not come with it" },
		{ "smtp-canaries=@/etc/shadow", "", JOB_HOSTS,
		  .there = "'@/etc/shadow' of --smtp-canaries did not come with it" },
		{ "domain-blocklist-file=never.txt", "",
		  .there = "the file 'never.txt' of --domain-blocklist-file did not come with it" },
		{ "rate=much", "", .there = "--rate 'much' is no number" },
		{ "rate=-5", "", .there = "--rate '-5' is no number" },
		{ "rate=nan", "", .there = "--rate 'nan' is no number" },
		{ "rate=", "", .there = "--rate '' is no number" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char all[ALL_SIZE];

		words_of(&rows[i], all);
		if (!strstr(all, rows[i].there))
			fail_msg("row %zu: %s", i, all);
	}
}

/* It would be a further word. */
static void a_nul_in_a_value_is_refused(void **state)
{
	struct record_option option = { SPAN_LITERAL("contact"), { "a\0--output-file=/etc/passwd", 27 } };
	struct job job = { .name = "week", .lanes = 1, .option = &option, .option_count = 1 };
	struct child_words words;
	struct options worker;
	struct child_request request = { .job = &job,
					 .worker = &worker,
					 .share = LEDGER_WHOLE,
					 .program = "s",
					 .output = "o",
					 .status = "u",
					 .files = "f" };

	(void)state;
	read_worker(&worker, "");
	assert_int_equal(child_words_make(&words, &request, &error), -1);
	assert_non_null(strstr(error.text, "NUL"));
	options_free(&worker);
}

static void a_job_leads_nowhere_that_the_worker_has_not_opened(void **state)
{
	static const struct {
		const char *job, *worker;
		bool is_well;
	} rows[] = {
		{ "rate=7 ca-file=/a", "", true },
		{ "allow-reserved=10.0.0.0/8", "", false },
		{ "allow-reserved=10.0.0.0/8", "--allow-reserved 192.168.0.0/16", false },
		{ "allow-reserved=10.0.0.0/8", "--allow-reserved 10.0.0.0/8", true },
		{ "allow-reserved=10.0.0.0/8 allow-reserved=127.0.0.0/8", "--allow-reserved 10.0.0.0/8", false },
		{ "https-port=22", "", false },
		{ "smtp-port=6379", "", false },
		{ "dns-port=123", "", false },
		{ "allow-reserved=10.0.0.0/8 dns-port=5353", "--allow-reserved 10.0.0.0/8", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct options worker;
		char line[LINE_SIZE];
		struct job job;

		snprintf(line, sizeof(line), "%s", rows[i].job);
		read_job(&job, line);
		read_worker(&worker, rows[i].worker);
		if ((child_words_consent(&job, &worker, &error) == 0) != rows[i].is_well)
			fail_msg("row %zu: %s", i, error.text);
		options_free(&worker);
	}
}

/* A scan of the whole list with the job's options, on the worker's machine. */
static void read_scan(struct options *options, const struct job *job, const char *worker)
{
	static char argv_room[WORDS_MAX][LINE_SIZE], *argv[WORDS_MAX];
	static char line[LINE_SIZE];
	int argc = 0;

	snprintf(line, sizeof(line), "scan --output-file=o %s", worker);
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	for (size_t i = 0; i < job->option_count; i++) {
		const struct record_option *option = &job->option[i];
		bool has_value = option_find(option->name, 1u << COMMAND_SCAN)->argument;

		snprintf(argv_room[argc], LINE_SIZE, "--%.*s%s%.*s", (int)option->name.n, option->name.p,
			 has_value ? "=" : "", has_value ? (int)option->value.n : 0, option->value.p);
		argv[argc] = argv_room[argc];
		argc++;
	}
	if (options_read(options, COMMAND_SCAN, argc, argv, &error) != OPTIONS_OK)
		fail_msg("%s", error.text);
}

/* Whatever a scan takes for itself (scanner/options/options_fit.c), all of it is what one scan would have. */
static void the_whole_of_the_rates_is_what_one_scan_would_take(void **state)
{
	static const struct {
		const char *job, *worker;
		bool is_public;
	} rows[] = {
		{ "", "--name-servers 192.0.2.1", false },
		{ "", "--name-servers 8.8.8.8", true },
		{ "", "--resolver unbound", false },
		{ "rate=7 resolver-rate=3 host-rate=2 provider-rate=9 per-host=4", "--name-servers 192.0.2.1", false },
		{ "rate=0 host-rate=0", "--name-servers 192.0.2.1", false },
		{ "direct=yes", "--name-servers 192.0.2.1", false },
		{ "direct=yes server-rate=5", "--resolver unbound", false },
		{ "direct=yes operator-rate=0", "--resolver unbound", false },
		{ "allow-reserved=127.0.0.0/8", "--name-servers 127.0.0.1", false },
		{ "allow-reserved=127.0.0.0/8 host-rate=3", "--name-servers 127.0.0.1", false },
		{ "allow-reserved=127.0.0.0/8 direct=yes", "--name-servers 127.0.0.1", false },
		{ "allow-reserved=127.0.0.0/8 direct=yes server-rate=2", "--name-servers 127.0.0.1", false },
		{ "allow-reserved=127.0.0.0/8 direct=yes operator-rate=2", "--name-servers 127.0.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct child_request request = { .is_public = rows[i].is_public,
						 .share = LEDGER_WHOLE,
						 .program = "stsurvey",
						 .output = "o",
						 .status = "u",
						 .files = "f" };
		struct options worker, one, chunk;
		struct child_words words;
		char line[LINE_SIZE];
		struct job job;

		snprintf(line, sizeof(line), "%s", rows[i].job);
		read_job(&job, line);
		read_worker(&worker, rows[i].worker);
		request.job = &job;
		request.worker = &worker;
		assert_int_equal(child_words_make(&words, &request, &error), 0);
		if (options_read(&chunk, COMMAND_SCAN, (int)words.count - 1, words.word + 1, &error) != OPTIONS_OK)
			fail_msg("row %zu: %s", i, error.text);
		read_scan(&one, &job, rows[i].worker);
		if (chunk.rate != one.rate || chunk.resolver_rate != one.resolver_rate ||
		    chunk.host_rate != one.host_rate || chunk.provider_rate != one.provider_rate ||
		    chunk.server_rate != one.server_rate || chunk.operator_rate != one.operator_rate ||
		    chunk.per_host != one.per_host)
			fail_msg("row %zu: a chunk's scan has other limits", i);
		if (job_option(&job, "allow-reserved") && (chunk.pace_reserved != one.pace_reserved ||
							   chunk.pace_reserved_servers != one.pace_reserved_servers))
			fail_msg("row %zu: other limits hold within reserved networks", i);
		options_free(&one);
		options_free(&chunk);
		options_free(&worker);
		child_words_free(&words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chunk_is_told_what_concerns_it),
		cmocka_unit_test(a_worker_has_its_share_of_the_rates),
		cmocka_unit_test(the_whole_of_the_rates_is_what_one_scan_would_take),
		cmocka_unit_test(a_manifest_cannot_ask_for_anything_else),
		cmocka_unit_test(a_nul_in_a_value_is_refused),
		cmocka_unit_test(a_job_leads_nowhere_that_the_worker_has_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
