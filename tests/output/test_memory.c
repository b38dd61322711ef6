/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory runs out at every single allocation: nothing leaks, nothing is half written, nothing false is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/scan_file/decode.h"
#include "output/scan_file/host_store.h"
#include "output/scan_file/kept.h"
#include "output/scan_file/reader.h"
#include "output/scan_file/record.h"
#include "output/scan_file/sink.h"
#include "output/text.h"
#include "output/whole_file.h"
#include "tests/output/random_observation.h"

enum { DOMAINS = 300, HOSTS = 300, ALLOCATIONS_MAX = 400 };

#include "tests/fake/failing_malloc.h"

static void a_record_that_finds_no_memory_leaves_the_buffer_as_it_was(void **state)
{
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	union decode_frame_record other;
	struct observation o, got;
	struct maker maker;
	int failures = 0;

	(void)state;
	assert_true(decode_set_labels(decode, maker_label, MAKER_LABELS));
	maker_init(&maker, 11);
	for (int i = 0; i < DOMAINS; i++) {
		size_t before = record_buffer_content(buffer).n;

		maker_make(&maker, &o);
		for (long n = 0; n < 3; n++) {
			int result;

			fail_at(n);
			result = record_put_domain(buffer, &o);
			left = -1;
			if (result == 0)
				break;
			failures++;
			assert_true(hit);
			assert_int_equal(record_buffer_content(buffer).n, before);
			if (n == 2)
				assert_int_equal(record_put_domain(buffer, &o), 0);
		}
	}
	assert_true(failures > 3);
	maker_fini(&maker);
	maker_init(&maker, 11);
	decode_begin(decode, record_buffer_content(buffer));
	for (int i = 0; i < DOMAINS; i++) {
		maker_make(&maker, &o);
		assert_int_equal(decode_next(decode, &got, &other), DECODE_DOMAIN);
		assert_null(observation_difference(&o, &got));
	}
	maker_fini(&maker);
	decode_free(decode);
	record_buffer_free(buffer);
}

static void a_host_that_finds_no_memory_leaves_the_buffer_as_it_was(void **state)
{
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	struct kept *kept = kept_new();
	union decode_frame_record other;
	struct observation none;
	struct obs_host host;
	struct maker maker;
	int failures = 0, whole = 0, hosts = 0;

	(void)state;
	record_buffer_keep(buffer, kept);
	maker_init(&maker, 13);
	for (int i = 0; i < HOSTS; i++) {
		size_t before = record_buffer_content(buffer).n;

		maker_make_host(&maker, &host);
		for (long n = 0; n < 3; n++) {
			int result;

			fail_at(n);
			result = record_put_host(buffer, &host);
			left = -1;
			if (result == 0)
				break;
			failures++;
			assert_true(hit);
			assert_int_equal(record_buffer_content(buffer).n, before);
			if (n == 2)
				assert_int_equal(record_put_host(buffer, &host), 0);
		}
	}
	assert_true(failures > 3);
	maker_fini(&maker);
	maker_init(&maker, 13);
	decode_begin(decode, record_buffer_content(buffer));
	for (; decode_next(decode, &none, &other) == DECODE_HOST; hosts++) {
		maker_make_host(&maker, &host);
		/* one buffer, so that each certificate that is kept is whole wherever it stands */
		assert_null(host_difference(&host, &other.host));
		for (size_t i = 0; i < host.probe_count; i++)
			for (size_t k = 0; k < host.probe[i].tls.chain_count; k++)
				whole += !!host.probe[i].tls.chain[k].der.p;
	}
	assert_int_equal(hosts, HOSTS);
	assert_true(whole > 0);
	maker_fini(&maker);
	kept_free(kept);
	decode_free(decode);
	record_buffer_free(buffer);
}

/* What a record that was taken back has brought is not in the file: the next one brings it. */
static void a_certificate_is_kept_though_its_first_record_found_no_memory(void **state)
{
	static char
		der[OBS_DER_MAX]; /* as much as a new buffer has room for: it must grow behind the certificate's mark */
	const struct obs_certificate certificate = { .der = { der, sizeof(der) } };
	const struct obs_address address = { .family = 4 };
	const struct obs_smtp probe = { .tls = { .chain = &certificate, .chain_count = 1 } };
	const struct obs_host host = { .name = SPAN_LITERAL("mx.example"),
				       .address = &address,
				       .address_count = 1,
				       .probe = &probe,
				       .probe_count = 1 };
	int failures = 0;
	bool failed = true;

	(void)state;
	for (long n = 0; failed && n < ALLOCATIONS_MAX; n++) {
		struct record_buffer *buffer = record_buffer_new();
		struct decode *decode = decode_new();
		struct kept *kept = kept_new();
		union decode_frame_record other;
		struct observation none;

		record_buffer_keep(buffer, kept);
		fail_at(n);
		if (record_put_host(buffer, &host) < 0) {
			left = -1;
			failures++;
			assert_int_equal(record_put_host(buffer, &host), 0);
		}
		left = -1;
		failed = hit;
		decode_begin(decode, record_buffer_content(buffer));
		assert_int_equal(decode_next(decode, &none, &other), DECODE_HOST);
		assert_int_equal(other.host.probe[0].tls.chain[0].der.n, sizeof(der));
		kept_free(kept);
		decode_free(decode);
		record_buffer_free(buffer);
	}
	assert_false(failed);
	assert_true(failures >= 3);
}

static void a_store_of_hosts_that_finds_no_memory_says_so(void **state)
{
	const struct obs_mx_record record = { 10, SPAN_LITERAL("mx.example") };
	bool failed = true;

	(void)state;
	for (long n = 0; failed && n < ALLOCATIONS_MAX; n++) {
		const struct obs_vantage vantage = { .state = { VANTAGE_OPEN, VANTAGE_BLOCKED } };
		struct observation o = { .mx = { .record = &record, .count = 1 } };
		struct error error = { "" };
		struct host_store *store;
		struct obs_host host;
		struct maker maker;
		uint64_t work;
		int result = -1;

		maker_init(&maker, 14);
		maker_make_host(&maker, &host);
		host.name = record.name;
		fail_at(n);
		store = host_store_new();
		if (store) {
			result = host_store_add_vantage(store, &vantage, &error);
			if (result == 0)
				result = host_store_put(store, &host, &error);
			if (result == 0)
				result = host_store_join(store, &o, true, &work, &error);
		}
		left = -1;
		failed = hit;
		assert_int_equal(result, hit ? -1 : 0);
		if (hit && store)
			assert_non_null(strstr(error.text, "memory"));
		if (!hit)
			assert_null(host_difference(&host, o.mx.host[0]));
		host_store_free(store);
		maker_fini(&maker);
	}
	assert_false(failed);
}

static void write_scan(const char *path)
{
	const struct record_header header = { .tool = SPAN_LITERAL("test"),
					      .major = RECORD_SCHEMA_MAJOR,
					      .label = maker_label,
					      .label_count = MAKER_LABELS };
	const struct record_trailer trailer = { .domains = DOMAINS };
	struct error error;
	struct record_buffer *buffer;
	struct observation o;
	struct maker maker;
	struct sink *sink;

	assert_int_equal(sink_open(&sink, &(struct sink_options){ .path = path, .force = true, .resume_at = -1 },
				   &header, &error),
			 0);
	assert_non_null(buffer = sink_take(sink));
	maker_init(&maker, 12);
	for (int i = 0; i < DOMAINS; i++) {
		maker_make(&maker, &o);
		assert_int_equal(record_put_domain(buffer, &o), 0);
	}
	maker_fini(&maker);
	sink_give(sink, buffer);
	assert_int_equal(sink_close(sink, &trailer, &error), 0);
}

static void a_reader_that_finds_no_memory_says_so(void **state)
{
	char path[] = "/tmp/stsurvey-memory-XXXXXX";
	struct error error;
	long n = 0;

	(void)state;
	close(mkstemp(path));
	write_scan(path);
	do {
		struct reader *reader;
		struct observation o;
		int result;

		fail_at(n++);
		result = reader_open(&reader, path, &error);
		if (result == 0) {
			while ((result = reader_next(reader, &o, &error)) > 0)
				;
			reader_close(reader);
		}
		left = -1;
		assert_int_equal(result, hit ? -1 : 0);
		if (hit)
			assert_non_null(strstr(error.text, "memory"));
	} while (hit && n < ALLOCATIONS_MAX);
	assert_false(hit);
	assert_true(n > 5);
	unlink(path);
}

static void a_sink_that_finds_no_memory_does_not_begin(void **state)
{
	const struct record_header header = { .tool = SPAN_LITERAL("test"), .major = RECORD_SCHEMA_MAJOR };
	const struct record_trailer trailer = { 0 };
	char path[] = "/tmp/stsurvey-memory-XXXXXX";
	struct error error;
	long n = 0;
	int result;

	(void)state;
	close(mkstemp(path));
	do {
		struct sink *sink;

		unlink(path);
		fail_at(n++);
		result = sink_open(&sink, &(struct sink_options){ .path = path, .resume_at = -1 }, &header, &error);
		left = -1;
		if (result == 0)
			assert_int_equal(sink_close(sink, &trailer, &error), 0);
		else
			assert_int_equal(access(path, F_OK), -1);
	} while (hit && n < ALLOCATIONS_MAX);
	assert_false(hit);
	assert_int_equal(result, 0);
	unlink(path);
}

static void a_file_that_finds_no_memory_says_that(void **state)
{
	char path[] = "/tmp/stsurvey-memory-XXXXXX";
	struct whole_file file;
	int failures = 0;

	(void)state;
	assert_true(close(mkstemp(path)) == 0);
	for (long n = 0;; n++) {
		int result;

		fail_at(n);
		errno = 0;
		result = whole_file_open(&file, path, false);
		left = -1;
		if (result == 0)
			break;
		assert_int_equal(errno, ENOMEM);
		failures++;
	}
	assert_true(failures > 0);
	(void)!whole_file_close(&file, false, false);
	unlink(path);
}

static void text_without_memory_is_an_error_that_sticks(void **state)
{
	static const char large[TEXT_BUFFER + 1];
	struct error error;
	struct text text;

	(void)state;
	fail_at(0);
	assert_int_equal(text_open(&text, "/dev/null", &error), -1);
	left = -1;
	assert_int_equal(text_open(&text, "/dev/null", &error), 0);
	fail_at(0);
	text_put(&text, (struct span){ large, sizeof(large) });
	left = -1;
	assert_true(text_failed(&text));
	assert_int_equal(text_close(&text, &error), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_that_finds_no_memory_leaves_the_buffer_as_it_was),
		cmocka_unit_test(a_host_that_finds_no_memory_leaves_the_buffer_as_it_was),
		cmocka_unit_test(a_certificate_is_kept_though_its_first_record_found_no_memory),
		cmocka_unit_test(a_store_of_hosts_that_finds_no_memory_says_so),
		cmocka_unit_test(a_reader_that_finds_no_memory_says_so),
		cmocka_unit_test(a_sink_that_finds_no_memory_does_not_begin),
		cmocka_unit_test(a_file_that_finds_no_memory_says_that),
		cmocka_unit_test(text_without_memory_is_an_error_that_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
