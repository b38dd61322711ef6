/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/notify.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/words/sentence.h"
#include "analysis/words/verdict_words.h"
#include "analysis/pass/sorted_rows.h"
#include "analysis/tables/evidence.h"
#include "analysis/tables/letter.h"
#include "analysis/tables/party.h"
#include "analysis/tables/table.h"
#include "output/whole_file.h"

enum {
	PARTY_MAX =
		512, /* octets of a party that are kept: more than a domain name in its presentation has, as a rule */
	ROW_HEAD_MAX = 2 + PARTY_MAX + OBS_LINE_MAX + 8 + 2 + CONTACT_ADDRESS_MAX + 2, /* octets of a row without what
											* is said */
};

/* Octets of memory for the rows, of some 1,000 each; for one row a domain with its party alone; for one a party. */
enum { ROWS_MEMORY = 32 * 1024 * 1024, PARTIES_MEMORY = 4 * 1024 * 1024, INDEX_MEMORY = 4 * 1024 * 1024 };

struct notify {
	const char *directory;
	enum party_by by;
	struct span label_name; /* empty: the only one there is */
	size_t label;           /* of headers */
	const struct scan_headers *headers;
	struct letter letter;
	struct sorted_rows *rows;
	struct sorted_rows *parties; /* as often as each has rows: so their number is known ahead of the first */
	struct sorted_rows *index;   /* of what was written */
	uint64_t texts;
};

/* ---- rows: octets that sort as they are to be read ----
 *
 * Numbers have the large octets first, texts their length in front; but what is to be in the order of the alphabet has
 * it at the end of the row. */

/* A domain's: party, name, number, contact, what is said of it, the name's length. */
struct told {
	struct span party, domain;
	uint64_t index;
	struct span contact, said;
};

/* No name and no label is longer than 16 bits say. */
static void put_name(struct text *out, struct span name)
{
	sorted_rows_put_number(out, name.n, 2);
	text_put(out, name);
}

static struct span take_octets(struct span *row, size_t n)
{
	struct span octets = { row->p, n };

	*row = span_skip(*row, n);
	return octets;
}

static struct span take_name(struct span *row)
{
	size_t n = (size_t)sorted_rows_take_number(row, 2);

	return take_octets(row, n);
}

/* A length at the end of the row, which is taken off. */
static size_t take_length(struct span *row)
{
	struct span end = { row->p + row->n - 2, 2 };

	row->n -= 2;
	return (size_t)sorted_rows_take_number(&end, 2);
}

static struct told told_of(struct span row)
{
	size_t domain = take_length(&row);
	struct told told;

	told.party = take_name(&row);
	told.domain = take_octets(&row, domain);
	told.index = sorted_rows_take_number(&row, 8);
	told.contact = take_name(&row);
	told.said = row;
	return told;
}

/* ---- what is said of one domain ---- */

struct about {
	const struct notify *notify;
	const struct observation *observation;
	const struct classification *result;
	enum finding finding;
	struct sentence_about names;
};

static void put_findings(struct text *out, const struct finding_set *set)
{
	for (unsigned f = finding_next(set, 0), i = 0; f < FINDING_COUNT; f = finding_next(set, f + 1), i++)
		text_printf(out, "%s%s", i > 0 ? " " : "", finding_table[f].code);
}

static void put_label(const struct about *about, struct span label, struct text *out)
{
	const struct scan_headers *headers = about->notify->headers;
	size_t i = scan_headers_find(headers, label);

	if (i < headers->label_count)
		text_shown(out, scan_headers_value(headers, about->observation, i));
}

/* What the table of findings says; nothing where no finding says why. */
static void put_of_finding(const struct about *about, enum letter_place place, struct text *out)
{
	const struct finding_info *info = &finding_table[about->finding];

	if (place == LETTER_FINDING)
		text_string(out, info->code);
	else if (place == LETTER_WHAT)
		sentence_put(out, info->meaning, &about->names);
	else if (place == LETTER_ADVICE)
		sentence_put(out, info->fix, &about->names);
	else if (strcmp(info->rule, "-") != 0)
		text_string(out, info->rule);
}

static void put_of_domain(const void *arg, enum letter_place place, struct span label, struct text *out)
{
	const struct about *about = arg;
	const struct judgement *judgement = &about->result->judgement;

	switch (place) {
	case LETTER_DOMAIN:
		text_shown(out, about->observation->name);
		break;
	case LETTER_COMPONENT:
		text_string(out, component_names[judgement->component]);
		break;
	case LETTER_FINDINGS:
		put_findings(out, &judgement->findings);
		break;
	case LETTER_EVIDENCE:
		evidence_put(out, about->observation, about->result);
		break;
	case LETTER_VERDICT:
		text_string(out, verdict_names[judgement->verdict]);
		break;
	case LETTER_EFFECT:
		text_string(out, verdict_words[judgement->verdict] ? verdict_words[judgement->verdict] : "");
		break;
	case LETTER_MEASURED:
		if (text_is_date(about->observation->time_ms / 1000))
			text_time(out, about->observation->time_ms / 1000);
		break;
	case LETTER_LABEL:
		put_label(about, label, out);
		break;
	default:
		if (about->finding < FINDING_COUNT)
			put_of_finding(about, place, out);
	}
}

static void find_party(const struct notify *notify, const struct observation *observation,
		       const struct classification *result, struct party *party)
{
	switch (notify->by) {
	case PARTY_BY_DOMAIN:
		party_of_domain(party, observation, result);
		break;
	case PARTY_BY_PROVIDER:
		party_of_provider(party, observation, result);
		break;
	case PARTY_BY_LABEL:
		party->name = scan_headers_value(notify->headers, observation, notify->label);
		party->contact.n = 0;
		break;
	}
	party->name.n = party->name.n < PARTY_MAX ? party->name.n : PARTY_MAX;
}

/* Of the row that begins at @start. */
static void set_length(struct text *out, size_t start)
{
	size_t end = out->used, n = end - start - 4;

	out->used = start;
	sorted_rows_put_number(out, n, 4);
	out->used = end;
}

void notify_row(const struct notify *notify, struct text *out, const struct observation *observation,
		const struct classification *result)
{
	struct about about = { .notify = notify, .observation = observation, .result = result };
	size_t start = out->used;
	struct party party;

	if (!classification_misconfigured(result))
		return;
	about.finding = contact_finding(result);
	about.names.domain = observation->name;
	if (about.finding < FINDING_COUNT)
		about.names.host = contact_host(observation, result, about.finding);
	find_party(notify, observation, result, &party);
	sorted_rows_put_number(out, 0, 4); /* the row's length, which is known in the end */
	put_name(out, party.name);
	text_put(out, observation->name);
	sorted_rows_put_number(out, observation->index, 8);
	put_name(out, (struct span){ party.contact.address, party.contact.n });
	letter_put(out, notify->letter.each, put_of_domain, &about);
	sorted_rows_put_number(out, observation->name.n, 2);
	if (!text_failed(out))
		set_length(out, start);
}

int notify_take(struct notify *notify, struct span rows, struct error *error)
{
	while (rows.n > 0) {
		struct span row = { NULL, (size_t)sorted_rows_take_number(&rows, 4) }, party;

		row.p = rows.p;
		rows = span_skip(rows, row.n);
		party = told_of(row).party;
		party = (struct span){ row.p, (size_t)(party.p + party.n - row.p) }; /* with its length */
		if (sorted_rows_put(notify->rows, row, error) < 0 || sorted_rows_put(notify->parties, party, error) < 0)
			return -1;
	}
	return 0;
}

/* ---- the text to one party ---- */

struct letter_to {
	const struct notify *notify;
	struct told first; /* of its domains */
	uint64_t count;
};

static void put_why(const struct letter_to *to, struct text *out)
{
	const struct notify *notify = to->notify;

	if (notify->by == PARTY_BY_PROVIDER) {
		text_literal(out, "what breaks there is run by you, as far as names tell");
	} else if (notify->by == PARTY_BY_LABEL && to->first.party.n > 0) {
		text_shown(out, notify->headers->label[notify->label]);
		text_literal(out, " is ");
		text_shown(out, to->first.party);
		text_literal(out, " in the list that was surveyed");
	}
}

static void put_of_party(const void *arg, enum letter_place place, struct span label, struct text *out)
{
	const struct letter_to *to = arg;

	(void)label;
	switch (place) {
	case LETTER_PARTY:
		text_shown(out, to->first.party);
		break;
	case LETTER_CONTACT:
		text_put(out, to->first.contact);
		break;
	case LETTER_COUNT:
		text_uint(out, to->count);
		break;
	case LETTER_WHICH:
		if (to->count == 1)
			text_shown(out, to->first.domain);
		else
			text_printf(out, "%" PRIu64 " domains", to->count);
		break;
	case LETTER_WHY:
		put_why(to, out);
		break;
	default:
		text_shown(out, to->notify->headers->contact);
	}
}

static void put_part(struct text *file, struct span part, const struct letter_to *to)
{
	struct text text;

	text_open_memory(&text);
	letter_put(&text, part, put_of_party, to);
	text_put(file, (struct span){ text.data, text.used });
	if (text_failed(&text) && !text_failed(file))
		file->error = text.error;
	text_free(&text);
}

/* The row as it is without what is said, which lasts as long as @kept: the end of the text needs it, too. */
static void take_first(struct letter_to *to, struct span row, char *kept)
{
	struct span said = told_of(row).said;
	size_t n = (size_t)(said.p - row.p);

	memcpy(kept, row.p, n);
	memcpy(kept + n, said.p + said.n, 2); /* the name's length */
	to->first = told_of((struct span){ kept, n + 2 });
}

/* The number of rows and the name are those of `parties`, and stand before the rows are read. */
static int put_text(struct text *file, struct letter_to *to, char *first, struct error *error)
{
	for (uint64_t i = 0; i < to->count; i++) {
		struct span row;
		int got = sorted_rows_next(to->notify->rows, &row, error);

		if (got <= 0)
			return got < 0 ? -1 : error_set(error, "rows that were put aside are missing");
		if (i == 0) {
			take_first(to, row, first);
			put_part(file, to->notify->letter.above, to);
		}
		text_put(file, told_of(row).said);
	}
	put_part(file, to->notify->letter.below, to);
	return 0;
}

static int keep_for_index(struct notify *notify, const struct letter_to *to, struct error *error)
{
	struct text row;
	int result;

	text_open_memory(&row);
	sorted_rows_put_number(&row, UINT64_MAX - to->count, 8); /* the largest first */
	text_put(&row, to->first.party);
	text_char(&row, '\0');
	text_put(&row, to->first.contact);
	sorted_rows_put_number(&row, to->first.party.n, 2);
	result = text_failed(&row) ? error_set(error, "no memory")
				   : sorted_rows_put(notify->index, (struct span){ row.data, row.used }, error);
	text_free(&row);
	return result;
}

static int write_text(struct notify *notify, struct span party, uint64_t count, struct error *error)
{
	struct letter_to to = { .notify = notify, .count = count };
	char name[PARTY_FILE_NAME_MAX], first[ROW_HEAD_MAX];
	struct whole_file file;
	char *path;
	int result = -1;

	party_file_name(party, name);
	if (asprintf(&path, "%s/%s", notify->directory, name) < 0)
		return error_set(error, "no memory");
	if (whole_file_open(&file, path, true) == 0) {
		result = put_text(&file.text, &to, first, error);
		if (whole_file_close(&file, result == 0, false) < 0)
			result = whole_file_fail(path, error);
	} else {
		whole_file_fail(path, error);
	}
	free(path);
	notify->texts++;
	return result < 0 ? -1 : keep_for_index(notify, &to, error);
}

/* ---- all of them ---- */

/* A party stands in `parties` once for each row; the next one is read to see where it ends. */
static int write_texts(struct notify *notify, struct error *error)
{
	char kept[2 + PARTY_MAX];
	struct span row, party = { kept, 0 };
	uint64_t count = 0;
	int got;

	if (sorted_rows_start(notify->rows, error) < 0 || sorted_rows_start(notify->parties, error) < 0)
		return -1;
	do {
		got = sorted_rows_next(notify->parties, &row, error);
		if (count > 0 && (got <= 0 || !span_equal(row, party))) {
			struct span rest = party;

			if (got < 0 || write_text(notify, take_name(&rest), count, error) < 0)
				return -1;
			count = 0;
		}
		if (got > 0 && count++ == 0) {
			memcpy(kept, row.p, row.n);
			party.n = row.n;
		}
	} while (got > 0);
	return got;
}

static int write_index(struct notify *notify, struct error *error)
{
	struct table table;
	struct span row;
	int got;

	if (sorted_rows_start(notify->index, error) < 0 ||
	    table_open(&table, notify->directory, "index", "file,party,contact,domains", 0, error) < 0)
		return -1;
	while ((got = sorted_rows_next(notify->index, &row, error)) > 0) {
		size_t n = take_length(&row);
		uint64_t count = UINT64_MAX - sorted_rows_take_number(&row, 8);
		struct span party = take_octets(&row, n);
		char name[PARTY_FILE_NAME_MAX];

		party_file_name(party, name);
		csv_string(&table.csv, name);
		csv_text(&table.csv, party);
		csv_text(&table.csv, span_skip(row, 1));
		csv_uint(&table.csv, count);
		csv_end(&table.csv);
	}
	return table_close(&table, got == 0, error) < 0 ? -1 : got;
}

int notify_write(struct notify *notify, uint64_t *texts, struct error *error)
{
	if (write_texts(notify, error) < 0 || write_index(notify, error) < 0)
		return -1;
	*texts = notify->texts;
	return 0;
}

/* ---- begin and end ---- */

/* A folder of this run's alone: 0, or -1 with one line in @error. */
static int make_folder(const char *path, struct error *error)
{
	const struct dirent *entry;
	DIR *folder;
	int files = 0;

	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		return error_set(error, "--notify %s: %s; choose another folder", path, strerror(errno));
	folder = opendir(path);
	if (!folder)
		return error_set(error, "--notify %s: %s; choose another folder", path, strerror(errno));
	while (files == 0 && (entry = readdir(folder)))
		files += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(folder);
	if (files == 0)
		return 0;
	return error_set(error,
			 "--notify %s: is not empty, and texts of two times must not be mixed; empty it, or choose a "
			 "new folder",
			 path);
}

static int set_by(struct notify *notify, const char *by, struct error *error)
{
	static const char front[] = "label=";

	notify->by = strcmp(by, "domain") == 0     ? PARTY_BY_DOMAIN
		     : strcmp(by, "provider") == 0 ? PARTY_BY_PROVIDER
						   : PARTY_BY_LABEL;
	if (strncmp(by, front, sizeof(front) - 1) == 0)
		notify->label_name = span_of(by + sizeof(front) - 1);
	else if (notify->by == PARTY_BY_LABEL && strcmp(by, "label") != 0)
		return error_set(error, "--notify-by '%s': must be domain, label, label=NAME or provider", by);
	return 0;
}

struct notify *notify_new(const struct notify_options *options, struct error *error)
{
	struct notify *notify = calloc(1, sizeof(*notify));

	if (!notify) {
		error_set(error, "no memory");
		return NULL;
	}
	notify->directory = options->directory;
	if (letter_read(&notify->letter, options->template_file, error) == 0 &&
	    set_by(notify, options->by, error) == 0 && make_folder(options->directory, error) == 0 &&
	    (notify->rows = sorted_rows_new(ROWS_MEMORY, error)) &&
	    (notify->parties = sorted_rows_new(PARTIES_MEMORY, error)) &&
	    (notify->index = sorted_rows_new(INDEX_MEMORY, error)))
		return notify;
	notify_free(notify);
	return NULL;
}

void notify_free(struct notify *notify)
{
	if (!notify)
		return;
	sorted_rows_free(notify->rows);
	sorted_rows_free(notify->parties);
	sorted_rows_free(notify->index);
	letter_free(&notify->letter);
	free(notify);
}

/* "registrar, country" */
static void list_labels(const struct scan_headers *headers, char text[static ERROR_TEXT_MAX / 2])
{
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < headers->label_count && n < ERROR_TEXT_MAX / 2; i++)
		n += (size_t)snprintf(text + n, ERROR_TEXT_MAX / 2 - n, "%s%.*s", i > 0 ? ", " : "",
				      (int)headers->label[i].n, headers->label[i].p);
}

static int find_label(struct notify *notify, const struct scan_headers *headers, struct error *error)
{
	char names[ERROR_TEXT_MAX / 2];

	if (headers->label_count == 0)
		return error_set(error,
				 "--notify-by label: these scans have no labels; scan --label COLUMN keeps them");
	list_labels(headers, names);
	if (notify->label_name.n == 0 && headers->label_count > 1)
		return error_set(error, "--notify-by label: which one? label=NAME says, with one of: %s", names);
	notify->label = notify->label_name.n == 0 ? 0 : scan_headers_find(headers, notify->label_name);
	if (notify->label < headers->label_count)
		return 0;
	return error_set(error, "--notify-by label=%.*s: these scans have no such label, but: %s",
			 (int)notify->label_name.n, notify->label_name.p, names);
}

int notify_set_headers(struct notify *notify, const struct scan_headers *headers, struct error *error)
{
	notify->headers = headers;
	if (notify->by == PARTY_BY_LABEL && find_label(notify, headers, error) < 0)
		return -1;
	return letter_check_labels(&notify->letter, headers, error);
}
