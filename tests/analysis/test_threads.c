/* SPDX-License-Identifier: BSD-2-Clause */
/* What is written depends on the domains alone: not on the number of threads, nor on where frames end; and what is
 * counted not on the order of the files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "output/scan_file/sink.h"
#include "parsers/hash.h"
#include "tests/analysis/run_command.h"
#include "tests/output/random_observation.h"

enum { FILES = 3, DOMAINS = 240, HOSTS = 40, TABLES_MAX = 64, TIME = 1800000 };

/* ---- files ---- */

struct writing {
	struct sink *sink;
	struct record_buffer *buffer; /* of the frame */
	unsigned records, frame;      /* in it; that it may have */
	struct record_trailer trailer;
};

/* Room for one more record. */
static struct record_buffer *next_record(struct writing *w)
{
	if (w->records++ == w->frame) {
		sink_give(w->sink, w->buffer);
		w->buffer = NULL;
		w->records = 1;
	}
	while (!w->buffer)
		w->buffer = sink_take(w->sink);
	return w->buffer;
}

/* Observations of every shape, under names and with mail servers that the files share. */
static void put_domain(struct writing *w, struct maker *maker, unsigned number, unsigned index)
{
	struct obs_mx_record mx[2];
	struct observation o;
	char name[64], host[2][64];

	maker_make(maker, &o);
	snprintf(name, sizeof(name), "d%u.tld%u", number, number % 50);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(host[i], sizeof(host[i]), "mx%u.h%u.example", (number + i) % HOSTS, number % 7);
		mx[i] = (struct obs_mx_record){ (uint16_t)(10 * i), span_of(host[i]) };
	}
	o.name = span_of(name);
	o.index = index;
	o.rank = number % 3 * number;
	if (number % 4 > 0) {
		o.mx = (struct obs_mx){ .record = mx, .count = 2 };
		o.mx.answer.status = DNS_NOERROR;
	}
	assert_int_equal(record_put_domain(next_record(w), &o), 0);
	w->trailer.domains++;
	w->trailer.blocklisted += o.input == INPUT_BLOCKLISTED;
	w->trailer.illegal += o.input == INPUT_ILLEGAL;
}

/* Looked at in each file; what counts is the latest look. */
static void put_host(struct writing *w, struct maker *maker, unsigned number, int file)
{
	struct obs_host host;
	char name[64];

	maker_make_host(maker, &host);
	snprintf(name, sizeof(name), "mx%u.h%u.example", number % HOSTS, number % 7);
	host.name = span_of(name);
	host.passes = 1;
	host.time_ms = TIME + 10 * (int64_t)number + file;
	assert_int_equal(record_put_host(next_record(w), &host), 0);
	w->trailer.hosts++;
}

static void write_scan(int file, unsigned frame)
{
	const struct record_option smtp = { SPAN_LITERAL("smtp"), SPAN_LITERAL("yes") };
	const struct record_header header = { .tool = SPAN_LITERAL("test"),
					      .major = RECORD_SCHEMA_MAJOR,
					      .minor = RECORD_SCHEMA_MINOR,
					      .option = &smtp,
					      .option_count = 1,
					      .label = maker_label,
					      .label_count = MAKER_LABELS,
					      .input = SPAN_LITERAL("-") };
	struct writing w = { .frame = frame };
	char path[8] = { (char)('a' + file) };
	struct maker maker;
	struct error error;

	assert_int_equal(
		sink_open(&w.sink,
			  &(struct sink_options){ .path = path_of(path), .force = true, .resume_at = -1, .buffers = 4 },
			  &header, &error),
		0);
	maker_init(&maker, (uint64_t)file + 1);
	for (unsigned i = 0; i < DOMAINS; i++) {
		put_domain(&w, &maker, (unsigned)file * DOMAINS + i, i);
		if (i % (DOMAINS / HOSTS) == 0)
			put_host(&w, &maker, i, file);
	}
	sink_give(w.sink, w.buffer);
	assert_int_equal(sink_close(w.sink, &w.trailer, &error), 0);
	maker_fini(&maker);
}

static void write_scans(unsigned frame)
{
	for (int file = 0; file < FILES; file++)
		write_scan(file, frame);
}

/* ---- what was written ---- */

/* The octets of a file; @lines: of its lines, in any order. */
static uint64_t hash_file(const char *path, bool lines)
{
	FILE *file = fopen(path, "r");
	uint64_t hash = HASH_NOTHING, sum = 0;
	int c;

	assert_non_null(file);
	while ((c = getc(file)) != EOF) {
		hash = hash_octet(hash, (uint64_t)c);
		if (lines && c == '\n') {
			sum += hash_mix(hash, 1);
			hash = HASH_NOTHING;
		}
	}
	fclose(file);
	return lines ? sum : hash;
}

struct tables {
	unsigned count;
	struct {
		char name[64];
		uint64_t hash;
	} table[TABLES_MAX];
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void read_tables(struct tables *tables, const char *folder, bool lines)
{
	DIR *stream = opendir(path_of(folder));
	char path[600];

	assert_non_null(stream);
	*tables = (struct tables){ 0 };
	for (struct dirent *entry; (entry = readdir(stream));) {
		if (entry->d_name[0] == '.')
			continue;
		assert_true(tables->count < TABLES_MAX);
		snprintf(tables->table[tables->count].name, sizeof(tables->table[0].name), "%.60s", entry->d_name);
		snprintf(path, sizeof(path), "%s/%s", path_of(folder), entry->d_name);
		tables->table[tables->count++].hash = hash_file(path, lines);
	}
	closedir(stream);
	qsort(tables->table, tables->count, sizeof(tables->table[0]), compare_names);
}

static void check_same(const struct tables *a, const struct tables *b, const char *of)
{
	assert_int_equal(a->count, b->count);
	for (unsigned i = 0; i < a->count; i++) {
		if (strcmp(a->table[i].name, b->table[i].name) != 0 || a->table[i].hash != b->table[i].hash)
			fail_msg("%s differs: %s", a->table[i].name, of);
	}
}

/* ---- tests ---- */

static const unsigned frames[] = { 1, 7, 2 * DOMAINS }, threads[] = { 1, 2, 5 };

static void tables_do_not_depend_on_threads_or_frames(void **state)
{
	struct tables first = { 0 }, tables;
	char line[200];

	(void)state;
	for (size_t f = 0; f < COUNT_OF(frames); f++) {
		write_scans(frames[f]);
		for (size_t t = 0; t < COUNT_OF(threads); t++) {
			snprintf(line, sizeof(line), "stats -t %u %%a %%b %%c -d %%tables", threads[t]);
			assert_int_equal(run(line), 0);
			read_tables(&tables, "tables", false);
			if (first.count == 0)
				first = tables;
			check_same(&first, &tables, line);
		}
	}
	assert_true(first.count > 20);
}

static void lines_do_not_depend_on_threads_or_frames(void **state)
{
	static const char *const command[] = { "export -o %out", "export --format csv -o %out", "report -o %out" };
	uint64_t first[COUNT_OF(command)];
	char line[200];

	(void)state;
	for (size_t f = 0; f < COUNT_OF(frames); f++) {
		write_scans(frames[f]);
		for (size_t t = 0; t < COUNT_OF(threads); t++) {
			for (size_t c = 0; c < COUNT_OF(command); c++) {
				uint64_t hash;

				snprintf(line, sizeof(line), "%s -t %u %%a %%b %%c", command[c], threads[t]);
				assert_int_equal(run(line), 0);
				hash = hash_file(path_of("out"), false);
				if (f == 0 && t == 0)
					first[c] = hash;
				if (hash != first[c])
					fail_msg("%s", line);
			}
		}
	}
}

static void counts_do_not_depend_on_the_order_of_files(void **state)
{
	static const char *const order[] = { "%a %b %c", "%c %a %b", "%b %c %a", "%c %b %a" };
	struct tables first = { 0 }, tables;
	char line[200];

	(void)state;
	write_scans(7);
	for (size_t i = 0; i < COUNT_OF(order); i++) {
		snprintf(line, sizeof(line), "stats -t 2 %s -d %%ordered", order[i]);
		assert_int_equal(run(line), 0);
		read_tables(&tables, "ordered", true);
		if (i == 0)
			first = tables;
		check_same(&first, &tables, line);
	}
}

/* A file of which the first @octets are there, or, where @flip, all but that this one is another. */
static void spoil(const char *whole, size_t n, size_t octet, bool flip)
{
	FILE *file = fopen(path_of("spoilt"), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(whole, 1, octet, file), octet);
	if (flip) {
		fputc(whole[octet] ^ 0x55, file);
		assert_int_equal(fwrite(whole + octet + 1, 1, n - octet - 1, file), n - octet - 1);
	}
	fclose(file);
}

/* What is before a torn tail or damage comes out, and is told of, as by one thread. */
static void damage_is_the_same_on_threads(void **state)
{
	enum { PLACES = 30 };
	static char whole[8 * 1024 * 1024];
	size_t n;
	FILE *file;

	(void)state;
	write_scan(0, 7);
	file = fopen(path_of("a"), "r");
	assert_non_null(file);
	n = fread(whole, 1, sizeof(whole), file);
	fclose(file);
	assert_true(n > PLACES && n < sizeof(whole));
	for (unsigned i = 0; i < 2 * PLACES; i++) {
		size_t octet = (i / 2 + 1) * (n / (PLACES + 1));
		char first_said[sizeof(said)];
		uint64_t first;
		int status;

		spoil(whole, n, octet, i % 2 > 0);
		status = run("export -t 1 %spoilt");
		snprintf(first_said, sizeof(first_said), "%s", said);
		first = hash_file(path_of("out"), false);
		assert_int_equal(run("export -t 5 %spoilt"), status);
		assert_string_equal(said, first_said);
		if (hash_file(path_of("out"), false) != first)
			fail_msg("octet %zu of %zu%s", octet, n, i % 2 > 0 ? ", another" : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_do_not_depend_on_threads_or_frames),
		cmocka_unit_test(lines_do_not_depend_on_threads_or_frames),
		cmocka_unit_test(counts_do_not_depend_on_the_order_of_files),
		cmocka_unit_test(damage_is_the_same_on_threads),
	};

	return cmocka_run_group_tests(tests, command_folder_make, command_folder_remove);
}
