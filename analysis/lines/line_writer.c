/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/line_writer.h"

#include "analysis/lines/domain_avro.h"
#include "analysis/lines/domain_csv.h"
#include "analysis/lines/domain_json.h"
#include "analysis/lines/domain_pick.h"

enum { LINE_ROOM = 4096 /* octets; of most domains the line is shorter */ };

int line_writer_init(struct line_writer *writer, enum line_format format, bool raw, const char *fields,
		     const char *where, const struct scan_headers *headers, struct error *error)
{
	struct span list = fields ? span_of(fields) : (struct span){ NULL, 0 };
	bool as_csv = format == LINE_CSV;

	writer->format = format;
	writer->raw = raw;
	writer->has_where = where;
	writer->all = !fields;
	domain_columns_init(&writer->columns, headers);
	if (where && where_parse(&writer->where, span_of(where), &writer->columns, error) < 0)
		return error_prefix(error, "--where");
	if (as_csv && fields && domain_columns_choose(&writer->columns, list, error) < 0)
		return error_prefix(error, "--fields");
	if (!as_csv && domain_choice_make(&writer->choice, list, error) < 0)
		return error_prefix(error, "--fields");
	return 0;
}

static void write_csv(const struct line_writer *writer, struct text *out, const struct observation *observation,
		      const struct classification *result)
{
	struct csv csv;

	csv_init(&csv, out);
	csv.raw = writer->raw;
	domain_csv_write(&csv, &writer->columns, observation, result);
}

/* The datum behind its length, in the order of this machine's octets. */
static void write_avro(const struct line_writer *writer, struct text *out, struct span line)
{
	size_t at = out->used;
	uint32_t length = 0;

	text_put(out, (struct span){ (const char *)&length, sizeof(length) });
	domain_avro_write(out, line, &writer->choice);
	if (text_failed(out))
		return;
	length = (uint32_t)(out->used - at - sizeof(length));
	memcpy(out->data + at, &length, sizeof(length));
}

/* From the whole line, which nobody else sees. */
static void write_from_line(const struct line_writer *writer, struct text *out, const struct observation *observation,
			    const struct classification *result)
{
	struct text text;
	struct span line;

	text_open_memory(&text);
	if (text_room(&text, LINE_ROOM))
		domain_json_write(&text, observation, result);
	line = (struct span){ text.data, text.used };
	if (text_failed(&text))
		out->error = text.error;
	else if (writer->format == LINE_AVRO)
		write_avro(writer, out, line);
	else
		domain_pick_write(out, line, &writer->choice);
	text_free(&text);
}

void line_writer_write(const struct line_writer *writer, struct text *out, const struct observation *observation,
		       const struct classification *result)
{
	if (writer->has_where && !where_holds(&writer->where, observation, result))
		return;
	if (writer->format == LINE_CSV)
		write_csv(writer, out, observation, result);
	else if (writer->format == LINE_JSONL && writer->all)
		domain_json_write(out, observation, result);
	else
		write_from_line(writer, out, observation, result);
}

/* ---- the file ---- */

static int begin_avro(struct line_file *file, struct error *error)
{
	struct text schema;
	int result;

	if (file->text->is_terminal)
		return error_set(error, "Avro is nothing for a terminal: give -o FILE, or send it to a pipe");
	text_open_memory(&schema);
	domain_avro_schema(&schema, &file->writer->choice);
	result = text_failed(&schema)
			 ? error_set(error, "no memory")
			 : avro_file_new(&file->avro, file->text, (struct span){ schema.data, schema.used }, error);
	text_free(&schema);
	return result;
}

int line_file_begin(struct line_file *file, struct error *error)
{
	struct csv csv;

	if (file->begun)
		return 0;
	file->begun = true;
	if (file->writer->format == LINE_AVRO)
		return begin_avro(file, error);
	csv_init(&csv, file->text);
	if (file->writer->format == LINE_CSV)
		domain_csv_header(&csv, &file->writer->columns);
	return 0;
}

int line_file_take(struct line_file *file, struct span octets, struct error *error)
{
	uint32_t length;

	if (line_file_begin(file, error) < 0)
		return -1;
	if (file->writer->format != LINE_AVRO) {
		text_put(file->text, octets);
		return 0;
	}
	while (octets.n >= sizeof(length)) {
		memcpy(&length, octets.p, sizeof(length));
		octets = span_skip(octets, sizeof(length));
		if (avro_file_put(file->avro, (struct span){ octets.p, length }, error) < 0)
			return -1;
		octets = span_skip(octets, length);
	}
	return 0;
}

int line_file_end(struct line_file *file, bool keep, struct error *error)
{
	int result = keep ? line_file_begin(file, error) : 0;
	struct error ignored;

	if (file->avro && avro_file_free(file->avro, keep && result == 0, result == 0 ? error : &ignored) < 0)
		result = -1;
	file->avro = NULL;
	return result;
}
