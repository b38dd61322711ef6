/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/scan_file/frame.h"
#include "output/scan_file/sink.h"
#include "scanner/options/exit_status.h"
#include "scanner/program.h"
#include "tests/analysis/facts.h"
#include "tests/analysis/run_command.h"

/* A folder with scan files: whole.scan, aborted.scan, empty.scan; of whole.scan, torn.scan without its end, killed.scan
 * without a trailer, header.scan with the header alone, twice.scan with itself behind it; hole.scan and counts.scan,
 * whose trailers count what is not there; joined.scan, of two; damaged.scan; hostile.scan. */
enum { DOMAINS = 6 };

static const char *const ordinary[DOMAINS] = {
	"",
	"name a\"b,c<script>&'\001 \xff\ninput illegal",
	"rank 7\nname www.example.org\nsts -\nmx 10 mx1.example.org\nmx 20 mx2.example.org",
	"http 404",
	"mx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED",
	"sts SERVFAIL",
};

static const char *const hostile[] = {
	"mx 1 =cmd|calc!.com",
	"name =1,2\ninput illegal",
	"name 'x\ninput illegal",
	"name =evil.example\nhttp 404",
	"name \xe2\x80\xae\xc2\x9btld\ninput illegal",
	"name a.=tld",
	"name a.\xe2\x80\xaetld",
};

/* Of @survey; @trailer: what it counts. */
static void write_records(const char *name, const char *const survey[], struct record_trailer trailer, uint64_t domains,
			  uint32_t shards, uint32_t shard)
{
	static struct facts facts;
	struct sink_options options = { .path = path_of(name), .resume_at = -1, .buffers = 2 };
	struct record_header header = { .tool = SPAN_LITERAL("\033]0;owned\astsurvey\xe2\x80\xae test"),
					.major = RECORD_SCHEMA_MAJOR,
					.input_size = 42,
					.input_sample = shards > 0 ? 1 : 0,
					.shards = shards > 0 ? shards : 1,
					.shard = shard };
	struct record_buffer *buffer;
	struct sink *sink;
	struct error error;

	assert_int_equal(sink_open(&sink, &options, &header, &error), 0);
	assert_non_null(buffer = sink_take(sink));
	for (uint64_t i = 0; i < domains; i++) {
		facts_make(&facts, survey[i]);
		facts.observation.index = i;
		facts.observation.duration_ms = (uint32_t)i * 1000;
		assert_int_equal(record_put_domain(buffer, &facts.observation), 0);
	}
	sink_give(sink, buffer);
	assert_int_equal(sink_close(sink, &trailer, &error), 0);
}

/* @shards 0: of a pipe. */
static void write_scan(const char *name, uint64_t domains, enum record_completion completion, uint32_t shards,
		       uint32_t shard)
{
	write_records(name, ordinary,
		      (struct record_trailer){ .completion = completion, .domains = domains, .illegal = domains > 1 },
		      domains, shards, shard);
}

/* The files made of whole.scan, whose frames are the header, the domains and the trailer. */
static int cut_and_join(void)
{
	struct frame frame[3];
	struct frame_walk *walk;
	char command[1024];
	int fd = open(path_of("whole.scan"), O_RDONLY), frames = 0;

	if (fd < 0 || !(walk = frame_walk_new(fd)))
		return -1;
	while (frames < 3 && frame_next(walk, &frame[frames]) == FRAME_WHOLE)
		frames++;
	frame_walk_free(walk);
	close(fd);
	snprintf(command, sizeof(command),
		 "cd %s && for name in torn killed header damaged; do cp whole.scan $name.scan; done && "
		 "cat whole.scan whole.scan >twice.scan && cat empty.scan whole.scan >joined.scan",
		 command_folder);
	if (frames < 3 || system(command) != 0 || truncate(path_of("torn.scan"), frame[2].end - 5) != 0 ||
	    truncate(path_of("killed.scan"), frame[2].start) != 0 ||
	    truncate(path_of("header.scan"), frame[1].start + 20) != 0)
		return -1;
	fd = open(path_of("damaged.scan"), O_WRONLY);
	return pwrite(fd, "x", 1, frame[1].end - 1) == 1 ? close(fd) : -1;
}

static int write_scans(void **state)
{

	(void)state;
	if (command_folder_make(state) != 0)
		return -1;
	write_records("hole.scan", ordinary, (struct record_trailer){ .domains = 9, .illegal = 1 }, DOMAINS, 0, 0);
	write_records("counts.scan", ordinary,
		      (struct record_trailer){ .domains = DOMAINS, .unknown = 999, .illegal = 2 }, DOMAINS, 0, 0);
	write_records("hostile.scan", hostile, (struct record_trailer){ .domains = COUNT_OF(hostile), .illegal = 3 },
		      COUNT_OF(hostile), 0, 0);
	write_scan("whole.scan", DOMAINS, COMPLETION_COMPLETE, 0, 0);
	write_scan("aborted.scan", 3, COMPLETION_ABORTED, 0, 0);
	write_scan("empty.scan", 0, COMPLETION_COMPLETE, 0, 0);
	write_scan("list.scan", 2, COMPLETION_COMPLETE, 1, 0);
	write_scan("shard0.scan", 1, COMPLETION_COMPLETE, 2, 0);
	write_scan("shard1.scan", 1, COMPLETION_COMPLETE, 2, 1);
	write_scan("third0.scan", 1, COMPLETION_COMPLETE, 3, 0);
	write_scan("third1.scan", 1, COMPLETION_COMPLETE, 3, 1);
	if (link(path_of("whole.scan"), path_of("linked.scan")) != 0)
		return -1;
	return cut_and_join();
}

/* What they say stands in tests/scanner/options. */
static void usage_errors_exit_2(void **state)
{
	static const struct {
		const char *line, *says;
	} table[] = {
		{ "stats", "stsurvey stats: no scan file given" },
		{ "stats %whole.scan", "-d DIR" },
		{ "stats --nonsense", "nonsense" },
		{ "stats -x", "'-x'" },
		{ "stats -d", "--directory needs a value" },
		{ "stats --help=more", "takes no value" },
		{ "verify", "no scan file" },
		{ "verify --nonsense", "nonsense" },
		{ "export --format csv", "no scan file" },
		{ "export %whole.scan --format xml", "xml" },
		{ "report -o x", "no scan file" },
		{ "report %whole.scan", "-o FILE" },
		{ "findings --format yaml", "json" },
		{ "findings more", "no such finding" },
		{ "check", "stsurvey check: no domain given" },
		{ "check --if-gone mx example.com", "--if-gone 'mx': must be policy|record" },
		{ "check --name-servers ::1 --if-mx a..b example.com", "--if-mx 'a..b': is no host name" },
		{ "stats --if-mx a.example", "if-mx" },
		{ "scna", "stsurvey: 'scna': no such command; did you mean 'scan'?" },
		{ "help scna", "stsurvey help: 'scna': no such command; did you mean 'scan'?" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		int status = run(table[i].line);

		if (status != EXIT_USAGE || !strstr(said, table[i].says) || strchr(said, '\n') != strrchr(said, '\n'))
			fail_msg("%s: exit %d, said: %s", table[i].line, status, said);
		assert_string_equal(printed, "");
	}
}

static void help_goes_to_standard_output(void **state)
{
	(void)state;
	assert_int_equal(run("stats --help"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "overview.csv"));
	assert_int_equal(run("export -h"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "jsonl"));
	assert_int_equal(run("report -h"), EXIT_COMPLETE);
	assert_int_equal(run("findings -h"), EXIT_COMPLETE);
	assert_int_equal(run("verify --help"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "usage: stsurvey verify"));
	assert_int_equal(run("help"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "\n  findings "));
	assert_int_equal(run("help help"), EXIT_COMPLETE);
	assert_string_equal(said, "");
}

static void missing_files_exit_1_and_are_named(void **state)
{
	static const struct {
		const char *line, *says;
	} table[] = {
		{ "stats %absent.scan -d %tables1", "absent.scan" },
		{ "export %absent.scan --format csv", "absent.scan" },
		{ "report %absent.scan -o %r.html", "absent.scan" },
		{ "stats %whole.scan -d /nonexistent/a", "/nonexistent/a" },
		{ "stats %whole.scan -d %whole.scan", "whole.scan" },
		{ "report %whole.scan -o /nonexistent/r.html", "/nonexistent/r.html" },
		{ "export %whole.scan --format csv -o /nonexistent/x", "/nonexistent/x" },
		{ "findings -o /nonexistent/x", "/nonexistent/x" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		int status = run(table[i].line);

		if (status != EXIT_FATAL || !strstr(said, table[i].says) || strchr(said, '\n') != strrchr(said, '\n'))
			fail_msg("%s: exit %d, said: %s", table[i].line, status, said);
	}
	assert_int_equal(access(path_of("r.html"), F_OK), -1);
	assert_int_equal(rmdir(path_of("tables1")), 0); /* nothing is left in it */
}

/* Nor is the only copy of a scan written over. */
static void no_domain_counts_twice_unnoticed(void **state)
{
	static const struct {
		const char *line, *says; /* "": nothing */
		int status;
	} table[] = {
		{ "stats %whole.scan %whole.scan -d %tables2", "given twice", EXIT_FATAL },
		{ "stats %whole.scan %aborted.scan %linked.scan -d %tables2", "given twice", EXIT_FATAL },
		{ "export %whole.scan %whole.scan --format csv", "given twice", EXIT_FATAL },
		{ "report - - -o %r2.html", "given twice", EXIT_FATAL },
		{ "export %aborted.scan %whole.scan --format csv -o %linked.scan", "same file", EXIT_USAGE },
		{ "report %whole.scan -o %whole.scan", "same file", EXIT_USAGE },
		{ "export %shard0.scan %list.scan --format csv", "overlap", EXIT_COMPLETE },
		{ "export %shard0.scan %shard1.scan --format csv", "", EXIT_COMPLETE },
		{ "export %third0.scan %third1.scan --format csv", "shard 2 of 3 is missing", EXIT_COMPLETE },
		{ "export %third0.scan %whole.scan --format csv", "", EXIT_COMPLETE }, /* of another list */
		{ "export %third0.scan --format csv", "", EXIT_COMPLETE }, /* a part is what is asked about */
		{ "stats %empty.scan -d %tables3", "there is no domain in", EXIT_FATAL },
		{ "report %empty.scan -o %empty.html", "there is no domain in", EXIT_FATAL },
		{ "export %whole.scan %empty.scan --format csv", "", EXIT_COMPLETE },
		{ "export %whole.scan --format csv", "", EXIT_COMPLETE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		int status = run(table[i].line);

		if (status != table[i].status || !strstr(said, table[i].says) ||
		    (said[0] == '\0') != (table[i].says[0] == '\0') || strchr(said, '\n') != strrchr(said, '\n'))
			fail_msg("%s: exit %d, said: %s", table[i].line, status, said);
	}
	assert_int_equal(access(path_of("tables2"), F_OK), -1);
}

static void verify_says_it_of_each_file(void **state)
{
	(void)state;
	assert_int_equal(run("verify %whole.scan %aborted.scan"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "whole.scan: complete; 6 records"));
	assert_non_null(strstr(printed, "aborted.scan: interrupted"));
	assert_string_equal(said, "");
	assert_int_equal(run("verify %torn.scan %absent.scan %whole.scan"), EXIT_NOT_IN_ORDER);
	assert_non_null(strstr(printed, "torn.scan: torn"));
	assert_non_null(strstr(printed, "whole.scan: complete"));
	assert_non_null(strstr(said, "stsurvey verify: "));
	assert_non_null(strstr(said, "absent.scan: cannot be opened"));
	assert_ptr_equal(strchr(said, '\n'), strrchr(said, '\n'));
}

static void stats_writes_every_table(void **state)
{
	static const char *const tables[] = { "overview",       "funnel",     "by_tld",        "by_rank",
					      "by_label",       "components", "findings",      "tls",
					      "http",           "syntax",     "mode_max_age",  "mx_consistency",
					      "tlsrpt",         "providers",  "misconfigured", "sender_outcome",
					      "senders_differ", "dnssec",     "direct",        "audit" };
	static char text[65536];
	glob_t hidden = { 0 };
	char name[64];

	(void)state;
	assert_int_equal(run("stats %whole.scan -d %tables"), EXIT_COMPLETE);
	assert_null(strstr(said, "warning"));
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		snprintf(name, sizeof(name), "tables/%s.csv", tables[i]);
		assert_int_equal(access(path_of(name), R_OK), 0);
	}
	assert_int_equal(glob(path_of("tables/.*.csv*"), 0, NULL, &hidden), GLOB_NOMATCH);
	read_into(path_of("tables/misconfigured.csv"), text, sizeof(text));
	assert_string_equal(text, "domain,component,findings,verdict,contact,contact_kind,advice\n"
				  "example.com,http,policy-http-not-found,no-policy,reports@example.com,tlsrpt,"
				  "Serve the policy at https://mta-sts.example.com/.well-known/mta-sts.txt.\n");
	read_into(path_of("tables/senders_differ.csv"), text, sizeof(text));
	assert_true(span_starts_with(span_of(text), SPAN_LITERAL("domain,profile,outcome,line\n")));
	read_into(path_of("tables/overview.csv"), text, sizeof(text));
	assert_non_null(strstr(text, "scanned,6,6,1.000000,"));
	/* two files count as one survey; tables are replaced */
	assert_int_equal(run("stats %whole.scan %aborted.scan -d %tables"), EXIT_COMPLETE);
	read_into(path_of("tables/overview.csv"), text, sizeof(text));
	assert_non_null(strstr(text, "scanned,9,9,1.000000,"));
}

static void incomplete_files_are_used_with_a_warning(void **state)
{
	(void)state;
	assert_int_equal(run("export %aborted.scan --format csv"), EXIT_COMPLETE);
	assert_non_null(strstr(said, "interrupted"));
	assert_non_null(strstr(printed, "www.example.org"));
	assert_int_equal(run("export %torn.scan --format csv"), EXIT_COMPLETE);
	assert_non_null(strstr(said, "warning"));
	assert_non_null(strstr(said, "torn.scan"));
	assert_non_null(strstr(printed, "www.example.org"));
	assert_int_equal(run("stats %killed.scan -d %killed"), EXIT_COMPLETE);
	assert_non_null(strstr(said, "killed.scan is not complete: no trailer"));
	assert_int_equal(run("export %empty.scan --format csv"), EXIT_COMPLETE);
	assert_non_null(strstr(said, "no domain"));
	assert_int_equal(run("report %aborted.scan -o %aborted.html"), EXIT_COMPLETE);
	read_into(path_of("aborted.html"), printed, sizeof(printed));
	assert_non_null(strstr(printed, "did not come to an end"));
}

static void put_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* What was there stays, and nothing is printed that looks like a result. */
static void what_cannot_be_read_replaces_nothing(void **state)
{
	static const char *const lines[] = {
		"export %absent.scan --format csv -o %precious",
		"export %absent.scan --format jsonl -o %precious",
		"export %whole.scan %absent.scan --format csv -o %precious",
		"export %precious --format csv -o %precious2",
		"report %empty.scan -o %precious",
		"export %absent.scan --format csv",
		"export %whole.scan %absent.scan --format csv",
		"export %whole.scan %precious --format jsonl",
	};
	char text[64];

	(void)state;
	put_file("precious", "precious");
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		int status = run(lines[i]);

		read_into(path_of("precious"), text, sizeof(text));
		if (status != EXIT_FATAL || printed[0] != '\0' || strcmp(text, "precious") != 0)
			fail_msg("%s: exit %d, printed %s, left %s", lines[i], status, printed, text);
		assert_ptr_equal(strchr(said, '\n'), strrchr(said, '\n'));
	}
	assert_int_equal(access(path_of("precious2"), F_OK), -1);
	/* a whole one does replace it */
	assert_int_equal(run("export %empty.scan --format csv -o %precious"), EXIT_COMPLETE);
	read_into(path_of("precious"), text, sizeof(text));
	assert_memory_equal(text, "name,index,", 11);
	assert_int_equal(run("export %whole.scan --format csv -o /dev/full"), EXIT_FATAL);
	assert_non_null(strstr(said, "/dev/full: No space left"));
}

/* What no scan leaves, nobody believes, unless told so. */
static void a_file_that_is_not_whole_needs_partial(void **state)
{
	static const char *const files[] = { "hole", "counts", "twice", "joined" };
	char line[128];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		static const char *const commands[] = { "stats -d %partial", "report -o %partial.html",
							"export --format csv" };

		snprintf(line, sizeof(line), "verify %%%s.scan", files[i]);
		if (run(line) != EXIT_NOT_IN_ORDER)
			fail_msg("%s: %s", line, printed);
		for (size_t k = 0; k < COUNT_OF(commands); k++) {
			snprintf(line, sizeof(line), "%s %%%s.scan", commands[k], files[i]);
			if (run(line) != EXIT_FATAL || !strstr(said, "is not whole") || !strstr(said, "--partial"))
				fail_msg("%s: %s", line, said);
			assert_int_equal(access(path_of("partial.html"), F_OK), -1);
			assert_int_equal(access(path_of("partial/overview.csv"), F_OK), -1);
			strcat(line, " --partial");
			if (run(line) != EXIT_COMPLETE || !strstr(said, "warning") || !strstr(said, files[i]))
				fail_msg("%s: %s", line, said);
			unlink(path_of("partial.html"));
			unlink(path_of("partial/overview.csv"));
		}
	}
	/* … which makes no file of damage, nor a domain of nothing. */
	assert_int_equal(run("export %damaged.scan --format csv --partial"), EXIT_FATAL);
	assert_non_null(strstr(said, "damaged at octet"));
	assert_non_null(strstr(said, "; head -c "));
	assert_int_equal(run("stats %header.scan -d %nothing --partial"), EXIT_FATAL);
	assert_non_null(strstr(said, "there is no domain in"));
	assert_int_equal(rmdir(path_of("nothing")), 0);
	assert_int_equal(run("report %header.scan -o %nothing.html --partial"), EXIT_FATAL);
	assert_int_equal(access(path_of("nothing.html"), F_OK), -1);
}

static void a_strangers_text_steers_neither_terminal_nor_spreadsheet(void **state)
{
	(void)state;
	assert_int_equal(run("verify %hostile.scan"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "\\x1b]0;owned\\x07stsurvey\\u202e"));
	assert_null(strchr(printed, '\033'));
	assert_int_equal(run("verify %a\x1b[2Jb"), EXIT_NOT_IN_ORDER);
	assert_non_null(strstr(said, "a\\x1b[2Jb: cannot be opened"));
	assert_int_equal(run("export %hostile.scan --format csv"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "NOERROR,'=cmd|calc!.com,"));
	assert_non_null(strstr(printed, "\n\"'=1,2\","));
	assert_non_null(strstr(printed, "\n''x,"));
	assert_int_equal(run("export %hostile.scan --format csv --raw"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "NOERROR,=cmd|calc!.com,"));
	assert_non_null(strstr(printed, "\n\"=1,2\","));
	assert_non_null(strstr(printed, "\n'x,"));
	assert_int_equal(run("export %hostile.scan --format jsonl --raw"), EXIT_USAGE);
	assert_int_equal(run("stats %hostile.scan -d %hostile"), EXIT_COMPLETE);
	read_into(path_of("hostile/misconfigured.csv"), printed, sizeof(printed));
	assert_non_null(strstr(printed, "\n'=evil.example,"));
	read_into(path_of("hostile/by_tld.csv"), printed, sizeof(printed));
	assert_non_null(strstr(printed, "\n'=tld,"));
	assert_int_equal(run("report %hostile.scan -o %hostile.html"), EXIT_COMPLETE);
	read_into(path_of("hostile.html"), printed, sizeof(printed));
	assert_null(strstr(printed, "\xe2\x80\xae"));
	assert_null(strstr(printed, "\xc2\x9b"));
	assert_non_null(strstr(printed, "\xef\xbf\xbdtld"));
}

/* A list of columns is one with the header, whatever lines the help is broken into. */
static void the_help_of_export_names_its_columns(void **state)
{
	char columns[512] = "CSV columns: ", *end;
	size_t n = strlen(columns);

	(void)state;
	assert_int_equal(run("export %whole.scan --format csv"), EXIT_COMPLETE);
	for (const char *p = printed; *p != '\n'; p++) {
		columns[n++] = *p;
		if (*p == ',')
			columns[n++] = ' ';
	}
	memcpy(columns + n, ". ", sizeof(". "));
	assert_int_equal(run("help export"), EXIT_COMPLETE);
	while ((end = strchr(printed, '\n')))
		*end = ' ';
	assert_non_null(strstr(printed, columns));
}

static void export_csv(void **state)
{
	static const char want[] =
		"name,index,rank,timestamp,status,mx_status,mx,null_mx,ad,sts_state,sts_id,tlsrpt_state,"
		"policy_status,"
		"http_status,tls_verify,mode,max_age,policy_state,findings,component,"
		"verdict,mx_tls,dane,delivery\n"
		"example.com,0,,2027-01-15T08:00:00.000Z,complete,NOERROR,mail.example.com,false,false,valid,"
		"1,valid,success,"
		"200,ok,enforce,1209600,valid,,ok,enforce-ok,,,\n";

	(void)state;
	assert_int_equal(run("export %whole.scan --format csv"), EXIT_COMPLETE);
	assert_memory_equal(printed, want, sizeof(want) - 1);
	assert_non_null(strstr(printed, "\nwww.example.org,2,7,2027-01-15T08:00:00.000Z,complete,NOERROR,"
					"mx1.example.org mx2.example.org,false,false,none,,valid,success,"));
	assert_non_null(strstr(printed,
			       "example.com,3,,2027-01-15T08:00:00.000Z,complete,NOERROR,mail.example.com,false,false,"
			       "valid,1,valid,success,404,ok,,,,policy-http-not-found,http,no-policy,,,\n"));
	assert_non_null(strstr(printed, "example.com,4,,2027-01-15T08:00:00.000Z,complete,NXDOMAIN,,,,,,,success,"));
	assert_non_null(strstr(printed, ",illegal-input,SKIPPED,,,,,,,skipped,,,,,,,,,,,\n"));
}

static void export_jsonl_is_a_line_a_domain(void **state)
{
	unsigned lines = 0;

	(void)state;
	assert_int_equal(run("export %whole.scan"), EXIT_COMPLETE);
	for (const char *p = printed; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, DOMAINS);
	assert_non_null(strstr(printed, "\"verdict\":\"enforce-ok\""));
	assert_non_null(strstr(printed, "\"component\":\"http\""));
}

/* tests/output/test_record.c tells where the file is from. */
static void export_of_an_older_file_says_the_same(void **state)
{
	static char want[sizeof(printed)];

	(void)state;
	read_into("tests/output/schema_1_1.jsonl", want, sizeof(want));
	assert_int_equal(run("export --partial tests/output/schema_1_1.msgpack.zst --format jsonl"), EXIT_COMPLETE);
	assert_string_equal(printed, want);
}

static void report_is_self_contained_and_escaped(void **state)
{
	static const char *const never[] = { "<script", "src=", "url(", "@import", "http://", "https:\"" };

	(void)state;
	assert_int_equal(run("report %whole.scan -o %report.html"), EXIT_COMPLETE);
	read_into(path_of("report.html"), printed, sizeof(printed));
	assert_non_null(strstr(printed, "<time>2027-01-15T08:00:00Z</time> to <time>2027-01-15T08:00:05Z</time>"));
	for (size_t i = 0; i < COUNT_OF(never); i++)
		assert_null(strstr(printed, never[i]));
	for (const char *p = printed; (p = strstr(p, "href=\"")); p++)
		assert_true(p[6] == '#' || strncmp(p + 6, "data:,\"", 7) == 0 ||
			    strncmp(p + 6, "data:text/csv;", 14) == 0);
	assert_int_equal(strncmp(printed, "<!DOCTYPE html>", 15), 0);
	assert_non_null(strstr(printed, "policy-http-not-found"));
	assert_non_null(strstr(printed, "mta-sts.&lt;domain&gt;"));
	assert_non_null(strstr(printed, "</html>\n"));
	assert_int_equal(run("report %whole.scan -o -"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "</html>\n"));
}

static void findings_csv_is_the_data_file(void **state)
{
	static char data[65536];

	(void)state;
	read_into("datasets/findings.csv", data, sizeof(data));
	assert_int_equal(run("findings --format csv"), EXIT_COMPLETE);
	/* same fields; the data file quotes more than RFC 4180 asks */
	for (char *from = data, *to = data;; from++) {
		if (*from != '"')
			*to++ = *from;
		if (*from == '\0')
			break;
	}
	for (char *from = printed, *to = printed;; from++) {
		if (*from != '"')
			*to++ = *from;
		if (*from == '\0')
			break;
	}
	assert_string_equal(printed, data);
	assert_int_equal(run("findings"), EXIT_COMPLETE);
	assert_non_null(strstr(printed, "501  policy-http-not-found"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usage_errors_exit_2),
		cmocka_unit_test(help_goes_to_standard_output),
		cmocka_unit_test(missing_files_exit_1_and_are_named),
		cmocka_unit_test(no_domain_counts_twice_unnoticed),
		cmocka_unit_test(verify_says_it_of_each_file),
		cmocka_unit_test(stats_writes_every_table),
		cmocka_unit_test(a_file_that_is_not_whole_needs_partial),
		cmocka_unit_test(a_strangers_text_steers_neither_terminal_nor_spreadsheet),
		cmocka_unit_test(incomplete_files_are_used_with_a_warning),
		cmocka_unit_test(what_cannot_be_read_replaces_nothing),
		cmocka_unit_test(the_help_of_export_names_its_columns),
		cmocka_unit_test(export_csv),
		cmocka_unit_test(export_jsonl_is_a_line_a_domain),
		cmocka_unit_test(export_of_an_older_file_says_the_same),
		cmocka_unit_test(report_is_self_contained_and_escaped),
		cmocka_unit_test(findings_csv_is_the_data_file),
	};

	return cmocka_run_group_tests(tests, write_scans, command_folder_remove);
}
