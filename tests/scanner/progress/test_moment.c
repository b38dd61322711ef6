/* SPDX-License-Identifier: BSD-2-Clause */
/* What a scan says of itself: from known counts of workers and a known file that was resumed, to the numbers users
 * read. Counts of domains are of the file, speed and traffic of this run, and no share is above one.
 */
#include <setjmp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/scan_file/sink.h"
#include "scanner/base/extra.h"
#include "scanner/base/log.h"
#include "scanner/dns/preflight.h"
#include "scanner/queue/admission.h"
#include "scanner/progress/progress.h"
#include "tests/analysis/facts.h"
#include "tests/scanner/caught.h"

enum { WORKERS = 2, SERVERS = 2 };

/* The domains of the file that is resumed: 6 in all. */
static const char *const held[] = {
	"",                           /* has STS and a policy */
	"connect connection-refused", /* has STS */
	"sts NXDOMAIN\nrpt NXDOMAIN", /* has neither */
	"sts SERVFAIL",               /* unknown */
	"input illegal",
	"input blocklisted",
};

static char folder[] = "/tmp/stsurvey-report-XXXXXX";
static char scan_path[64], list_path[64], meta_path[64], status_path[64], log_path[64];
static struct error error;
static bool is_direct; /* the file that is resumed: each MX */

/* Everything a report looks at. */
static struct {
	struct options options;
	struct scan scan;
	struct worker_counts counts[WORKERS];
	struct server_check check[SERVERS];
	struct progress progress;
} rig;

/* @domains of the held ones, from the end where it is below 0, and a trailer unless @queries is below 0. */
static void write_file(int domains, long queries)
{
	const struct record_header header = { .tool = SPAN_LITERAL("test"), .major = RECORD_SCHEMA_MAJOR, .shards = 1 };
	const struct record_trailer trailer = { .completion = COMPLETION_ABORTED,
						.queries = (uint64_t)queries,
						.fetches = 8 };
	struct sink *sink;
	struct record_buffer *buffer;
	static struct facts facts;

	assert_int_equal(sink_open(&sink, &(struct sink_options){ .path = scan_path, .force = true, .resume_at = -1 },
				   &header, &error),
			 0);
	assert_non_null(buffer = sink_take(sink));
	for (int i = 0; i < abs(domains); i++) {
		facts_make(&facts, held[domains < 0 ? (int)COUNT_OF(held) + domains + i : i]);
		facts.observation.index = (uint64_t)i;
		facts.observation.mx.answer.source = is_direct ? SOURCE_DIRECT : SOURCE_NONE;
		assert_int_equal(record_put_domain(buffer, &facts.observation), 0);
	}
	sink_give(sink, buffer);
	assert_int_equal(sink_close(sink, &trailer, &error), 0);
}

/* What a killed run leaves: the file without its trailer. */
static void cut_trailer(void)
{
	struct resume resume;

	assert_int_equal(resume_load(&resume, scan_path, &rig.options, NULL, NULL, &error), 0);
	assert_int_equal(truncate(scan_path, resume.whole), 0);
	resume_free(&resume);
}

static void open_rig(enum scan_phase phase)
{
	struct moment start;
	static const struct domain_counts recorded[WORKERS] = {
		{ .domains = 10,
		  .sts = 3,
		  .fetched = 1,
		  .blocklisted = 1,
		  .nxdomain = 2,
		  .direct = { [SOURCE_DIRECT] = 28, [SOURCE_RESOLVER] = 2 } },
		{ .domains = 20,
		  .sts = 4,
		  .fetched = 2,
		  .unknown = 1,
		  .illegal = 2,
		  .nxdomain = 3,
		  .direct = { [SOURCE_DIRECT] = 50, [DIRECT_COUNTERS - 1] = 7 } },
	};

	memset(&rig.scan, 0, sizeof(rig.scan));
	rig.scan.options = &rig.options;
	rig.scan.workers = WORKERS;
	rig.scan.counts = rig.counts;
	rig.scan.check = rig.check;
	rig.scan.start_ns = uv_hrtime();
	deferred_init(&rig.scan.deferred);
	atomic_store(&rig.scan.phase, phase);
	for (unsigned i = 0; i < WORKERS; i++) {
		rig.counts[i] = (struct worker_counts){ .recorded = recorded[i],
							.deferred = 3 + i,
							.faults = i,
							.packets = 30 + 20 * i,
							.repeats = 2,
							.fetches = 5 + i };
		rig.counts[i].server[1].answered = 100 + i;
	}
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(deferred_put(&rig.scan.deferred,
					      &(struct name_entry){
						      .index = i, .rank = 0, .name = SPAN_LITERAL("example.com") }),
				 0);
	assert_int_equal(resume_load(&rig.scan.before, scan_path, &rig.options, NULL, NULL, &error), 0);
	assert_int_equal(feed_open(&rig.scan.feed, &(struct feed_options){ .path = list_path, .shards = 1 }, &error),
			 0);
	assert_int_equal(log_open(log_path, LOG_LEVEL_INFO, &error), 0);
	moment_now(&rig.scan, &start);
	assert_int_equal(progress_open(&rig.progress, &rig.scan, &start, &error), 0);
}

static void close_rig(void)
{
	struct moment end;

	moment_now(&rig.scan, &end);
	progress_close(&rig.progress, &end, 130, "");
	log_close();
	feed_close(rig.scan.feed);
	deferred_fini(&rig.scan.deferred);
	resume_free(&rig.scan.before);
}

/* Debian's Python reads them, as a user's would: m the metadata, r the last row of the status updates. */
static void expect(const char *condition)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "/usr/bin/python3 -c 'import csv, json; m = json.load(open(\"%s\")); c = m[\"counts\"]; "
		 "r = list(csv.DictReader(open(\"%s\")))[-1]; assert %s, (m, r)'",
		 meta_path, status_path, condition);
	if (system(command) != 0)
		fail_msg("%s", condition);
}

static void counts_are_of_the_file_and_traffic_of_this_run_stands_beside(void **state)
{
	struct record_trailer trailer;
	struct moment moment;

	(void)state;
	write_file(COUNT_OF(held), 77);
	open_rig(SCAN_END);
	moment_now(&rig.scan, &moment);
	moment_trailer(&moment, COMPLETION_ABORTED, &trailer);
	assert_int_equal(trailer.completion, COMPLETION_ABORTED);
	assert_int_equal(trailer.domains, 6 + 30);
	assert_int_equal(trailer.unknown, 1 + 1);
	assert_int_equal(trailer.blocklisted, 1 + 1);
	assert_int_equal(trailer.illegal, 1 + 2);
	assert_int_equal(trailer.queries, 77 + 80);
	assert_int_equal(trailer.fetches, 8 + 11);
	close_rig();
	expect("(c[\"domains\"], c[\"sts\"], c[\"fetched\"], c[\"unknown\"], c[\"blocklisted\"], c[\"illegal\"]) == "
	       "(36, 9, 4, 2, 2, 3)");
	expect("(c[\"queries\"], c[\"fetches\"], c[\"deferred_left\"]) == (157, 19, 0)");
	expect("m[\"run\"] == {\"domains\": 30, \"queries\": 80, \"fetches\": 11}");
	expect("(m[\"output\"][\"domains_before\"], m[\"deferred\"], m[\"not_deferred\"], m[\"local_faults\"]) == (6, "
	       "7, 0, 1)");
	expect("m[\"dns\"][\"repeats\"] == 4 and [s[\"answered\"] for s in m[\"servers\"]] == [0, 201]");
	expect("all(int(r[k]) == c[k] for k in "
	       "(\"domains\", \"sts\", \"fetched\", \"unknown\", \"blocklisted\", \"illegal\", \"queries\", "
	       "\"fetches\"))");
	expect("r[\"unknown-share\"] == \"%.6f\" % (2 / 36)");
	expect("c[\"nxdomain\"] == 5 and [round(m[\"shares\"][k], 6) for k in (\"unknown\", \"unknown_limit\", "
	       "\"nxdomain\")] == [round(2 / 36, 6), 0.01, round(5 / 36, 6)]");
	assert_non_null(strstr(caught_read(log_path), "this run: 30 domains in "));
	assert_non_null(strstr(caught_read(log_path),
			       "; 80 queries, 2.67 a domain, 4 of them repeats, 0 over TCP; 3 policies "
			       "fetched of 11 tried; 7 domains deferred\n"));
	assert_non_null(strstr(caught_read(log_path),
			       "the file: 36 domains, 9 STS records, 4 policies, 2 domains unknown (5.6 %), "
			       "5 that do not exist (NXDOMAIN, 13.9 %), 3 illegal, 2 blocklisted\n"));
}

/* Deferred domains have no record yet: in which phase there are how many, and the share that is not known. */
static void deferred_domains_are_unknown_until_they_are_recorded(void **state)
{
	static const struct {
		enum scan_phase phase;
		const char *left, *share;
	} table[] = {
		{ SCAN_LIST, "c[\"deferred_left\"] == 7", "r[\"unknown-share\"] == \"%.6f\" % ((2 + 7) / (36 + 7))" },
		{ SCAN_SECOND_PASS, "c[\"deferred_left\"] == 5",
		  "r[\"unknown-share\"] == \"%.6f\" % ((2 + 5) / (36 + 5))" },
		{ SCAN_END, "c[\"deferred_left\"] == 0", "r[\"unknown-share\"] == \"%.6f\" % (2 / 36)" },
	};

	(void)state;
	write_file(COUNT_OF(held), 77);
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		open_rig(table[i].phase);
		close_rig();
		expect(table[i].left);
		expect(table[i].share);
		expect("c[\"unknown\"] == 2 and c[\"domains\"] == 36");
	}
}

/* A killed run has not said what it sent. Neither the sum nor this run's number is passed off as the file's. */
static void lost_traffic_is_not_known(void **state)
{
	static const struct {
		int domains;
		long queries;
		bool killed, lost;
	} table[] = {
		{ COUNT_OF(held), 77, false, false },
		{ COUNT_OF(held), 77, true, true },
		{ COUNT_OF(held), 0, false, true }, /* the trailer of a run that went on with a killed one */
		{ -2, 0, false, false },            /* nobody was asked about */
		{ -2, 0, true, false },
		{ -3, 0, true, true },
		{ 0, 0, true, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct record_trailer trailer;
		struct moment moment;

		write_file(table[i].domains, table[i].queries);
		if (table[i].killed)
			cut_trailer();
		open_rig(SCAN_END);
		moment_now(&rig.scan, &moment);
		moment_trailer(&moment, COMPLETION_ABORTED, &trailer);
		if (table[i].lost)
			assert_true(trailer.queries == 0 && trailer.fetches == 0);
		else
			assert_int_equal(trailer.queries, (table[i].killed ? 0 : table[i].queries) + 80);
		close_rig();
		expect("m[\"run\"] == {\"domains\": 30, \"queries\": 80, \"fetches\": 11}");
		expect(table[i].lost ? "c[\"queries\"] is None and c[\"fetches\"] is None"
				     : "c[\"queries\"] >= 80 and c[\"fetches\"] >= 11");
		expect(table[i].lost
			       ? "r[\"queries\"] == r[\"fetches\"] == \"\""
			       : "(int(r[\"queries\"]), int(r[\"fetches\"])) == (c[\"queries\"], c[\"fetches\"])");
	}
}

/* With --direct, of the file, as every other number of domains. */
static void what_direct_counts_is_of_the_file(void **state)
{
	struct record_trailer trailer;
	struct moment moment;

	(void)state;
	for (int direct = 0; direct <= 1; direct++) {
		rig.options.direct = direct;
		is_direct = direct;
		write_file(COUNT_OF(held), 77);
		open_rig(SCAN_END);
		moment_now(&rig.scan, &moment);
		moment_trailer(&moment, COMPLETION_ABORTED, &trailer);
		assert_int_equal(trailer.has_direct, direct);
		assert_int_equal(trailer.direct.source[SOURCE_DIRECT], direct ? 28 + 50 + COUNT_OF(held) : 0);
		assert_int_equal(trailer.direct.source[SOURCE_RESOLVER], direct ? 2 : 0);
		assert_int_equal(trailer.direct.counter[DIRECT_COUNTERS - 1], direct ? 7 : 0);
		close_rig();
	}
	rig.options.direct = is_direct = false;
}

static bool draw_none(void *arg, const struct ns_addresses *addresses, struct obs_address *drawn, bool *forbidden)
{
	(void)arg;
	(void)addresses;
	(void)drawn;
	*forbidden = false;
	return false;
}

/* Books in which one server was silent until it rested, a host that was looked up, and two domains that wait. */
static void make_direct(void)
{
	static const struct obs_address silent = { 4, { 192, 0, 2, 1 } };
	struct feed_target target = { .name = SPAN_LITERAL("one.example") };
	struct extra servers;
	uint64_t unused;

	rig.scan.live.books = server_books_new(&(struct server_books_options){ .server_rate = 50 });
	rig.scan.live.ns_hosts = ns_hosts_new();
	rig.scan.admission = admission_new(&(struct admission_options){
		.books = rig.scan.live.books, .hosts = rig.scan.live.ns_hosts, .patience_s = 600, .draw = draw_none });
	for (unsigned i = 0; i < SERVER_SILENT_ROW; i++) {
		server_books_take(rig.scan.live.books, &silent, 1, 1000000 * (uint64_t)i);
		server_books_outcome(rig.scan.live.books, &silent, SERVER_SILENT, 1000000 * (uint64_t)i);
	}
	ns_hosts_find(rig.scan.live.ns_hosts, SPAN_LITERAL("ns.host.example"), true, 0, &(struct ns_addresses){ 0 },
		      &unused);
	ns_hosts_learn(rig.scan.live.ns_hosts, SPAN_LITERAL("ns.host.example"), &silent, 1, 60, 0);
	extra_begin(&servers, EXTRA_SERVERS);
	extra_add(&servers, SPAN_LITERAL("ns.slow.example"));
	for (target.index = 0; target.index < 2; target.index++)
		assert_true(admission_put(rig.scan.admission, &target, extra_octets(&servers), FALL_BACK_NONE, 0));
	slow_operators_note(&rig.scan.slow, SPAN_LITERAL("slow.example"), 5);
	rig.counts[0].direct.packets = 40;
	rig.counts[1].direct.packets = 2;
	rig.counts[1].direct.host_look_ups = 9;
	rig.counts[1].direct.dropped = 3;
}

static void free_direct(void)
{
	admission_free(rig.scan.admission);
	ns_hosts_free(rig.scan.live.ns_hosts);
	server_books_free(rig.scan.live.books);
}

static void what_direct_did_is_in_the_metadata(void **state)
{
	struct moment moment;

	(void)state;
	rig.options.direct = is_direct = true;
	rig.options.server_rate = 50;
	rig.options.audit_limit = 0.5;
	rig.options.audit = 0.25;
	unlink(status_path); /* its header has no column of who waits */
	write_file(COUNT_OF(held), 77);
	open_rig(SCAN_END);
	make_direct();
	atomic_store(&rig.counts[0].recorded.direct[SOURCE_COUNT + FALL_BACK_COUNT + AUDIT_DATA], 1);
	atomic_store(&rig.counts[0].recorded.direct[SOURCE_COUNT + FALL_BACK_COUNT + AUDIT_ABSENT], 3);
	moment_now(&rig.scan, &moment);
	assert_int_equal(moment.waiting, 2);
	close_rig();
	free_direct();
	rig.options.direct = is_direct = false;
	expect("r[\"waiting\"] == \"2\" and (c[\"queries\"], m[\"run\"][\"queries\"]) == (77 + 80 + 42, 80 + 42)");
	expect("(lambda d: (d[\"questions\"], d[\"fall_back\"][\"timeout\"], d[\"server_rate\"], "
	       "d[\"server_rate_reserved\"]) == ({\"direct\": 78 + 6, \"resolver\": 2}, 0, 50, None))(m[\"direct\"])");
	expect("m[\"direct\"][\"audit\"] == {\"share\": 0.25, \"least\": 0, \"limit\": 0.005, \"absent\": 3, \"data\": "
	       "1, "
	       "\"changed\": 0, \"failed\": 7, \"share_data\": 0.25}");
	expect("(lambda d: (d[\"waiting\"], d[\"lines\"], d[\"waited_for\"]) == (2, 1, [{\"operator\": "
	       "\"slow.example\", \"seconds\": 1, \"most\": 5}]))(m[\"direct\"])");
	expect("(lambda s: (s[\"known\"], s[\"resting\"], s[\"rests\"]) == (1, 1, 1))(m[\"direct\"][\"servers\"])");
	expect("(lambda d: (d[\"hosts\"][\"known\"], d[\"hosts\"][\"look_ups\"], d[\"packets\"], d[\"dropped\"]) == "
	       "(1, 9, 42, 3))(m[\"direct\"])");
	assert_non_null(
		strstr(caught_read(log_path), "waited for longest: slow.example's, for 1 s, by 5 domains at most\n"));
	assert_non_null(strstr(caught_read(log_path),
			       "answers of the domains' own name servers: 84 of 86 (97.7 %); audited "
			       "11, of which 1 hid data and of 7 the resolver could not tell\n"));
}

enum { UNKNOWN_DOMAINS = 500000 };

static void *record_unknown_ones(void *arg)
{
	const struct observation observation = { .mx.answer.status = DNS_NXDOMAIN };
	const struct judgement judgement = { .status = DOMAIN_UNKNOWN };

	for (unsigned i = 0; i < UNKNOWN_DOMAINS; i++)
		counts_add_domain(arg, &observation, &judgement);
	return NULL;
}

/* While a worker counts. */
static void no_part_is_ever_told_larger_than_its_whole(void **state)
{
	struct moment moment;
	pthread_t worker;

	(void)state;
	write_file(0, 0);
	open_rig(SCAN_END);
	rig.counts[0].recorded = rig.counts[1].recorded = (struct domain_counts){ 0 };
	assert_int_equal(pthread_create(&worker, NULL, record_unknown_ones, &rig.counts[0].recorded), 0);
	do {
		moment_now(&rig.scan, &moment);
		assert_true(moment.unknown <= moment.domains && moment.nxdomain <= moment.domains);
		assert_true(moment_unknown_share(&moment) <= 1 && moment_nxdomain_share(&moment) <= 1);
	} while (moment.domains < UNKNOWN_DOMAINS);
	pthread_join(worker, NULL);
	close_rig();
}

static void the_fraction_is_of_the_whole_work(void **state)
{
	static const struct {
		double of_feed;
		uint64_t handed, recorded, most;
		double fraction;
	} table[] = {
		{ 0, 0, 0, 0, 0 },
		{ -1, 500, 100, 0, -1 },      /* a pipe */
		{ -1, 500, 100, 1000, 0.1 },  /* a pipe and a limit */
		{ 0.5, 500, 500, 0, 0.5 },    /* the feed is no further than the scan */
		{ 0.5, 500, 250, 0, 0.25 },   /* it is ahead */
		{ 1, 1000, 900, 0, 0.9 },     /* what is deferred has no record yet */
		{ 1, 1000, 500, 0, 0.5 },     /* resumed in the middle: 400 were there */
		{ 0.01, 500, 100, 200, 0.5 }, /* the limit ends first */
		{ 0.9, 500, 300, 100, 1 },    /* more were there than the limit now allows */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_true(moment_fraction(table[i].of_feed, table[i].handed, table[i].recorded, table[i].most) ==
			    table[i].fraction);
}

static int make_folder(void **state)
{
	FILE *list;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(scan_path, sizeof(scan_path), "%s/scan", folder);
	snprintf(list_path, sizeof(list_path), "%s/list", folder);
	snprintf(meta_path, sizeof(meta_path), "%s/meta", folder);
	snprintf(status_path, sizeof(status_path), "%s/status", folder);
	snprintf(log_path, sizeof(log_path), "%s/log", folder);
	list = fopen(list_path, "w");
	if (!list || fputs("example.com\n", list) < 0 || fclose(list) != 0)
		return -1;
	rig.options = (struct options){ .output_file = scan_path,
					.metadata_file = meta_path,
					.status_updates_file = status_path,
					.input_file = list_path,
					.quiet = true,
					.resume = true,
					.shards = 1,
					.server_count = SERVERS };
	for (unsigned i = 0; i < SERVERS; i++)
		rig.options.server[i] = (struct endpoint){ { 4, { 127, 0, 0, 1 } }, (uint16_t)(5300 + i) };
	return 0;
}

static int remove_folder(void **state)
{
	const char *const paths[] = { scan_path, list_path, meta_path, status_path, log_path };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++)
		unlink(paths[i]);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_of_the_file_and_traffic_of_this_run_stands_beside),
		cmocka_unit_test(deferred_domains_are_unknown_until_they_are_recorded),
		cmocka_unit_test(lost_traffic_is_not_known),
		cmocka_unit_test(what_direct_counts_is_of_the_file),
		cmocka_unit_test(what_direct_did_is_in_the_metadata),
		cmocka_unit_test(no_part_is_ever_told_larger_than_its_whole),
		cmocka_unit_test(the_fraction_is_of_the_whole_work),
	};

	return cmocka_run_group_tests_name("moment", tests, make_folder, remove_folder);
}
