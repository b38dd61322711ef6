/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of a list as machines of a fleet are given them: what was written is read as the list told it, to the octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "scanner/feed/feed_chunk.h"
#include "scanner/rules/domain_set.h"
#include "tests/scanner/feed/feed_rig.h"

#define FIRST UINT64_C(159900000)

enum { LINES = 3000, LINE_ROOM = 6000 };

static const struct span labels[] = { SPAN_LITERAL("Registrar, Inc"), SPAN_LITERAL("country") };
static const struct feed_options plain = { .format = FEED_FORMAT_LIST },
				 labelled = { .format = FEED_FORMAT_CSV, .label = labels, .label_count = 2 },
				 zone = { .format = FEED_FORMAT_ZONE, .origin = "test." };

struct octets {
	char *p;
	size_t n;
	FILE *file;
};

static void begin(struct octets *octets)
{
	assert_non_null(octets->file = open_memstream(&octets->p, &octets->n));
}

static void end(struct octets *octets)
{
	assert_int_equal(fclose(octets->file), 0);
}

/* Each target as it came; each @every-th of them into @chunk, too, where that is not NULL. */
static enum feed_result take_all(struct feed_options options, struct octets *seen, struct text *chunk, uint64_t every,
				 struct error *error)
{
	struct feed_batch *batch;
	enum feed_result result;
	struct feed *feed;
	bool has_header = false;

	assert_int_equal(feed_open(&feed, &options, error), 0);
	begin(seen);
	while ((result = feed_await(feed, &batch, 60)) == FEED_BATCH_TAKEN) {
		for (unsigned i = 0; i < batch->count; i++) {
			const struct feed_target *target = &batch->target[i];
			struct span label[OBS_LABEL_MAX];
			uint64_t offset = target->index - options.first_index;

			if (offset % every != 0)
				continue;
			fprintf(seen->file, "%llu %llu %d %zu:", (unsigned long long)offset,
				(unsigned long long)target->rank, target->input, target->name.n);
			fwrite(target->name.p, 1, target->name.n, seen->file);
			if (target->extra.n > 0)
				fwrite(target->extra.p, 1, target->extra.n, seen->file);
			fputc('\n', seen->file);
			for (size_t l = 0; l < options.label_count; l++)
				label[l] = feed_label(feed, l);
			if (chunk && !has_header)
				feed_chunk_put_header(chunk, label, options.label_count,
						      extra_is(target->extra, EXTRA_SERVERS));
			if (chunk)
				feed_chunk_put(chunk, offset, target);
			has_header = true;
		}
		feed_release(feed, batch);
	}
	feed_error(feed, error);
	feed_close(feed);
	end(seen);
	return result;
}

static enum feed_result take_octets(const void *p, size_t n, struct feed_options options, struct octets *seen,
				    struct text *chunk, uint64_t every, struct error *error)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX";
	enum feed_result result;

	feed_rig_write(path, p, n);
	options.path = path;
	options.shards = options.shards ? options.shards : 1;
	result = take_all(options, seen, chunk, every, error);
	unlink(path);
	return result;
}

/* What a scan of the chunk is told: the same but for the list's form. */
static struct feed_options of_chunk(struct feed_options options)
{
	options.format = FEED_FORMAT_CHUNK;
	options.origin = NULL;
	options.first_index = FIRST;
	return options;
}

static void check_round_trip(struct span list, struct feed_options options, uint64_t every)
{
	struct octets before, after;
	struct text chunk, again;
	struct error error;

	text_open_memory(&chunk);
	text_open_memory(&again);
	if (take_octets(list.p, list.n, options, &before, &chunk, every, &error) != FEED_END)
		fail_msg("%s", error.text);
	if (take_octets(chunk.data, chunk.used, of_chunk(options), &after, &again, 1, &error) != FEED_END)
		fail_msg("%s", error.text);
	assert_true(before.n > 0 && before.n == after.n);
	assert_memory_equal(before.p, after.p, before.n);
	assert_int_equal(chunk.used, again.used);
	assert_memory_equal(chunk.data, again.data, chunk.used);
	text_free(&chunk);
	text_free(&again);
	free(before.p);
	free(after.p);
}

static void check_round_trips(const struct octets *list, struct feed_options options)
{
	check_round_trip((struct span){ list->p, list->n }, options, 1);
	check_round_trip((struct span){ list->p, list->n }, options, 7);
}

/* ---- lists at random ---- */

static unsigned random_state;

static unsigned random_below(unsigned n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (unsigned)((uint64_t)(random_state >> 8) * n >> 24);
}

/* Now and then what is hard to quote, no UTF-8, or a control character. */
static void put_random(FILE *file, size_t n, const char *without)
{
	static const char odd[] = "\0\x01\t \"\"',;#\\+.-_|\x7f\x80\x9b\xa0\xc3\xb6\xfc\xff\xe2\x80\x8b=@/:()";

	for (size_t i = 0; i < n; i++) {
		char c = random_below(3) > 0 ? (char)('a' + random_below(26)) : odd[random_below(sizeof(odd) - 1)];

		if (c == '\0' || !strchr(without, c))
			fputc(c, file);
	}
}

static void put_name(FILE *file)
{
	static const struct {
		const char *before, *behind;
	} names[] = { { "d", ".test" },        { "D", ".Example.COM." }, { "b\xc3\xbc", ".test" },
		      { "xn--bcher-kva", "" }, { "_a.d", ".test" },      { "", "" },
		      { "d", "..test" },       { "*.d", ".test" },       { "http://d", ".test/" },
		      { "d", ".test x" },      { "\xef\xbc\x84", "" } };
	unsigned kind = random_below(COUNT_OF(names));

	fprintf(file, "%s%u%s", names[kind].before, random_below(1000), names[kind].behind);
}

static void any_line_of_a_list_comes_back(void **state)
{
	static const size_t sizes[] = { 252, 253, 254, 255, 511, 512, 513, 4095, 4096, 4097, 5000 };
	struct octets list;

	(void)state;
	begin(&list);
	for (int i = 0; i < LINES; i++) {
		unsigned kind = random_below(4);
		size_t size = sizes[random_below(COUNT_OF(sizes))];

		if (kind == 0)
			put_random(list.file, random_below(40), "");
		else if (kind == 1 && i % 8 == 0)
			for (size_t n = 0; n < size; n++) /* as a name, but for its length */
				fputc(n % 50 == 49 ? '.' : 'a', list.file);
		else if (kind == 2 && i % 8 == 0) /* characters that UTS 46 makes nothing of */
			for (size_t n = 0; n < size; n += 2)
				fputs("\xc2\xad", list.file);
		else
			put_name(list.file);
		if (kind == 3 && i % 16 == 0) /* white space behind it, to the longest line there is, and more */
			fprintf(list.file, "%*s%s", (int)size, "", i % 32 ? "x" : "");
		fputc('\n', list.file);
	}
	end(&list);
	check_round_trips(&list, plain);
	free(list.p);
}

static void labels_and_ranks_come_back(void **state)
{
	struct octets list;

	(void)state;
	begin(&list);
	fputs("rank,COUNTRY,domain,\"registrar, INC\"\n", list.file);
	for (int i = 0; i < LINES; i++) {
		if (random_below(3) > 0)
			fprintf(list.file, "%u", random_below(1000000));
		fputc(',', list.file);
		put_random(list.file, random_below(5), ",\"");
		fputc(',', list.file);
		if (random_below(5) > 0)
			put_name(list.file);
		fputs(",\"", list.file);
		put_random(list.file, random_below(12) > 0 ? random_below(30) : 400, "\"");
		fputs(random_below(4) > 0 ? "\"\n" : "\"\" x\ny\"\n", list.file);
	}
	end(&list);
	check_round_trips(&list, labelled);
	free(list.p);
}

static void name_servers_come_back(void **state)
{
	static const char *const servers[] = { "ns1.example.",
					       "NS2.Example.",
					       "ns",
					       "@",
					       ".",
					       "a\\ b",
					       "+3",
					       "\\+3.",
					       "..",
					       "a\\\\b.",
					       "\\.",
					       "TYPE2 \\# 1 0",
					       "\"a b\"",
					       "b\xc3\xbc"
					       "ch.",
					       "+",
					       "s\\s",
					       "a,b." };
	struct octets list;

	(void)state;
	begin(&list);
	for (int i = 0; i < LINES; i++) {
		unsigned count = random_below(40) > 0 ? random_below(6) : 40;

		for (unsigned n = 0; n <= count; n++) {
			fprintf(list.file, "d%d%s NS ", i, i % 50 ? "" : "\\.x");
			if (random_below(30) > 0)
				fputs(servers[random_below(COUNT_OF(servers))], list.file);
			else
				fprintf(list.file, "%0300d.", 0);
			fputc('\n', list.file);
		}
	}
	fputs("none NS\n", list.file);
	end(&list);
	check_round_trips(&list, zone);
	free(list.p);
}

/* ---- as any list ---- */

static void what_chooses_from_a_list_chooses_from_its_parts(void **state)
{
	struct domain_set *blocked = domain_set_new();
	struct error error;
	struct octets list;

	(void)state;
	assert_int_equal(domain_set_add(blocked, SPAN_LITERAL("example.com")), 0);
	begin(&list);
	for (int i = 0; i < LINES; i++)
		put_name(list.file), fputc('\n', list.file);
	end(&list);
	{
		struct feed_options rows[] = { plain, plain, plain, plain, plain };

		rows[0].sample = 0.1;
		rows[1].shards = 3, rows[1].shard = 1;
		rows[2].max_domains = 100;
		rows[3].domain_blocklist = blocked;
		rows[4].shuffle = true, rows[4].seed = 9;
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			struct octets all, of_list, part;
			struct text chunk;

			text_open_memory(&chunk);
			assert_int_equal(take_octets(list.p, list.n, plain, &all, &chunk, 1, &error), FEED_END);
			assert_int_equal(take_octets(list.p, list.n, rows[i], &of_list, NULL, 1, &error), FEED_END);
			assert_int_equal(take_octets(chunk.data, chunk.used, of_chunk(rows[i]), &part, NULL, 1, &error),
					 FEED_END);
			assert_true(of_list.n == part.n && memcmp(of_list.p, part.p, part.n) == 0);
			assert_true(all.n != part.n || memcmp(all.p, part.p, part.n) != 0);
			text_free(&chunk);
			free(all.p);
			free(of_list.p);
			free(part.p);
		}
	}
	free(list.p);
	domain_set_free(blocked);
}

static void the_first_entry_of_a_list_may_have_any_number(void **state)
{
	struct feed_rig_output output = feed_rig_drain_octets("a.test\n# x\nb\n", 13,
							      (struct feed_options){ .first_index = FEED_INDEX_MAX });

	(void)state;
	assert_int_equal(output.result, FEED_END);
	assert_string_equal(output.text, "1099511627776 0 0 a.test\n1099511627777 0 0 b\n");
	assert_int_equal(output.entries, 2);
	free(output.text);
}

/* ---- by hand ---- */

static void each_row_is_an_entry(void **state)
{
	static const struct {
		const char *chunk, *expected;
	} rows[] = {
		{ "offset,rank,domain\r\n0,,a.test\r\n3,7,B.Test\r\n", "159900000 0 0 a.test\n159900003 7 0 b.test\n" },
		/* none of it is a comment, a blank line or white space around */
		{ "offset,rank,domain\n0,,#\n1,,\n2,, a.test\n",
		  "159900000 0 1 #\n159900001 0 1 \n159900002 0 1  a.test\n" },
		{ "\xef\xbb\xbf\"offset\",rank,domain,ns\n0,,a.test,NS1.example ns2.example "
		  "+3\n1,,b.test,\n2,,c.test,.\n3,,d.test,+1\n",
		  "159900000 0 0 a.test {ns1.example|ns2.example}+3\n159900001 0 0 b.test {}\n159900002 0 0 c.test {}\n"
		  "159900003 0 0 d.test {}+1\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct feed_rig_output output = feed_rig_drain_octets(
			rows[i].chunk, strlen(rows[i].chunk),
			(struct feed_options){ .format = FEED_FORMAT_CHUNK, .first_index = FIRST });

		if (output.result != FEED_END || strcmp(output.text, rows[i].expected) != 0)
			fail_msg("row %zu: %s got\n%s", i, output.error.text, output.text);
		free(output.text);
	}
}

static void what_is_no_chunk_is_refused_with_its_line(void **state)
{
#define HEADER "offset,rank,domain\n0,,a.test\n"
	static const struct {
		const char *chunk;
		size_t labels;
		const char *error;
		uint64_t targets;
	} rows[] = {
		{ "", 0, ": line 1: a chunk begins with the row offset,rank,domain,", 0 },
		{ "a.test\nb.test\n", 0, ": line 1: a chunk begins with the row offset,rank,domain,", 0 },
		{ "offset,domain\n", 0, ": line 1: a chunk begins", 0 },
		{ "offset,rank,domain,country\n", 0, "columns of a list need --label", 0 },
		{ "offset,rank,domain,ns,ns\n", 0, ": line 1: a chunk begins", 0 },
		{ "offset,rank,domain,country\n", 2, "and the columns of --label in their order", 0 },
		{ "offset,rank,domain,country,\"registrar, inc\"\n", 2, ": line 1: a chunk begins", 0 },
		{ "offset,rank,domain\n", 0, ": no entry in it: a chunk has a row for each", 0 },
		{ HEADER "\n1,,b.test\n", 0, ": line 3: `` has fewer fields than the header; such a row", 1 },
		{ HEADER "1,b.test\n", 0, ": line 3: `1b.test` has fewer fields", 1 },
		{ HEADER "1,,b.test,\n", 0, "line 3: `1b.test` has more fields than the header", 1 },
		{ HEADER "0,,b.test\n", 0, ": line 3: `0` is an offset not above the one before", 1 },
		{ HEADER "x,,b.test\n", 0, ": line 3: `x` is no offset", 1 },
		{ HEADER ",,b.test\n", 0, ": line 3: `` is no offset", 1 },
		{ HEADER "-1,,b.test\n", 0, "is no offset", 1 },
		{ HEADER "1099511627777,,b.test\n", 0, "is no offset", 1 },
		{ HEADER "1,first,b.test\n", 0, ": line 3: `first` is no rank", 1 },
		{ HEADER "1,,\"b\nc\"\n2,,x\"y\n", 0, ": line 5: `2x` has a quote in a field without quotes", 2 },
		{ HEADER "1,,\"b\"c\n", 0, "goes on behind a closing quote", 1 },
		{ HEADER "1,,b\rc\n", 0, "goes on behind CR", 1 },
		{ HEADER "1,,b.te", 0, ": truncated: line 3 has no line end", 1 },
		{ HEADER "1,,\"b.test\n", 0, ": truncated: line 3 has no line end", 1 },
		{ HEADER "1,,b.test\r", 0, ": truncated: line 3 has no line end", 1 },
		{ "offset,rank,domain,ns\n0,,a.test,a  b\n", 0, "has a space too many between name servers", 0 },
		{ "offset,rank,domain,ns\n0,,a.test,a \n", 0, "has a space too many between name servers", 0 },
		{ "offset,rank,domain,ns\n0,,a.test, a\n", 0, "has a space too many between name servers", 0 },
		{ "offset,rank,domain,ns\n0,,a.test,a\\\n", 0, "`a\\` ends within an escape", 0 },
		{ "offset,rank,domain,ns\n0,,a.test,+3 a\n", 0, "`+3` counts no servers that were left out", 0 },
		{ "offset,rank,domain,ns\n0,,a.test,a +65536\n", 0, "`+65536` counts no servers", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct feed_options options = { .format = FEED_FORMAT_CHUNK,
						.label = labels,
						.label_count = rows[i].labels };
		struct feed_rig_output output = feed_rig_drain_octets(rows[i].chunk, strlen(rows[i].chunk), options);

		if (output.result != FEED_FAILED || !strstr(output.error.text, rows[i].error) ||
		    output.targets != rows[i].targets)
			fail_msg("row %zu: %s, %llu targets", i, output.error.text, (unsigned long long)output.targets);
		free(output.text);
	}
}

static void a_row_of_any_length_is_refused(void **state)
{
	static char chunk[2 * CHUNK_ROW_MAX];
	size_t n = (size_t)snprintf(chunk, sizeof(chunk), "offset,rank,domain\n0,,");
	struct feed_rig_output output;

	(void)state;
	memset(chunk + n, 'a', sizeof(chunk) - n);
	output = feed_rig_drain_octets(chunk, sizeof(chunk), (struct feed_options){ .format = FEED_FORMAT_CHUNK });
	assert_non_null(strstr(output.error.text, "goes on for too long"));
	assert_int_equal(output.targets, 0);
	free(output.text);
}

/* A list has names; its part may be the one that has none. */
static void a_part_without_names_is_surveyed(void **state)
{
	static const char chunk[] = "offset,rank,domain\n0,,no name\n1,,none either\n";
	struct feed_rig_output output = feed_rig_drain_octets(chunk, sizeof(chunk) - 1,
							      (struct feed_options){ .format = FEED_FORMAT_CHUNK });

	(void)state;
	assert_int_equal(output.result, FEED_END);
	assert_string_equal(output.text, "0 0 1 no name\n1 0 1 none either\n");
	free(output.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_line_of_a_list_comes_back),
		cmocka_unit_test(labels_and_ranks_come_back),
		cmocka_unit_test(name_servers_come_back),
		cmocka_unit_test(what_chooses_from_a_list_chooses_from_its_parts),
		cmocka_unit_test(the_first_entry_of_a_list_may_have_any_number),
		cmocka_unit_test(each_row_is_an_entry),
		cmocka_unit_test(what_is_no_chunk_is_refused_with_its_line),
		cmocka_unit_test(a_row_of_any_length_is_refused),
		cmocka_unit_test(a_part_without_names_is_surveyed),
	};

	feed_rig_shows_servers = true;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
