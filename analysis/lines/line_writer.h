/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/line_writer.h - domains as they are exported: which of them, what of each, in which form.
 *
 * A writer is made once and then only read, so that each thread may write its domains with it. What they wrote is put
 * into the file by one thread, in order: line_file.
 */
#ifndef STSURVEY_ANALYSIS_LINES_LINE_WRITER_H
#define STSURVEY_ANALYSIS_LINES_LINE_WRITER_H

#include "analysis/lines/domain_columns.h"
#include "analysis/lines/domain_members.h"
#include "analysis/lines/where.h"
#include "output/avro_file.h"
#include "output/csv.h"

enum line_format { LINE_JSONL, LINE_CSV, LINE_AVRO };

/* Some 50 KiB. */
struct line_writer {
	enum line_format format;
	bool raw;       /* CSV: as csv.h has it */
	bool has_where; /* not all domains */
	bool all;       /* of JSON: nothing is left out */
	struct where where;
	struct domain_columns columns; /* of CSV */
	struct domain_choice choice;   /* of JSON and Avro */
};

/* What the user asks for; each may be NULL: everything. @headers lives as long. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int line_writer_init(struct line_writer *writer, enum line_format format, bool raw,
							 const char *fields, const char *where,
							 const struct scan_headers *headers, struct error *error);

/* Append the domain to @out, a text in memory that is given to line_file_take; nothing where it was not asked for. */
void line_writer_write(const struct line_writer *writer, struct text *out, const struct observation *observation,
		       const struct classification *result);

struct line_file {
	const struct line_writer *writer;
	struct text *text;
	struct avro_file *avro;
	bool begun;
};

/* What stands in front of the first domain, once. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int line_file_begin(struct line_file *file, struct error *error);

/* What line_writer_write has appended, of any number of domains. 0, or -1 with one line in @error; where @text has
 * failed, its close tells. */
__attribute__((warn_unused_result)) int line_file_take(struct line_file *file, struct span octets, struct error *error);

/* Nothing more comes. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int line_file_end(struct line_file *file, bool keep, struct error *error);

#endif
