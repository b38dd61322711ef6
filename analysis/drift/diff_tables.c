/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/drift/diff_tables.h"

#include "analysis/lines/label_columns.h"
#include "analysis/tables/interval.h"
#include "analysis/tables/table.h"

#define TRANSITIONS "kind,old,new,domains"
#define CHANGES "name,change,old,new,via"
#define EVENTS "via,change,old,new,domains"
#define PAIRS "metric,of,broken,fixed,net,low,high,note"

/* Behind the columns of every table, where there are several pairs. */
#define WHICH_PAIR ",from,to"

/* The last columns of a row. */
static void end_row(const struct diff_tables *tables, struct csv *csv, unsigned pair)
{
	if (tables->pairs > 1) {
		csv_time_ms(csv, tables->pair[pair].from_ms);
		csv_time_ms(csv, tables->pair[pair].to_ms);
	}
	csv_end(csv);
}

static int write_transitions(const struct diff_tables *tables, struct csv *csv, struct error *error)
{
	(void)error;
	for (unsigned p = 0; p < tables->pairs; p++) {
		for (unsigned k = 0; k < DRIFT_KINDS; k++) {
			for (unsigned cell = 0; cell < DRIFT_WORDS * DRIFT_WORDS; cell++) {
				unsigned old = cell / DRIFT_WORDS, new = cell % DRIFT_WORDS;
				uint64_t domains = tables->pair[p].counts.transition[k][old][new];

				if (domains == 0)
					continue;
				csv_string(csv, drift_kind_name((enum drift_kind)k));
				csv_string(csv, drift_word((enum drift_kind)k, old));
				csv_string(csv, drift_word((enum drift_kind)k, new));
				csv_uint(csv, domains);
				end_row(tables, csv, p);
			}
		}
	}
	return 0;
}

/* The labels of a row as those of a domain. */
static void put_labels(struct csv *csv, const struct label_columns *columns, struct span labels)
{
	const struct drift_domain domain = { .labels = labels };

	for (size_t i = 0; i < columns->headers->label_count; i++)
		csv_text(csv, drift_label(&domain, columns->headers->label[i]));
}

static int write_changes(const struct diff_tables *tables, struct csv *csv, struct error *error)
{
	struct label_columns columns;
	struct span row;
	int got;

	label_columns_init(&columns, tables->labels, tables->pairs > 1 ? CHANGES WHICH_PAIR : CHANGES);
	while ((got = sorted_rows_next(tables->rows->changes, &row, error)) > 0 && !text_failed(csv->out)) {
		struct diff_change_row parts;

		diff_change_row_read(row, &parts);
		text_put(csv->out, parts.columns); /* as CSV already */
		csv->in_row = true;
		put_labels(csv, &columns, parts.labels);
		end_row(tables, csv, parts.pair);
	}
	return got < 0 ? -1 : 0;
}

static void end_event(const struct diff_tables *tables, struct csv *csv, struct span event, uint64_t domains)
{
	unsigned pair = (unsigned)sorted_rows_take_number(&event, sizeof(uint16_t));

	text_put(csv->out, event);
	csv->in_row = true;
	csv_uint(csv, domains);
	end_row(tables, csv, pair);
}

/* Equal rows stand beside each other: one event, and so many domains. */
static int write_events(const struct diff_tables *tables, struct csv *csv, struct error *error)
{
	struct text before;
	uint64_t domains = 0;
	struct span row;
	int got, result;

	text_open_memory(&before);
	while ((got = sorted_rows_next(tables->rows->events, &row, error)) > 0 && !text_failed(csv->out)) {
		struct span event = { before.data, before.used };

		if (domains > 0 && !span_equal(event, row)) {
			end_event(tables, csv, event, domains);
			domains = 0;
		}
		if (domains++ == 0) {
			before.used = 0;
			text_put(&before, row);
		}
	}
	if (domains > 0)
		end_event(tables, csv, (struct span){ before.data, before.used }, domains);
	result = got < 0 ? -1 : text_failed(&before) ? error_set(error, "no memory") : 0;
	text_free(&before);
	return result;
}

/* Of a whole list the change is what it is; of a sample it has an interval. */
static void put_interval(struct csv *csv, const struct interval *interval)
{
	if (!interval->known) {
		csv_string(csv, "");
		csv_string(csv, "");
		csv_string(csv, "");
		return;
	}
	csv_number(csv, interval->low, CSV_SHARE_DIGITS);
	csv_number(csv, interval->high, CSV_SHARE_DIGITS);
	csv_string(csv, interval_note(interval));
}

static int write_pairs(const struct diff_tables *tables, struct csv *csv, struct error *error)
{
	(void)error;
	for (unsigned p = 0; p < tables->pairs; p++) {
		for (unsigned m = 0; m < DIFF_METRICS; m++) {
			const struct diff_counts *counts = &tables->pair[p].counts;
			uint64_t of = counts->metric[m].of, came = counts->metric[m].came,
				 went = counts->metric[m].went;
			struct interval interval = { 0 };

			if (tables->sample > 0)
				interval = interval_of_pairs(came, went, of, tables->sample);
			csv_string(csv, diff_metrics[m].name);
			csv_uint(csv, of);
			csv_uint(csv, diff_metrics[m].is_good ? went : came);
			csv_uint(csv, diff_metrics[m].is_good ? came : went);
			if (of > 0)
				csv_number(csv, ((double)came - (double)went) / (double)of, CSV_SHARE_DIGITS);
			else
				csv_string(csv, "");
			put_interval(csv, &interval);
			end_row(tables, csv, p);
		}
	}
	return 0;
}

static const struct {
	const char *columns;
	int (*write)(const struct diff_tables *tables, struct csv *csv, struct error *error);
	bool has_labels;
} table_rows[DIFF_TABLES] = {
	{ TRANSITIONS, write_transitions, false },
	{ CHANGES, write_changes, true },
	{ EVENTS, write_events, false },
	{ PAIRS, write_pairs, false },
};

const char *const diff_table_names[DIFF_TABLES] = { "transitions", "changes", "events", "pairs" };

/* The header row; as text it is what table_open takes. */
static void put_header(const struct diff_tables *tables, unsigned number, struct text *header)
{
	struct label_columns columns;
	struct csv csv;

	csv_init(&csv, header);
	csv_header_begin(&csv, table_rows[number].columns);
	if (table_rows[number].has_labels) {
		label_columns_init(&columns, tables->labels, tables->pairs > 1 ? CHANGES WHICH_PAIR : CHANGES);
		label_columns_names(&csv, &columns);
	}
	if (tables->pairs > 1)
		text_string(header, WHICH_PAIR);
	text_char(header, '\0');
}

static int write_table(const struct diff_tables *tables, unsigned number, struct error *error)
{
	struct error ignored;
	struct table table;
	struct text header;
	int result;

	text_open_memory(&header);
	put_header(tables, number, &header);
	result = text_failed(&header)
			 ? error_set(error, "no memory")
			 : table_open(&table, tables->directory, diff_table_names[number], header.data, 0, error);
	text_free(&header);
	if (result < 0)
		return -1;
	if (table_rows[number].write(tables, &table.csv, error) < 0) {
		(void)!table_close(&table, false, &ignored);
		return -1;
	}
	return table_close(&table, true, error);
}

int diff_tables_write(const struct diff_tables *tables, struct error *error)
{
	for (unsigned i = 0; i < DIFF_TABLES; i++)
		if (write_table(tables, i, error) < 0)
			return -1;
	return 0;
}
