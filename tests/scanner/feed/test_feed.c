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
#include <sys/stat.h>
#include <time.h>
#include <zstd.h>

#include "scanner/rules/address.h"
#include "scanner/rules/domain_set.h"
#include "scanner/feed/feed.h"
#include "tests/scanner/feed/feed_rig.h"

enum { AWAIT_S = 3600 /* longer than a test may take */ };

static void compressed_lists_are_found_by_looking(void **state)
{
	unsigned char skippable[] = { 0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4 };
	size_t n, half, packed;
	char *list = feed_rig_big_list(&n);
	unsigned char *out = malloc(FEED_RIG_BIG);
	struct feed_rig_output plain = feed_rig_drain_octets(list, n, (struct feed_options){ 0 }), output;

	(void)state;
	assert_int_equal(plain.targets, FEED_RIG_LINES);
	half = n / 2;
	packed = feed_rig_gzip(list, half, out, FEED_RIG_BIG); /* two members, the break inside a line, and padding */
	packed += feed_rig_gzip(list + half, n - half, out + packed, FEED_RIG_BIG - packed);
	memset(out + packed, 0, 100);
	output = feed_rig_drain_octets(out, packed + 100, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_END);
	assert_string_equal(output.text, plain.text);
	free(output.text);
	packed = ZSTD_compress(out, FEED_RIG_BIG, list, half, 1);
	packed += ZSTD_compress(out + packed, FEED_RIG_BIG - packed, list + half, n - half, 1);
	output = feed_rig_drain_octets(out, packed, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_END);
	assert_string_equal(output.text, plain.text);
	free(output.text);
	/* frames to be passed over, before and behind, as pzstd writes them (RFC 8878 3.1.2) */
	memmove(out + sizeof(skippable), out, packed);
	memcpy(out, skippable, sizeof(skippable));
	memcpy(out + sizeof(skippable) + packed, skippable, sizeof(skippable));
	output = feed_rig_drain_octets(out, packed + 2 * sizeof(skippable), (struct feed_options){ 0 });
	assert_string_equal(output.error.text, "");
	assert_string_equal(output.text, plain.text);
	free(output.text);
	skippable[0] = 0x5f;
	output = feed_rig_drain_octets(skippable, sizeof(skippable) - 1, (struct feed_options){ 0 });
	assert_non_null(strstr(output.error.text, ": truncated zstd stream at octet "));
	free(output.text);
	free(plain.text);
	free(out);
	free(list);
}

static void broken_compression_hands_out_what_was_readable(void **state)
{
	size_t n, packed;
	char *list = feed_rig_big_list(&n), *last;
	unsigned char *out = malloc(FEED_RIG_BIG);
	struct feed_rig_output output;
	char expected[64];

	(void)state;
	packed = feed_rig_gzip(list, n, out, FEED_RIG_BIG);
	output = feed_rig_drain_octets(out, packed / 2, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_FAILED);
	snprintf(expected, sizeof(expected), ": truncated gzip stream at octet %zu: fetch", packed / 2);
	assert_non_null(strstr(output.error.text, expected));
	assert_true(output.targets > FEED_RIG_LINES / 3 && output.targets < FEED_RIG_LINES);
	output.text[output.size - 1] = '\0';
	last = strrchr(output.text, '\n') + 1; /* no half name: d12.test of d12345.test would be another domain */
	snprintf(expected, sizeof(expected), "%llu 0 0 d%llu.test", (unsigned long long)output.targets - 1,
		 (unsigned long long)output.targets - 1);
	assert_string_equal(last, expected);
	free(output.text);
	memset(out + packed / 2, 0xff, 64);
	output = feed_rig_drain_octets(out, packed, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_FAILED);
	assert_non_null(strstr(output.error.text, ": damaged gzip stream at octet "));
	free(output.text);
	packed = ZSTD_compress(out, FEED_RIG_BIG, list, n, 1);
	output = feed_rig_drain_octets(out, packed - 1, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_FAILED);
	assert_non_null(strstr(output.error.text, ": truncated zstd stream at octet "));
	free(output.text);
	output = feed_rig_drain_octets("\x1f\x8b", 2, (struct feed_options){ 0 });
	assert_int_equal(output.result, FEED_FAILED);
	assert_int_equal(output.targets, 0);
	free(output.text);
	free(out);
	free(list);
}

static void shards_split_the_list_by_name_alone(void **state)
{
	enum { SHARDS = 5 };
	size_t n;
	char *list = feed_rig_big_list(&n);
	uint64_t sum = 0;

	(void)state;
	for (uint32_t shard = 0; shard < SHARDS; shard++) {
		struct feed_rig_output output = feed_rig_drain_octets(
			list, n, (struct feed_options){ .shards = SHARDS, .shard = shard });
		char *first = output.text, name[32];
		struct feed_rig_output alone;

		assert_int_equal(output.result, FEED_END);
		assert_int_equal(output.entries, FEED_RIG_LINES);
		assert_in_range(output.targets, FEED_RIG_LINES / SHARDS * 9 / 10, FEED_RIG_LINES / SHARDS * 11 / 10);
		assert_int_equal(sscanf(first, "%*d %*d %*d %31s", name), 1);
		sum += output.targets;
		free(output.text);
		alone = feed_rig_drain_octets(name, strlen(name),
					      (struct feed_options){ .shards = SHARDS, .shard = shard });
		assert_int_equal(alone.targets, 1);
		free(alone.text);
	}
	assert_int_equal(sum, FEED_RIG_LINES);
	free(list);
}

/* Machines that share a list need not be of one version, and scan files say which part they hold. */
static void the_shard_of_a_name_is_what_it_was(void **state)
{
	static const struct {
		const char *name;
		uint32_t shards, shard;
	} rows[] = {
		{ "example.com", 1000000, 677593 },
		{ "example.com", 2, 1 },
		{ "example.com", 65536, 54681 },
		{ "a", 65536, 52827 },
		{ "_dmarc.xn--bcher-kva.example", 65536, 42789 },
		{ "not a name", 65536, 50088 },
		{ "a-name.which-is-longer-than-the-others-and-has-digits-0123456789.co.uk", 65536, 13389 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char list[128]; /* with another name: without one it would be no list */
		size_t n = (size_t)snprintf(list, sizeof(list), "%s\nb.test\n", rows[i].name);
		struct feed_rig_output output = feed_rig_drain_octets(list, n,
								      (struct feed_options){ .format = FEED_FORMAT_LIST,
											     .shards = rows[i].shards,
											     .shard = rows[i].shard });

		assert_int_equal(strncmp(output.text, "0 ", 2), 0);
		free(output.text);
	}
}

static void the_seed_decides_the_order(void **state)
{
	struct feed_options shuffled = { .shuffle = true, .seed = 7 }, other = { .shuffle = true, .seed = 8 };
	size_t n;
	char *list = feed_rig_big_list(&n);
	static uint8_t seen[FEED_RIG_LINES];
	struct feed_rig_output plain = feed_rig_drain_octets(list, n, (struct feed_options){ 0 }),
			       a = feed_rig_drain_octets(list, n, shuffled),
			       b = feed_rig_drain_octets(list, n, shuffled), c = feed_rig_drain_octets(list, n, other);
	unsigned long index, last = 0, ascents = 0;

	(void)state;
	assert_string_equal(a.text, b.text);
	assert_string_not_equal(a.text, c.text);
	assert_int_equal(a.size, plain.size);
	for (char *line = strtok(a.text, "\n"); line; line = strtok(NULL, "\n")) {
		char name[32], expected[32];

		assert_int_equal(sscanf(line, "%lu 0 0 %31s", &index, name), 2);
		snprintf(expected, sizeof(expected), "d%lu.test", index);
		assert_string_equal(name, expected);
		assert_int_equal(seen[index]++, 0);
		ascents += index > last;
		last = index;
	}
	assert_in_range(ascents, FEED_RIG_LINES * 45 / 100, FEED_RIG_LINES * 55 / 100);
	free(plain.text);
	free(a.text);
	free(b.text);
	free(c.text);
	free(list);
}

static enum feed_past_is is_even(void *arg, uint64_t index, struct span name)
{
	(void)arg;
	(void)name;
	return index % 2 == 0 ? FEED_DONE : FEED_NEW;
}

static bool is_any(void *arg)
{
	(void)arg;
	return true;
}

static void finished_and_blocked_domains_are_told_apart(void **state)
{
	static const char list[] = "a.test\nb.test\nwww.B.test\nc.test\nb.test\nd.test\nnot a name\ne.test\n";
	struct domain_set *blocklist = domain_set_new();
	const struct feed_past past = { is_even, is_any, NULL };
	struct feed_rig_output output;

	(void)state;
	assert_int_equal(domain_set_add(blocklist, SPAN_LITERAL("b.test")), 0);
	output = feed_rig_drain_octets(list, sizeof(list) - 1, (struct feed_options){ .domain_blocklist = blocklist });
	assert_string_equal(output.text,
			    "0 0 0 a.test\n1 0 2 b.test\n2 0 2 www.b.test\n3 0 0 c.test\n4 0 2 b.test\n5 0 0 d.test\n"
			    "6 0 1 not a name\n7 0 0 e.test\n");
	free(output.text);
	output = feed_rig_drain_octets(list, sizeof(list) - 1, (struct feed_options){ .past = &past });
	assert_string_equal(output.text, "1 0 0 b.test\n3 0 0 c.test\n5 0 0 d.test\n7 0 0 e.test\n");
	assert_int_equal(output.entries, 8);
	free(output.text);
	output = feed_rig_drain_octets(list, sizeof(list) - 1,
				       (struct feed_options){ .past = &past, .max_domains = 4 });
	/* what an earlier run did counts towards the limit */
	assert_string_equal(output.text, "1 0 0 b.test\n3 0 0 c.test\n");
	assert_int_equal(output.result, FEED_END);
	free(output.text);
	domain_set_free(blocklist);
}

static void what_cannot_be_read_is_said_at_once(void **state)
{
	struct feed_options options = { .path = "/nonexistent/list", .shards = 1 };
	struct error error;
	struct feed *feed;

	(void)state;
	assert_int_equal(feed_open(&feed, &options, &error), -1);
	assert_string_equal(error.text, "/nonexistent/list: No such file or directory; check --input-file");
	options.path = "/tmp";
	assert_int_equal(feed_open(&feed, &options, &error), -1);
	assert_string_equal(error.text, "/tmp: is a directory; give a file with one domain a line");
}

static void identity_follows_the_content(void **state)
{
	static char list[1 << 20];
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct error error;
	struct feed_options options = { .path = path, .shards = 1 };
	struct feed_identity now;
	uint64_t before = 0, hash = 0;
	struct feed *feed;

	(void)state;
	memset(list, '\n', sizeof(list));
	feed_rig_write(path, list, sizeof(list));
	for (int round = 0; round < 5; round++) {
		static const off_t places[] = { 0, 0, 0, sizeof(list) - 1, 300001 };
		int fd = open(path, O_WRONLY);

		/* nothing; the same octet again; the first; the last; one that no sample has */
		assert_int_equal(pwrite(fd, round > 1 ? "x" : "\n", 1, places[round]), 1);
		close(fd);
		assert_int_equal(feed_open(&feed, &options, &error), 0);
		now = feed_identity(feed);
		feed_close(feed);
		assert_int_equal(now.size, sizeof(list));
		assert_true(now.mtime > 1700000000 && now.sample != 0);
		assert_int_equal(now.sample == before, round == 1 || round == 4);
		assert_int_equal(now.hash == hash, round == 1);
		before = now.sample;
		hash = now.hash;
	}
	unlink(path);
}

/* --resume compares it with what an earlier version wrote. */
static void the_identity_of_a_list_is_what_it_was(void **state)
{
	static unsigned char list[1 << 20];
	static const struct {
		size_t n;
		uint64_t sample;
	} rows[] = {
		{ 0, 0xaf63bd4c8601b7df },     { 1, 0x082f2207b4e88cc4 },     { 4097, 0x0f7a762d30de3e77 },
		{ 65536, 0x9038911ddc8057df }, { 65537, 0x95a5076627023e14 }, { sizeof(list), 0x48e04af7aec67d9f },
	};
	struct feed_options options = { .shards = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(list); i++)
		list[i] = (unsigned char)(i * 31 + i / 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char path[] = "/tmp/stsurvey-test-XXXXXX";
		struct error error;
		struct feed_identity now;
		struct feed *feed;

		feed_rig_write(path, list, rows[i].n);
		options.path = path;
		assert_int_equal(feed_open(&feed, &options, &error), 0);
		now = feed_identity(feed);
		feed_close(feed);
		unlink(path);
		assert_int_equal(now.size, rows[i].n);
		assert_int_equal(now.sample, rows[i].sample);
	}
}

/* What happens to a list while it is read, long before its end. */
static void truncate_it(const char *path)
{
	assert_int_equal(truncate(path, 700000), 0);
}

static void append_to_it(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	assert_int_equal(write(fd, "more.test\n", 10), 10);
	close(fd);
}

static void write_into_it(const char *path)
{
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, "x", 1, 700000), 1);
	close(fd);
}

static void write_the_same(const char *path)
{
	char octet;
	int fd = open(path, O_RDWR);

	assert_int_equal(pread(fd, &octet, 1, 700000), 1);
	assert_int_equal(pwrite(fd, &octet, 1, 700000), 1);
	close(fd);
}

static void replace_it(const char *path)
{
	char other[] = "/tmp/stsurvey-test-XXXXXX";

	feed_rig_write(other, "other.test\n", 11);
	assert_int_equal(rename(other, path), 0);
}

static void a_list_that_changes_while_it_is_read_is_noticed(void **state)
{
	static const struct {
		void (*change)(const char *path);
		uint64_t max_domains;
		bool noticed;
	} rows[] = {
		{ truncate_it, 0, true },        { append_to_it, 0, true },    { write_into_it, 0, true },
		{ write_into_it, 1000, true },   { write_the_same, 0, false }, /* content decides */
		{ write_the_same, 1000, false }, { replace_it, 0, false },     /* what was opened is read to its end */
	};
	size_t n;
	char *list = feed_rig_big_list(&n);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char path[] = "/tmp/stsurvey-test-XXXXXX";
		struct feed_options options = { .path = path, .shards = 1, .max_domains = rows[i].max_domains };
		struct feed_batch *batch;
		enum feed_result result;
		struct error error;
		struct feed *feed;

		feed_rig_write(path, list, n);
		assert_int_equal(feed_open(&feed, &options, &error), 0);
		rows[i].change(path);
		while ((result = feed_await(feed, &batch, AWAIT_S)) == FEED_BATCH_TAKEN)
			feed_release(feed, batch);
		assert_int_equal(result, rows[i].noticed ? FEED_FAILED : FEED_END);
		feed_error(feed, &error);
		assert_int_equal(!rows[i].noticed, !strstr(error.text, ": changed while it was read: "));
		assert_int_equal(feed_is_cut(feed), rows[i].max_domains > 0);
		feed_close(feed);
		unlink(path);
	}
	free(list);
}

static void stopping_interrupts_a_full_queue(void **state)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	struct error error;
	struct feed_options options = { .path = path, .shards = 1 };
	const struct timespec pause = { 0, 20000000 };
	struct feed *feed;
	size_t n;
	char *list = feed_rig_big_list(&n);
	double entries = 0;

	(void)state;
	for (size_t i = 0; i < n; i++)
		entries += list[i] == '\n';
	feed_rig_write(path, list, n);
	assert_int_equal(feed_open(&feed, &options, &error), 0);
	nanosleep(&pause, NULL);
	assert_true(feed_entries(feed) <= (FEED_QUEUE + 1) * FEED_BATCH); /* back-pressure */
	/* and what is read beyond the targets that are made is little of the list */
	assert_true(feed_fraction(feed) <= (double)feed_handed(feed) / entries + 4096.0 / (double)n);
	feed_close(feed);
	unlink(path);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compressed_lists_are_found_by_looking),
		cmocka_unit_test(broken_compression_hands_out_what_was_readable),
		cmocka_unit_test(shards_split_the_list_by_name_alone),
		cmocka_unit_test(the_shard_of_a_name_is_what_it_was),
		cmocka_unit_test(the_seed_decides_the_order),
		cmocka_unit_test(finished_and_blocked_domains_are_told_apart),
		cmocka_unit_test(what_cannot_be_read_is_said_at_once),
		cmocka_unit_test(identity_follows_the_content),
		cmocka_unit_test(the_identity_of_a_list_is_what_it_was),
		cmocka_unit_test(a_list_that_changes_while_it_is_read_is_noticed),
		cmocka_unit_test(stopping_interrupts_a_full_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
