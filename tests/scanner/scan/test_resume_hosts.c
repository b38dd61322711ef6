/* SPDX-License-Identifier: BSD-2-Clause */
/* Going on with a scan of MX hosts: which of them the file has, and which are still to be looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/scan_file/sink.h"
#include "scanner/scan/resume.h"

#include "tests/fake/failing_malloc.h"

enum { ALLOCATIONS_MAX = 300 };

static char path[] = "/tmp/stsurvey-resume-hosts-XXXXXX";
static struct error error;
static struct record_option all = { SPAN_LITERAL("smtp"), SPAN_LITERAL("all") };
static struct record_option hosts_alone = { SPAN_LITERAL("mx-hosts"), SPAN_LITERAL("yes") };

/* One word a record, and a frame: "NAME>MX,MX" is a domain and its MX, "NAME" the record of a host, "NAME?" of one that
 * stayed unknown, "#" an illegal line. @completion -1: killed. */
static void write_scan(const char *words, struct record_option *given, int completion, uint64_t hosts)
{
	const struct record_header header = { .tool = SPAN_LITERAL("test"),
					      .major = RECORD_SCHEMA_MAJOR,
					      .minor = RECORD_SCHEMA_MINOR,
					      .shards = 1,
					      .option = given,
					      .option_count = 1 };
	const struct sink_options options = { .path = path, .force = true, .resume_at = -1, .buffers = 2 };
	struct record_trailer trailer = { .hosts = hosts, .queries = 5, .probes = 7 };
	struct record_buffer *buffer;
	struct sink *sink;
	uint64_t index = 0;
	long long whole = 0;
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", words);
	assert_int_equal(sink_open(&sink, &options, &header, &error), 0);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
		char *mx = strchr(word, '>');

		while (!(buffer = sink_take(sink)))
			usleep(1000);
		if (mx || *word == '#') {
			struct obs_mx_record record[2] = { { 0, { 0 } } };
			struct observation o = { .name = { word, mx ? (size_t)(mx - word) : 1 },
						 .index = index++,
						 .input = mx ? INPUT_OK : INPUT_ILLEGAL };

			for (char *name = mx; name; name = strpbrk(name + 1, ","))
				record[o.mx.count++].name = (struct span){ name + 1, strcspn(name + 1, ",") };
			o.mx.record = record;
			o.mx.answer.status = mx ? DNS_NOERROR : DNS_SKIPPED;
			o.policy.address_used = -1;
			trailer.domains++;
			trailer.illegal += !mx;
			assert_int_equal(record_put_domain(buffer, &o), 0);
		} else {
			struct obs_host host = { .name = { word, strcspn(word, "?") }, .passes = 1 };

			host.a.status = host.aaaa.status = strchr(word, '?') ? DNS_TIMEOUT : DNS_NXDOMAIN;
			assert_int_equal(record_put_host(buffer, &host), 0);
		}
		sink_give(sink, buffer);
	}
	trailer.completion = completion > 0 ? COMPLETION_ABORTED : COMPLETION_COMPLETE;
	assert_int_equal(sink_close(sink, &trailer, &error), 0);
	if (completion < 0) {
		struct resume resume;
		struct host_queue queue;
		struct options read = { .shards = 1, .given = given, .given_count = 1 };

		host_queue_init(&queue);
		assert_int_equal(resume_load(&resume, path, &read, &queue, NULL, &error), 0);
		whole = resume.whole;
		resume_free(&resume);
		host_queue_fini(&queue);
		assert_int_equal(truncate(path, whole), 0);
	}
}

/* "a b": what is to be looked at. */
static const char *left_in(struct host_queue *queue)
{
	static char text[256];
	struct host_taken taken;

	text[0] = '\0';
	while (host_queue_take(queue, true, &taken))
		sprintf(strchr(text, '\0'), "%s%.*s", text[0] ? " " : "", (int)taken.name.n, taken.name.p);
	return text;
}

static void what_has_no_record_is_looked_at(void **state)
{
	static const struct {
		const char *records;
		int completion;
		uint64_t told; /* hosts, by the trailer */
		const char *left;
		uint64_t hosts, unknown;
		bool complete;
	} table[] = {
		{ "d>a,b a", -1, 0, "b", 1, 0, false },
		{ "d>a,b", -1, 0, "a b", 0, 0, false },
		{ "a d>a,b c", -1, 0, "b", 2, 0, false },
		{ "d>a,b e>b,c b?", 1, 1, "a c", 1, 1, false },
		{ "d>a,b b a", 0, 2, "", 2, 0, true },
		{ "d>a,b a b", 0, 3, "", 2, 0, false }, /* one that the trailer counts is missing */
		{ "d>a,b a a b", 0, 3, "", 3, 0, true },
		{ "#", 0, 0, "", 0, 0, true },
	};
	struct options options = { .shards = 1, .given = &all, .given_count = 1, .smtp = OPTIONS_SMTP_ALL };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct host_queue queue;
		struct resume resume;
		const char *left_now;

		write_scan(table[i].records, &all, table[i].completion, table[i].told);
		host_queue_init(&queue);
		assert_int_equal(resume_load(&resume, path, &options, &queue, NULL, &error), 0);
		left_now = left_in(&queue);
		if (strcmp(left_now, table[i].left) != 0)
			fail_msg("%s: '%s' are left", table[i].records, left_now);
		assert_int_equal(resume.hosts.recorded, table[i].hosts);
		assert_int_equal(resume.hosts.unknown, table[i].unknown);
		assert_int_equal(resume.complete, table[i].complete);
		assert_int_equal(resume.probes, table[i].completion < 0 ? 0 : 7);
		resume_free(&resume);
		host_queue_fini(&queue);
	}
}

/* Its lines are known by their names: none of them is another list's, and none is done by its number. */
static void a_list_of_hosts_is_gone_through_again(void **state)
{
	struct options options = { .shards = 1, .given = &hosts_alone, .given_count = 1, .mx_hosts = true };
	struct host_queue queue;
	struct resume resume;

	(void)state;
	write_scan("a # b", &hosts_alone, 0, 2);
	host_queue_init(&queue);
	assert_int_equal(resume_load(&resume, path, &options, &queue, NULL, &error), 0);
	assert_true(resume.complete);
	assert_int_equal(resume_look(&resume, 0, SPAN_LITERAL("#")), FEED_DONE);
	for (uint64_t i = 1; i < 200; i++)
		assert_int_equal(resume_look(&resume, i, SPAN_LITERAL("a")), FEED_NEW);
	assert_true(resume_at_end(&resume));
	host_queue_add(&queue, SPAN_LITERAL("a"));
	host_queue_add(&queue, SPAN_LITERAL("c"));
	assert_string_equal(left_in(&queue), "c");
	resume_free(&resume);
	host_queue_fini(&queue);
}

static void memory_that_runs_out_is_said(void **state)
{
	struct options options = { .shards = 1, .given = &all, .given_count = 1, .smtp = OPTIONS_SMTP_ALL };
	bool again = true;

	(void)state;
	write_scan("a d>b,c c", &all, 1, 2);
	for (long n = 0; again; n++) {
		struct host_queue queue;
		struct resume resume;
		int result;

		assert_in_range(n, 0, ALLOCATIONS_MAX);
		host_queue_init(&queue);
		fail_at(n);
		result = resume_load(&resume, path, &options, &queue, NULL, &error);
		again = hit;
		fail_at(-1);
		/* a name that waits is counted as lost where there is no room for it */
		assert_true(result == (again ? -1 : 0) || queue.lost > 0);
		if (result == 0 && queue.lost == 0)
			assert_string_equal(left_in(&queue), "b");
		resume_free(&resume);
		host_queue_fini(&queue);
	}
}

static int make_file(void **state)
{
	(void)state;
	return close(mkstemp(path));
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_record_is_looked_at),
		cmocka_unit_test(a_list_of_hosts_is_gone_through_again),
		cmocka_unit_test(memory_that_runs_out_is_said),
	};

	return cmocka_run_group_tests_name("resume_hosts", tests, make_file, remove_file);
}
